/* SPDX-License-Identifier: ISC */
/*
 * A job followed while it runs elsewhere: fed with one look after the other,
 * it writes what its handler wrote to stderr since, and tells of progress,
 * starts and ends. It reads nothing itself.
 */
#ifndef CLI_FOLLOW_H
#define CLI_FOLLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "queue/key.h"
#include "queue/stats.h"

/* Ms between two looks, between two marks of watch_mark(), and how long each
 * of these holds. */
#define FOLLOW_LOOK_MS 150
#define FOLLOW_MARK_MS 5000
#define FOLLOW_HOLD_MS 20000

enum follow_to {
	FOLLOW_STDOUT, /* what the handler wrote; the rest goes to stderr */
	FOLLOW_STDERR, /* all of it to stderr */
	FOLLOW_JSON,   /* all of it to stdout, an object a line */
};

struct follow {
	/* Set by the caller, the rest zero. */
	enum follow_to to;
	bool quiet; /* nothing but what the handler wrote */
	/* follow.c's. */
	char job[KEY_QUEUE_MAX + KEY_ID_MAX + 2]; /* "QUEUE/ID" */
	bool begun, terminal;
	int64_t ended;	 /* attempts that were told of or are not to be */
	int64_t attempt; /* that `seen` and `tail` are of */
	int64_t seen;	 /* bytes of its stderr so far */
	struct buf tail; /* the last of them */
	struct buf line; /* not ended yet, for a terminal */
	int64_t progress, total;
	char *text;	   /* of the progress; owned */
	const char *state; /* when last seen, of stats_states */
};

void follow_init(struct follow *f, const char *queue, struct strv id);
void follow_release(struct follow *f);

/* One look. 1 = the job has ended, 0 = not yet; -1 when stdout fails. */
int follow_see(struct follow *f, const struct stats_detail *d,
	       struct err *e) must_check;

/* How many bytes at the front of `now` were already at the end of `before`:
 * two views of the end of one stream. Pure. */
size_t follow_overlap(struct strv before, struct strv now);

#endif
