/* SPDX-License-Identifier: ISC */
/* From looks at a job to what is new. */
#include "cli/follow.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "base/text.h"
#include "cli/output.h"
#include "cli/show.h"
#include "sys/json.h"

void follow_init(struct follow *f, const char *queue, struct strv id)
{
	snprintf(f->job, sizeof(f->job), "%s/%.*s", queue, (int)id.n, id.p);
	buf_init(&f->tail);
	buf_init(&f->line);
	f->terminal =
		isatty(f->to == FOLLOW_STDERR ? STDERR_FILENO : STDOUT_FILENO);
	f->progress = -1;
	f->state = "";
}

void follow_release(struct follow *f)
{
	buf_release(&f->tail);
	buf_release(&f->line);
	free(f->text);
	f->text = NULL;
}

size_t follow_overlap(struct strv before, struct strv now)
{
	size_t n = before.n < now.n ? before.n : now.n;

	while (n > 0 && memcmp(before.p + before.n - n, now.p, n) != 0)
		n--;
	return n;
}

/* A line for people on stderr. */
static void say(const struct follow *f, const char *fmt, ...) printf_like(2, 3);

static void say(const struct follow *f, const char *fmt, ...)
{
	struct buf safe = BUF_INIT;
	va_list ap;
	char *raw;

	if (f->quiet || f->to == FOLLOW_JSON)
		return;
	va_start(ap, fmt);
	if (vasprintf(&raw, fmt, ap) < 0)
		err_nomem();
	va_end(ap);
	text_escape(&safe, strv_of(raw));
	fprintf(stderr, "%s: %s\n", f->job, safe.p);
	free(raw);
	buf_release(&safe);
}

/* An object begun, for programs; NULL if they are not addressed. */
static struct json *object(const struct follow *f, const char *event,
			   int64_t now_ms)
{
	struct json *o;

	if (f->to != FOLLOW_JSON)
		return NULL;
	o = json_new_object();
	json_put_time(o, "time", now_ms);
	json_put_str(o, "job", f->job);
	json_put_str(o, "event", event);
	if (f->attempt)
		json_put_int(o, "start", f->attempt);
	return o;
}

static int put_out(struct json *o, struct err *e)
{
	struct buf line = BUF_INIT;
	int rc;

	json_write(o, &line);
	buf_addch(&line, '\n');
	rc = output_write(line.p, line.len, e);
	if (rc == 0)
		rc = output_flush(e);
	buf_release(&line);
	json_free(o);
	return rc;
}

static int put_bytes(const struct follow *f, struct strv v, struct err *e)
{
	if (f->to == FOLLOW_STDERR) {
		fwrite(v.p, 1, v.n, stderr);
		return 0;
	}
	if (output_write(v.p, v.n, e) < 0)
		return -1;
	return output_flush(e);
}

/* A terminal gets whole lines, made harmless. */
static int put_lines(struct follow *f, bool all, struct err *e)
{
	struct strv rest = strv_make(f->line.p, f->line.len);
	struct buf safe = BUF_INIT;
	int rc;

	while (rest.n > 0 && (all || memchr(rest.p, '\n', rest.n))) {
		text_escape(&safe, strv_cut(&rest, '\n'));
		buf_addch(&safe, '\n');
	}
	buf_drop(&f->line, f->line.len - rest.n);
	rc = put_bytes(f, strv_make(safe.p, safe.len), e);
	buf_release(&safe);
	return rc;
}

/* What the handler wrote. */
static int emit(struct follow *f, struct strv v, int64_t now_ms, struct err *e)
{
	struct json *o;

	if (v.n == 0)
		return 0;
	o = object(f, "stderr", now_ms);
	if (o) {
		json_put_bytes(o, "text", v);
		return put_out(o, e);
	}
	if (!f->terminal)
		return put_bytes(f, v, e);
	buf_add(&f->line, v.p, v.n);
	return put_lines(f, false, e);
}

