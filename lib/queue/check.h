/* SPDX-License-Identifier: ISC */
/*
 * Whether the data of a queue fits together: every invariant that can be seen
 * in the server, looked at in slices of a few hundred microseconds while the
 * queue is in use, and mended on demand. HACKING.md lists the invariants.
 */
#ifndef QUEUE_CHECK_H
#define QUEUE_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/strv.h"
#include "queue/key.h"
#include "sys/loop.h"
#include "sys/redis.h"

/* Something that is not as it has to be. Views, valid for the call. */
struct check_problem {
	const char *queue;
	struct strv id;	     /* the job; empty = the queue as a whole */
	const char *code;    /* a word that stays the same: "no-payload" */
	const char *what;    /* what is wrong */
	const char *meaning; /* what follows from it */
};

struct check {
	struct loop *loop;   /* borrowed */
	struct redis *redis; /* borrowed */
	const char *space;   /* namespace; borrowed */
	bool mend;	     /* mend what is found instead of telling it */
	/* Told of each violation; -1 stops the check and is returned. */
	int (*fn)(void *arg, const struct check_problem *p, struct err *e);
	/* With `mend`: told of each thing that was done ("it is dead now: …").
	 * The id is empty for the queue as a whole. */
	int (*did)(void *arg, const char *queue, struct strv id,
		   struct strv what, struct err *e);
	void (*looked)(void *arg); /* after each slice of jobs; or NULL */
	void *arg;		   /* of them; borrowed */
	/* What was looked at, of the last queue. */
	int64_t jobs;	  /* ids in its sets */
	int64_t payloads; /* whose digest was computed */
	int64_t large;	  /* payloads too large for that: size alone */
	bool unweighed;	  /* the queue was too busy to add up its bytes */
	size_t found;	  /* violations, of all queues; also with `mend` */
	/* The rest is check's own. */
	struct key_set keys;
	struct buf ids;	   /* a slice of ids, each with its length before it */
	struct buf bad;	   /* those of them that looked wrong */
	struct buf fences; /* of running jobs: struct check_fence, one each */
	const char *walk;  /* the state at hand; NULL = no set */
	int64_t step;	   /* entries of a hash in one slice, by their size */
	bool strayed;	   /* payloads do not add up: look for stray ones */
	int64_t settle[2]; /* by how much done_bytes, dead_bytes are wrong */
};

/* Free what the check holds. */
void check_release(struct check *c);

/* Check one queue. 0, whatever was found; -1 when it cannot be known. Runs the
 * loop; may wait a few seconds for a worker that ought to move a late job. */
int check_queue(struct check *c, struct strv queue, struct err *e) must_check;

/*
 * Look through all keys of the namespace, in bounded steps, for those that
 * belong to no queue. `name` is called for each queue that has keys
 * (repeatedly); it says with 1 that the keys of the queue are of interest.
 */
int check_foreign(struct check *c,
		  int (*name)(void *arg, struct strv queue, struct err *e),
		  void *arg, struct err *e) must_check;

#endif
