/* SPDX-License-Identifier: ISC */
/*
 * Moving a dead job into another queue, where it runs again. Two scripts, as
 * a script knows one queue; whatever happens between them the job is in one
 * of the queues or in both, and doing it again ends it well.
 */
#ifndef QUEUE_MOVE_H
#define QUEUE_MOVE_H

#include <stdint.h>

#include "base/err.h"
#include "base/strv.h"
#include "queue/key.h"
#include "sys/redis.h"

struct move {
	struct redis *redis;	    /* borrowed, like the rest */
	const struct key_set *from; /* where the jobs are dead */
	const struct key_set *to;
	int64_t delay_ms;     /* from now */
	int64_t max_attempts; /* from now on; 0 = as it had */
};

enum move_verdict {
	MOVE_OK,
	MOVE_GONE,     /* no such job, or without its payload */
	MOVE_NOT_DEAD, /* it is in another state: see `state` */
	MOVE_CONFLICT, /* the other queue has another job of this id */
	MOVE_DROPPED,  /* the other queue had this job, and it was dropped
			  there: it would not come back by a push */
};

/* With all but MOVE_OK the job stays as it is. `state` is its state. -1 also,
 * with STATUS_LATER, when the other queue is full. */
int move_dead(const struct move *m, struct strv id, enum move_verdict *verdict,
	      const char **state, struct err *e) must_check;

#endif
