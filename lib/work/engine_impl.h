/* SPDX-License-Identifier: ISC */
/*
 * What the files of the engine share. Not for others.
 */
#ifndef WORK_ENGINE_IMPL_H
#define WORK_ENGINE_IMPL_H

#include "base/buf.h"
#include "sys/notify.h"
#include "work/ahead.h"
#include "work/alarm.h"
#include "work/breaker.h"
#include "work/engine.h"
#include "work/joblog.h"
#include "work/lane.h"
#include "work/log.h"
#include "work/slot.h"
#include "work/stop.h"

enum {
	/* Nothing is asked for longer than this, whatever hints say. */
	ENGINE_POLL_MS = 5000,
	/* Jobs that the server gives in one go. */
	ENGINE_CLAIM_MOST = 100
};

struct engine {
	const struct settings *set; /* borrowed, like the next four */
	const struct pick *pick;
	struct loop *loop;
	struct redis *redis;
	struct redis *waiting;
	int64_t started_ms;

	struct lane *lane; /* owned array, pick->n of them */
	struct lane_host lane_host;
	const struct key_set **wait_keys; /* owned array */
	bool *open;			  /* owned array, for pick_next() */

	struct slot **slot; /* owned array; NULL = never needed yet */
	struct slot_host slot_host;
	struct buf groups;  /* where slots make control groups; empty = none */
	int busy;	    /* jobs in the slots */
	int reserved;	    /* jobs that a claim on its way asks for */
	int64_t taken;	    /* jobs in all, but those given back unrun */
	struct ahead ahead; /* jobs for which there is no slot yet */
	struct loop_timer *ahead_timer; /* they have been there too long */
	struct loop_timer *linger;	/* closes have waited long enough */
	int64_t done;			/* jobs done */
	int64_t bad;			/* failed attempts */
	struct breaker faults;		/* handlers that could not be started */
	struct breaker halt;		/* failed attempts */

	bool wait_on;		  /* a BLPOP is in flight */
	bool hinted;		  /* the last one brought a hint */
	int64_t wait_error;	  /* in a row */
	struct loop_timer *poll;  /* ask without having been told to */
	struct loop_timer *idle;  /* -W is over */
	struct loop_timer *tick;  /* once a second while handlers run */
	struct loop_timer *grace; /* while stopping: have a look */
	struct loop_timer *lease; /* one may soon run out, --strict-lease */
	int64_t lease_due_ms;	  /* since boot: when that fires */
	struct loop_timer *watchdog;
	int64_t active_ms; /* since boot: when a job came or went last */
	int64_t round_ms;  /* when strays were looked for last */

	bool held;	      /* engine_hold() */
	bool served;	      /* the server has answered us */
	int64_t trouble_ms;   /* since boot: no claims before then */
	int64_t trouble_span; /* of the last pause */
	int trouble_bugs;     /* answers in a row that make no sense */
	int64_t told_ms;      /* when trouble was logged last */
	enum status cut_off;  /* why, as logged; 0 = we are not */

	enum stop_phase phase;
	bool enough;	     /* slots were told that these are the last */
	bool last_call;	     /* tell the slots that no more jobs come */
	bool closing;	     /* nothing runs any more */
	bool parted;	     /* the last beats were sent */
	int goodbyes;	     /* of them still to be answered */
	bool refused;	     /* the server will never take what we tell */
	bool gave_up;	     /* not everything could be told */
	bool finished;	     /* leave the loop */
	int64_t stop_ms;     /* since boot: when the phase began */
	int64_t closing_ms;  /* … when closing began */
	int64_t extended_ms; /* … when more time was asked for last */
	bool found_nothing;  /* with need_one */
	struct engine_end end;
	struct loop_watch *words;     /* from the supervisor */
	struct loop_signal *children; /* without pidfds: one has ended */

	struct sink out, err;
	struct log log;
	struct capture_plan plan;
	struct environ environ;
	struct handlers handlers;
	struct joblog joblog;
	struct alarm alarm;
	struct notify notify;
	struct buf text;   /* scratch */
	bool out_reported; /* our stdout failed, and it was said */
};

/* engine.c */
/* End the run for this reason: no more jobs, status as `why` says. */
void engine_fail(struct engine *en, const struct err *why);

/* engine_take.c */
/* Jobs we could take now, over those on their way. */
int64_t engine_wanted(struct engine *en, int64_t now);
/* Jobs that the slots could be given. */
int64_t engine_room(const struct engine *en);
/* Give job `i` of an answer to a slot; it was asked for at `since`. */
void engine_take(struct engine *en, struct lane *l,
		 const struct claim_answer *a, size_t i, int64_t since);
/* Start jobs that were claimed ahead, as far as slots are free. */
void engine_take_ahead(struct engine *en, int64_t now);
/* A timer's: hand them back if they have been there for too long. */
void engine_ahead_due(void *engine);
/* What has come was given to the slots, and what is wanted was asked for. */
void engine_fed(struct engine *en);
/* How many slots have jobs. */
int64_t engine_occupied(const struct engine *en);

/* engine_wait.c */
/* All queues are known to be empty: wait for a hint from any of them, and take
 * up to `n` jobs then. */
void engine_wait(struct engine *en, int64_t n, int64_t now);
/* Somebody tells when there is something. */
bool engine_waits(const struct engine *en);
/* Only `n` jobs are wanted: call a claim off that waits for more. */
void engine_wait_review(struct engine *en, int64_t n, int64_t now);
/* The claim that waited was answered; `carried_out`: as the first of its
 * number. */
void engine_wait_over(struct engine *en, bool carried_out);
/* A timer's: ask without having been told to. */
void engine_poll_due(void *engine);

/* engine_job.c */
/* For slot_host.done: close the job and log it. */
void engine_job_done(void *engine, struct slot *s, struct task *t);
/* Tell the supervisor what we are doing. */
void engine_status(struct engine *en);
/* Collect what was left to us, end what should not run any more. */
void engine_job_rounds(struct engine *en);

/* engine_beat.c */
void engine_beat_start(struct engine *en); /* timers and the first beats */
void engine_beat(struct engine *en, struct lane *l);
void engine_beat_all(struct engine *en);
/* The lease of a job in hand is somebody else's. */
void engine_lost(struct engine *en, struct task *t);
/* Before anything is closed: renew leases that may have run out. */
void engine_beat_if_late(struct engine *en);
/* Soon, if the slots in use are not as many as the last beat said. */
void engine_beat_if_busier(struct engine *en);
/* For slot_host.news. */
void engine_news(void *engine, struct slot *s);
/* The last beats: nothing may be claimed for us any more. */
void engine_goodbye(struct engine *en);

/* engine_lease.c */
/* The job is ours for a lease from `since` (since boot) on. */
void engine_lease_renew(struct engine *en, struct task *t, int64_t since);
/* A timer's: end handlers whose lease may run out before it is renewed. */
void engine_lease_due(void *engine);

/* engine_abandon.c */
/* Hand back the jobs of engines that died before us. */
void engine_abandon_start(struct engine *en);
bool engine_abandon_over(const struct engine *en);

/* engine_stop.c */
void engine_stop_start(struct engine *en); /* listen to the supervisor */
void engine_stop_end(struct engine *en);
/* The jobs at hand are the last, as far as is known: the slots get no more. */
void engine_enough(struct engine *en);
/* No more jobs; end when those at hand have. */
void engine_finish(struct engine *en);
/* Whether all is over; drives the last steps. */
void engine_stop_turn(struct engine *en);

#endif
