/* SPDX-License-Identifier: ISC */
/*
 * A stream of jobs on its way into a queue: collected into batches, several
 * calls in flight, the ids printed in input order as the server confirms
 * them. What was accepted and what was not is known at any time, and said at
 * the end.
 */
#ifndef CLI_PUSHER_H
#define CLI_PUSHER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strv.h"
#include "cli/connect.h"
#include "cli/durable.h"
#include "cli/opt.h"
#include "cli/suit.h"
#include "queue/frame.h"
#include "queue/job.h"
#include "queue/key.h"
#include "queue/push.h"
#include "sys/loop.h"
#include "sys/redis.h"

#define PUSHER_CALLS 4		  /* in flight at once */
#define PUSHER_JOBS  125	  /* most of a call */
#define PUSHER_BYTES (256U << 10) /* a call with so many is large enough */
#define PUSHER_COPY  (128U << 10) /* from here on a payload goes alone */

struct pusher;

struct pusher_batch {
	struct pusher *owner;
	struct push push;
	uint64_t number[PUSHER_JOBS]; /* which record each job was */
	bool sent;		      /* and not yet accounted for */
	/* As far as is known while sent. */
	uint64_t order;	     /* among the batches */
	bool settled;	     /* `why` has a code, or the verdicts are there */
	uint64_t connection; /* that the push was answered on; 0 = not yet */
	int64_t due_ms;	     /* since boot: durable by then, or it is not */
	struct err why;
};

struct pusher {
	const struct opt_command *cmd; /* borrowed; who complains */
	struct key_set keys;
	bool print;  /* the ids, to stdout */
	bool single; /* set by the caller: it is one job, not a stream */
	struct durable durable; /* likewise: when a job counts as pushed */
	bool stopped; /* nothing more goes out: say why with pusher_finish() */
	uint64_t pushed;  /* jobs confirmed */
	uint64_t known;	  /* of these, those that were there already */
	uint64_t refused; /* records that were complained of */
	/* The rest is pusher.c's. */
	struct loop *loop;
	struct redis *redis;
	struct suit suit;
	int64_t patience; /* ms: for a job to be as durable as asked */
	struct loop_timer *now;
	struct pusher_batch *batch[PUSHER_CALLS]; /* owned, made when needed */
	struct pusher_batch *filling;		  /* one of them, or NULL */
	unsigned n_sent;
	size_t sent_bytes;     /* payload in flight */
	uint64_t ordered;      /* batches sent so far */
	uint64_t accounted;    /* of them, in that order */
	bool ever_up;	       /* the connection was seen to work */
	uint64_t stopped_at;   /* record that was not accepted */
	uint64_t pushed_after; /* jobs confirmed though after stopped_at */
	uint64_t unsure_to;    /* stopped_at to here may have gone in; 0 = no */
	uint64_t stored_to;    /* … or are stored but not durable; 0 = none */
	uint64_t seen;	       /* last record */
	struct err why;
	char id[KEY_ID_MAX + 1]; /* of the last job that was added */
};

void pusher_init(struct pusher *p, const struct opt_command *cmd,
		 const char *space, struct strv queue, bool print);
void pusher_release(struct pusher *p);

/*
 * Give it a connection (borrowed), before the first job; names the queue to
 * the server in the same write as that, and with -v or where durability is
 * asked for, sees whether it is one to keep jobs on. Only with DURABLE_FSYNC
 * the server is asked something first: -1 as durable_prepare(), and nothing
 * was pushed.
 */
int pusher_connect(struct pusher *p, const struct opt_common *common,
		   const struct connect *c, struct err *e) must_check;

/*
 * Add a job, which was record `number` of the input; sends when there is
 * enough for a call. Runs the loop, and waits there while enough is in
 * flight. With `borrow` the payload stays where it is until the pusher is
 * flushed. Does nothing once `stopped`.
 */
void pusher_add(struct pusher *p, uint64_t number, const char *id,
		const struct job_options *o, struct strv payload, bool borrow);

/* Send what is there: the input pauses. */
void pusher_flush(struct pusher *p);

/* The same, and run the loop until `fd` can be read, or it is stopped. */
void pusher_await_input(struct pusher *p, int fd);

/* How the queue's workers frame their handlers' records, as told. */
struct pusher_frame {
	bool told;
	enum frame frame;
};
int pusher_read_frame(struct strv v, void *at, struct err *e) must_check;

/* Warn of a payload that such a worker will call dead; it is pushed. */
void pusher_warn_of_frame(const struct pusher *p, const struct pusher_frame *f,
			  uint64_t number, struct strv payload);

/* Complain of one record; the others go on, the end is STATUS_DATA. */
void pusher_refuse(struct pusher *p, uint64_t number, const struct err *why);

/* The input ends at record `number`, which cannot be had. */
void pusher_stop(struct pusher *p, uint64_t number, const struct err *why);

/*
 * Send the rest and wait for the answers. -1 unless all was accepted; the
 * message says how far it came.
 */
int pusher_finish(struct pusher *p, struct err *e) must_check;

/* Pass TRACEPARENT, TRACESTATE and BAGGAGE on with the job; one that is too
 * long for that is warned of. */
void pusher_read_trace(const struct opt_command *cmd, struct job_options *o);

#endif
