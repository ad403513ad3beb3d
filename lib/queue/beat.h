/* SPDX-License-Identifier: ISC */
/*
 * The heartbeat: renews leases, tells what a worker and its jobs are doing,
 * and brings back which jobs were lost or are to be cancelled.
 */
#ifndef QUEUE_BEAT_H
#define QUEUE_BEAT_H

#include <stdint.h>

#include "base/strv.h"
#include "queue/key.h"
#include "queue/script.h"
#include "sys/redis.h"

enum beat_word {
	BEAT_OK,      /* still ours, renewed */
	BEAT_WATCHED, /* likewise, and somebody follows it */
	BEAT_LOST,    /* somebody else's now: kill it, close nothing */
	BEAT_CANCEL,  /* an operator wants it ended */
};

struct beat_answer {
	int64_t lease_ms;
	struct script_past past;
	size_t n;			 /* jobs, in the order they were sent */
	const struct redis_reply *reply; /* borrowed for the call */
};

/* A beat in flight: at most one an object, which lives until `fn`. */
struct beat {
	const struct key_set *keys; /* borrowed */
	void (*fn)(void *arg, const struct beat_answer *a,
		   const struct err *why);
	void *arg;
	size_t n;	      /* jobs added */
	struct redis_cmd cmd; /* beat.c's, kept between calls */
};

void beat_init(struct beat *b, const struct key_set *keys);
void beat_release(struct beat *b);

/* Begin a beat of worker `instance`; `info` is of job_encode_worker(), or
 * empty for no news. */
void beat_begin(struct beat *b, const char *instance, struct strv info);

/* The worker's last word: nothing may be claimed for it any more. */
void beat_begin_closed(struct beat *b, const char *instance);

/* Add a job; `live` is of job_encode_live(), or empty for no news. */
void beat_add(struct beat *b, const char *id, const char *token,
	      struct strv live);

void beat_send(struct beat *b, struct redis *r);

/* What the answer says of the job added as number `i`. */
enum beat_word beat_word(const struct beat_answer *a, size_t i);

#endif
