/* SPDX-License-Identifier: ISC */
/*
 * Jobs into another queue as they are, for jq-ctl move: state, time, priority
 * and attempts stay. A waiting job is held (dead) while it is on its way, so
 * that nobody takes it; what breaks off leaves it dead where it was, or in
 * both.
 */
#ifndef CLI_MOVER_H
#define CLI_MOVER_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "cli/opt.h"
#include "cli/progress.h"
#include "queue/change.h"
#include "queue/transfer.h"
#include "sys/redis.h"

#define MOVER_BATCH 40 /* jobs held at a time */

struct mover {
	const struct opt_command *command; /* for messages; borrowed */
	struct redis *redis;		   /* borrowed */
	const char *space;		   /* namespace; borrowed */
	const char *to;			   /* the queue; borrowed */
	int status;			   /* exit status */
	uint64_t done;
	/* the rest is mover.c's */
	struct key_set from, target;
	struct transfer_copy copy[MOVER_BATCH];
	size_t n, bytes; /* of `copy`: on their way */
	bool held[MOVER_BATCH], arrived[MOVER_BATCH];
	bool sweeping; /* what is gone meanwhile is no failure */
	struct progress progress;
};

/* Jobs by name: operands, "-" for stdin; `queue` is that of bare ids or NULL.
 * The new name of each is printed. */
int mover_ids(struct mover *m, char *const *operands, size_t n,
	      const char *queue, struct err *e) must_check;

/* All jobs of the queue that are in `state` now. */
int mover_all(struct mover *m, const char *queue, const char *state,
	      struct err *e) must_check;

#endif
