/* SPDX-License-Identifier: ISC */
/*
 * A job in this worker's hands, from the claim to the close: who it is and
 * what is needed to close it. One slot has one of them, or many.
 */
#ifndef WORK_TASK_H
#define WORK_TASK_H

#include <stdbool.h>
#include <stdint.h>

#include "queue/claim.h"
#include "queue/job.h"
#include "queue/key.h"

struct task {
	struct slot *slot; /* borrowed: where it is worked on */
	uint64_t serial;   /* tells late news from new; 0 = no job here */
	void *lane;	   /* borrowed; the engine's, of the queue */
	const char *queue; /* borrowed */
	char id[KEY_ID_MAX + 1];
	char token[96];
	char job[KEY_QUEUE_MAX + KEY_ID_MAX + 2]; /* "QUEUE/ID" */
	struct job_header header;
	int64_t failed; /* attempts before this one */
	int64_t max_attempts;
	int64_t started_ms; /* epoch: when the handler got to it */
	int64_t started_us; /* likewise, since boot */
	int64_t ended_us;
	int64_t lease_until_ms; /* since boot: ours for sure until then */
	bool lost;		/* its lease is somebody else's */
	bool cancel;		/* an operator wants it ended */
	bool watched;		/* somebody follows it */
	uint64_t from, to; /* where its record lies in all that is sent, or in
			    * the batch that is gathered */
};

/*
 * Take on a claimed job; `lane` and `queue` are kept. `attempts` is for jobs
 * that do not say how many they may have. -1 with STATUS_DATA when its header
 * cannot be read: it can be closed all the same.
 */
int task_begin(struct task *t, void *lane, const char *queue,
	       const struct claim_job *job, int64_t attempts,
	       struct err *e) must_check;

/* It is worked on from now on. */
void task_start(struct task *t);

/* Forget it. */
void task_clear(struct task *t);

#endif
