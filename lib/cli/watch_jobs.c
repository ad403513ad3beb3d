/* SPDX-License-Identifier: ISC */
/* Reads and lays out the jobs of --watch. */
#include "cli/watch_jobs.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "cli/output.h"
#include "cli/show.h"
#include "queue/recent.h"

#define BAR 20 /* columns of a progress bar */

/* Where what is read goes. */
struct reading {
	struct watch_jobs *jobs;
	const char *queue;
};

static struct watch_job *add(struct watch_list *l)
{
	l->v = buf_realloc(l->v, (l->n + 1) * sizeof(*l->v));
	memset(&l->v[l->n], 0, sizeof(*l->v));
	return &l->v[l->n++];
}

/* "[########------------]  42% text", or what of it there is. */
static char *progress_of(const struct job_live *live)
{
	const char *text = live->text ? live->text : "";
	struct buf b = BUF_INIT;
	int64_t part;

	if (live->progress >= 0 && live->total > 0) {
		part = live->progress < live->total ? live->progress
						    : live->total;
		buf_addch(&b, '[');
		for (int i = 0; i < BAR; i++)
			buf_addch(&b,
				  (double)i < (double)part /
							  (double)live->total *
							  BAR
					  ? '#'
					  : '-');
		buf_addf(&b, "] %3.0f%% ",
			 100 * (double)part / (double)live->total);
	} else if (live->progress >= 0) {
		buf_addf(&b, "%" PRId64 " ", live->progress);
	}
	buf_addstr(&b, text);
	return buf_detach(&b);
}

static char *name_of(const char *queue, struct strv id)
{
	struct buf b = BUF_INIT;

	buf_addf(&b, "%s/%.*s", queue, (int)id.n, id.p);
	return buf_detach(&b);
}

static void on_job(void *arg, const struct recent_job *job)
{
	const struct reading *r = arg;
	bool runs = strcmp(job->state, "running") == 0;
	struct watch_job *to = add(runs ? &r->jobs->running : &r->jobs->failed);
	char how[SHOW_HOW_SIZE];

	to->ms = job->now_ms - job->record.since_ms;
	to->job = name_of(r->queue, job->id);
	if (runs) {
		to->first =
			buf_strdup(job->header.name ? job->header.name : "-");
		to->second = buf_strdup(*job->worker ? job->worker : "-");
		to->last = progress_of(&job->live);
	} else {
		to->first = buf_strdup(job->state);
		to->second = buf_strdup(show_how(job->record.last, how));
		to->last = strv_dup(job->record.reason);
	}
}

int watch_jobs_read(struct watch_jobs *w, struct redis *r,
		    const struct key_set *k, size_t most, struct err *e)
{
	struct reading reading = {w, k->queue};

	return recent_read(r, k, (int64_t)most, on_job, &reading, e);
}

static int longest(const void *a, const void *b)
{
	const struct watch_job *x = a, *y = b;

	return x->ms < y->ms ? 1 : x->ms > y->ms ? -1 : strcmp(x->job, y->job);
}

static int latest(const void *a, const void *b)
{
	const struct watch_job *x = a, *y = b;

	return x->ms > y->ms ? 1 : x->ms < y->ms ? -1 : strcmp(x->job, y->job);
}

static void write_list(struct watch_list *l,
		       int (*order)(const void *, const void *), size_t rows,
		       struct output_table *t, bool dead_is_bad)
{
	if (l->n)
		qsort(l->v, l->n, sizeof(*l->v), order);
	for (size_t i = 0; i < l->n && i < rows; i++) {
		const struct watch_job *j = &l->v[i];
		bool dead = strcmp(j->first, "dead") == 0;
		char span[24];

		num_format_span(j->ms > 0 ? j->ms : 0, span);
		output_table_cell(t, OUTPUT_BOLD, "%s", j->job);
		output_table_cell(t, OUTPUT_PLAIN, "%s", span);
		output_table_cell(t,
				  !dead_is_bad ? OUTPUT_PLAIN
				  : dead       ? OUTPUT_BAD
					       : OUTPUT_WARN,
				  "%s", j->first);
		output_table_cell(t, OUTPUT_PLAIN, "%s", j->second);
		output_table_cell(t, dead_is_bad ? OUTPUT_PLAIN : OUTPUT_GOOD,
				  "%s", j->last);
	}
}

static void finish(struct output_table *t, size_t width, bool color,
		   struct buf *out)
{
	output_table_fit(t, width);
	output_table_write(t, false, color, out);
	output_table_free(t);
}

void watch_jobs_running(struct watch_jobs *w, size_t rows, size_t width,
			bool color, struct buf *out)
{
	static const struct output_column columns[] = {
		{"RUNNING", OUTPUT_LEFT, 0},  {"FOR", OUTPUT_RIGHT, 0},
		{"NAME", OUTPUT_LEFT, 2},     {"WORKER", OUTPUT_LEFT, 1},
		{"PROGRESS", OUTPUT_LEFT, 0},
	};
	struct output_table *t = output_table_new(columns, ARRAY_LEN(columns));

	write_list(&w->running, longest, rows, t, false);
	finish(t, width, color, out);
}

void watch_jobs_failed(struct watch_jobs *w, size_t rows, size_t width,
		       bool color, struct buf *out)
{
	static const struct output_column columns[] = {
		{"FAILED", OUTPUT_LEFT, 0}, {"AGO", OUTPUT_RIGHT, 0},
		{"STATE", OUTPUT_LEFT, 1},  {"LAST", OUTPUT_LEFT, 2},
		{"REASON", OUTPUT_LEFT, 0},
	};
	struct output_table *t = output_table_new(columns, ARRAY_LEN(columns));

	write_list(&w->failed, latest, rows, t, true);
	finish(t, width, color, out);
}

static void release(struct watch_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->v[i].job);
		free(l->v[i].first);
		free(l->v[i].second);
		free(l->v[i].last);
	}
	free(l->v);
	memset(l, 0, sizeof(*l));
}

void watch_jobs_release(struct watch_jobs *w)
{
	release(&w->running);
	release(&w->failed);
}
