/* SPDX-License-Identifier: ISC */
/* The ids of the jobs in a state that fit, a slice at a time (walk.h). */
#ifndef QUEUE_SELECT_H
#define QUEUE_SELECT_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/strv.h"
#include "queue/key.h"
#include "queue/walk.h"
#include "sys/redis.h"

#define SELECT_MOST 1000 /* jobs of one slice */

struct select {
	struct strv v[SELECT_MOST]; /* the ids of this slice; views */
	size_t n;		    /* there may be none before the end */
	struct walk walk;	    /* its end, and how many were looked at */
	struct buf ids;		    /* select.c's: what `v` shows, with NULs */
};

/* As walk_init(). */
void select_init(struct select *s, const char *state,
		 const struct walk_filter *filter);
void select_release(struct select *s);

/* The next slice, in the list's order, with `most` jobs at most. Runs the loop
 * until the server has answered. */
int select_next(struct select *s, struct redis *r, const struct key_set *k,
		int64_t most, struct err *e) must_check;

#endif
