/* SPDX-License-Identifier: ISC */
/*
 * One job in full, for people: what was pushed, what became of it, each of the
 * last attempts. Whatever a job or a handler wrote is escaped line by line and
 * stands behind a mark, so that it cannot pass for ours.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/text.h"
#include "cli/show.h"

/* A longer result is only measured here; `-F result` prints it. */
#define QUOTED_RESULT 2048

/* The text being made. */
struct page {
	struct buf *out;
	bool color;
	int64_t now_ms;
	char day[11]; /* of the event before */
	bool lives;   /* there was one */
};

/* "Label     " in its column. */
static void label(struct page *p, const char *name)
{
	char padded[16];

	snprintf(padded, sizeof(padded), "%-10s", name);
	output_paint(p->out, OUTPUT_DIM, p->color, strv_of(padded));
}

/* One line with a label; what `fmt` makes is escaped. */
static void line(struct page *p, const char *name, const char *fmt, ...)
	printf_like(3, 4);

static void line(struct page *p, const char *name, const char *fmt, ...)
{
	va_list ap;
	char *raw;

	va_start(ap, fmt);
	if (vasprintf(&raw, fmt, ap) < 0)
		err_nomem();
	va_end(ap);
	label(p, name);
	text_escape(p->out, strv_of(raw));
	buf_addch(p->out, '\n');
	free(raw);
}

static void bytes_line(struct page *p, const char *name, struct strv v)
{
	label(p, name);
	text_escape(p->out, v);
	buf_addch(p->out, '\n');
}

/* "2026-11-24T10:00:00.000Z (3m ago)" */
static void time_line(struct page *p, const char *name, int64_t ms)
{
	int64_t ago = p->now_ms - ms;
	char time[32], span[24];

	num_format_time(ms, time);
	num_format_span(ago < 0 ? -ago : ago, span);
	if (ago < 0)
		line(p, name, "%s (in %s)", time, span);
	else
		line(p, name, "%s (%s ago)", time, span);
}

/* Bytes of a handler, each line behind "  | ". */
static void quote(struct page *p, struct strv v)
{
	while (v.n > 0) {
		buf_addstr(p->out, "  | ");
		text_escape(p->out, strv_cut(&v, '\n'));
		buf_addch(p->out, '\n');
	}
}

static enum output_hue hue_of(const char *state)
{
	if (strcmp(state, "dead") == 0)
		return OUTPUT_BAD;
	if (strcmp(state, "retry") == 0)
		return OUTPUT_WARN;
	if (strcmp(state, "running") == 0 || strcmp(state, "done") == 0)
		return OUTPUT_GOOD;
	return OUTPUT_PLAIN;
}

static void state_line(struct page *p, const struct show_job *job)
{
	const struct stats_job *j = job->job;
	const struct job_record *c = &j->record;
	char span[24];

	num_format_span(
		p->now_ms - (c->since_ms ? c->since_ms : j->header.created_ms),
		span);
	label(p, "State");
	output_paint(p->out, hue_of(j->state), p->color, strv_of(j->state));
	buf_addf(p->out, ", for %s%s\n", span,
		 strcmp(j->state, "running") == 0 && !strv_eq(c->flags, "-")
			 ? "; its worker was asked to stop it"
			 : "");
	if (c->reason.n)
		bytes_line(p, "Reason", c->reason);
}

static void due_lines(struct page *p, const struct show_job *job)
{
	const struct stats_job *j = job->job;

	if (strcmp(j->state, "delayed") == 0 || strcmp(j->state, "retry") == 0)
		time_line(p, "Due", j->score_ms);
	if (strcmp(j->state, "running") == 0) {
		if (job->worker.n)
			bytes_line(p, "Worker", job->worker);
		time_line(p, "Lease", j->score_ms);
	}
	if (j->header.expires_ms)
		time_line(p, "Expires", j->header.expires_ms);
}

