/* SPDX-License-Identifier: ISC */
/*
 * Jobs claimed before there is a slot for them. A handler that takes a
 * millisecond would have its slot wait as long again for the next job; so a
 * worker whose handlers are that short holds a few more, which start at once
 * when a slot is free. It holds none for longer than AHEAD_MS, for another
 * worker may be idle.
 */
#ifndef WORK_AHEAD_H
#define WORK_AHEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "queue/claim.h"

/* How long a job may lie here, in ms; then it is handed back. */
#define AHEAD_MS 50

/* A claimed job, copied from the answer: the words one after the other. */
struct ahead_job {
	struct buf bytes;
	struct claim_words words; /* views into them */
	int64_t since_ms;	  /* since boot: when it was asked for */
};

struct ahead {
	struct ahead_job *job; /* owned ring of `cap` */
	size_t cap, first, n;
	int64_t slots;
	int64_t span_us; /* how long handlers take, of late */
};

void ahead_init(struct ahead *a, int64_t slots);
void ahead_release(struct ahead *a);

/* A handler has ended after so long. */
void ahead_learn(struct ahead *a, int64_t took_us);

/* Jobs were not started in time: none are taken until handlers are short. */
void ahead_failed(struct ahead *a);

/* How many it would hold now, those that it has included; 0 = handlers take
 * too long. */
size_t ahead_most(const struct ahead *a);

/* Keep a job that was asked for at `since_ms`; false when there is no room. */
bool ahead_put(struct ahead *a, const struct claim_words *w, int64_t since_ms);

/* The one that came first, and the same taken out; NULL when there is none. It
 * stays valid until the next ahead_put(). */
const struct ahead_job *ahead_first(const struct ahead *a);
const struct ahead_job *ahead_take(struct ahead *a);

#endif
