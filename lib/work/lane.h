/* SPDX-License-Identifier: ISC */
/*
 * One queue as this worker sees it: whether to ask it for jobs, the claim,
 * the heartbeat and the closes that are on their way to it.
 */
#ifndef WORK_LANE_H
#define WORK_LANE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "queue/abandon.h"
#include "queue/beat.h"
#include "queue/claim.h"
#include "queue/close.h"
#include "queue/key.h"
#include "sys/loop.h"
#include "sys/redis.h"
#include "work/log.h"

struct lane;
struct lane_ask;
struct task;

/* What all lanes of a worker share. All borrowed. */
struct lane_host {
	struct loop *loop;
	struct redis *redis;
	struct redis *waiting; /* the one that waits */
	const char *instance;  /* random; names this run of the worker */
	struct log *log;
	/* A claim was answered, or failed (`a` NULL). `known`: what it brings
	 * has come with the other one's answer. */
	void (*claimed)(void *arg, struct lane_ask *q,
			const struct claim_answer *a, bool known,
			const struct err *why);
	/* Another request of this lane failed; it will be sent again. */
	void (*trouble)(void *arg, struct lane *l, const struct err *why);
	void *arg;
};

/* A job in a beat, and which it was when the beat was sent. */
struct lane_beat_job {
	struct task *task; /* borrowed */
	uint64_t serial;
};

/* Closes that travel together, with the results they refer to. */
struct lane_batch {
	struct close close;
	struct lane *lane;
	char (*id)[KEY_ID_MAX + 1]; /* owned array, close.n of them */
	struct buf *result;	    /* owned array, likewise */
	size_t cap;
	struct lane_batch *next; /* in its list; none while in flight */
	struct lane_batch *made; /* the one made before it */
};

/*
 * A claim of a lane. There are two: one with all other requests, and one that
 * stands behind a wait for a hint, on the connection that waits. An ask made
 * while nothing was heard of the one that waits has its number, so the server
 * carries out whichever it gets first and tells the other the same jobs.
 */
struct lane_ask {
	struct lane *lane;
	struct redis *redis; /* borrowed */
	struct claim claim;
	bool on; /* in flight */
	int jobs;
	int64_t request;
	int64_t since_ms; /* since boot: when it was made */
	/* The other one of this number was answered first: */
	bool carried_out;    /* it was the first at the server, too */
	bool told_again;     /* it was told what this one has brought … */
	uint64_t brought_on; /* … on this connection, or a lost one */
};

struct lane {
	struct lane_host *host; /* borrowed */
	struct key_set keys;
	bool open;	     /* there may be something: ask */
	bool again;	     /* … after the claim on its way, too */
	bool unasked;	     /* a job has ended since the last `ask` for some */
	bool paused;	     /* it said so last */
	int draw;	     /* slots that are about to ask it */
	int64_t look_ms;     /* ask at the latest then (since boot) */
	int64_t lease_ms;    /* as it said last */
	int64_t certain_ms;  /* our leases cannot have run out before then */
	char epoch[40];	     /* of its data; "" = not known yet */
	int64_t history;     /* as it said last */
	struct lane_ask ask; /* on the connection of all other requests */
	struct lane_ask wait; /* on the one that waits */
	bool called_off;      /* `wait`, by lane_call_off() */
	int64_t request;      /* number of the last claim */
	int64_t request_ms;   /* since boot: when its first claim was made */
	int64_t answered;     /* … of the last that the server remembers */
	struct beat beat;     /* in flight while beating; engine_beat.c's */
	bool beating;
	bool beat_again;      /* asked for meanwhile */
	int64_t beat_sent_ms; /* since boot */
	int told_busy;	      /* slots in use, as the last beat said */
	struct lane_beat_job *beat_job; /* owned array: the jobs in it */
	size_t beat_cap;
	struct loop_timer *beat_timer; /* owned; the next beat is due */
	struct loop_timer *news_timer; /* owned; news may be told again */
	int64_t news_due_ms;	       /* since boot: when, if that is armed */
	struct abandon abandon;	       /* engine_abandon.c's */
	size_t abandoned; /* dead engines whose jobs were handed back */
	struct loop_timer *abandon_timer; /* owned; to try that again */
	struct lane_batch *made;	  /* owned; the last of all there are */
	struct lane_batch *open_batch;	  /* collecting; NULL = none yet */
	struct lane_batch *failed;	  /* to be sent again */
	struct lane_batch *spare;	  /* kept for reuse */
	int closing;			  /* batches in flight or failed */
	struct loop_timer *retry_timer;	  /* owned; for `failed` */
};

void lane_init(struct lane *l, struct lane_host *host, const char *space,
	       const char *queue);
void lane_release(struct lane *l); /* after the connection is gone */

/* Ask for up to `n` jobs; not while `ask` is in flight. Sends the open batch,
 * in the same call where it can. */
void lane_claim(struct lane *l, int n);

/* Behind the wait that has just begun, ask for up to `n` jobs; while nothing is
 * in flight. */
void lane_claim_waiting(struct lane *l, int n);

/* The one that waits may still bring jobs: nothing was heard of its number. */
bool lane_may_bring(const struct lane *l);

/* From the answer to this on the one that waits brings nothing any more; what
 * it may have brought before comes with that answer. Once for each is enough.
 */
void lane_call_off(struct lane *l);

/* Where to encode a result for the next lane_close(); empty. */
struct buf *lane_result(struct lane *l);

/* Add a close to the open batch; lane_flush() sends it. */
void lane_close(struct lane *l, struct close_job *job);
void lane_flush(struct lane *l);

/* Take note of an answer's lease, and complain if the queue's past is not what
 * it was. */
void lane_told(struct lane *l, const struct script_past *past,
	       int64_t lease_ms);

#endif
