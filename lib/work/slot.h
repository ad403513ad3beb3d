/* SPDX-License-Identifier: ISC */
/*
 * One place for a handler: started, watched, ended and judged. A table of
 * state and event says what happens. A handler gets one job and its exit
 * status says what became of it; or it lives long and answers for one job
 * after the other (slot_stream.c); or it gets a batch (slot_batch.c).
 */
#ifndef WORK_SLOT_H
#define WORK_SLOT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "queue/claim.h"
#include "queue/key.h"
#include "sys/cgroup.h"
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
#include "work/task.h"

enum slot_state {
	SLOT_FREE,
	SLOT_FILLING, /* a batch is being gathered, nothing runs */
	SLOT_RUNNING,
	SLOT_PARTING,  /* cannot be given any more: it should end by itself */
	SLOT_ENDING,   /* told to end; killed when its time is over */
	SLOT_KILLED,   /* killed, but not gone yet */
	SLOT_DRAINING, /* gone; something may still come from its pipes */
	SLOT_RESTING,  /* handlers end too soon: no new one for a while */
	SLOT_STATES
};

enum slot_event {
	SLOT_EXITED, /* the handler itself has ended */
	SLOT_EOF,    /* one of its pipes has */
	SLOT_TIMER,  /* what was waited for in this state is due */
	SLOT_LOST,   /* the lease of a job of its is somebody else's */
	SLOT_CANCEL, /* an operator wants its job ended */
	SLOT_BROKEN, /* the handler does not keep to the rules */
	SLOT_ENOUGH, /* it gets no more jobs, and does those it has */
	SLOT_FINISH, /* … but for those it has not begun */
	SLOT_STOP,   /* the worker is to stop: end it */
	SLOT_KILL,   /* … at once */
	SLOT_EVENTS
};

struct slot;

/* How the names of control groups begin; then the worker's process id, a dot
 * and the number of the slot. */
#define SLOT_GROUPS "jq-work-"

/* What all slots of a worker share. All borrowed. */
struct slot_host {
	struct loop *loop;
	const struct settings *settings;
	struct capture_plan *plan;
	struct environ *environ;
	struct handlers *handlers; /* NULL without --handlers */
	const char *groups;	   /* where to make control groups; or NULL */
	struct log *log;
	/* The slot is done with a job of its: s->report says what became of
	 * it. Comes at once when nothing could be started. */
	void (*done)(void *arg, struct slot *s, struct task *t);
	/* There is something new for jq-stat to show. */
	void (*news)(void *arg, struct slot *s);
	void *arg;
	struct loop_timer *listen; /* then slot_listen() all of them */
	int running;		   /* handlers started and not collected */
	int starting;		   /* that were not seen to have executed */
	bool in_doubt;		   /* slot_look_again() when none is starting */
	bool warned;	   /* of a control line that is not understood */
	bool strays;	   /* killed leftovers may be waiting to be collected */
	int64_t oom_kills; /* by the kernel, that we know of; -1 = no telling */
};

/* What became of a job. Views into the slot, for host->done(). */
struct slot_report {
	struct outcome outcome;
	struct child_end end; /* of its process, as far as it is the job's */
	uint64_t total;	      /* bytes of result, of which the first are */
	struct strv result;
	struct strv line;  /* short result */
	struct strv tail;  /* of stderr */
	bool started;	   /* a handler got it */
	enum status fault; /* why none could be started; 0 = none */
};

/* A long-lived handler's input and what is known of it. */
struct slot_feed {
	struct buf out;	  /* records, written up to `sent` */
	size_t sent;	  /* of out */
	uint64_t written; /* bytes in all, to this handler */
	int fd;		  /* the pipe; -1 = closed */
	struct loop_watch *watch;
	struct buf partial; /* an answer that has not ended */
	int64_t taken;	    /* records, by this handler */
	int64_t answered;   /* of them */
	int64_t fruitless;  /* handlers in a row that answered nothing */
	int64_t limit_us;   /* when the first job's time is up; 0 = never */
	int64_t looked_us;  /* at its memory */
	uint64_t blamed;    /* serial of the job it was ended for; 0 = none */
	bool last;	    /* no more records for this handler */
	const char *broken; /* what it did wrong, or NULL */
	char text[128];	    /* for `broken` */
};

