/* SPDX-License-Identifier: ISC */
/*
 * The worker itself: takes jobs for free slots, renews leases, closes what has
 * ended, stops when told. One loop drives it all; nothing in it waits for
 * anything else.
 */
#ifndef WORK_ENGINE_H
#define WORK_ENGINE_H

#include "base/err.h"
#include "sys/loop.h"
#include "sys/redis.h"
#include "work/pick.h"
#include "work/settings.h"

struct engine;

/* How it ended. */
struct engine_end {
	int status;  /* exit status */
	int die_of;  /* signal to die of instead; 0 = none */
	bool failed; /* `why` says what kept it from going on */
	struct err why;
};

/*
 * Make a worker. All arguments are borrowed until engine_free(); connect it
 * before it runs. NULL with STATUS_NOINPUT or STATUS_RIGHTS (handlers
 * directory), STATUS_CANTCREATE (job log).
 */
struct engine *engine_new(struct loop *loop, const struct settings *settings,
			  const struct pick *pick, struct err *e) must_check;

/* The two connections, borrowed: for scripts, and for waiting. */
void engine_connect(struct engine *en, struct redis *redis,
		    struct redis *waiting);

/* For redis_options.changed of the first connection, with the engine as its
 * argument. */
void engine_connection(void *engine, const struct err *why);

/* The same for the second connection: what hints tell may have been missed
 * while it was down, so the queues are asked when it is back. */
void engine_waiting_changed(void *engine, const struct err *why);

/* Take no jobs until engine_admit(). */
void engine_hold(struct engine *en);

/* … or, with a reason, none at all: for suit.done, with the engine as its
 * argument. */
void engine_admit(void *engine, const struct err *why);

/* Log a warning, silent with -q; for suit.warn. */
void engine_warn(void *engine, const char *text);

/* Work until the end. Takes over TERM, INT, QUIT, HUP, USR1, TSTP and CONT. */
void engine_run(struct engine *en, struct engine_end *end);

/* After both connections are gone. NULL is fine. */
void engine_free(struct engine *en);

#endif
