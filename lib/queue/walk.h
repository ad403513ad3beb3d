/* SPDX-License-Identifier: ISC */
/*
 * Going through the jobs of a state in bounded slices of the server's time,
 * while jobs leave the list and come into it: each is seen once. Where only ids
 * are asked for, what ends after the first look is left alone.
 */
#ifndef QUEUE_WALK_H
#define QUEUE_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "queue/key.h"
#include "sys/redis.h"

/* What has to fit; all strings are borrowed, and NULL = any. */
struct walk_filter {
	const char *last;   /* how the last attempt ended: "exit:1" … */
	const char *error;  /* what the reason has to contain */
	const char *name;   /* the job's name */
	const char *worker; /* of the last attempt, by its name */
	int64_t since_ms;   /* in the state since then, or later; 0 = any */
	int64_t before_ms;  /* before then; 0 = any */
};

/* What of each job. */
enum walk_what {
	WALK_IDS,
	WALK_JOBS,
	WALK_PAYLOADS /* jobs with theirs */
};

struct walk {
	const char *state;		  /* borrowed */
	const struct walk_filter *filter; /* borrowed; or NULL */
	enum walk_what what;
	bool end;	 /* nothing comes after this slice */
	uint64_t looked; /* jobs looked at, of all slices */
	/* the rest is walk.c's */
	struct buf score, id; /* where to go on */
	int64_t until_ms;     /* what came later is left alone */
};

/* Where the jobs begin in an answer of list.lua. */
#define WALK_HEAD 5

/* `state` is one of stats_states; it and `filter` are borrowed for the life of
 * `w`. Times are those of states that have them: dead, done, and when due. */
void walk_init(struct walk *w, const char *state,
	       const struct walk_filter *filter, enum walk_what what);
void walk_release(struct walk *w);

/* The next slice, with `most` jobs at most, as list.lua returns it: there may
 * be none in it before the end. Runs the loop until the server has answered. */
int walk_next(struct walk *w, struct redis *r, const struct key_set *k,
	      int64_t most, const struct redis_reply **reply,
	      struct err *e) must_check;

#endif
