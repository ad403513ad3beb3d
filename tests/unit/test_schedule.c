/* SPDX-License-Identifier: ISC */
/*
 * Schedule files: what the lines mean, and where and how each error is told.
 */
#include "queue/schedule.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/fd.h"
#include "unit.h"

/* 2026-11-24T00:00:00Z */
#define NOW 1795478400

static struct err err;
static struct buf told = BUF_INIT;

static void tell(void *arg, const struct schedule_report *r)
{
	(void)arg;
	buf_addf(&told, "%d:%zu:%s %s\n", r->line, r->column,
		 r->warning ? " warning:" : "", r->text);
}

static int parse(struct schedule_file *f, struct strv text)
{
	struct schedule_input in = {
		.source = "test",
		.now = NOW,
		.report = tell,
	};

	buf_clear(&told);
	return schedule_parse(f, text, &in, &err);
}

static const char example[] =
	"# comment; blank lines are ignored\n"
	"SOURCE=web                        # identity of this set\n"
	"CRON_TZ=Europe/London             # for the lines below\n"
	"DEFAULTS=overlap=forbid missed=once\n"
	"\n"
	"30 2 * * *   reports nightly-report tz=America/New_York jitter=5m  "
	"-- {\"kind\":\"nightly\"}\n"
	"*/5 * * * *\tio\tpoll\tmissed=skip -- --fast\n"
	"  @every 90s   io   heartbeat\n"
	"@daily mail digest limit=30 end=2027-12-31T00:00:00Z\n"
	"CRON_TZ=UTC\n"
	"DEFAULTS=\n"
	"@seconds */10 * * * * *   io  tick         overlap=allow\n";

static void example_file(void)
{
	struct schedule_file f;
	const struct schedule *s;
	char id[200];

	CHECK_INT(parse(&f, strv_of(example)), 0);
	CHECK_STR(told.p, "");
	CHECK_STR(f.source, "web");
	CHECK_INT((long long)f.n, 5);
	CHECK_INT((long long)f.n_zones, 3);
	s = &f.v[0];
	CHECK_STR(s->name, "nightly-report");
	CHECK_STR(s->queue, "reports");
	CHECK_STR(s->text, "30 2 * * *");
	CHECK_STR(s->tz, "America/New_York");
	CHECK_STR(s->zone->name, "America/New_York");
	CHECK_STR(s->payload.p, "{\"kind\":\"nightly\"}");
	CHECK_INT(s->jitter, 300000);
	CHECK_INT(s->overlap, SCHEDULE_FORBID);
	CHECK_INT(s->missed, SCHEDULE_ONCE);
	CHECK_INT(s->grace, 60000);
	CHECK_INT(s->missed_max, 100);
	CHECK_INT(s->missed_window, -1);
	CHECK_INT(s->line, 6);
	CHECK_INT(s->job.timeout_ms, -1);
	schedule_job_id(s->name, 1795478401, id);
	CHECK_STR(id, "cron:nightly-report:20261124T000001Z");
	CHECK(schedule_jitter(s) > 0 && schedule_jitter(s) < 300000);
	s = &f.v[1];
	CHECK_STR(s->tz, "Europe/London");
	CHECK_STR(s->payload.p, "--fast");
	CHECK_INT(s->missed, SCHEDULE_SKIP);
	CHECK_INT(schedule_jitter(s), 0);
	CHECK_STR(f.v[2].text, "@every 90s");
	CHECK_INT((long long)f.v[2].payload.len, 0);
	CHECK_INT(f.v[3].limit, 30);
	CHECK_INT(f.v[3].end, 1830211200000);
	CHECK_STR(f.v[4].text, "@seconds */10 * * * * *");
	CHECK_STR(f.v[4].tz, "UTC");
	CHECK_INT(f.v[4].overlap, SCHEDULE_ALLOW);
	schedule_file_release(&f);
	schedule_file_release(&f);
}

