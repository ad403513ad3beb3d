/* SPDX-License-Identifier: ISC */
/*
 * Cancelling and dropping jobs for jq-ctl: by name, or all of a state. The
 * names of those that were ended go to stdout; what could not be done to one
 * is said on stderr, and the others still have their turn.
 */
#ifndef CLI_REMOVAL_H
#define CLI_REMOVAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "cli/opt.h"
#include "cli/progress.h"
#include "queue/change.h"
#include "sys/redis.h"

struct removal {
	const struct opt_command *command; /* for messages; borrowed */
	struct redis *redis;		   /* borrowed */
	const char *space;		   /* namespace; borrowed */
	enum change_removal what;
	const char *reason; /* to record; borrowed */
	int status;	    /* exit status: the first failure, or 0 */
	/* the rest is removal.c's */
	const char *queue; /* of the ids under way */
	bool sweeping;	   /* --all: what has gone meanwhile is no failure */
	struct progress progress;
	bool cannot_write; /* stdout failed, this way: */
	struct err why;
};

/* What `drop --all` cannot mean, or not without somebody to ask, ends with the
 * usage lines. */
void removal_check_all(const struct opt_command *cmd, const char *state,
		       bool force);

/* Jobs by name: operands, "-" for stdin; `queue` is that of bare ids or NULL.
 * 0; -1 when the server or stdout fails, or an operand names no job. */
int removal_ids(struct removal *r, char *const *operands, size_t n,
		const char *queue, struct err *e) must_check;

/*
 * All jobs that are in `state` now ("all": in every state but done). Unless
 * `force`, whoever sits at the terminal has to type the queue's name.
 * STATUS_NO when there is nothing to do or it was not typed, STATUS_NOINPUT
 * for an unknown queue.
 */
int removal_all(struct removal *r, const char *queue, const char *state,
		bool force, struct err *e) must_check;

/* All jobs that wait (ready, delayed, to be retried) and whose id begins so. */
int removal_waiting(struct removal *r, const char *queue, const char *prefix,
		    struct err *e) must_check;

#endif
