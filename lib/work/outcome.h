/* SPDX-License-Identifier: ISC */
/*
 * What became of an attempt: the one place that reads a handler's exit status.
 * Pure: the chance for the back-off's jitter comes from who asks.
 */
#ifndef WORK_OUTCOME_H
#define WORK_OUTCOME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strv.h"
#include "queue/backoff.h"
#include "queue/close.h"
#include "sys/child.h"
#include "work/answer.h"

enum outcome_verdict {
	OUTCOME_OK,    /* done */
	OUTCOME_RETRY, /* a failed attempt */
	OUTCOME_DEAD,  /* no further attempt will help */
};

/* What each exit status means. */
struct outcome_rules {
	unsigned char verdict[256]; /* enum outcome_verdict by status */
	bool said[256];		    /* named by an option */
};

/* 0 is done, 65 dead, all else to be tried again. */
void outcome_rules_init(struct outcome_rules *r);

/* Apply a list of --ok-on, --retry-on or --dead-on, "65,100-103". -1 with
 * STATUS_USAGE: not a status, said twice with different verdicts, or 0, which
 * always means done. */
int outcome_rules_set(struct outcome_rules *r, enum outcome_verdict verdict,
		      struct strv list, struct err *e) must_check;

/* Why we ended the handler ourselves. */
enum outcome_cause {
	OUTCOME_ITSELF, /* we did not */
	OUTCOME_TIMEOUT,
	OUTCOME_CANCEL,	 /* an operator asked */
	OUTCOME_STOP,	 /* the worker is told to end */
	OUTCOME_EVICTED, /* the lease was lost: another worker has the job */
	OUTCOME_BROKEN,	 /* it did not keep to the rules of --stream */
};

/* Whether the kernel killed for want of memory while the handler ran. */
enum outcome_oom {
	OUTCOME_OOM_UNKNOWN,
	OUTCOME_OOM_NO,
	OUTCOME_OOM_YES
};

/* All that the decision depends on. Views are borrowed for the call. */
struct outcome_facts {
	enum outcome_cause cause;
	const struct child_end *end;
	enum outcome_oom oom; /* when it ended as by SIGKILL */
	const char *broken;   /* what it did, when BROKEN */
	/* From the control channel: */
	int64_t retry_after_ms; /* -1 = not said */
	int64_t defer_ms;	/* -1 = not said */
	bool dead;		/* `dead` was said, with or without a text */
	struct strv dead_text;
	struct strv error_text;
	struct strv last_line; /* of stderr */
	/* About the job: */
	int64_t failed;	      /* attempts that failed before */
	int64_t max_attempts; /* at least 1 */
	const struct backoff *backoff;
	double (*chance)(void); /* from [0, 1); drawn where it is needed */
};

#define OUTCOME_REASON_MAX 400

struct outcome {
	const char *word;     /* "done", "retry", "dead", "deferred",
				 "released", "cancelled", "lost" */
	enum close_kind kind; /* how to close; nothing to close when "lost" */
	int64_t delay_ms;     /* until the next attempt; 0 = none or at once */
	bool failed;	      /* counts as a failed attempt */
	bool quiet;	      /* exit 75: information, not a warning */
	char how[24];	      /* "exit:1", "signal:9", "timeout" … */
	char reason[OUTCOME_REASON_MAX + 1]; /* raw bytes, one line, no NUL */
};

void outcome_decide(const struct outcome_rules *r,
		    const struct outcome_facts *f, struct outcome *out);

/* What the handler itself said of the job; of the facts neither `cause` nor
 * `end` counts. */
void outcome_answer(const struct answer *a, const struct outcome_facts *f,
		    struct outcome *out);

/* The lease is somebody else's: nothing is to be closed. */
void outcome_lost(struct outcome *out);

/* A job that was not run because nothing could run it: dead, as if its handler
 * had exited with `status`. */
void outcome_refuse(int status, const char *reason, struct outcome *out);

/* A job handed back before a handler ran: no attempt charged. */
void outcome_hand_back(const char *reason, struct outcome *out);

#endif