static void every_option(void)
{
	static const char text[] =
		"@every 1h q n missed=all missed-max=7 missed-window=2d "
		"grace=5s overlap=allow max-live=3 jitter=90s "
		"start=@1795478400 end=2027-01-01T00:00:00+01:00 limit=9 "
		"anchor=2026-01-01T00:10:00Z fire-on-create=yes paused=yes "
		"priority=-3 expire=1h timeout=0 max-attempts=2 "
		"backoff=fixed:30s name=send-mail meta=TENANT=acme "
		"meta=X=a=b --  two blanks \r\n";
	struct schedule_file f;
	const struct schedule *s;

	CHECK_INT(parse(&f, strv_of(text)), 0);
	CHECK_STR(told.p, "");
	s = &f.v[0];
	CHECK_STR(f.source, "test");
	CHECK_INT(s->missed, SCHEDULE_ALL);
	CHECK_INT(s->missed_max, 7);
	CHECK_INT(s->missed_window, 172800000);
	CHECK_INT(s->grace, 5000);
	CHECK_INT(s->max_live, 3);
	CHECK_INT(s->jitter, 90000);
	CHECK_INT(s->start, 1795478400000);
	CHECK_INT(s->end, 1798758000000);
	CHECK_INT(s->limit, 9);
	CHECK_INT(s->anchor, 1767226200000);
	CHECK_INT(s->cron.anchor, 1767226200);
	CHECK(s->fire_on_create && s->paused);
	CHECK_INT(s->job.priority, -3);
	CHECK_INT(s->job.expire_ms, 3600000);
	CHECK_INT(s->job.timeout_ms, 0);
	CHECK_INT(s->job.max_attempts, 2);
	CHECK_STR(s->job.backoff, "fixed:30s");
	CHECK_STR(s->job.name, "send-mail");
	CHECK_INT((long long)s->job.n_meta, 2);
	CHECK_STR(s->job.meta[0], "TENANT=acme");
	CHECK_STR(s->job.meta[1], "X=a=b");
	CHECK_STR(s->payload.p, " two blanks ");
	schedule_file_release(&f);
}

/* What is told of a text: LINE:COLUMN: and a part of the words. */
static const struct row {
	const char *text;
	const char *told;
} faults[] = {
	{"60 * * * * q n", "1:1: minute '60': above"},
	{"\n\n  0 24 * * * q n\n", "3:5: hour '24': above"},
	{"0 0 * * * * q n", "1:11: queue '*': a sixth field (write @seconds"},
	{"0 0 * * * */5 q n", "1:11: queue '*/5': a sixth field"},
	{"@seconds 0 0 * * * q n", "1:20: day of week 'q': not a name"},
	{"0 0 * *", "1:1: expression '0 0 * *': too few fields"},
	{"0 0 * * *", "1:10: queue: missing"},
	{"@daily q", "1:9: name: missing"},
	{"@daily -q n", "1:8: queue: '-q' is not a queue name"},
	{"@daily q .n", "1:10: name '.n': not one"},
	{"@daily q a/b", "1:10: name 'a/b': not one"},
	{"@reboot q n", "1:1: expression '@reboot': a cluster"},
	{"@daily q n colour=red", "1:12: option 'colour': unknown (there are"},
	{"@daily q n retries=3", "(write max-attempts=N)"},
	{"@daily q n word", "1:12: option 'word': not key=value (a payload"},
	{"@daily q n # why", "1:12: option '#': not key=value (a comment has"},
	{"@daily q n limit=1 limit=2", "1:20: option 'limit=2': given twice"},
	{"@daily q n limit=", "1:12: option 'limit=': no value"},
	{"@daily q n limit=0", "1:12: limit: '0' is out of range"},
	{"@daily q n limit=x", "1:12: limit: 'x' is not a whole number"},
	{"@daily q n missed=never",
	 "missed 'never': not one of its words (once"},
	{"@daily q n overlap=no", "(allow, forbid, replace)"},
	{"@daily q n paused=1", "paused '1': neither yes nor no"},
	{"@daily q n jitter=5x", "jitter: '5x' is not a duration"},
	{"@daily q n start=2026-12-31",
	 "start '2026-12-31': no offset from UTC"},
	{"@daily q n start=12:00", "no offset from UTC (write 2026-12-31T00"},
	{"@daily q n end=2026-02-30T00:00:00Z", "1:12: end: "},
	{"@daily q n end=@0", "1:12: end '@0': nothing fires before it"},
	{"@daily q n end=2026-01-01T00:00:00Z start=2026-01-02T00:00:00Z",
	 "1:1: end: not after start"},
	{"@daily q n anchor=@0", "1:1: anchor: only @every"},
	{"@every 2s q n anchor=2026-11-24T10:00:00.5Z",
	 "anchor '2026-11-24T10:00:00.5Z': a part of a second (ticks are "
	 "whole ones)"},
	{"@daily q n overlap=forbid max-live=2",
	 "1:1: max-live: overlap=forbid"},
	{"* * * * * q n jitter=61s", "1:1: jitter: longer than the 60 seconds"},
	{"@daily q n tz=Nowhere/City",
	 "1:15: time zone 'Nowhere/City': not in"},
	{"@daily q n tz=europe/berlin", "did you mean Europe/Berlin"},
	{"*/30 2 8-14 3 +SUN q n tz=America/New_York",
	 "never fires in America/New_York"},
	{"0 0 30 2 * q n", "would never fire"},
	{"@daily q n priority=10", "priority: '10' is out of range (-9 to 9)"},
	{"@daily q n backoff=often", "1:12: backoff: "},
	{"@daily q n name=A", "1:12: name: 'A' is not a job name"},
	{"@daily q n meta=x=1", "1:12: meta: "},
	{"@daily q n meta=X=1 meta=X=2", "1:21: meta 'X=2': this label came"},
	{"@daily q n payload-file=p", "payload-file 'p': not to be had here"},
	{"@daily q n payload-file=p -- x", "a payload stands on the line too"},
	{"DEFAULTS=payload-file=p\n@daily q n",
	 "2:1: payload-file 'p': not to be had here"},
	{"@daily q n max-attempts=1000001",
	 "max-attempts: '1000001' is out of range (1 to 1000000)"},
	{"@daily q n\n@weekly q n\n", "2:11: name 'n': line 1 has it too"},
	{"@daily q n\n@weekly p n\n", "2:11: name 'n': line 1 has it too"},
	{"CRON_TZ=Nowhere\n", "1:9: time zone 'Nowhere'"},
	{"CRON_TZ=UTC 0 0 * * * q n",
	 "1:13: setting '0': text after the value"},
	{"CRON_TZ = UTC", "1:1: setting 'CRON_TZ': blanks around '='"},
	{"CRON_TZ= UTC", "1:1: setting 'CRON_TZ': no value"},
	{"TZ=UTC", "1:1: setting 'TZ': unknown (write CRON_TZ=ZONE)"},
	{"MAILTO=root", "1:1: setting 'MAILTO': unknown (there are SOURCE"},
	{"SOURCE=a\nSOURCE=a\n", "2:8: SOURCE 'a': given twice"},
	{"SOURCE=/etc/x\n", "1:8: SOURCE: name '/etc/x': not one"},
	{"GENERATION=0", "1:12: GENERATION: '0' is out of range"},
	{"GENERATION=1\nGENERATION=2", "2:12: GENERATION '2': given twice"},
	{"ALLOW_EMPTY=yes", "1:13: ALLOW_EMPTY 'yes': neither 1 nor 0"},
	{"DEFAULTS=limit=0 tz=UTC", "1:10: limit: '0'"},
	{"DEFAULTS=limit=1 tz=UTC", "1:18: DEFAULTS 'tz=UTC': has a setting"},
	{"@daily q n -- \xff", "1:15: line: not UTF-8"},
	{"# \xc3\xa4 \xed\xa0\x80\n", "1:6: line: not UTF-8"},
};

