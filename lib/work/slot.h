/* SPDX-License-Identifier: ISC */
/*
 * One place for a running handler: started, watched, ended and judged. A
 * table of state and event says what happens.
 */
#ifndef WORK_SLOT_H
#define WORK_SLOT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "queue/claim.h"
#include "queue/job.h"
#include "queue/key.h"
#include "sys/child.h"
#include "sys/loop.h"
#include "work/capture.h"
#include "work/control.h"
#include "work/environ.h"
#include "work/handlers.h"
#include "work/inlet.h"
#include "work/outcome.h"
#include "work/replace.h"
#include "work/settings.h"

enum slot_state {
	SLOT_FREE,
	SLOT_RUNNING,
	SLOT_ENDING,   /* told to end; killed when its time is over */
	SLOT_KILLED,   /* killed, but not gone yet */
	SLOT_DRAINING, /* gone; something may still come from its pipes */
	SLOT_STATES
};

enum slot_event {
	SLOT_EXITED, /* the handler itself has ended */
	SLOT_EOF,    /* one of its pipes has */
	SLOT_TIMER,  /* what was waited for in this state is due */
	SLOT_LOST,   /* the lease is somebody else's */
	SLOT_CANCEL, /* an operator wants it ended */
	SLOT_STOP,   /* the worker is to stop: end it */
	SLOT_KILL,   /* … at once */
	SLOT_EVENTS
};

struct slot;

/* What all slots of a worker share. All borrowed. */
struct slot_host {
	struct loop *loop;
	const struct settings *settings;
	struct capture_plan *plan;
	struct environ *environ;
	struct replace *replace;   /* NULL without -I */
	struct handlers *handlers; /* NULL without --handlers */
	struct log *log;
	/* The slot is done with its job: read what became of it, then call
	 * slot_clear(). Comes at once when nothing could be started. */
	void (*done)(void *arg, struct slot *s);
	/* There is something new for jq-stat to show. */
	void (*news)(void *arg, struct slot *s);
	void *arg;
	int running;	   /* handlers started and not collected */
	bool warned;	   /* of a control line that is not understood */
	bool strays;	   /* killed leftovers may be waiting to be collected */
	int64_t oom_kills; /* by the kernel, that we know of; -1 = no telling */
};

struct slot {
	struct slot_host *host; /* borrowed */
	int number;		/* from 1 */
	enum slot_state state;

	/* The job. */
	void *lane; /* borrowed; the caller's, of the queue it came from */
	const char *queue;
	uint64_t serial;	/* of the job, to tell late news from new */
	int64_t lease_until_ms; /* since boot: ours for sure until then */
	char id[KEY_ID_MAX + 1];
	char token[96];
	char mark[KEY_QUEUE_MAX + KEY_ID_MAX + 16]; /* "JQ_JOB=QUEUE/ID" */
	const char *job;			    /* "QUEUE/ID", in mark */
	struct job_header header;
	int64_t failed; /* attempts before this one */
	int64_t max_attempts;

	/* The handler. */
	struct child child;
	pid_t pid; /* kept when child has ended */
	struct loop_watch *exit_watch;
	struct loop_timer *timer;
	struct inlet control_pipe;
	struct control control;
	struct capture capture;
	int64_t started_ms; /* epoch */
	int64_t started_us; /* since boot */
	int64_t ended_us;
	enum outcome_cause cause;
	bool swept; /* what it left behind was ended */
	bool news;  /* not told yet */

	/* What became of it; for host->done(). */
	struct child_end end;
	struct outcome outcome;
	bool started;	   /* a handler ran */
	enum status fault; /* why none could be started; 0 = none */
};

void slot_init(struct slot *s, struct slot_host *host, int number);
void slot_release(struct slot *s); /* not while a handler runs */

/*
 * Start the handler for a claimed job; `lane` and `queue` are kept. When it
 * cannot be started, host->done() is called from within.
 */
void slot_start(struct slot *s, void *lane, const char *queue,
		const struct claim_job *job);

/* Close a job that was claimed and is not to be run: host->done() is called
 * from within. */
void slot_refuse(struct slot *s, void *lane, const char *queue,
		 const struct claim_job *job, const struct outcome *why);

void slot_event(struct slot *s, enum slot_event event);

/* The job is closed; free for the next one. */
void slot_clear(struct slot *s);

/* Text for a beat, of job_encode_live(). */
void slot_live(struct slot *s, struct buf *out);

/* Append a line for people: what runs, for how long, how far it got. */
void slot_describe(const struct slot *s, struct buf *out);

#endif
