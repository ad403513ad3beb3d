/* SPDX-License-Identifier: ISC */
/* The queues that a command is about: the operands, or all there are. */
#ifndef CLI_QUEUES_H
#define CLI_QUEUES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "queue/stats.h"
#include "sys/redis.h"

struct queues {
	char *const *v; /* borrowed if named, else owned */
	size_t n;
	bool named; /* by the user: one that does not exist is an error */
};

/* Those of `named` (borrowed), or when there are none all that the server
 * knows, sorted. Runs the loop. Release what was found. */
int queues_find(struct queues *q, struct redis *r, const char *space,
		char *const *named, size_t n, struct err *e) must_check;
void queues_release(struct queues *q); /* zeroed is fine */

/* Ask about all of them; see stats_queues(). */
int queues_ask(const struct queues *q, struct redis *r, struct stats_queues ask,
	       struct err *e) must_check;

#endif