static void pushed_lines(struct page *p, const struct job_header *h)
{
	static const char *const trace[] = {"TRACEPARENT", "TRACESTATE",
					    "BAGGAGE"};
	char span[24];

	if (h->name)
		line(p, "Name", "%s", h->name);
	time_line(p, "Pushed", h->created_ms);
	line(p, "Size", "%" PRIu64 " bytes", h->size);
	line(p, "Priority", "%d", h->priority);
	num_format_span(h->timeout_ms, span);
	if (h->timeout_ms >= 0)
		line(p, "Timeout", "%s", h->timeout_ms ? span : "none");
	if (h->backoff)
		line(p, "Back-off", "%s", h->backoff);
	for (size_t i = 0; i < h->n_meta; i++)
		line(p, i ? "" : "Labels", "%s", h->meta[i]);
	for (size_t i = 0; i < ARRAY_LEN(trace); i++)
		if (h->trace[i])
			line(p, "Trace", "%s=%s", trace[i], h->trace[i]);
}

static void counts_line(struct page *p, const struct stats_job *j)
{
	const struct job_record *c = &j->record;
	struct buf b = BUF_INIT;

	buf_addf(&b, "%" PRId64, c->attempts);
	if (j->header.max_attempts)
		buf_addf(&b, " of %" PRId64, j->header.max_attempts);
	buf_addf(&b, " failed; starts %" PRId64, c->deliveries);
	if (c->losses)
		buf_addf(&b, "; losses %" PRId64, c->losses);
	if (c->releases)
		buf_addf(&b, "; releases %" PRId64, c->releases);
	if (c->retries)
		buf_addf(&b, "; put back by hand %" PRId64, c->retries);
	line(p, "Attempts", "%s", b.p);
	buf_release(&b);
}

/* The line of an event begins with its time; a day is named once. */
static void moment(struct page *p, int64_t ms)
{
	char time[32];

	num_format_time(ms, time);
	if (memcmp(p->day, time, 10) != 0) {
		memcpy(p->day, time, 10);
		line(p, p->lives ? "" : "Life", "%.10s (UTC)", time);
		p->lives = true;
	}
	buf_addf(p->out, "  %.12s  ", time + 11);
}

/* "  18:10:00.200  WHAT, in its colour, and the rest" */
static void event(struct page *p, int64_t ms, enum output_hue hue,
		  const char *what, struct strv rest)
{
	moment(p, ms);
	output_paint(p->out, hue, p->color, strv_of(what));
	text_escape(p->out, rest);
	buf_addch(p->out, '\n');
}

static void started(struct page *p, int64_t ms, struct strv worker, int64_t pid)
{
	struct buf rest = BUF_INIT;

	if (worker.n) {
		buf_addstr(&rest, " on ");
		buf_add(&rest, worker.p, worker.n);
	}
	if (pid)
		buf_addf(&rest, ", pid %" PRId64, pid);
	event(p, ms, OUTPUT_PLAIN, "started", strv_make(rest.p, rest.len));
	buf_release(&rest);
}

static void attempt(struct page *p, const struct job_attempt *a)
{
	char how[SHOW_HOW_SIZE];
	bool good = strv_eq(a->how, "exit:0");
	struct buf rest = BUF_INIT;

	started(p, a->start_ms, a->worker, a->pid);
	buf_addf(&rest, " after %.3fs", (double)a->run_ms / 1000);
	if (a->user_us || a->sys_us)
		buf_addf(&rest, ", CPU %.3fs user %.3fs sys",
			 (double)a->user_us / 1e6, (double)a->sys_us / 1e6);
	if (a->peak_kib)
		buf_addf(&rest, ", peak %.1f MiB", (double)a->peak_kib / 1024);
	event(p, a->start_ms + a->run_ms, good ? OUTPUT_GOOD : OUTPUT_BAD,
	      show_how(a->how, how), strv_make(rest.p, rest.len));
	if (show_says_more(a->reason, a->how)) {
		buf_addstr(p->out, "                ");
		text_escape(p->out, a->reason);
		buf_addch(p->out, '\n');
	}
	quote(p, a->stderr_tail);
	buf_release(&rest);
}

