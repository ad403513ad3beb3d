/* SPDX-License-Identifier: ISC */
/*
 * A waiting job's turn: how many come before it, and how fast jobs have ended
 * lately. One look of bounded cost, however long the queue is.
 */
#ifndef QUEUE_TURN_H
#define QUEUE_TURN_H

#include <stdint.h>

#include "base/err.h"
#include "base/strv.h"
#include "queue/key.h"
#include "sys/redis.h"

struct turn {
	int64_t now_ms; /* the server's clock */
	/* Ready jobs that would be taken before it; -1 = it does not wait. Of a
	 * delayed job: of those that are ready now. */
	int64_t ahead;
	/* Jobs done and failed attempts, and in how many ms: the last minute or
	 * two, up to an hour where little ends. */
	int64_t ended, ended_ms;
};

/* Ask about job `id`. Blocks until the server has answered. */
int turn_ask(struct redis *r, const struct key_set *k, struct strv id,
	     struct turn *out, struct err *e) must_check;

/* Ends a minute; 0 when none was seen. Pure. */
double turn_rate(const struct turn *t);

#endif
