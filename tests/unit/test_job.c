/* SPDX-License-Identifier: ISC */
/* job: what one side writes the other reads; what nobody wrote is refused. */
#include "queue/job.h"

#include "unit.h"

static struct err err;

static void header_round_trip(void)
{
	static const char *const meta[] = {"TENANT=a b=c\x01", "EMPTY="};
	struct job_options o = {
		.priority = -3,
		.max_attempts = 7,
		.timeout_ms = 0,
		.backoff = "list:1s,2s",
		.name = "welcome",
		.trace = {"00-ab-cd-01", NULL, "k=v;p"},
		.meta = meta,
		.n_meta = 2,
		.notify = true,
	};
	struct buf b = BUF_INIT;
	struct job_header h;

	buf_addstr(&b, "1 1795478261492 0 1432 digest");
	job_encode_options(&o, &b);
	CHECK(!memchr(b.p, '\x01', b.len));
	CHECK_INT(job_parse_header(strv_make(b.p, b.len), &h, &err), 0);
	CHECK_INT(h.created_ms, 1795478261492);
	CHECK_INT(h.expires_ms, 0);
	CHECK_INT((long long)h.size, 1432);
	CHECK_INT(h.priority, -3);
	CHECK_INT(h.max_attempts, 7);
	CHECK_INT(h.timeout_ms, 0);
	CHECK_STR(h.backoff, "list:1s,2s");
	CHECK_STR(h.name, "welcome");
	CHECK_STR(h.trace[0], "00-ab-cd-01");
	CHECK(!h.trace[1]);
	CHECK_STR(h.trace[2], "k=v;p");
	CHECK_INT((long long)h.n_meta, 2);
	CHECK_STR(h.meta[0], meta[0]);
	CHECK_STR(h.meta[1], meta[1]);
	job_header_release(&h);
	buf_release(&b);
}

static void header_defaults(void)
{
	struct job_options o = JOB_OPTIONS_INIT;
	struct buf b = BUF_INIT;
	struct job_header h;

	job_encode_options(&o, &b);
	CHECK_INT((long long)b.len, 0);
	CHECK_INT(job_parse_header(strv_of("1 5 6 7 d"), &h, &err), 0);
	CHECK_INT(h.timeout_ms, -1);
	CHECK_INT(h.max_attempts, 0);
	CHECK(!h.name && !h.backoff && !h.meta);
	/* options of a later version are passed over */
	CHECK_INT(job_parse_header(strv_of("1 5 6 7 d z=9 p=1"), &h, &err), 0);
	CHECK_INT(h.priority, 1);
	job_header_release(&h);
}

static void header_refused(void)
{
	static const char *const rows[] = {
		"",
		"1",
		"2 5 6 7 d",
		"1 x 6 7 d",
		"1 5 x 7 d",
		"1 5 6 -7 d",
		"1 5 6 7",
		"1 5 6 7 d p=10",
		"1 5 6 7 d p",
		"1 5 6 7 d pp=1",
		"1 5 6 7 d n=%zz",
		"1 5 6 7 d n=%00",
		"1 5 6 7 d m=1 b=x M=%4",
		"1 99999999999999999999 6 7 d",
		"1 -5 6 7 d",
		"1 5 6 9007199254740993 d",
		"1 5 6 7 d m=-1",
		"1 5 6 7 d t=-1",
		"1 5 6 7 d t=9223372036854775807",
	};
	struct job_header h;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		unit_row = rows[i];
		CHECK_INT(job_parse_header(strv_of(rows[i]), &h, &err), -1);
		CHECK_INT(err.code, STATUS_PROTOCOL);
	}
}

static void envelope(void)
{
	static const char text[] = "1 5 6 3 d\na\nb";
	struct strv header, payload;

	CHECK_INT(job_split_envelope(strv_of(text), &header, &payload, &err),
		  0);
	CHECK(strv_eq(header, "1 5 6 3 d") && strv_eq(payload, "a\nb"));
	CHECK_INT(job_split_envelope(strv_of("x\n"), &header, &payload, &err),
		  0);
	CHECK(strv_eq(header, "x") && payload.n == 0);
	CHECK_INT(job_split_envelope(strv_of("x"), &header, &payload, &err),
		  -1);
	CHECK_INT(job_split_envelope(strv_of(""), &header, &payload, &err), -1);
}

static void record(void)
{
	struct job_record r;

	CHECK_INT(job_parse_record(strv_of(""), &r, &err), 0);
	CHECK(strv_eq(r.token, "-") && r.deliveries == 0);
	CHECK_INT(
		job_parse_record(strv_of("7.W 6.V 1795478261492 -17592 9 1 2 "
					 "3 4 5 6 7 8 c exit:3 it went wrong"),
				 &r, &err),
		0);
	CHECK(strv_eq(r.token, "7.W") && strv_eq(r.closed, "6.V"));
	CHECK_INT(r.since_ms, 1795478261492);
	CHECK_INT(r.deliveries, 9);
	CHECK_INT(r.attempts * 100 + r.losses * 10 + r.releases, 123);
	CHECK_INT(r.attempts_before * 100 + r.losses_before * 10 +
			  r.releases_before,
		  567);
	CHECK_INT(r.retries, 8);
	CHECK(strv_eq(r.flags, "c") && strv_eq(r.last, "exit:3"));
	CHECK(strv_eq(r.reason, "it went wrong"));
	CHECK_INT(job_parse_record(strv_of("7.W 6.V now 1"), &r, &err), -1);
	CHECK_INT(err.code, STATUS_PROTOCOL);
}

