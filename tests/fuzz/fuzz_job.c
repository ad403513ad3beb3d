/* SPDX-License-Identifier: ISC */
/*
 * The texts of a job as Redis holds them (queue/job.h), which anybody with a
 * connection can write. Numbers are in their ranges; what was read, written
 * out again, reads as the same.
 */
#include "queue/job.h"

#include <inttypes.h>

#include "base/num.h"
#include "fuzz.h"

static bool same(const char *a, const char *b)
{
	return (!a && !b) || (a && b && strcmp(a, b) == 0);
}

static void same_header(const struct job_header *a, const struct job_header *b)
{
	bool good =
		a->created_ms == b->created_ms &&
		a->expires_ms == b->expires_ms && a->size == b->size &&
		a->priority == b->priority && a->timeout_ms == b->timeout_ms &&
		a->max_attempts == b->max_attempts && a->n_meta == b->n_meta;

	for (int i = 0; i < 3; i++)
		good = good && same(a->trace[i], b->trace[i]);
	for (size_t i = 0; good && i < a->n_meta; i++)
		good = same(a->meta[i], b->meta[i]);
	HOLDS(good && same(a->name, b->name) && same(a->backoff, b->backoff),
	      "a header comes back");
}

static void header(struct strv v)
{
	struct job_options o = JOB_OPTIONS_INIT;
	struct job_header h, again;
	struct buf b = BUF_INIT;
	struct err e;

	if (job_parse_header(v, &h, &e) < 0) {
		fuzz_said(&e, STATUS_PROTOCOL);
		HOLDS(!h.backoff && !h.name && !h.meta && !h.trace[0] &&
			      !h.trace[1] && !h.trace[2],
		      "no header on failure");
		return;
	}
	HOLDS(h.priority >= JOB_PRIORITY_MIN && h.priority <= JOB_PRIORITY_MAX,
	      "a priority in its range");
	HOLDS(h.timeout_ms >= -1 && h.timeout_ms <= NUM_SPAN_MAX_MS,
	      "a time limit in its range");
	HOLDS(h.max_attempts >= 0, "no less than no attempts");
	HOLDS(h.created_ms >= 0 && h.expires_ms >= 0, "times after 1970");
	o.priority = h.priority;
	o.timeout_ms = h.timeout_ms;
	o.max_attempts = h.max_attempts;
	o.backoff = h.backoff;
	o.name = h.name;
	memcpy(o.trace, h.trace, sizeof(o.trace));
	o.meta = (const char *const *)h.meta;
	o.n_meta = h.n_meta;
	buf_addf(&b, "1 %" PRId64 " %" PRId64 " %" PRIu64 " digest",
		 h.created_ms, h.expires_ms, h.size);
	job_encode_options(&o, &b);
	HOLDS(job_parse_header(strv_make(b.p, b.len), &again, &e) == 0,
	      "a header written out is one");
	same_header(&h, &again);
	job_header_release(&again);
	job_header_release(&h);
	buf_release(&b);
}

static void record(struct strv v)
{
	struct job_record r;
	struct err e;

	if (job_parse_record(v, &r, &e) < 0) {
		fuzz_said(&e, STATUS_PROTOCOL);
		return;
	}
	HOLDS(r.since_ms >= 0 && r.deliveries >= 0 && r.attempts >= 0 &&
		      r.losses >= 0 && r.releases >= 0 &&
		      r.attempts_before >= 0 && r.losses_before >= 0 &&
		      r.releases_before >= 0 && r.retries >= 0,
	      "what is counted is not negative");
	HOLDS(r.attempts < INT64_MAX / 4 && r.attempts_before < INT64_MAX / 4 &&
		      r.losses < INT64_MAX / 4 && r.releases < INT64_MAX / 4,
	      "counters can be added to");
}

static void envelope(struct strv v)
{
	struct strv first, payload;
	struct err e;

	if (job_split_envelope(v, &first, &payload, &e) < 0) {
		HOLDS(!v.n || !memchr(v.p, '\n', v.n), "a line is a header");
		fuzz_said(&e, STATUS_PROTOCOL);
		return;
	}
	HOLDS(first.n + 1 + payload.n == v.n && payload.p == v.p + first.n + 1,
	      "header and payload are all of it");
}

