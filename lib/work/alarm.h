/* SPDX-License-Identifier: ISC */
/*
 * A command that is told of dead jobs (--on-dead): /bin/sh -c, the job as one
 * line of JSON on its stdin. It never stands in the way of work: one runs at a
 * time, no longer than 30 s, ten start in a minute at most; sixteen deaths wait
 * for their turn, and of more only the number is told, by the next one.
 */
#ifndef WORK_ALARM_H
#define WORK_ALARM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "sys/child.h"
#include "sys/loop.h"
#include "work/environ.h"
#include "work/log.h"
#include "work/slot.h"
#include "work/task.h"

#define ALARM_WAITING 16 /* deaths that wait for their turn */
#define ALARM_STARTS  10 /* in a minute */

struct alarm {
	const char *command; /* borrowed; NULL = there is none */
	struct log *log;     /* borrowed, like the next two */
	struct loop *loop;
	const char *worker; /* its name */
	struct child child; /* pid 0 = none runs */
	struct loop_watch *watch;
	struct loop_timer *timer; /* its time is over, or the next may start */
	struct environ environ;	  /* ours, without a job's */
	struct buf waiting[ALARM_WAITING];
	size_t first, n;		/* of `waiting`, a ring */
	int64_t start_ms[ALARM_STARTS]; /* of the last ones, a ring */
	size_t starts;
	bool told_to_end;
	int64_t untold;	   /* deaths that nobody was told of */
	bool ending;	   /* the worker stops: no more limits but time */
	int64_t ending_ms; /* since boot */
};

/* `command` NULL: all below does nothing. Strings are borrowed. */
void alarm_init(struct alarm *a, struct loop *l, const struct settings *set,
		struct log *log);
void alarm_release(struct alarm *a); /* kills what still runs */

/* A job is dead: tell of it now or when it is its turn. */
void alarm_raise(struct alarm *a, const struct task *t,
		 const struct slot_report *r);

/* Whether this process of ours is the command, and not a stray. */
bool alarm_owns(const struct alarm *a, pid_t pid);

/* Collect it if it has ended: where there are no pidfds. */
void alarm_look(struct alarm *a);

/*
 * The worker is about to end. True while it is worth waiting: until all that
 * wait were told, at most 10 s from the first call. Then what runs is killed,
 * and how many were not told of is logged.
 */
bool alarm_keeps(struct alarm *a);

#endif
