/* SPDX-License-Identifier: ISC */
/*
 * Handing back what a dead worker held, without waiting for its leases. For
 * whoever knows that it is dead: the supervisor's next engine.
 */
#ifndef QUEUE_ABANDON_H
#define QUEUE_ABANDON_H

#include <stdint.h>

#include "queue/key.h"
#include "sys/redis.h"

/* One at work at a time; lives until `fn`. Safe to do again. */
struct abandon {
	const struct key_set *keys; /* borrowed */
	/* All running jobs were looked at and `n` taken back, or `why` not. */
	void (*fn)(void *arg, int64_t n, const struct err *why);
	void *arg;
	/* The rest is abandon.c's. */
	struct redis *redis;
	const char *instance;
	int64_t n;
	struct redis_cmd cmd;
};

void abandon_init(struct abandon *a, const struct key_set *keys);
void abandon_release(struct abandon *a);

/* Take back the jobs of the worker `instance`, which is borrowed until `fn`. */
void abandon_send(struct abandon *a, struct redis *r, const char *instance);

#endif