static void errors(void)
{
	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		struct schedule_file f;

		unit_row = faults[i].text;
		CHECK_INT(parse(&f, strv_of(faults[i].text)), -1);
		if (!strstr(told.p, faults[i].told))
			CHECK_STR(told.p, faults[i].told);
		CHECK_INT(err.code, STATUS_CONFIG);
		CHECK_INT((long long)f.n, 0);
		schedule_file_release(&f);
	}
}

/* All that is wrong is told at once, in the first line as in the last. */
static void all_errors(void)
{
	struct schedule_file f;

	CHECK_INT(parse(&f, strv_of("61 * * * * q one limit=0\n"
				    "@daily q two\n"
				    "@daily ! three bad=1")),
		  -1);
	CHECK_HAS(told.p, "1:1: minute");
	CHECK_HAS(told.p, "1:18: limit");
	CHECK_HAS(told.p, "3:8: queue");
	CHECK_HAS(told.p, "3:16: option 'bad'");
	CHECK_STR(err.msg, "4 errors, nothing is applied");
	schedule_file_release(&f);
}

static void warnings(void)
{
	static const struct row rows[] = {
		{"0 0 */2 * MON q n", "1:1: warning: day of month and day"},
		{"@hourly q n overlap=forbid missed=all",
		 "1:1: warning: missed=all with overlap=forbid"},
		{"0 0 1 1 * q n start=2027-01-02T00:00:00Z "
		 "end=2028-01-01T00:00:00Z",
		 "1:1: warning: end: no tick is due from start to end"},
		{"0 0 1 1 * q n start=2027-01-01T00:00:00Z "
		 "end=2027-01-01T00:00:01Z",
		 ""},
		{"", "1:1: warning: file: lists no schedule"},
		{"# nothing\n", "warning: file: lists no schedule"},
		{"ALLOW_EMPTY=1\n", ""},
		{"0 0 */2 * +MON q n", ""},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct schedule_file f;

		unit_row = rows[i].text;
		CHECK_INT(parse(&f, strv_of(rows[i].text)), 0);
		if (*rows[i].told)
			CHECK_HAS(told.p, rows[i].told);
		else
			CHECK_STR(told.p, "");
		schedule_file_release(&f);
	}
}

