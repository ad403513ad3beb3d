/* SPDX-License-Identifier: ISC */
/* How queues and their workers are shown. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "base/text.h"
#include "cli/show.h"

#define BEHIND_MS 60000 /* a job that waits longer waits for its turn */

static const struct output_column queue_columns[] = {
	{"QUEUE", OUTPUT_LEFT, 0},   {"READY", OUTPUT_RIGHT, 0},
	{"RUN", OUTPUT_RIGHT, 1},    {"DELAY", OUTPUT_RIGHT, 5},
	{"RETRY", OUTPUT_RIGHT, 4},  {"DEAD", OUTPUT_RIGHT, 2},
	{"DONE/m", OUTPUT_RIGHT, 7}, {"FAIL/m", OUTPUT_RIGHT, 8},
	{"OLDEST", OUTPUT_RIGHT, 6}, {"WORKERS", OUTPUT_RIGHT, 3},
	{"NOTE", OUTPUT_LEFT, 0},
};

struct strv show_paused(struct strv paused, int64_t *since_ms)
{
	struct strv why = paused, ms = strv_cut(&why, ' ');

	if (num_int(ms, 0, INT64_MAX, since_ms, NULL) < 0)
		*since_ms = 0;
	return strv_eq(why, "-") ? strv_of("") : why;
}

static void queue_counters(struct show_row *r, const struct stats_queue *s)
{
	show_put_int(r, "pushed_total", s->pushed);
	show_put_int(r, "dup_total", s->dup);
	show_put_int(r, "claimed_total", s->claimed);
	show_put_int(r, "done_total", s->completed);
	show_put_int(r, "failed_total", s->failed);
	show_put_int(r, "dead_total", s->dead_in);
	show_put_int(r, "retried_total", s->retried);
	show_put_int(r, "lost_total", s->lost);
	show_put_int(r, "released_total", s->released);
	show_put_int(r, "deleted_total", s->deleted);
	show_put_int(r, "expired_total", s->expired);
	show_put_int(r, "trimmed_total", s->trimmed);
	show_put_int(r, "orphan_total", s->orphan);
}

static void queue_fields(struct show_row *r, const void *thing)
{
	static const struct stats_queue nothing;
	const struct show_queue *q = thing;
	const struct stats_queue *s = q->stats ? q->stats : &nothing;
	int64_t since = 0;
	struct strv why = show_paused(s->paused, &since);

	show_put_text(r, "name", strv_of(q->name));
	r->unknown = !q->stats;
	show_put_int(r, "ready", s->ready);
	show_put_int(r, "running", s->running);
	show_put_int(r, "delayed", s->delayed);
	show_put_int(r, "retry", s->retry);
	show_put_int(r, "dead", s->dead);
	show_put_int(r, "done", s->done);
	show_put_span(r, "oldest_ready_s",
		      s->oldest_ms ? s->now_ms - s->oldest_ms : -1);
	show_put_int(r, "workers", s->workers);
	show_put_bool(r, "paused", s->paused.n > 0);
	show_put_time(r, "paused_since", since);
	show_put_text(r, "paused_why", why);
	show_put_int(r, "max_len", s->max_len);
	show_put_num(r, "pushed_minute", s->pushed_minute);
	show_put_num(r, "done_minute", s->done_minute);
	show_put_num(r, "failed_minute", s->failed_minute);
	queue_counters(r, s);
	show_put_int(r, "slots", s->slots);
	show_put_int(r, "slots_busy", s->slots_busy);
	r->unknown = false;
	show_put_text(r, "note", q->note);
}

static void count_cell(struct output_table *t, int64_t n, enum output_hue hue)
{
	output_table_cell(t, n ? hue : OUTPUT_DIM, "%" PRId64, n);
}

static void rate_cell(struct output_table *t, double a_minute,
		      enum output_hue hue)
{
	output_table_cell(t, a_minute >= 0.5 ? hue : OUTPUT_DIM, "%.0f",
			  a_minute);
}

