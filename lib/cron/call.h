/* SPDX-License-Identifier: ISC */
/*
 * The scripts of schedules, called: composing their arguments, reading their
 * answers.
 */
#ifndef CRON_CALL_H
#define CRON_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/strv.h"
#include "cron/due.h"
#include "queue/key.h"
#include "queue/schedule.h"
#include "sys/redis.h"

/* Most schedules of a source in one queue, for one call takes them all. */
#define CALL_SCHEDULES_MAX 10000

/* What a source has to say to a queue. */
struct call_sync {
	const struct schedule_file *file; /* borrowed; all of it */
	bool apply;			  /* else only checked */
	int64_t now; /* the server's clock, ms, for the next ticks */
	/* Told of each that was "added", "changed" or "removed"; or NULL. */
	void (*fn)(void *arg, struct strv word, struct strv name);
	void *arg;
};

/*
 * Make the schedules of the file's source that feed the queue of `k` those
 * that the file lists. STATUS_CONFIG: a name belongs to another source, a
 * newer generation is in force, or the file is empty. Waits.
 */
int call_sync(struct redis *r, const struct key_set *k,
	      const struct call_sync *s, struct err *e) must_check;

/* One schedule as it was read; views are valid for the call. */
struct call_schedule {
	struct strv name, definition, payload;
	struct strv state; /* its state line; empty when it is damaged */
};

struct call_page {
	int64_t now;   /* the server's clock, ms */
	char *version; /* owned; of the list; "" before the first page */
	size_t total;  /* how many there are */
	bool same;     /* `version` is what it was; nothing else is told */
	void (*fn)(void *arg, const struct call_schedule *s);
	void *arg;
};

/*
 * Read the schedules of `source` that feed the queue of `k`, from the
 * `skip`-th on; how many came, or -1. With `skip` = 0 and the version of
 * before, `same` may be the answer. Waits.
 */
ssize_t call_list(struct redis *r, const struct key_set *k, const char *source,
		  size_t skip, struct call_page *page,
		  struct err *e) must_check;

/* The names of all queues that schedules feed; `fn` is told of each. Waits. */
int call_queues(struct redis *r, const char *space,
		void (*fn)(void *arg, struct strv queue), void *arg,
		struct err *e) must_check;

/* Put a queue on that list, without waiting. */
void call_announce(struct redis *r, const char *space, const char *queue);

/* The server's clock, ms. Waits. */
int call_time(struct redis *r, int64_t *now, struct err *e) must_check;

enum call_word {
	CALL_FIRED,
	CALL_DROPPED,	/* as missed, as was asked for */
	CALL_PAUSED,	/* dropped: the schedule is paused */
	CALL_OUTSIDE,	/* dropped: before start or after end */
	CALL_LIMIT,	/* dropped: so many were enqueued already */
	CALL_BLOCKED,	/* dropped: a job of the schedule is live */
	CALL_KNOWN,	/* dropped: a job of that id exists */
	CALL_DUPLICATE, /* nothing done: it was dealt with before */
	CALL_EARLY,	/* nothing done: not due by the server's clock */
	CALL_FULL,	/* nothing done: the queue is at its limit */
	CALL_STALE,	/* nothing done: the schedule has changed */
	CALL_GONE,	/* nothing done: the schedule is no more */
};

/* A step of a schedule. */
struct call_fire {
	const struct schedule *schedule; /* borrowed */
	int64_t rev;			 /* the schedule's, as seen */
	bool create;			 /* the job of its creation */
	struct due due;			 /* FIRE or DROP, unless `create` */
};

struct call_answer {
	enum call_word word;
	int64_t now;	    /* the server's clock, ms */
	int64_t watermark;  /* Unix seconds; not with STALE and GONE */
	bool finished;	    /* no tick comes any more */
	struct strv detail; /* id of the job, of the one that blocks; view */
};

/* Send a step; `fn` gets the reply, for call_read(). */
void call_fire(struct redis *r, const struct key_set *k,
	       const struct call_fire *f, redis_fn *fn, void *arg);

int call_read(const struct redis_reply *reply, const char *queue,
	      struct call_answer *out, struct err *e) must_check;

/* "fired", "paused" … */
const char *call_word_name(enum call_word word);

#endif
