/* SPDX-License-Identifier: ISC */
/*
 * Jobs of a schedule by hand: one now, or those of ticks of the past. The
 * watermark stays where it is, and pause, bounds and limit are not asked.
 */
#ifndef CRON_HAND_H
#define CRON_HAND_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "cron/find.h"
#include "queue/key.h"
#include "sys/redis.h"

/* Most ticks that one backfill may have. */
#define HAND_TICKS_MAX 10000

struct hand {
	struct redis *redis;	     /* borrowed, like the others */
	const char *space;	     /* the namespace */
	const struct find *schedule; /* as it was found */
	const char *by;		     /* who does it, for the history */
};

/*
 * A job now; its id goes to `id`. Waits. 1: the schedule has changed since it
 * was found. STATUS_NO: a job of it is unfinished and it may not overlap, or
 * it is gone; STATUS_LATER: the queue is full.
 */
int hand_run(const struct hand *h, char id[KEY_ID_MAX + 1],
	     struct err *e) must_check;

/* The ticks in [from, to), Unix seconds, into `*ticks` (owned by the caller);
 * STATUS_USAGE: more than HAND_TICKS_MAX. */
int hand_ticks(const struct find *schedule, int64_t from, int64_t to,
	       int64_t **ticks, size_t *n, struct err *e) must_check;

/*
 * A job for each of the ticks, oldest first, unless one of its id is there.
 * `fn` is told of each; -1 of it stops. Waits. As hand_run(), but overlapping
 * does not matter; what was done before an error stays.
 */
int hand_backfill(const struct hand *h, const int64_t *ticks, size_t n,
		  int (*fn)(void *arg, const char *id, bool is_new,
			    struct err *e),
		  void *arg, struct err *e) must_check;

#endif
