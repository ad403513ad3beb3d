/* SPDX-License-Identifier: ISC */
/*
 * Queues as lines of JSON, out and in, for jq-ctl export and import. An object
 * a job, all of it; bytes that are not UTF-8 as base64 under NAME_b64:
 *
 *   {"v":1,"queue":"mail","id":"…","state":"dead","score":"1795478261492",
 *    "record":"…","pushed":"1 1795478261000 0 5 … p=5","payload":"hello"}
 *
 * `record` and `pushed` are as queue/job.h has them: what became of the job,
 * with its attempts, and what was pushed.
 */
#ifndef CLI_ARCHIVE_H
#define CLI_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "cli/opt.h"
#include "sys/redis.h"

struct archive {
	const struct opt_command *command; /* for messages; borrowed */
	struct redis *redis;		   /* borrowed */
	const char *space;		   /* namespace; borrowed */
	int status;	      /* exit status: the first failure, or 0 */
	uint64_t done, known; /* written; those that were there before */
	uint64_t ended;	      /* of these, those that are done by now */
};

/* Write all jobs of the queues to stdout; `state` NULL or "all": in each. */
int archive_export(struct archive *a, char *const *queues, size_t n,
		   const char *state, struct err *e) must_check;

/* Wrong usage ends us here if stdin is a terminal: nobody types an archive. */
void archive_check_stdin(const struct opt_command *c);

/*
 * Read stdin, and put each job where it was, or into `queue` if that is not
 * NULL. One that is no job of ours is a line on stderr; one whose id is there
 * is left alone and counted, unless it was dropped there: that one comes back.
 * Into a queue without jobs ready ones come into the very places they had, else
 * behind those that are there. Says how many came.
 */
int archive_import(struct archive *a, const char *queue,
		   struct err *e) must_check;

#endif
