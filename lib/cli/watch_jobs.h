/* SPDX-License-Identifier: ISC */
/* The jobs that --watch shows: those that run, and those that failed last. */
#ifndef CLI_WATCH_JOBS_H
#define CLI_WATCH_JOBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "queue/key.h"
#include "sys/redis.h"

/* One of them, as it is shown; the texts are owned. */
struct watch_job {
	int64_t ms; /* it has run, or since it failed */
	char *job, *first, *second, *last;
};

struct watch_list {
	struct watch_job *v;
	size_t n;
};

struct watch_jobs {
	struct watch_list running, failed;
};

/* Add those of a queue, `most` of each kind. Runs the loop. */
int watch_jobs_read(struct watch_jobs *w, struct redis *r,
		    const struct key_set *k, size_t most,
		    struct err *e) must_check;

/* Append those that run the longest, `rows` at most, below a header. */
void watch_jobs_running(struct watch_jobs *w, size_t rows, size_t width,
			bool color, struct buf *out);

/* The same for those that failed last. */
void watch_jobs_failed(struct watch_jobs *w, size_t rows, size_t width,
		       bool color, struct buf *out);

void watch_jobs_release(struct watch_jobs *w); /* zeroed is fine */

#endif
