/* SPDX-License-Identifier: ISC */
/*
 * The environment of a handler: ours without what is nobody else's business,
 * plus the job. Pure: all facts are arguments.
 */
#ifndef WORK_ENVIRON_H
#define WORK_ENVIRON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "queue/job.h"

struct environ {
	const char **base; /* array of borrowed strings of ours */
	size_t n_base;
	bool shared;	/* the array is another's; otherwise it is owned */
	const char **v; /* owned array: base and the job's, NULL at the end */
	size_t cap;
	struct buf text; /* the job's variables, NUL-terminated each */
	size_t *at;	 /* owned array: where each begins in `text` */
	size_t n, at_cap;
};

/*
 * Keep of `ours` (NULL-terminated, borrowed for good) what a handler may have:
 * not the service manager's variables, and none that environ_build() sets.
 * `extra` are "NAME=value" that replace ours of that name (NULL-terminated,
 * borrowed; or NULL).
 */
void environ_init(struct environ *e, const char *const *ours,
		  const char *const *extra);
/* The same once more, for another handler at the same time: keeps what `of`
 * keeps, which has to last longer. */
void environ_share(struct environ *e, const struct environ *of);
void environ_release(struct environ *e);

/* What is told of a job. Strings and views are borrowed for the call. */
struct environ_facts {
	const char *queue; /* or NULL: of several */
	/* A handler of one job: */
	const char *id, *token; /* NULL = it is one of many */
	const struct job_header *header;
	const struct job_record *record;
	int64_t max_attempts;
	int64_t deadline_ms; /* epoch; 0 = none */
	const char *worker;
	int slot; /* from 1 */
	bool control;
	size_t batch;	  /* jobs it gets; 0 = it is not told */
	const char *mark; /* of one of many: "JQ_HANDLER=…", to be passed on */
};

/* NULL-terminated; valid until the next call. */
const char *const *environ_build(struct environ *e,
				 const struct environ_facts *f);

#endif