static void attempts(void)
{
	struct job_attempt a = {
		.user_us = 1,
		.sys_us = 2,
		.peak_kib = 3,
		.pid = 4,
		.worker = strv_of("web 1:812"),
		.reason = strv_of("two\nlines"),
		.stderr_tail = strv_of("a\nb,"),
	};
	struct buf detail = BUF_INIT, history = BUF_INIT;
	struct strv rest;

	job_encode_attempt(&a, &detail);
	CHECK_STR(detail.p, "1 2 3 4 web%201:812 two lines\na\nb,");
	for (int i = 0; i < 2; i++)
		buf_addf(&history, "%zu:17 %d exit:1 %s,",
			 detail.len + strlen("17 0 exit:1 "), i, detail.p);
	rest = strv_make(history.p, history.len);
	for (int i = 0; i < 2; i++) {
		CHECK_INT(job_next_attempt(&rest, &a, &err), 1);
		CHECK_INT(a.start_ms, 17);
		CHECK_INT(a.run_ms, i);
		CHECK(strv_eq(a.how, "exit:1"));
		CHECK_INT(a.pid, 4);
		CHECK(strv_eq(a.reason, "two lines"));
		CHECK(strv_eq(a.stderr_tail, "a\nb,"));
	}
	CHECK_INT(job_next_attempt(&rest, &a, &err), 0);
	rest = strv_of("99:17 0 exit:1 1 2 3 4 w \n,");
	CHECK_INT(job_next_attempt(&rest, &a, &err), -1);
	rest = strv_of("18446744073709551615:x,");
	CHECK_INT(job_next_attempt(&rest, &a, &err), -1);
	buf_release(&detail);
	buf_release(&history);
}

static void live_and_result(void)
{
	struct buf b = BUF_INIT;
	struct job_live l;
	struct job_result r;

	job_encode_live(3, 10, strv_of("half way"), 4711, strv_of("tail\n"),
			&b);
	CHECK_INT(job_parse_live(strv_make(b.p, b.len), &l, &err), 0);
	CHECK_INT(l.progress * 100 + l.total, 310);
	CHECK_STR(l.text, "half way");
	CHECK_INT(l.stderr_total, 4711);
	CHECK(strv_eq(l.stderr_tail, "tail\n"));
	job_live_release(&l);
	buf_clear(&b);
	job_encode_live(-1, 0, strv_of(""), 9, strv_of("tail"), &b);
	CHECK_INT(job_parse_live(strv_make(b.p, b.len), &l, &err), 0);
	CHECK(!l.text);
	CHECK_INT(l.stderr_total, 9);
	job_live_release(&l);
	/* of a worker that does not count */
	CHECK_INT(job_parse_live(strv_of("3 10 half%20way\ntail"), &l, &err),
		  0);
	CHECK_INT(l.stderr_total, -1);
	job_live_release(&l);
	CHECK_INT(job_parse_live(strv_of(""), &l, &err), 0);
	CHECK_INT(l.progress, -1);
	CHECK_INT(job_parse_live(strv_of("x y"), &l, &err), -1);
	CHECK_INT(job_parse_live(strv_of("1 2 a%00b\n"), &l, &err), 0);
	CHECK(!l.text);

	buf_clear(&b);
	job_encode_result(0, strv_of(""), strv_of(""), &b);
	CHECK_INT((long long)b.len, 0);
	job_encode_result(100, strv_of("sent 3"), strv_of("first\n"), &b);
	CHECK_INT(job_parse_result(strv_make(b.p, b.len), &r, &err), 0);
	CHECK_INT((long long)r.total, 100);
	CHECK_STR(r.line, "sent 3");
	CHECK(strv_eq(r.bytes, "first\n"));
	job_result_release(&r);
	CHECK_INT(job_parse_result(strv_of("-1 \n"), &r, &err), -1);
	buf_release(&b);
}

static void worker(void)
{
	struct job_worker in = {
		.name = (char *)"web1:812",
		.host = (char *)"web1",
		.pid = 812,
		.slots = 4,
		.busy = 3,
		.started_ms = 17,
		.done = 120,
		.failed = 2,
		.version = (char *)"0.1.0",
		.state = (char *)"run",
	};
	struct job_worker out;
	struct buf b = BUF_INIT;

	job_encode_worker(&in, &b);
	CHECK_INT(job_parse_worker(strv_make(b.p, b.len), &out, &err), 0);
	CHECK_STR(out.name, in.name);
	CHECK_STR(out.host, in.host);
	CHECK_INT(out.slots * 10 + out.busy, 43);
	CHECK_INT(out.done * 10 + out.failed, 1202);
	CHECK_STR(out.version, in.version);
	CHECK_STR(out.state, in.state);
	job_worker_release(&out);
	CHECK_INT(job_parse_worker(strv_of("a b c"), &out, &err), -1);
	buf_release(&b);
}

static void labels(void)
{
	static const struct {
		const char *text;
		int want;
	} rows[] = {
		{"A=b", 0},    {"A_1=", 0},    {"A=x=y", 0},
		{"a=b", -1},   {"A", -1},      {"=b", -1},
		{"A-B=c", -1}, {"A=b\nc", -1}, {"A B=c", -1},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		unit_row = rows[i].text;
		CHECK_INT(job_check_meta(strv_of(rows[i].text), &err),
			  rows[i].want);
	}
	CHECK_INT(job_check_meta(strv_make("A=b\0c", 5), &err), -1);
}

int main(void)
{
	static const struct unit_test tests[] = {
		{UNIT_TEST(header_round_trip)},
		{UNIT_TEST(header_defaults)},
		{UNIT_TEST(header_refused)},
		{UNIT_TEST(envelope)},
		{UNIT_TEST(record)},
		{UNIT_TEST(attempts)},
		{UNIT_TEST(live_and_result)},
		{UNIT_TEST(worker)},
		{UNIT_TEST(labels)},
	};

	return unit_run("job", tests, ARRAY_LEN(tests));
}