static void queue_cells(struct output_table *t, const void *thing)
{
	const struct show_queue *q = thing;
	const struct stats_queue *s = q->stats;
	char oldest[24] = "-";

	output_table_cell(t, OUTPUT_BOLD, "%s", q->name);
	for (int i = 0; !s && i < 9; i++)
		output_table_cell(t, OUTPUT_DIM, "-");
	if (s) {
		if (s->oldest_ms)
			num_format_span(s->now_ms - s->oldest_ms, oldest);
		count_cell(t, s->ready, OUTPUT_PLAIN);
		count_cell(t, s->running, OUTPUT_GOOD);
		count_cell(t, s->delayed, OUTPUT_PLAIN);
		count_cell(t, s->retry, OUTPUT_WARN);
		count_cell(t, s->dead, OUTPUT_BAD);
		rate_cell(t, s->done_minute, OUTPUT_GOOD);
		rate_cell(t, s->failed_minute, OUTPUT_WARN);
		output_table_cell(t,
				  show_is_behind(s) ? OUTPUT_WARN
				  : s->oldest_ms    ? OUTPUT_PLAIN
						    : OUTPUT_DIM,
				  "%s", oldest);
		count_cell(t, s->workers, OUTPUT_PLAIN);
	}
	output_table_cell(t, s ? OUTPUT_WARN : OUTPUT_BAD, "%.*s",
			  (int)q->note.n, q->note.p);
}

static const struct show_queue example_queue = {.name = ""};

const struct show_kind show_queues = {
	.one = "queue",
	.many = "queues",
	.columns = queue_columns,
	.n_columns = ARRAY_LEN(queue_columns),
	.example = &example_queue,
	.fields = queue_fields,
	.cells = queue_cells,
};

static void add_note(struct buf *out, size_t start, const char *text)
{
	if (out->len > start)
		buf_addstr(out, "; ");
	buf_addstr(out, text);
}

static void note_paused(const struct stats_queue *s, struct buf *out)
{
	int64_t since = 0;
	struct strv why = show_paused(s->paused, &since);
	char span[24];

	buf_addstr(out, "paused");
	if (since > 0) {
		num_format_span(s->now_ms - since, span);
		buf_addf(out, " %s", span);
	}
	if (why.n) {
		buf_addstr(out, ": ");
		buf_add(out, why.p, why.n);
	}
}

bool show_is_behind(const struct stats_queue *s)
{
	return s->ready > 0 && s->running > 0 && s->paused.n == 0 &&
	       s->oldest_ms > 0 && s->now_ms - s->oldest_ms > BEHIND_MS &&
	       s->pushed_minute > s->done_minute;
}

/* Jobs that a worker would take, or make ready first. */
static bool has_work(const struct stats_queue *s)
{
	return s->ready > 0 || s->oldest_ms > 0;
}

/* Living workers that take no job, or some that cannot run their handler. */
static void note_workers(const struct stats_queue *s, size_t start,
			 struct buf *out)
{
	int64_t told = s->workers_run + s->workers_halted + s->workers_quiet +
		       s->workers_stopping;

	if (s->workers_halted > 0) {
		add_note(out, start, "handler broken");
		if (s->workers_halted < told)
			buf_addf(out, " on %" PRId64 " of %" PRId64 " workers",
				 s->workers_halted, told);
	} else if (has_work(s) && s->paused.n == 0 && told > 0 &&
		   s->workers_run == 0) {
		add_note(out, start, "workers take nothing: ");
		buf_addstr(out, s->workers_quiet ? "quiet" : "stopping");
	}
}