/* The starts that are on record, and how many are not any more. */
static void attempts(struct page *p, const struct stats_job *j,
		     struct strv history)
{
	bool running = strcmp(j->state, "running") == 0;
	struct strv rest = history;
	struct job_attempt a;
	struct err e;
	int64_t n = running;
	int rc;

	while (job_next_attempt(&rest, &a, NULL) > 0)
		n++;
	if (n < j->record.deliveries)
		line(p, "", "(%" PRId64 " earlier starts are not on record)",
		     j->record.deliveries - n);
	while ((rc = job_next_attempt(&history, &a, &e)) > 0)
		attempt(p, &a);
	if (rc < 0)
		line(p, "Attempt", "%s", e.msg);
}

/* What comes after the last attempt. */
static void life_now(struct page *p, const struct show_job *job)
{
	const struct stats_job *j = job->job;
	const char *s = j->state;
	char span[24], text[40];

	if (strcmp(s, "running") == 0) {
		started(p, j->record.since_ms, job->worker, 0);
	} else if (strcmp(s, "delayed") == 0 || strcmp(s, "retry") == 0) {
		num_format_span(j->score_ms > p->now_ms
					? j->score_ms - p->now_ms
					: p->now_ms - j->score_ms,
				span);
		snprintf(text, sizeof(text),
			 j->score_ms > p->now_ms ? " in %s" : " since %s",
			 span);
		event(p, j->score_ms, OUTPUT_WARN, "due", strv_of(text));
	} else if (strcmp(s, "done") == 0 || strcmp(s, "dead") == 0) {
		bool dropped =
			strcmp(s, "done") == 0 && job_was_dropped(&j->record);

		event(p, j->record.since_ms, hue_of(s), dropped ? "dropped" : s,
		      strv_of(""));
	}
}

static void life(struct page *p, const struct show_job *job)
{
	const struct stats_job *j = job->job;

	event(p, j->header.created_ms, OUTPUT_PLAIN, "pushed", strv_of(""));
	attempts(p, j, job->detail->history);
	life_now(p, job);
}

static void progress_lines(struct page *p, const struct job_live *live)
{
	const char *text = live->text ? live->text : "";

	if (live->progress >= 0 && live->total > 0)
		line(p, "Progress", "%" PRId64 "/%" PRId64 " %s",
		     live->progress, live->total, text);
	else if (live->progress >= 0)
		line(p, "Progress", "%" PRId64 " %s", live->progress, text);
	if (live->stderr_tail.n) {
		line(p, "Stderr", "so far:");
		quote(p, live->stderr_tail);
	}
}

static void result_lines(struct page *p, const struct job_result *r)
{
	if (r->line)
		line(p, "Result", "%s", r->line);
	if (r->total > r->bytes.n)
		line(p, "Result", "%zu bytes kept, cut from %" PRIu64,
		     r->bytes.n, r->total);
	else if (r->total > 0)
		line(p, "Result", "%" PRIu64 " bytes", r->total);
	if (r->bytes.n <= QUOTED_RESULT)
		quote(p, r->bytes);
}

void show_detail(const struct show_job *job, bool color, struct buf *out)
{
	const struct stats_job *j = job->job;
	struct page page = {.out = out, .color = color, .now_ms = j->now_ms};

	line(&page, "Job", "%s/%.*s", job->queue, (int)j->id.n, j->id.p);
	state_line(&page, job);
	due_lines(&page, job);
	pushed_lines(&page, &j->header);
	counts_line(&page, j);
	life(&page, job);
	progress_lines(&page, &job->detail->live);
	result_lines(&page, &job->detail->result);
}