static struct strv after(struct strv v, size_t n)
{
	return strv_make(v.p + n, v.n - n);
}

static void begin_attempt(struct follow *f, int64_t number)
{
	f->attempt = number;
	f->seen = 0;
	buf_clear(&f->tail);
	f->progress = -1;
	free(f->text);
	f->text = NULL;
}

/* The worker keeps the end of it only, and the handler was faster, or may have
 * been (-1 bytes). */
static int see_gap(struct follow *f, int64_t bytes, int64_t now_ms,
		   struct err *e)
{
	struct json *o = object(f, "gap", now_ms);

	if (bytes < 0)
		say(f, "bytes of its stderr may be left out");
	else
		say(f, "%" PRId64 " bytes of its stderr are left out", bytes);
	if (!o)
		return 0;
	if (bytes >= 0)
		json_put_int(o, "bytes", bytes);
	return put_out(o, e);
}

/* Whether `tail`, of a record, may be all that is left of more: a record does
 * not say how much there was. A tail that was cut has the size that the worker
 * was told to keep, which people give in KiB. */
static bool may_be_cut(const struct follow *f, struct strv tail)
{
	return f->seen > (int64_t)f->tail.len ||
	       (tail.n > 0 && tail.n % 1024 == 0);
}

/* Whether an overlap of `n` bytes is one of several, or none, so that what was
 * written since may be longer than what comes after it. */
static bool is_unsure(struct strv before, struct strv now, size_t n)
{
	if (n == 0)
		return true;
	return follow_overlap(after(before, before.n - (n - 1)),
			      strv_make(now.p, n - 1)) > n / 2;
}

/* An attempt that is over: the last of its stderr, and how it ended. */
static int end_attempt(struct follow *f, int64_t number,
		       const struct job_attempt *a, struct err *e)
{
	struct strv before, tail = a->stderr_tail;
	int64_t at = a->start_ms + a->run_ms;
	size_t known;
	char how[SHOW_HOW_SIZE], span[24];
	bool more = show_says_more(a->reason, a->how);
	struct json *o;

	if (number != f->attempt)
		begin_attempt(f, number);
	before = strv_make(f->tail.p, f->tail.len);
	known = follow_overlap(before, tail);
	if (may_be_cut(f, tail) && is_unsure(before, tail, known) &&
	    see_gap(f, -1, at, e) < 0)
		return -1;
	if (emit(f, after(tail, known), at, e) < 0 || put_lines(f, true, e) < 0)
		return -1;
	f->ended = number;
	num_format_span(a->run_ms, span);
	say(f, "ended after %s: %s%s%.*s", span, show_how(a->how, how),
	    more ? ": " : "", more ? (int)a->reason.n : 0, a->reason.p);
	o = object(f, "ended", at);
	if (!o)
		return 0;
	json_put_bytes(o, "last", a->how);
	json_put_num(o, "run_s", (double)a->run_ms / 1000);
	json_put_bytes(o, "worker", a->worker);
	if (a->reason.n)
		json_put_bytes(o, "error", a->reason);
	return put_out(o, e);
}

/* Those that have ended since, as far as they are on record. */
static int end_attempts(struct follow *f, const struct stats_detail *d,
			int64_t closed, struct err *e)
{
	struct strv rest = d->history;
	struct job_attempt a;
	int64_t n = 0;

	while (job_next_attempt(&rest, &a, NULL) > 0)
		n++;
	rest = d->history;
	for (int64_t number = closed - n + 1;
	     job_next_attempt(&rest, &a, NULL) > 0; number++)
		if (number > f->ended && end_attempt(f, number, &a, e) < 0)
			return -1;
	return 0;
}

static bool same_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