void show_note(const struct stats_queue *s, struct buf *out)
{
	size_t start = out->len;

	if (s->orphan > 0)
		buf_addf(out, "damaged (%" PRId64 " without data)", s->orphan);
	if (s->paused.n > 0) {
		add_note(out, start, "");
		note_paused(s, out);
	}
	if (has_work(s) && s->workers == 0)
		add_note(out, start, "no worker");
	note_workers(s, start, out);
	if (show_is_behind(s)) {
		add_note(out, start, "behind");
		buf_addf(out, ": %.0f/m more come than go",
			 s->pushed_minute - s->done_minute);
	}
	if (s->max_len > 0 && s->ready + s->delayed >= s->max_len)
		add_note(out, start, "limit reached");
}

static const struct output_column worker_columns[] = {
	{"WORKER", OUTPUT_LEFT, 0},  {"QUEUE", OUTPUT_LEFT, 0},
	{"STATE", OUTPUT_LEFT, 0},   {"BUSY", OUTPUT_RIGHT, 0},
	{"DONE", OUTPUT_RIGHT, 3},   {"FAILED", OUTPUT_RIGHT, 2},
	{"UP", OUTPUT_RIGHT, 5},     {"SEEN", OUTPUT_RIGHT, 1},
	{"HOST", OUTPUT_LEFT, 4},    {"PID", OUTPUT_RIGHT, 6},
	{"VERSION", OUTPUT_LEFT, 7},
};

static void worker_fields(struct show_row *r, const void *thing)
{
	const struct show_worker *w = thing;
	const struct job_worker *j = w->worker;

	show_put_text(r, "name", strv_of(j->name));
	show_put_text(r, "queue", strv_of(w->queue));
	show_put_text(r, "state", strv_of(j->state));
	show_put_int(r, "busy", j->busy);
	show_put_int(r, "slots", j->slots);
	show_put_int(r, "done", j->done);
	show_put_int(r, "failed", j->failed);
	show_put_time(r, "started", j->started_ms);
	show_put_span(r, "seen_s", w->age_ms);
	show_put_text(r, "host", strv_of(j->host));
	show_put_int(r, "pid", j->pid);
	show_put_text(r, "version", strv_of(j->version));
	show_put_text(r, "instance", w->instance);
}

static const char *or_dash(const char *s)
{
	return s && *s ? s : "-";
}

static void worker_cells(struct output_table *t, const void *thing)
{
	const struct show_worker *w = thing;
	const struct job_worker *j = w->worker;
	bool runs = j->state && strcmp(j->state, "run") == 0;
	char up[24] = "-", seen[24];

	if (j->started_ms)
		num_format_span(w->now_ms - j->started_ms, up);
	num_format_span(w->age_ms, seen);
	output_table_cell(t, OUTPUT_BOLD, "%s", or_dash(j->name));
	output_table_cell(t, OUTPUT_PLAIN, "%s", w->queue);
	output_table_cell(t, runs ? OUTPUT_GOOD : OUTPUT_WARN, "%s",
			  or_dash(j->state));
	output_table_cell(t, OUTPUT_PLAIN, "%" PRId64 "/%" PRId64, j->busy,
			  j->slots);
	count_cell(t, j->done, OUTPUT_PLAIN);
	count_cell(t, j->failed, OUTPUT_WARN);
	output_table_cell(t, OUTPUT_PLAIN, "%s", up);
	output_table_cell(t, OUTPUT_PLAIN, "%s", seen);
	output_table_cell(t, OUTPUT_PLAIN, "%s", or_dash(j->host));
	output_table_cell(t, OUTPUT_PLAIN, "%" PRId64, j->pid);
	output_table_cell(t, OUTPUT_DIM, "%s", or_dash(j->version));
}

static const struct job_worker nobody;
static const struct show_worker example_worker = {.queue = "",
						  .worker = &nobody};

const struct show_kind show_workers = {
	.one = "worker",
	.many = "workers",
	.columns = worker_columns,
	.n_columns = ARRAY_LEN(worker_columns),
	.example = &example_worker,
	.fields = worker_fields,
	.cells = worker_cells,
};
