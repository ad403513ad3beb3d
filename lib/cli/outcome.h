/* SPDX-License-Identifier: ISC */
/*
 * Waiting for the end of a job that was pushed with job_options.notify: the
 * queue's channel tells of it at once; because a message can get lost, the
 * job is also looked at whenever the subscription (re)starts, and now and
 * then.
 */
#ifndef CLI_OUTCOME_H
#define CLI_OUTCOME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strv.h"
#include "cli/connect.h"
#include "cli/follow.h"
#include "cli/opt.h"
#include "queue/key.h"
#include "queue/stats.h"

enum outcome_end {
	OUTCOME_DONE,	 /* a handler did it */
	OUTCOME_DEAD,	 /* failed, expired or was cancelled */
	OUTCOME_DROPPED, /* deleted by an operator */
	OUTCOME_GONE,	 /* nothing is known of it any more */
};

struct outcome {
	enum outcome_end end;
	bool kept; /* `detail` is there; else only `end` is known */
	struct stats_detail detail;
};
void outcome_release(struct outcome *o); /* zeroed is fine */

/* A subscription; NULL is fine for free. */
struct outcome_watch;

/* Listen from now on, on a connection of its own. All borrowed. */
struct outcome_watch *outcome_watch_new(struct connect *c,
					const struct key_set *keys,
					const char *id);
/* Feed `f` (borrowed) with the job while it is waited for. */
void outcome_follow(struct outcome_watch *w, struct follow *f);
void outcome_watch_free(struct outcome_watch *w);

/*
 * Run the loop until the job has ended. With `silent` the channel may not tell
 * of it, and the job is looked at more often. A server that cannot be reached
 * meanwhile is waited for; the first time a warning says so. -1 with
 * STATUS_LATER when `timeout_ms` have gone by (0: no limit).
 */
int outcome_wait(struct outcome_watch *w, int64_t timeout_ms, bool silent,
		 const struct opt_command *cmd, struct outcome *out,
		 struct err *e) must_check;

/*
 * Say how the job QUEUE/ID ended: 0 when it is done, with its result on
 * stdout (not with -q); else -1 with STATUS_NO and the reason. With -v the
 * last attempt is told on stderr.
 */
int outcome_tell(const struct outcome *o, const struct opt_command *cmd,
		 const char *queue, const char *id, struct err *e) must_check;

#endif
