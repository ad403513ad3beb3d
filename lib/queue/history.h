/* SPDX-License-Identifier: ISC */
/*
 * What was counted in each minute of the last day. The server keeps only the
 * minutes in which something was; here they are all in their places.
 */
#ifndef QUEUE_HISTORY_H
#define QUEUE_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "queue/key.h"
#include "queue/spans.h"
#include "sys/redis.h"

#define HISTORY_MINUTES 1440 /* kept */

struct history_minute {
	int64_t pushed, done, failed; /* jobs, jobs, attempts */
	struct spans wait;	      /* of jobs that were started first */
	struct spans run;	      /* of attempts that ended */
};

struct history {
	int64_t first; /* minutes since the epoch */
	size_t n;      /* minutes */
	struct history_minute *v;
};

/* Minutes without anything, `n` of them. */
void history_init(struct history *h, int64_t first, size_t n);
void history_release(struct history *h); /* zeroed is fine */

/*
 * Ask for the minutes of `h` of the queue `k`, in slices of an hour that are
 * sent at once, and add to what is there; `jobs_alone`: without the spans.
 * Runs the loop until all is answered. Can be called for several queues, to
 * have their sum.
 */
int history_read(struct redis *r, const struct key_set *k, struct history *h,
		 bool jobs_alone, struct err *e) must_check;

/* The sum of the minutes [from, from + n), those there are. */
void history_sum(const struct history *h, size_t from, size_t n,
		 struct history_minute *out);

#endif