/* The detail of an attempt as the scripts complete it. */
static void attempt(const struct job_attempt *a)
{
	struct buf entry = BUF_INIT, all = BUF_INIT;
	struct job_attempt again;
	struct strv rest;

	buf_addf(&entry, "%" PRId64 " %" PRId64 " ", a->start_ms, a->run_ms);
	buf_add(&entry, a->how.p, a->how.n);
	buf_addch(&entry, ' ');
	job_encode_attempt(a, &entry);
	buf_addf(&all, "%zu:", entry.len);
	buf_add(&all, entry.p, entry.len);
	buf_addch(&all, ',');
	rest = strv_make(all.p, all.len);
	HOLDS(job_next_attempt(&rest, &again, NULL) == 1 && rest.n == 0,
	      "an attempt written out is one");
	HOLDS(again.start_ms == a->start_ms && again.run_ms == a->run_ms &&
		      again.user_us == a->user_us && again.pid == a->pid &&
		      fuzz_equal(again.reason, a->reason) &&
		      fuzz_equal(again.stderr_tail, a->stderr_tail),
	      "an attempt comes back");
	buf_release(&entry);
	buf_release(&all);
}

static void history(struct strv v)
{
	struct job_attempt a;
	struct err e;
	int rc;

	do {
		size_t before = v.n;

		rc = job_next_attempt(&v, &a, &e);
		HOLDS(rc != 1 || v.n < before, "an attempt takes room");
		HOLDS(rc != 0 || v.n == 0, "the end is the end");
		HOLDS(rc != 1 || a.reason.n == 0 ||
			      !memchr(a.reason.p, '\n', a.reason.n),
		      "a reason is one line");
		if (rc == 1 && a.how.n)
			attempt(&a);
	} while (rc == 1);
	if (rc < 0)
		fuzz_said(&e, STATUS_PROTOCOL);
}

static void live(struct strv v)
{
	struct job_live l, again;
	struct buf b = BUF_INIT;
	struct err e;

	if (job_parse_live(v, &l, &e) < 0) {
		fuzz_said(&e, STATUS_PROTOCOL);
		return;
	}
	HOLDS(l.progress >= -1 && l.total >= 0, "progress in its range");
	job_encode_live(l.progress, l.total, strv_of(l.text ? l.text : ""),
			l.stderr_total, l.stderr_tail, &b);
	HOLDS(job_parse_live(strv_make(b.p, b.len), &again, &e) == 0 &&
		      again.progress == l.progress && again.total == l.total &&
		      same(again.text, l.text) &&
		      again.stderr_total == l.stderr_total &&
		      fuzz_equal(again.stderr_tail, l.stderr_tail),
	      "news come back");
	job_live_release(&again);
	job_live_release(&l);
	buf_release(&b);
}

static void result(struct strv v)
{
	struct job_result r, again;
	struct buf b = BUF_INIT;
	struct err e;

	if (job_parse_result(v, &r, &e) < 0) {
		fuzz_said(&e, STATUS_PROTOCOL);
		return;
	}
	job_encode_result(r.total, strv_of(r.line ? r.line : ""), r.bytes, &b);
	HOLDS(job_parse_result(strv_make(b.p, b.len), &again, &e) == 0 &&
		      again.total == r.total && same(again.line, r.line),
	      "a result comes back");
	HOLDS(!b.len || fuzz_equal(again.bytes, r.bytes),
	      "the bytes of a result come back");
	job_result_release(&again);
	job_result_release(&r);
	buf_release(&b);
}

static void worker(struct strv v)
{
	struct job_worker w, again;
	struct buf b = BUF_INIT;
	struct err e;

	if (job_parse_worker(v, &w, &e) < 0) {
		fuzz_said(&e, STATUS_PROTOCOL);
		HOLDS(!w.name && !w.host, "no worker on failure");
		return;
	}
	job_encode_worker(&w, &b);
	HOLDS(job_parse_worker(strv_make(b.p, b.len), &again, &e) == 0 &&
		      again.pid == w.pid && again.failed == w.failed &&
		      again.started_ms == w.started_ms,
	      "a worker's entry comes back");
	HOLDS(!w.name || !w.name[0] || same(again.name, w.name),
	      "a worker's name comes back");
	job_worker_release(&again);
	job_worker_release(&w);
	buf_release(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct strv v = fuzz_view(data, size), line, head, rest;

	header(v);
	record(v);
	envelope(v);
	history(v);
	live(v);
	result(v);
	worker(v);
	job_split_record(v, &line, &head, &rest);
	record(line);
	header(head);
	history(rest);
	return 0;
}
