/* SPDX-License-Identifier: ISC */
/*
 * The daemon: sleeps until the earliest tick is due, schedules are changed, or
 * half a minute is over, and turns due ticks into jobs by the server's clock.
 * Any number of copies do the same; the server lets the first have each tick.
 *
 * It keeps nothing that cannot be read back. A schedule whose step fails is
 * tried again within five seconds, and the others go on meanwhile.
 */
#ifndef CRON_KEEPER_H
#define CRON_KEEPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "cron/event.h"
#include "cron/table.h"
#include "cron/zonewatch.h"
#include "queue/schedule.h"
#include "sys/loop.h"
#include "sys/redis.h"

struct durable; /* the caller's, and opaque here */

/* How sure a job has to be before the next tick of its schedule goes. */
struct keeper_sure {
	const struct durable
		*how; /* borrowed; NULL: the server's word will do */
	/* Ask about all that was answered on the connection, for `ms` at most.
	 */
	void (*ask)(const struct durable *how, struct redis *r, int64_t ms,
		    redis_fn *fn, void *arg);
	int (*judge)(const struct durable *how, const struct redis_reply *reply,
		     struct err *e);
};

struct keeper_state {
	size_t schedules;
	bool reached;			/* the server can be asked */
	const struct table_entry *next; /* due first; NULL: none, or not known
					   before a step is answered */
};

struct keeper {
	struct loop *loop;    /* borrowed */
	struct redis *redis;  /* borrowed */
	struct redis *ears;   /* borrowed; to hear of changes; used for nothing
				 else, and freed before the keeper */
	const char *space;    /* borrowed; the namespace */
	struct event_sink to; /* told of what happens */
	/* Read the files and keeper_apply() them; called at keeper_reload()
	 * and when the server has lost them. */
	int (*load)(void *arg, struct err *e);
	/* What there is to be told of it; called at each turn. */
	void (*state)(void *arg, const struct keeper_state *s);
	void *arg;
	const char *by; /* borrowed; who applies the files, for the history */
	struct keeper_sure sure;
	/* The rest is keeper.c's. */
	bool stop;
	bool reload;	      /* asked for */
	int64_t reload_at;    /* not before, ms since boot */
	struct table **table; /* owned; one a queue */
	size_t n;
	struct zonewatch zones;
	bool failed; /* a look, because of `why` */
	struct err why;
	struct loop_timer *timer; /* wakes the loop; owned */
	int64_t offset; /* the server's clock minus ours since boot, ms */
	bool offset_known;
	int64_t look_at;   /* when tables are read again, ms since boot */
	int64_t looked_at; /* when they were last */
	int64_t backoff;   /* ms of the last wait after an error; 0 = none */
	int64_t told_at;   /* last complaint, ms since boot */
};

/* The ten fields above were filled in, the others are zero. */
void keeper_init(struct keeper *k);
void keeper_release(struct keeper *k);

/* Bring files into force. Waits. On -1 all stays as it was. */
int keeper_apply(struct keeper *k, const struct schedule_file *f, size_t n,
		 struct err *e) must_check;

/* Go on until keeper_stop(). */
void keeper_run(struct keeper *k);

/* Read the files again; return from keeper_run(). Both may be what a signal
 * calls: `k` is the keeper. */
void keeper_reload(void *k);
void keeper_stop(void *k);

#endif
