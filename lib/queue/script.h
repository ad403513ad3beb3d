/* SPDX-License-Identifier: ISC */
/*
 * The Lua scripts of share/lua, embedded: the only things that change a queue.
 */
#ifndef QUEUE_SCRIPT_H
#define QUEUE_SCRIPT_H

#include "queue/key.h"
#include "sys/redis.h"

enum script {
	SCRIPT_ABANDON,
	SCRIPT_AUDIT,
	SCRIPT_BEAT,
	SCRIPT_CLAIM,
	SCRIPT_CLOSE,
	SCRIPT_CONFIGURE,
	SCRIPT_CRON_ALTER,
	SCRIPT_CRON_FIRE,
	SCRIPT_CRON_LIST,
	SCRIPT_CRON_LOOK,
	SCRIPT_CRON_SYNC,
	SCRIPT_EVENTS,
	SCRIPT_EXPORT,
	SCRIPT_HISTORY,
	SCRIPT_IMPORT,
	SCRIPT_KEYS,
	SCRIPT_LIST,
	SCRIPT_MEND,
	SCRIPT_MEND_KEYS,
	SCRIPT_PEEK,
	SCRIPT_PRUNE,
	SCRIPT_PUSH,
	SCRIPT_RECENT,
	SCRIPT_REMOVE,
	SCRIPT_RETRY,
	SCRIPT_SETTLE,
	SCRIPT_STAT,
	SCRIPT_STRAYS,
	SCRIPT_SURVEY,
	SCRIPT_TURN,
	SCRIPT_WATCH,
	SCRIPT_WEIGH,
	SCRIPT_WORKERS,
};

/* Begin a call of `s` on the queue of `k`: the keys are added, the arguments
 * follow. Clears `c` first. */
void script_begin(struct redis_cmd *c, enum script s, const struct key_set *k);

/* The same for the scripts of schedules, which have two keys more. */
void script_begin_cron(struct redis_cmd *c, enum script s,
		       const struct key_set *k);

/*
 * Check an answer of a script: an array whose first element is a word we know
 * how to read. 0, or -1: STATUS_PROTOCOL for another data layout ("written by
 * a newer jobq"), STATUS_BUG for an answer of the wrong shape. `word` gets the
 * first element.
 */
int script_answer(const struct redis_reply *reply, const char *queue,
		  struct strv *word, struct err *e) must_check;

/* By what a worker recognizes a queue's data; views into an answer. */
struct script_past {
	struct strv epoch; /* another one: all of them were lost */
	int64_t history;   /* only grows, unless the last of them were lost */
	int64_t request;   /* ours, the last it knew; 0 = none. Not less than
			    * one it has answered, unless that was lost */
};

/*
 * A count or a time of an answer, from 0 to JOB_NUMBER_MAX so that it can be
 * added to. What lies beyond, which nobody but a stranger's hand can have
 * written, reads as the nearer end; what is no number as 0.
 */
int64_t script_number(const struct redis_reply *reply);

#endif
