/* SPDX-License-Identifier: ISC */
/*
 * Ending a lease: done, failed, dead or handed back. Safe to send again, and
 * late: only the token of the running lease closes it.
 */
#ifndef QUEUE_CLOSE_H
#define QUEUE_CLOSE_H

#include <stdint.h>

#include "base/strv.h"
#include "queue/claim.h"
#include "queue/job.h"
#include "queue/key.h"
#include "sys/redis.h"

enum close_kind {
	CLOSE_DONE,    /* the handler exited 0 */
	CLOSE_FAIL,    /* a failed attempt: retry after the delay, or dead */
	CLOSE_DEAD,    /* failed for good */
	CLOSE_RELEASE, /* handed back, no attempt charged */
};

enum close_word {
	CLOSE_OK,   /* closed */
	CLOSE_DUP,  /* closed by this token before: a repeat */
	CLOSE_LOST, /* somebody else's by now: nothing was changed */
	CLOSE_GONE, /* no such job any more */
};

struct close_job {
	const char *id, *token;
	enum close_kind kind;
	int64_t delay_ms;	    /* back-off; RELEASE: 0 = to the front */
	int64_t max_attempts;	    /* FAIL: dead when this many failed */
	const char *how;	    /* one word: "exit:1", "signal:9" … */
	struct job_attempt attempt; /* start, run time and how are not used */
	struct strv result;	    /* DONE: of job_encode_result(), or empty */
};

/* Closes in flight: collect, send once; lives until `fn`. */
struct close {
	const struct key_set *keys; /* borrowed */
	/* `why` NULL: read the words with close_word(). Else nothing is known
	 * of any of them; they have to be sent again. */
	void (*fn)(void *arg, struct close *c, const struct redis_reply *reply,
		   const struct err *why);
	void *arg;
	size_t n;	      /* jobs in it */
	struct claim *next;   /* sent with it, or NULL; borrowed */
	struct redis_cmd cmd; /* close.c's, kept between calls */
	struct buf scratch;
};

void close_init(struct close *c, const struct key_set *keys);
void close_clear(struct close *c);
void close_release(struct close *c);

/* Add a job; everything is copied but `result`, which stays until send. */
void close_add(struct close *c, const struct close_job *job);
void close_send(struct close *c, struct redis *r);

/* The same, and in one step claim_send() of `next`, which is answered after
 * `fn`: with the reason as well, if there is one. */
void close_send_and_claim(struct close *c, struct redis *r, struct claim *next,
			  const char *instance, int64_t request, int n);

enum close_word close_word(const struct redis_reply *reply, size_t i);

#endif
