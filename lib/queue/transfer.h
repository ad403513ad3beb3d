/* SPDX-License-Identifier: ISC */
/*
 * Jobs out of a queue and into one as they lie there: state, place, record with
 * its attempts, payload, result. Bounded slices of the server's time, constant
 * memory here.
 */
#ifndef QUEUE_TRANSFER_H
#define QUEUE_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/strv.h"
#include "queue/key.h"
#include "sys/redis.h"

/* A job as Redis holds it; what it has not is empty. Views. */
struct transfer_job {
	struct strv id;
	struct strv state;    /* of stats_states */
	struct strv score;    /* its place, or its time */
	struct strv record;   /* with the history */
	struct strv envelope; /* header line and payload */
	struct strv result;
};

/* Call `fn` for each job in `state`, in order; fn returns -1 to stop. Jobs that
 * change their state meanwhile are seen where they are when it comes to them.
 * Views are valid until the next call on `r`. */
int transfer_export(struct redis *r, const struct key_set *k, const char *state,
		    int (*fn)(void *arg, const struct transfer_job *job,
			      struct err *e),
		    void *arg, struct err *e) must_check;

/* One job, copied. */
struct transfer_copy {
	struct transfer_job job; /* views of these: */
	struct buf id, state, score, record, envelope, result;
};
void transfer_copy_init(struct transfer_copy *c);
void transfer_copy_release(struct transfer_copy *c);

/* Look at one job in whatever state. 0; 1 = no such job; -1. */
int transfer_look(struct redis *r, const struct key_set *k, struct strv id,
		  struct transfer_copy *out, struct err *e) must_check;

/* False if the payload is not what was pushed to `queue` under this id; true
 * also where nothing tells, as the digest is none of ours. */
bool transfer_is_genuine(const struct transfer_job *job, struct strv queue);

/*
 * Make the job one of `queue`: what proves its payload names the queue. That of
 * a finished job stays, as its payload is gone. `envelope` and `record` get
 * what `job` shows then; they may hold what it shows now. -1 with
 * STATUS_PROTOCOL for a header that cannot be read.
 */
int transfer_readdress(struct transfer_job *job, const char *queue,
		       struct buf *envelope, struct buf *record,
		       struct err *e) must_check;

/* Jobs of one call of import.lua. */
#define TRANSFER_MOST 50

struct transfer {
	const struct key_set *keys; /* borrowed */
	bool keep;		    /* ready jobs get the places they had */
	size_t n;		    /* jobs collected */
	size_t bytes;		    /* of them */
	/* The rest is transfer.c's. */
	struct redis_cmd cmd;
	char id[TRANSFER_MOST][KEY_ID_MAX + 1];
};

void transfer_init(struct transfer *t, const struct key_set *k, bool keep);
void transfer_release(struct transfer *t);

/* Add a job, copied; there is room for TRANSFER_MOST. Its id was checked. */
void transfer_add(struct transfer *t, const struct transfer_job *job);

/*
 * Send what was collected, run the loop until the answer is there, and call
 * `fn` for each with "OK", "KNOWN" (a job of that id is there: left alone),
 * "ENDED" (the same, and it is done there, though not here) or "BAD …" and why.
 * Safe to send again. Ready for the next jobs then.
 */
int transfer_send(struct transfer *t, struct redis *r,
		  void (*fn)(void *arg, const char *id, struct strv word),
		  void *arg, struct err *e) must_check;

#endif
