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
	bool keep;	/* those of the source that are not listed stay */
	int64_t now;	/* the server's clock, ms, for the next ticks */
	const char *by; /* borrowed; who does it, for the history */
};

/* Ask that the schedules of the file's source that feed the queue of `k` be
 * those that the file lists; `fn` gets the reply, for call_sync_read(). */
void call_sync(struct redis *r, const struct key_set *k,
	       const struct call_sync *s, redis_fn *fn, void *arg);

/* `fn` is told of each that was "added", "changed" or "removed", or would be.
 * STATUS_CONFIG: a name belongs to another source, a newer generation is in
 * force, or the file is empty. */
int call_sync_read(const struct redis_reply *reply, const char *queue,
		   const struct schedule_file *f,
		   void (*fn)(void *arg, struct strv word, struct strv name),
		   void *arg, struct err *e) must_check;

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
	bool payloads; /* to be had too; else they come empty */
	void (*fn)(void *arg, const struct call_schedule *s);
	void *arg;
};

/*
 * Read the schedules that feed the queue of `k`, from the `skip`-th on; how
 * many came, or -1. With `skip` = 0 and the version of before, `same` may be
 * the answer. Waits.
 */
ssize_t call_list(struct redis *r, const struct key_set *k, size_t skip,
		  struct call_page *page, struct err *e) must_check;

/* One schedule in full; views are valid as long as the reply. */
struct call_look {
	struct call_schedule schedule;
	struct strv history; /* lines: ms, word, tick, count, detail */
	struct strv stamps;  /* words: of its jobs that may be unfinished */
	int64_t now;	     /* the server's clock, ms */
};

/* Ask for a schedule by name, with its payload or without. */
void call_look(struct redis *r, const struct key_set *k, const char *name,
	       bool payload, redis_fn *fn, void *arg);

/* 0; 1 = there is none of that name; -1. */
int call_look_read(const struct redis_reply *reply, const char *queue,
		   struct call_look *out, struct err *e) must_check;

/* What is done to a schedule by hand; texts are borrowed. */
struct call_alter {
	enum {
		CALL_PAUSE,
		CALL_RESUME,
		CALL_REMOVE,
	} verb;
	const char *name;
	const char *by; /* who does it, for the history */
};

/*
 * Do it. 0; 1 = there is none of that name; 2 = it is so already; -1. A
 * removal tells the source in `source` (owned by the caller; may be NULL).
 * Waits.
 */
int call_alter(struct redis *r, const struct key_set *k,
	       const struct call_alter *a, char **source,
	       struct err *e) must_check;

/* The names of all queues that schedules feed; `fn` is told of each. Waits. */
int call_queues(struct redis *r, const char *space,
		void (*fn)(void *arg, struct strv queue), void *arg,
		struct err *e) must_check;

/* Ask for the version of a queue's list, a string; nil before the first. */
void call_version(struct redis *r, const struct key_set *k, redis_fn *fn,
		  void *arg);

/* The server's clock, ms. Waits. */
int call_time(struct redis *r, int64_t *now, struct err *e) must_check;

enum call_word {
	CALL_FIRED,
	CALL_DROPPED,	/* as missed, as was asked for */
	CALL_PAUSED,	/* dropped: the schedule is paused */
	CALL_OUTSIDE,	/* dropped: before start or after end */
	CALL_LIMIT,	/* dropped: so many were enqueued already */
	CALL_BLOCKED,	/* dropped: a job of the schedule is live; by hand,
			   nothing done, as for the next */
	CALL_KNOWN,	/* dropped: a job of that id exists */
	CALL_DUPLICATE, /* nothing done: it was dealt with before */
	CALL_MOVED,	/* nothing done: another plan was faster, or this one
			   came too late */
	CALL_EARLY,	/* nothing done: not due by the server's clock */
	CALL_FULL,	/* nothing done: the queue is at its limit */
	CALL_OUTDATED,	/* nothing done: newer zone data were used before */
	CALL_STALE,	/* nothing done: the schedule has changed */
	CALL_GONE,	/* nothing done: the schedule is no more */
};

/* What makes a job, or drops ticks. */
enum call_kind {
	CALL_TICK,     /* one that is due */
	CALL_CREATE,   /* the creation of the schedule */
	CALL_RUN,      /* somebody wants it now */
	CALL_BACKFILL, /* a tick of the past, by hand */
};

/* A step of a schedule. */
struct call_fire {
	const struct schedule *schedule; /* borrowed */
	int64_t rev;			 /* the schedule's, as seen */
	enum call_kind kind;
	struct due due; /* CALL_TICK: FIRE or DROP; CALL_BACKFILL: the tick */
	int64_t watermark; /* CALL_TICK: which `due` was planned from */
	const char *by;	   /* borrowed; by hand: who does it */
	/* CALL_TICK: release of the zone data (zone_release()); or NULL */
	const char *release;
};

struct call_answer {
	enum call_word word;
	int64_t now;	    /* the server's clock, ms */
	int64_t watermark;  /* Unix seconds; not with STALE and GONE */
	bool finished;	    /* no tick comes any more */
	struct strv detail; /* id of the job, of the one that blocks; OUTDATED:
			       the release used before; view */
};

/* Send a step; `fn` gets the reply, for call_read(). */
void call_fire(struct redis *r, const struct key_set *k,
	       const struct call_fire *f, redis_fn *fn, void *arg);

int call_read(const struct redis_reply *reply, const char *queue,
	      struct call_answer *out, struct err *e) must_check;

/* "fired", "paused" … */
const char *call_word_name(enum call_word word);

#endif
