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
};

/* "Label     " in its column. */
static void label(struct page *p, const char *name)
{
	buf_addf(p->out, "%s%-10s%s", p->color ? "\033[2m" : "", name,
		 p->color ? "\033[0m" : "");
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

static void state_line(struct page *p, const struct show_job *job)
{
	const struct stats_job *j = job->job;
	const struct job_record *c = &j->record;
	char span[24];

	num_format_span(
		p->now_ms - (c->since_ms ? c->since_ms : j->header.created_ms),
		span);
	if (strv_eq(c->flags, "-"))
		line(p, "State", "%s, for %s", j->state, span);
	else
		line(p, "State", "%s, for %s; its worker was asked to stop it",
		     j->state, span);
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

static void attempt(struct page *p, const struct job_attempt *a)
{
	char start[32], how[SHOW_HOW_SIZE];
	struct buf b = BUF_INIT;

	num_format_time(a->start_ms, start);
	buf_addf(&b, "%s ran %.3fs, %s", start, (double)a->run_ms / 1000,
		 show_how(a->how, how));
	if (a->user_us || a->sys_us)
		buf_addf(&b, ", CPU %.3fs user %.3fs system",
			 (double)a->user_us / 1e6, (double)a->sys_us / 1e6);
	if (a->peak_kib)
		buf_addf(&b, ", peak %.1f MiB", (double)a->peak_kib / 1024);
	buf_addf(&b, ", worker %.*s", (int)a->worker.n, a->worker.p);
	if (a->pid)
		buf_addf(&b, " pid %" PRId64, a->pid);
	line(p, "Attempt", "%s", b.p);
	if (a->reason.n)
		bytes_line(p, "", a->reason);
	quote(p, a->stderr_tail);
	buf_release(&b);
}

static void attempts(struct page *p, struct strv history)
{
	struct job_attempt a;
	struct err e;
	int rc;

	while ((rc = job_next_attempt(&history, &a, &e)) > 0)
		attempt(p, &a);
	if (rc < 0)
		line(p, "Attempt", "%s", e.msg);
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
	struct page page = {out, color, j->now_ms};

	line(&page, "Job", "%s/%.*s", job->queue, (int)j->id.n, j->id.p);
	state_line(&page, job);
	due_lines(&page, job);
	pushed_lines(&page, &j->header);
	counts_line(&page, j);
	attempts(&page, job->detail->history);
	progress_lines(&page, &job->detail->live);
	result_lines(&page, &job->detail->result);
}
