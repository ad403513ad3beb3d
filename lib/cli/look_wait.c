/* SPDX-License-Identifier: ISC */
/* The questions of jq-stat that are answered by an exit status. */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "cli/await.h"
#include "cli/look.h"
#include "queue/key.h"
#include "queue/stats.h"

/* Jobs of the queue in `state`; NULL: those that wait or run. */
static int64_t count(const struct stats_queue *s, const char *state)
{
	const struct {
		const char *state;
		int64_t n;
		bool unfinished;
	} counts[] = {
		{"ready", s->ready, true},     {"running", s->running, true},
		{"delayed", s->delayed, true}, {"retry", s->retry, true},
		{"dead", s->dead, false},      {"done", s->done, false},
	};
	int64_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
		bool counted =
			!state ? counts[i].unfinished
			       : strcmp(state, "all") == 0 ||
					 strcmp(state, counts[i].state) == 0;

		n += counted ? counts[i].n : 0;
	}
	return n;
}

/* What is waited for. */
struct wait {
	struct look *look;
	const char *state; /* of queues */
	const char *queue; /* where something was, or of the job */
	struct strv id;	   /* of the job */
	const char *end;   /* "done", "dead"; NULL = it is gone */
	bool seen;	   /* the job was there once */
	int64_t n;	   /* jobs that were still there */
};

/* 1 = all empty. A queue that does not exist is no empty queue: its name may
 * have been misspelt, and who waits for it would go on too early. */
static int all_empty(void *arg, struct err *e)
{
	struct wait *w = arg;
	struct look *l = w->look;

	for (size_t i = 0; i < l->n_queues; i++) {
		struct stats_queue s;
		struct key_set k;

		key_set_init(&k, l->space, strv_of(l->queues[i]));
		if (stats_queue(l->server->redis, &k, &s, e) < 0)
			return -1;
		if (!s.known)
			return look_no_queue(l->queues[i], e);
		w->queue = l->queues[i];
		w->n = count(&s, w->state);
		if (w->n > 0)
			return 0;
	}
	return 1;
}

int look_empty(struct look *l, struct err *e)
{
	struct wait w = {.look = l};
	int rc = all_empty(&w, e);

	if (rc == 0)
		l->status = STATUS_NO;
	return rc < 0 ? -1 : 0;
}

static int64_t time_left(const struct look *l)
{
	int64_t left = l->deadline_ms - clock_boot_ms();

	if (l->deadline_ms < 0)
		return -1;
	return left > 0 ? left : 0;
}

int look_wait(struct look *l, const char *state, struct err *e)
{
	struct wait w = {.look = l, .state = state};

	if (await_true(l->server->loop, time_left(l), all_empty, &w, e) == 0)
		return 0;
	if (e->code != STATUS_LATER)
		return -1;
	return err_set(e, STATUS_LATER,
		       "timed out: queue '%s' still has %" PRId64 " %s%s",
		       w.queue, w.n, state ? "in state " : "unfinished",
		       state ? state : "");
}

/* 1 = it has ended, or is not there. */
static int ended(void *arg, struct err *e)
{
	struct wait *w = arg;
	struct key_set k;
	const char *state;
	int rc;

	key_set_init(&k, w->look->space, strv_of(w->queue));
	rc = stats_state(w->look->server->redis, &k, w->id, &state, e);
	if (rc != 0)
		return rc;
	w->seen = true;
	if (strcmp(state, "done") != 0 && strcmp(state, "dead") != 0)
		return 0;
	w->end = state;
	return 1;
}

/* Of a job that is done: 1 = it was dropped, 0, -1. */
static int was_dropped(const struct wait *w, struct err *e)
{
	struct stats_detail d;
	struct key_set k;
	int rc;

	key_set_init(&k, w->look->space, strv_of(w->queue));
	rc = stats_detail(w->look->server->redis, &k, w->id, &d, e);
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	rc = job_was_dropped(&d.job.record);
	stats_detail_release(&d);
	return rc;
}

int look_wait_job(struct look *l, const char *queue, struct strv id,
		  struct err *e)
{
	struct wait w = {.look = l, .queue = queue, .id = id};
	struct err why;
	int dropped = 0;

	if (await_true(l->server->loop, time_left(l), ended, &w, e) < 0) {
		if (e->code != STATUS_LATER)
			return -1;
		return err_set(e, STATUS_LATER,
			       "timed out: '%s/%.*s' has not ended", queue,
			       (int)id.n, id.p);
	}
	if (w.end && strcmp(w.end, "done") == 0) {
		dropped = was_dropped(&w, e);
		if (dropped <= 0)
			return dropped;
	}
	err_set(&why, STATUS_NO,
		dropped	 ? "'%s/%.*s' was dropped"
		: w.end	 ? "'%s/%.*s' is dead"
		: w.seen ? "'%s/%.*s' ended and is not kept"
			 : "no such job: '%s/%.*s'",
		queue, (int)id.n, id.p);
	opt_fail(l->command, &why);
	if (l->status == STATUS_OK)
		l->status = STATUS_NO;
	return 0;
}