/* What editors leave behind does not matter. */
static void shapes(void)
{
	static const char *const rows[] = {
		"@daily q n -- x",
		"@daily q n -- x\n",
		"@daily q n -- x\r\n",
		"\xef\xbb\xbf@daily q n -- x\n",
		"\r\n\t\n \t@daily\tq\tn\t--\tx\r\n\r\n",
		"  # indented\n@daily q n -- x",
	};
	struct schedule_file f;
	struct buf b = BUF_INIT;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		unit_row = rows[i];
		CHECK_INT(parse(&f, strv_of(rows[i])), 0);
		CHECK_INT((long long)f.n, 1);
		CHECK_STR(f.n ? f.v[0].payload.p : "", "x");
		schedule_file_release(&f);
	}
	unit_row = "empty payloads";
	CHECK_INT(parse(&f, strv_of("@daily q a\n@daily q b --\n"
				    "@daily q c -- \n")),
		  0);
	for (size_t i = 0; i < f.n; i++)
		CHECK_INT((long long)f.v[i].payload.len, 0);
	schedule_file_release(&f);
	unit_row = "NUL";
	CHECK_INT(parse(&f, strv_make("@daily q n -- a\0b", 17)), -1);
	CHECK_HAS(told.p, "1:16: line: a NUL byte");
	schedule_file_release(&f);
	unit_row = "long lines";
	buf_addstr(&b, "@daily q n -- ");
	while (b.len < SCHEDULE_LINE_MAX)
		buf_addch(&b, 'x');
	CHECK_INT(parse(&f, strv_make(b.p, b.len)), 0);
	schedule_file_release(&f);
	buf_addch(&b, 'x');
	CHECK_INT(parse(&f, strv_make(b.p, b.len)), -1);
	CHECK_HAS(told.p, "1:1: line: longer than 65536 bytes");
	schedule_file_release(&f);
	buf_release(&b);
}

static void defaults(void)
{
	struct schedule_file f;

	CHECK_INT(parse(&f, strv_of("@daily q a\n"
				    "DEFAULTS=limit=3 priority=2 # why\n"
				    "@daily q b limit=4\n"
				    "@daily q c\n"
				    "DEFAULTS=\n"
				    "@daily q d\n")),
		  0);
	CHECK_INT(f.v[0].limit, 0);
	CHECK_INT(f.v[1].limit, 4);
	CHECK_INT(f.v[1].job.priority, 2);
	CHECK_INT(f.v[2].limit, 3);
	CHECK_INT(f.v[3].limit, 0);
	CHECK_INT(f.v[3].job.priority, 0);
	schedule_file_release(&f);
}

static void write_file(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || fd_write_all(fd, text, strlen(text)) ||
	    fchmod(fd, mode) || close(fd))
		CHECK(!"written");
}

static int load(struct schedule_file *f, const char *path, bool trusted)
{
	struct schedule_input in = {.now = NOW, .report = tell};

	buf_clear(&told);
	return schedule_load(f, path, trusted, &in, &err);
}

/* A payload is what is run, too. */
static void unsafe_payloads(void)
{
	struct schedule_file f;

	write_file("web.cron", "@daily q n payload-file=body\n", 0644);
	write_file("body", "theirs", 0666);
	CHECK_INT(load(&f, "web.cron", true), -1);
	CHECK_INT(err.code, STATUS_RIGHTS);
	CHECK_HAS(told.p, "1:25: payload-file: 'body': others may write it");
	CHECK_HAS(err.msg, "schedule file 'web.cron': payload file 'body': "
			   "others may write it (chmod go-w)");
	CHECK_INT(load(&f, "web.cron", false), 0);
	CHECK_HAS(told.p, "warning: payload-file: 'body': others may write it");
	CHECK_STR(f.v[0].payload.p, "theirs");
	schedule_file_release(&f);
	/* links: within the directory, and out of it */
	unlink("body");
	CHECK(mkdir("dir", 0755) == 0 && symlink("dir/real", "body") == 0);
	write_file("dir/real", "ours", 0644);
	CHECK_INT(load(&f, "web.cron", true), 0);
	CHECK_STR(f.v[0].payload.p, "ours");
	schedule_file_release(&f);
	CHECK_INT(rename("web.cron", "dir/web.cron"), 0);
	CHECK_INT(symlink("../body", "dir/body"), 0);
	CHECK_INT(load(&f, "dir/web.cron", true), 0);
	schedule_file_release(&f);
	unlink("dir/body");
	CHECK_INT(symlink("/etc/passwd", "dir/body"), 0);
	CHECK_INT(load(&f, "dir/web.cron", true), -1);
	CHECK_INT(err.code, STATUS_RIGHTS);
	CHECK_HAS(told.p, "1:25: payload-file: 'body': it is a link to "
			  "elsewhere");
	CHECK_INT(load(&f, "dir/web.cron", false), 0);
	schedule_file_release(&f);
	unlink("dir/body");
	unlink("dir/real");
	unlink("dir/web.cron");
	unlink("body");
	CHECK_INT(rmdir("dir"), 0);
}

