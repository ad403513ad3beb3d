/* SPDX-License-Identifier: ISC */
/*
 * A queue as a whole on an operator's word, for jq-ctl: paused, resumed, its
 * settings changed and shown.
 */
#ifndef CLI_TUNE_H
#define CLI_TUNE_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "cli/opt.h"
#include "sys/redis.h"

struct tune {
	const struct opt_command *command; /* for messages; borrowed */
	struct redis *redis;		   /* borrowed */
	const char *space;		   /* namespace; borrowed */
	const char *who;		   /* user@host; borrowed */
	struct buf *out;		   /* the answer is appended */
	int status; /* exit status: the first failure, or 0 */
};

/* Names were checked. Each returns -1 when no more can be done. */

/* `reason` may be NULL; who and when go on record. */
int tune_pause(struct tune *t, const char *reason, char *const *queues,
	       size_t n, struct err *e) must_check;
int tune_resume(struct tune *t, char *const *queues, size_t n,
		struct err *e) must_check;

/* Set each "KEY=VALUE", all of which are read first; show all with none. */
int tune_set(struct tune *t, const char *queue, char *const *changes, size_t n,
	     struct err *e) must_check;

/* The values of these keys, one a line; a table of all with none. */
int tune_get(struct tune *t, const char *queue, char *const *keys, size_t n,
	     struct err *e) must_check;

/* Forget the finished and dead jobs beyond what the queues keep (all of them,
 * without names), and say how many, a queue a line: "mail: 12 done, 3 dead". */
int tune_prune(struct tune *t, char *const *queues, size_t n,
	       struct err *e) must_check;

#endif
