/* SPDX-License-Identifier: ISC */
/*
 * Looking, without changing anything: queues, lists of jobs, one job in full,
 * workers. Each call runs the loop until the server has answered; views are
 * valid until the next call on the same connection.
 */
#ifndef QUEUE_STATS_H
#define QUEUE_STATS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strv.h"
#include "queue/job.h"
#include "queue/key.h"
#include "queue/spans.h"
#include "queue/walk.h"
#include "sys/redis.h"

/* A worker that did not beat for this long counts as gone. */
#define STATS_WORKER_GONE_MS 30000

struct stats_queue {
	bool known;	/* anything was ever pushed or set */
	int64_t now_ms; /* the server's clock */
	int64_t ready, delayed, retry, running, done, dead;
	int64_t oldest_ms; /* since when one is ready or due; 0 = none is */
	int64_t workers;   /* that live; the next six are of 1,000 of them */
	int64_t workers_run, workers_halted, workers_quiet, workers_stopping;
	int64_t slots, slots_busy;
	double done_minute, failed_minute, pushed_minute; /* last 60 s */
	struct strv paused; /* "MS WHY", or empty */
	int64_t max_len;
	/* lifetime counters */
	int64_t pushed, dup, claimed, completed, failed, lost, released,
		dead_in, retried, deleted, expired, trimmed, orphan;
	int64_t failed_dead; /* attempts after which a job was dead */
	int64_t done_bytes, dead_bytes;	 /* kept */
	struct spans wait, run;		 /* of all time; when asked for */
	const struct redis_reply *reply; /* for stats_field() */
};
int stats_queue(struct redis *r, const struct key_set *k,
		struct stats_queue *out, struct err *e) must_check;

/* How many jobs are in that state of stats_states; 0 for another word. */
int64_t stats_count(const struct stats_queue *s, const char *state);

/* An answer about a queue, or why there is none. Views of `s` end with the
 * call, which may not use the connection. -1 to hear no more. */
typedef int stats_queue_fn(void *arg, const struct key_set *k,
			   const struct stats_queue *s, const struct err *why,
			   struct err *e);

/* What is asked about many queues; all borrowed. */
struct stats_queues {
	const char *space; /* namespace */
	char *const *names;
	size_t n;
	bool spans; /* with the histograms */
	stats_queue_fn *fn;
	void *arg; /* for `fn` */
};

/* Ask, a hundred requests under way at a time. `fn` is called for each queue
 * in their order. -1 when that said so. */
int stats_queues(struct redis *r, const struct stats_queues *all,
		 struct err *e) must_check;

/* Any field of stat.lua by its name, e.g. a setting in force. */
struct strv stats_field(const struct stats_queue *s, const char *name);

/* Call `fn` for the name of each known queue, sorted; pages with SSCAN.
 * fn returns -1 to stop; that is returned. */
int stats_each_queue(struct redis *r, const char *space,
		     int (*fn)(void *arg, struct strv queue, struct err *e),
		     void *arg, struct err *e) must_check;

/* The states by name, in the order people think of them: ready, running,
 * delayed, retry, dead, done. NULL-terminated. */
extern const char *const stats_states[];

/* One job of a list. Views, valid until the next call. */
struct stats_job {
	struct strv id;
	const char *state;
	int64_t score_ms; /* delayed, retry: due; running: lease end; done,
			     dead: when; ready: 0 */
	int64_t now_ms;	  /* the server's clock */
	struct job_record record;
	struct job_header header; /* owned by the caller of fn's lister */
	struct strv payload;	  /* when asked for */
	bool has_payload;
	const char *damaged; /* why record or header are empty; or NULL */
};

/* The jobs asked for, and who gets them. */
struct stats_list {
	const char *state;		  /* of stats_states */
	const struct walk_filter *filter; /* what has to fit; NULL = all do */
	int64_t limit;			  /* at most so many; 0 = all */
	bool payload;			  /* with payloads */
	int (*fn)(void *arg, const struct stats_job *job, struct err *e);
	void *arg; /* for `fn` */
};

/*
 * Call `fn` for the jobs of one state in their order, a page of the script at
 * a time. One that cannot be read is marked as damaged, so that it does not
 * hide the others. fn returns -1 to stop.
 */
int stats_each_job(struct redis *r, const struct key_set *k,
		   const struct stats_list *list, struct err *e) must_check;

/* All there is about one job. */
struct stats_detail {
	struct stats_job job;	  /* payload included, unless done */
	struct strv history;	  /* for job_next_attempt() */
	struct job_result result; /* done */
	struct job_live live;	  /* running */
};
/* 0; 1 = no such job; -1. Release what was filled with
 * stats_detail_release(). */
int stats_detail(struct redis *r, const struct key_set *k, struct strv id,
		 struct stats_detail *out, struct err *e) must_check;
void stats_detail_release(struct stats_detail *d);

/* The state of one job, of stats_states. 0; 1 = no such job; -1. */
int stats_state(struct redis *r, const struct key_set *k, struct strv id,
		const char **state, struct err *e) must_check;

/* Call `fn` for each living worker of the queue. */
int stats_each_worker(struct redis *r, const struct key_set *k,
		      int (*fn)(void *arg, struct strv instance, int64_t age_ms,
				const struct job_worker *w, struct err *e),
		      void *arg, struct err *e) must_check;

#endif
