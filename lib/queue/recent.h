/* SPDX-License-Identifier: ISC */
/* What a queue is at, and what went wrong there lately: for those who watch. */
#ifndef QUEUE_RECENT_H
#define QUEUE_RECENT_H

#include <stdint.h>

#include "base/err.h"
#include "base/strv.h"
#include "queue/job.h"
#include "queue/key.h"
#include "sys/redis.h"

/* A job that runs, is dead or waits for a retry. Views, for the call. */
struct recent_job {
	const char *state; /* "running", "dead", "retry" */
	struct strv id;
	int64_t now_ms; /* the server's clock */
	struct job_record record;
	struct job_header header;
	struct job_live live; /* if it runs */
	const char *worker;   /* that runs it; "" if not known */
};

/*
 * Call `fn` for up to `most` (100) jobs of each kind, one question to the
 * server; those that cannot be read are passed over. Runs the loop.
 */
int recent_read(struct redis *r, const struct key_set *k, int64_t most,
		void (*fn)(void *arg, const struct recent_job *job), void *arg,
		struct err *e) must_check;

#endif
