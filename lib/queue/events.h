/* SPDX-License-Identifier: ISC */
/*
 * What happens to the jobs of queues, as it happens. The scripts record it in
 * a stream of each queue, but only while somebody follows: events_record()
 * has to be called now and then.
 */
#ifndef QUEUE_EVENTS_H
#define QUEUE_EVENTS_H

#include <stdint.h>

#include "base/err.h"
#include "base/strv.h"
#include "queue/key.h"
#include "sys/redis.h"

#define EVENTS_ID_SIZE 48 /* room for "MS-NUMBER" */

/* What is on record of a queue. */
struct events_state {
	int64_t now_ms;	  /* the server's clock */
	int64_t since_ms; /* recorded since then without a pause */
	/* The first event still there if some before it are not any more, and
	 * the last; "" = none. */
	char first[EVENTS_ID_SIZE], last[EVENTS_ID_SIZE];
};

/* Have the events of the queue recorded for the next `ms`. 0; 1 = no such
 * queue; -1. */
int events_record(struct redis *r, const struct key_set *k, int64_t ms,
		  struct events_state *out, struct err *e) must_check;

/* One event. Views, valid for the call. What it does not have is empty, or -1
 * for a number. */
struct event {
	const char *queue;
	struct strv id;	   /* "MS-NUMBER": rises within a queue */
	int64_t time_ms;   /* the server's clock */
	struct strv event; /* a word: pushed, claimed, ended … */
	struct strv job;   /* its id; empty for events of the queue */
	struct strv name, worker, last, error;
	int64_t at_ms;	/* delayed, retry: due */
	int64_t start;	/* claimed: which start of the job it is */
	int64_t run_ms; /* of an attempt that ended */
};

/* A queue that is read, and how far. */
struct events_source {
	struct key_set keys;
	char from[EVENTS_ID_SIZE]; /* the last event that was read */
};

/* Whether `id` is one, or the milliseconds of one. STATUS_USAGE. */
int events_check_id(struct strv id, struct err *e) must_check;

/* -1, 0, 1 as `a` is before, at or behind `b`; "" is before all. */
int events_compare(const char *a, const char *b);

/* The queues to read, and who gets their events. */
struct events_reader {
	struct events_source **source; /* borrowed; n of them */
	size_t n;
	int (*fn)(void *arg, const struct event *v, struct err *e);
	void *arg;
};

/*
 * Wait for at most `block_ms` for events behind `from` of the sources, and call
 * `fn` for each, 500 of a source at most; `from` moves on. fn returns -1 to
 * stop, and that is returned.
 */
int events_read(const struct events_reader *er, struct redis *r,
		int64_t block_ms, struct err *e) must_check;

#endif
