/* SPDX-License-Identifier: ISC */
/*
 * What was counted in each minute of the last day. The server keeps only the
 * minutes in which something was; here they are all in their places.
 */
#ifndef QUEUE_MINUTES_H
#define QUEUE_MINUTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "queue/key.h"
#include "queue/spans.h"
#include "sys/redis.h"

#define MINUTES_KEPT 1440 /* kept */

struct minute {
	int64_t pushed, done, failed; /* jobs, jobs, attempts */
	struct spans wait;	      /* of jobs that were started first */
	struct spans run;	      /* of attempts that ended */
};

struct minutes {
	int64_t first; /* minutes since the epoch */
	size_t n;      /* minutes */
	struct minute *v;
};

/* Minutes without anything, `n` of them. */
void minutes_init(struct minutes *h, int64_t first, size_t n);
void minutes_release(struct minutes *h); /* zeroed is fine */

/*
 * Ask for the minutes of `h` of the queue `k`, in slices of half an hour that
 * are sent at once, and add to what is there; `jobs_alone`: without the spans.
 * Runs the loop until all is answered. Can be called for several queues, to
 * have their sum.
 */
int minutes_read(struct redis *r, const struct key_set *k, struct minutes *h,
		 bool jobs_alone, struct err *e) must_check;

/* The sum of the minutes [from, from + n), those there are. */
void minutes_sum(const struct minutes *h, size_t from, size_t n,
		 struct minute *out);

#endif