/* What a handler is started with. All of it stays as it is until the handler
 * has executed. */
struct slot_launch {
	struct child_start *start; /* owned */
	struct environ environ;
	const char *path; /* borrowed, from the settings or `found` */
	const char *const *argv;
	struct replace replace;	   /* with -I, its argv */
	struct buf found;	   /* the path of a handler found by name */
	const char *named[2];	   /* its argv */
	int in, out, err, control; /* ours to close; -1 = none or closed */
	bool under_way;
};

struct slot {
	struct slot_host *host; /* borrowed */
	int number;		/* from 1 */
	enum slot_state state;

	/* The jobs, oldest first: n of the owned ring, from `first` on. Those
	 * of a batch that are closed already have no serial. */
	struct task *task;
	size_t cap, first, n;
	struct slot_feed *feed; /* owned; only with --stream */
	struct buf records;	/* of a batch that is being gathered */
	bool waited;		/* … so long as it may for others to come */

	/* The handler. */
	char mark[KEY_QUEUE_MAX + KEY_ID_MAX + 16]; /* "NAME=value" of it */
	struct cgroup group; /* of all handlers of this slot; or none */
	struct slot_launch launch;
	struct child child;
	pid_t pid; /* kept when child has ended */
	struct loop_watch *exit_watch;
	struct loop_timer *timer;
	struct inlet control_pipe;
	struct control control;
	struct capture capture;
	int64_t started_us; /* since boot */
	int64_t ended_us;
	enum outcome_cause cause;
	bool swept;	      /* what it left behind was ended */
	bool news;	      /* not told yet */
	struct child_end end; /* once it has ended */

	struct slot_report report;
};

/* See to it that there may be as many descriptors as the slots need, and
 * `ours`: sets `files` and `starting`. -1 with STATUS_CONFIG. */
int slot_raise_files(struct settings *set, int64_t ours,
		     struct err *e) must_check;

void slot_init(struct slot *s, struct slot_host *host, int number);
void slot_release(struct slot *s); /* not while a handler runs */

/* How many jobs it can take; and how many are to be asked for, which are none
 * while the bytes of those it has are many. */
size_t slot_place(const struct slot *s);
size_t slot_room(const struct slot *s);

/* Its job number `i`, from 0. */
struct task *slot_task(const struct slot *s, size_t i);

/*
 * Take a claimed job, when there is room; `lane` and `queue` are kept. When it
 * cannot be run, host->done() is called from within, and NULL returned.
 */
struct task *slot_add(struct slot *s, void *lane, const char *queue,
		      const struct claim_job *job);

/* All that came has been added: go on with it. `more` was asked for and would
 * come here. */
void slot_go(struct slot *s, bool more);

/* Close a job that was claimed and is not to be run: host->done() is called
 * from within. */
void slot_refuse(struct slot *s, void *lane, const char *queue,
		 const struct claim_job *job, const struct outcome *why);

void slot_event(struct slot *s, enum slot_event event);

/* Its handler may have executed by now: close what was kept for it. Until then
 * host->starting counts it. */
void slot_started(struct slot *s);

/* No other handler can hold the pipes of this one any more. */
void slot_look_again(struct slot *s);

/* Read what its handler writes as it comes, and what it has said on descriptor
 * 3 at once; until then all is read at its end. */
void slot_listen(struct slot *s);

/* Words from the server about one of its jobs. Of a batch that is gathered it
 * is gone then, and those behind it have moved up: begin with the last. */
void slot_lost(struct slot *s, struct task *t);
void slot_cancel(struct slot *s, struct task *t);

/* Text for a beat, of job_encode_live(), if there is any about this job. */
void slot_live(struct slot *s, const struct task *t, struct buf *out);

/* Append a line for people: what runs, for how long, how far it got. */
void slot_describe(const struct slot *s, struct buf *out);

#endif
