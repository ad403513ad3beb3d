/* SPDX-License-Identifier: ISC */
/*
 * What jq-stat does, one function for each kind of question. What concerns one
 * queue or one job alone (it does not exist, it cannot be read) is said on
 * stderr and remembered in `status`; the others are still looked at.
 */
#ifndef CLI_LOOK_H
#define CLI_LOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strv.h"
#include "cli/connect.h"
#include "cli/opt.h"
#include "cli/show.h"
#include "queue/walk.h"

struct look {
	const struct opt_command *command; /* for messages; borrowed */
	struct connect *server;		   /* open; borrowed */
	const char *space;		   /* namespace; borrowed */
	char *const *queues;		   /* named ones (or jobs); borrowed */
	size_t n_queues;		   /* 0 = all there are */
	struct show *show;		   /* begun; borrowed; for listings */
	const struct walk_filter *filter;  /* of a list; borrowed, or NULL */
	int64_t limit;			   /* most jobs in a list; 0 = all */
	const char *field;		   /* "payload", "result"; borrowed */
	int64_t deadline_ms; /* of a wait, clock_boot_ms(); -1 = none */
	/* the rest is the answer */
	int status;	/* exit status: the first failure, or 0 */
	bool cut;	/* the list ended at the limit */
	size_t shown;	/* things listed */
	int64_t now_ms; /* the server's clock when last asked; 0 = never */
};

/* Fill `e` with the line for a queue that does not exist; returns -1. */
int look_no_queue(const char *queue, struct err *e);

/* Go on after a failure that concerns one thing alone: say it, keep its
 * status. */
void look_complain(struct look *l, const struct err *e);

/* The same for a job that does not exist. */
void look_no_job(struct look *l, const char *queue, struct strv id);

/* Data changed by hand, or written by a newer program: the fault of one queue
 * or job, not of the connection. */
bool look_is_damage(const struct err *e);

/* Say that a queue does not exist, if it was asked for by its name. */
void look_unknown(struct look *l, const char *queue);

/* Whether it is one of stats_states, or "all". */
bool look_known_state(const char *name);

/* On stderr, where silence would puzzle: when `queues` were listed and there
 * are none, or the list was cut though it was not `limited` by the user. */
void look_remark(const struct look *l, bool queues, bool limited);

/* Each returns 0, or -1 when nothing more can be learned or written. */

int look_queues(struct look *l, struct err *e) must_check;
int look_workers(struct look *l, struct err *e) must_check;

/* Jobs in `state`; NULL = in every state. */
int look_jobs(struct look *l, const char *state, struct err *e) must_check;

/* Call `each` for the jobs that the operands name, "-" those on stdin; `queue`
 * is that of bare ids, or NULL. */
int look_ids(struct look *l, const char *queue,
	     int (*each)(struct look *l, const char *queue, struct strv id,
			 struct err *e),
	     struct err *e) must_check;

/* One job in full, after the ones before. */
int look_job(struct look *l, const char *queue, struct strv id,
	     struct err *e) must_check;

/* Why one job does not run, or what became of it, in a sentence. */
int look_explain(struct look *l, const char *queue, struct strv id,
		 struct err *e) must_check;

/* Follow the one job that is the operand until it has ended: its stderr goes to
 * stdout as it comes. `queue` is that of a bare id, or NULL. Sets status 1
 * unless it is done. When the operands are queues: look_events(). Wrong
 * operands, or options that do not go with a job, end the program. */
int look_follow(struct look *l, const char *queue, const char *from,
		struct err *e) must_check;

/* The events of the queues as they come, after the event `from` (NULL: from now
 * on), until `limit` of them were shown or the deadline has come (then status
 * 75). */
int look_events(struct look *l, const char *from, struct err *e) must_check;

/* The bytes of l->field, and nothing else. */
int look_bytes(struct look *l, const char *queue, struct strv id,
	       struct err *e) must_check;

/* Whether nothing waits or runs in the queues; sets status 1 if it does. */
int look_empty(struct look *l, struct err *e) must_check;

/* Wait until that is so, or until `state` ("all": every one) is empty. */
int look_wait(struct look *l, const char *state, struct err *e) must_check;

/* Wait until a job has ended; sets status 1 unless it is done. */
int look_wait_job(struct look *l, const char *queue, struct strv id,
		  struct err *e) must_check;

#endif
