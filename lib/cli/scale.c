/* SPDX-License-Identifier: ISC */
/* One number from the counters of the last hour. */
#include "cli/scale.h"

#include <inttypes.h>
#include <stdlib.h>

#include "cli/output.h"
#include "cli/queues.h"
#include "queue/minutes.h"
#include "queue/stats.h"

#define MINUTE_MS      60000
#define PUSHED_MINUTES 5
#define RUN_MINUTES    60

int64_t scale_slots(const struct scale *s, int64_t within_ms)
{
	double run = s->run_ms > 0 ? s->run_ms : 0, backlog, all;
	int64_t slots;

	if (s->paused)
		return s->running;
	backlog = (double)s->ready * run / (double)within_ms;
	if (backlog > (double)s->ready)
		backlog = (double)s->ready;
	/* what a mean leaves over a whole slot is noise of its last digits */
	all = s->pushed_ms * run + backlog - 1e-9;
	slots = (int64_t)all;
	if (all > (double)slots)
		slots++;
	if (slots < 1 && s->ready > 0)
		slots = 1;
	return slots > s->running ? slots : s->running;
}

/* The queues one after the other. */
struct sum {
	struct look *look;
	struct scale *v; /* owned; of each queue */
	struct key_set *keys;
	int64_t now_ms;
	size_t n;
};

static int on_queue(void *arg, const struct key_set *k,
		    const struct stats_queue *s, const struct err *why,
		    struct err *e)
{
	struct sum *sum = arg;

	if (why) {
		*e = *why;
		return -1;
	}
	if (!s->known && sum->look->n_queues > 0)
		return look_no_queue(k->queue, e);
	if (!s->known)
		return 0;
	sum->now_ms = s->now_ms;
	sum->keys[sum->n] = *k;
	sum->v[sum->n++] = (struct scale){
		.run_ms = spans_mean(&s->run),
		/* what is overdue is so for want of a worker: it takes one */
		.ready = s->ready > 0 ? s->ready : s->oldest_ms > 0,
		.running = s->running,
		.paused = s->paused.n > 0,
	};
	return 0;
}

/* The last hour of a queue, where it says more than all time does. */
static int add_history(struct sum *sum, size_t i, struct err *e)
{
	struct minute all, lately;
	struct scale *s = &sum->v[i];
	struct minutes h;
	int rc;

	minutes_init(&h, sum->now_ms / MINUTE_MS - RUN_MINUTES + 1,
		     RUN_MINUTES);
	rc = minutes_read(sum->look->server->redis, &sum->keys[i], &h, false,
			  e);
	minutes_sum(&h, 0, RUN_MINUTES, &all);
	minutes_sum(&h, RUN_MINUTES - PUSHED_MINUTES, PUSHED_MINUTES, &lately);
	if (spans_count(&all.run) > 0)
		s->run_ms = spans_mean(&all.run);
	/* the minute that runs is not over yet */
	s->pushed_ms = (double)lately.pushed /
		       (double)((PUSHED_MINUTES - 1) * MINUTE_MS +
				sum->now_ms % MINUTE_MS + 1);
	minutes_release(&h);
	return rc;
}

static int print(int64_t slots, struct err *e)
{
	struct buf line = BUF_INIT;
	int rc;

	buf_addf(&line, "%" PRId64 "\n", slots);
	rc = output_write(line.p, line.len, e);
	buf_release(&line);
	return rc;
}

int scale_run(struct look *l, int64_t within_ms, struct err *e)
{
	struct sum sum = {.look = l};
	struct queues q = {.n = 0};
	int64_t slots = 0;
	int rc = queues_find(&q, l->server->redis, l->space, l->queues,
			     l->n_queues, e);

	sum.v = buf_zalloc((q.n + 1) * sizeof(*sum.v));
	sum.keys = buf_zalloc((q.n + 1) * sizeof(*sum.keys));
	if (rc == 0)
		rc = queues_ask(&q, l->server->redis,
				(struct stats_queues){.space = l->space,
						      .spans = true,
						      .fn = on_queue,
						      .arg = &sum},
				e);
	for (size_t i = 0; rc == 0 && i < sum.n; i++) {
		rc = add_history(&sum, i, e);
		slots += scale_slots(&sum.v[i], within_ms);
	}
	if (rc == 0)
		rc = print(slots, e);
	free(sum.v);
	free(sum.keys);
	queues_release(&q);
	return rc;
}
