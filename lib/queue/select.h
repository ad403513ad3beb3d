/* SPDX-License-Identifier: ISC */
/*
 * The jobs of a state that fit, in bounded slices of the server's time, while
 * jobs leave the list and come into it: each is seen once, and those that ended
 * after the first look are not.
 */
#ifndef QUEUE_SELECT_H
#define QUEUE_SELECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/strv.h"
#include "queue/key.h"
#include "sys/redis.h"

#define SELECT_MOST 1000 /* jobs of one slice */

/* What has to fit; all strings are borrowed, and NULL = any. */
struct select_filter {
	const char *last;   /* how the last attempt ended: "exit:1" … */
	const char *error;  /* what the reason has to contain */
	const char *name;   /* the job's name */
	const char *worker; /* of the last attempt, by its name */
	int64_t since_ms;   /* in the state since then, or later; 0 = any */
	int64_t before_ms;  /* before then; 0 = any */
};

struct select {
	struct strv v[SELECT_MOST]; /* the ids of this slice; views */
	size_t n;		    /* there may be none before the end */
	bool end;		    /* nothing comes after this slice */
	uint64_t looked;	    /* jobs looked at, of all slices */
	/* The rest is select.c's. */
	const char *state;		    /* borrowed */
	const struct select_filter *filter; /* borrowed; or NULL */
	struct buf ids;			    /* what `v` shows, with NULs */
	struct buf score, id;		    /* where to go on */
	int64_t until_ms;		    /* what came later is left alone */
};

/* `state` is one of stats_states; both are borrowed for the life of `s`.
 * Times are those of states that have them: dead, done, and when due. */
void select_init(struct select *s, const char *state,
		 const struct select_filter *filter);
void select_release(struct select *s);

/* The next slice, in the list's order, with `most` jobs at most. Runs the loop
 * until the server has answered. */
int select_next(struct select *s, struct redis *r, const struct key_set *k,
		int64_t most, struct err *e) must_check;

#endif