static void files(void)
{
	char dir[] = "/tmp/jobq-unit.XXXXXX";
	struct schedule_file f;

	if (!mkdtemp(dir) || chdir(dir)) {
		CHECK(!"made");
		return;
	}
	write_file("web.cron", "@daily q n payload-file=body\n", 0644);
	write_file("body", "the\nbody", 0600);
	CHECK_INT(load(&f, "./web.cron", true), 0);
	CHECK_STR(f.source, "web.cron");
	CHECK_STR(f.v[0].payload.p, "the\nbody");
	schedule_file_release(&f);
	write_file("web.cron", "@daily q n payload-file=../body\n", 0644);
	CHECK_INT(load(&f, "web.cron", true), -1);
	CHECK_HAS(told.p, "not beside the schedule file");
	write_file("web.cron", "@daily q n payload-file=/etc/passwd\n", 0644);
	CHECK_INT(load(&f, "web.cron", true), -1);
	CHECK_HAS(told.p, "not beside the schedule file");
	write_file("web.cron", "@daily q n payload-file=none\n", 0644);
	CHECK_INT(load(&f, "web.cron", true), -1);
	CHECK_HAS(told.p, "1:25: payload-file: cannot read 'none'");
	CHECK_HAS(err.msg, "schedule file 'web.cron': 1 error, nothing");
	unsafe_payloads();
	write_file("web.cron", "@daily q n\n", 0666);
	CHECK_INT(load(&f, "web.cron", true), -1);
	CHECK_INT(err.code, STATUS_RIGHTS);
	CHECK_HAS(err.msg, "chmod go-w");
	CHECK_INT(load(&f, "web.cron", false), 0);
	CHECK_HAS(told.p, "warning: others may write it");
	schedule_file_release(&f);
	CHECK_INT(load(&f, "missing", true), -1);
	CHECK_INT(err.code, STATUS_NOINPUT);
	CHECK_INT(load(&f, ".", true), -1);
	CHECK_INT(err.code, STATUS_NOINPUT);
	unlink("web.cron");
	unlink("body");
	CHECK_INT(rmdir(dir), 0);
}

/* The offsets of many names: known ones, and spread evenly. */
static void jitter(void)
{
	static struct {
		char name[16];
		int64_t offset;
	} known[] = {{"poll", 216568}, {"nightly-report", 249131}};
	struct schedule s = {.jitter = 600000};
	char name[32];
	int bin[60] = {0};

	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		s.name = known[i].name;
		CHECK_INT(schedule_jitter(&s), known[i].offset);
	}
	s.name = name;
	for (int i = 0; i < 10000; i++) {
		int64_t offset;

		snprintf(name, sizeof(name), "job-%d", i);
		offset = schedule_jitter(&s);
		CHECK(offset >= 0 && offset < 600000);
		bin[offset / 10000]++;
	}
	/* 167 each; five times the deviation to be expected of chance */
	for (int i = 0; i < 60; i++)
		CHECK(bin[i] > 167 - 65 && bin[i] < 167 + 65);
}

int main(void)
{
	static const struct unit_test tests[] = {
		{UNIT_TEST(example_file)}, {UNIT_TEST(every_option)},
		{UNIT_TEST(errors)},	   {UNIT_TEST(all_errors)},
		{UNIT_TEST(warnings)},	   {UNIT_TEST(shapes)},
		{UNIT_TEST(defaults)},	   {UNIT_TEST(files)},
		{UNIT_TEST(jitter)},
	};

	return unit_run("schedule", tests, ARRAY_LEN(tests));
}
