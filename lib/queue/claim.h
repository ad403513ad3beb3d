/* SPDX-License-Identifier: ISC */
/*
 * Taking jobs under a lease. The request number makes a repeat of the same
 * claim return the same jobs, and a late copy of an older one nothing.
 */
#ifndef QUEUE_CLAIM_H
#define QUEUE_CLAIM_H

#include "base/strv.h"
#include "queue/job.h"
#include "queue/key.h"
#include "queue/script.h"
#include "sys/redis.h"

enum claim_word {
	CLAIM_OK,     /* jobs came */
	CLAIM_SAME,   /* the jobs of this request, told again */
	CLAIM_NONE,   /* nothing is ready */
	CLAIM_PAUSED, /* the queue is paused */
	CLAIM_STALE,  /* a later claim was answered, or the worker closed */
};

struct claim_answer {
	enum claim_word word;
	int64_t next_ms;  /* look again after this long at the latest */
	int64_t lease_ms; /* of the queue */
	struct script_past past;
	int64_t left; /* jobs that are ready still, if it took some */
	size_t n;     /* jobs; see claim_words() */
	const struct redis_reply *reply; /* borrowed for the call */
};

/* One claimed job as it came; views into the answer. */
struct claim_words {
	struct strv id, token, record, envelope;
};

/* The same, read. */
struct claim_job {
	struct strv id;
	struct strv token;	  /* proves the lease; for beat and close */
	struct job_record record; /* deliveries include this one */
	struct strv header;	  /* for job_parse_header() */
	struct strv payload;
};

/* A claim in flight: at most one an object, which lives until `fn`. */
struct claim {
	const struct key_set *keys; /* borrowed */
	void (*fn)(void *arg, const struct claim_answer *a,
		   const struct err *why);
	void *arg;
	struct redis_cmd cmd; /* claim.c's, kept between calls */
};

void claim_init(struct claim *c, const struct key_set *keys);
void claim_release(struct claim *c);

/* Add what a claim says to `cmd`: up to `n` jobs as worker `instance`. */
void claim_add(struct redis_cmd *cmd, const char *instance, int64_t request,
	       int n);

/* Its answer came with another one's (close.h). */
void claim_answered(struct claim *c, const struct redis_reply *reply,
		    const struct err *why);

/* Ask for up to `n` jobs (0: housekeeping only) as worker `instance`; the
 * number `request` rises with each new claim on this queue. `waits`: it is sent
 * behind a claim_wait(). */
void claim_send(struct claim *c, struct redis *r, const char *instance,
		int64_t request, int n, bool waits);

/* Job `i` of an answer. */
struct claim_words claim_words(const struct claim_answer *a, size_t i);

/* Read a job; `out` has views into its words. -1 with STATUS_PROTOCOL when that
 * cannot be; the id and token are set all the same, so that it can be closed
 * as dead. */
int claim_read(const struct claim_words *w, struct claim_job *out,
	       struct err *e) must_check;

/* Begin a BLPOP on the hint lists of `n` queues, for at most `wait_ms`: it
 * returns when there may be something to claim. Carries no job. */
void claim_wait(struct redis *r, const struct key_set *const *keys, size_t n,
		int64_t wait_ms, redis_fn *fn, void *arg);

/* Give back a hint that came when nothing could be claimed, for another worker
 * to find. */
void claim_pass_on(struct redis *r, const struct key_set *keys);

#endif
