/* SPDX-License-Identifier: ISC */
/*
 * The process that people know as jq-work. It holds no connection and no job:
 * it starts the engine as a process of its own, passes signals on to it, and
 * when that dies of a crash (or kill -9) ends the handlers it left, so that
 * none runs beside its successor, and starts the next one, which hands their
 * jobs back at once.
 */
#ifndef WORK_SUPERVISOR_H
#define WORK_SUPERVISOR_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "work/log.h"

/* Engines whose jobs the next one hands back: it may die before it has. */
#define SUPERVISOR_PREDECESSORS 8

/* Random name of an engine's life, 128 bits in hex. */
#define SUPERVISOR_INSTANCE_SIZE 33

/* What an engine has to know of its place; `supervisor_run` fills it. */
struct supervisor {
	/* Set by the caller; borrowed. */
	const char *notify_socket; /* the service manager's; or NULL */
	int ready_fd;		   /* the engine's to use; -1 = none */
	int verbose;		   /* -v minus -q */
	enum log_format log_format;
	const char *journal_stream; /* JOURNAL_STREAM; or NULL */

	/* In the engine. */
	int link;	/* brings signals, a byte each; its end is our end */
	pid_t main_pid; /* of the process that people know */
	char instance[SUPERVISOR_INSTANCE_SIZE];
	char before[SUPERVISOR_PREDECESSORS][SUPERVISOR_INSTANCE_SIZE];
	size_t n_before; /* dead engines whose jobs are to be handed back */
};

/* How the last engine ended. */
struct supervisor_end {
	int status; /* exit status */
	int die_of; /* signal to die of instead; 0 = none */
};

/*
 * Divide: returns 1 in each engine, which runs and exits with what is to be
 * the program's exit status, and 0 in the supervisor, at the end, with `end`
 * filled. -1 with STATUS_SYSTEM when there can be no engine. Call it before
 * there is a loop. The engine is in a process group of its own, so that what
 * a terminal sends reaches the supervisor alone.
 */
int supervisor_run(struct supervisor *s, struct supervisor_end *end,
		   struct err *e) must_check;

#endif