static int see_progress(struct follow *f, const struct job_live *live,
			int64_t now_ms, struct err *e)
{
	const char *text = live->text ? live->text : "";
	struct json *o;

	if (live->progress < 0 ||
	    (live->progress == f->progress && live->total == f->total &&
	     same_text(live->text, f->text)))
		return 0;
	f->progress = live->progress;
	f->total = live->total;
	free(f->text);
	f->text = buf_strdup(text);
	if (live->total > 0)
		say(f, "progress %" PRId64 "/%" PRId64 " %s", live->progress,
		    live->total, text);
	else
		say(f, "progress %" PRId64 " %s", live->progress, text);
	o = object(f, "progress", now_ms);
	if (!o)
		return 0;
	json_put_int(o, "progress", live->progress);
	if (live->total > 0)
		json_put_int(o, "progress_total", live->total);
	if (*text)
		json_put_str(o, "progress_text", text);
	return put_out(o, e);
}

/* The part of the tail that was not there at the last look. */
static int see_stderr(struct follow *f, const struct job_live *live,
		      int64_t now_ms, struct err *e)
{
	struct strv tail = live->stderr_tail;
	int64_t more = live->stderr_total - f->seen;
	int rc;

	if (live->stderr_total < 0) /* a worker that does not count */
		more = (int64_t)(tail.n - follow_overlap(strv_make(f->tail.p,
								   f->tail.len),
							 tail));
	if (more <= 0)
		return 0;
	if ((uint64_t)more > tail.n) {
		if (see_gap(f, more - (int64_t)tail.n, now_ms, e) < 0)
			return -1;
		more = (int64_t)tail.n;
	}
	rc = emit(f, after(tail, tail.n - (size_t)more), now_ms, e);
	f->seen = live->stderr_total;
	buf_clear(&f->tail);
	buf_add(&f->tail, tail.p, tail.n);
	return rc;
}

static int see_running(struct follow *f, const struct stats_detail *d,
		       struct err *e)
{
	const struct stats_job *j = &d->job;
	struct json *o;

	if (f->attempt != j->record.deliveries) {
		begin_attempt(f, j->record.deliveries);
		say(f, j->record.deliveries > 1 ? "started again" : "started");
		o = object(f, "started", j->record.since_ms);
		if (o && put_out(o, e) < 0)
			return -1;
	}
	if (see_stderr(f, &d->live, j->now_ms, e) < 0)
		return -1;
	return see_progress(f, &d->live, j->now_ms, e);
}

/* It has come into a state in which it waits or has ended. */
static int see_state(struct follow *f, const struct stats_job *j, bool over,
		     struct err *e)
{
	int64_t left = j->score_ms - j->now_ms;
	struct json *o;
	char span[24];

	num_format_span(left > 0 ? left : 0, span);
	if (strcmp(j->state, "ready") == 0)
		say(f, "ready");
	else if (!over)
		say(f, "%s, due in %s", j->state, span);
	f->attempt = over ? f->attempt : 0;
	o = object(f, j->state, over ? j->record.since_ms : j->now_ms);
	if (!o)
		return 0;
	if (!over && j->score_ms)
		json_put_time(o, "at", j->score_ms);
	if (j->record.reason.n)
		json_put_bytes(o, "error", j->record.reason);
	return put_out(o, e);
}

int follow_see(struct follow *f, const struct stats_detail *d, struct err *e)
{
	const struct stats_job *j = &d->job;
	bool running = strcmp(j->state, "running") == 0;
	bool over =
		strcmp(j->state, "done") == 0 || strcmp(j->state, "dead") == 0;
	int64_t closed = j->record.deliveries - running;

	/* of one that has ended the last attempt is told all the same */
	if (!f->begun)
		f->ended = over && closed > 0 ? closed - 1 : closed;
	f->begun = true;
	if (end_attempts(f, d, closed, e) < 0)
		return -1;
	if (running && see_running(f, d, e) < 0)
		return -1;
	if (!running && strcmp(f->state, j->state) != 0 &&
	    see_state(f, j, over, e) < 0)
		return -1;
	f->state = j->state;
	return over;
}
