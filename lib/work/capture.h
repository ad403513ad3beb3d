/* SPDX-License-Identifier: ISC */
/*
 * What becomes of a handler's stdout and stderr: the first bytes of the one
 * are the job's result, the last of the other explain a failure, and both are
 * passed on. A reader of ours that is slow makes the handler wait, nobody
 * else.
 */
#ifndef WORK_CAPTURE_H
#define WORK_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/strv.h"
#include "work/inlet.h"
#include "work/lines.h"
#include "work/log.h"
#include "work/sink.h"

/* The same for all handlers of a worker. All borrowed. */
struct capture_plan {
	struct loop *loop;
	char *chunk;	   /* INLET_CHUNK bytes */
	struct sink *out;  /* our stdout; NULL = not passed on */
	struct log *log;   /* to our stderr */
	size_t max_result; /* bytes of stdout kept */
	size_t max_tail;   /* bytes of stderr kept */
	bool lines;	   /* pass stdout on by whole lines */
	bool tag;	   /* with "QUEUE/ID\t" before each */
};

struct capture {
	const struct capture_plan *plan; /* borrowed */
	struct inlet out, err;
	const char *job; /* borrowed; "QUEUE/ID" */
	uint64_t total;	 /* bytes of stdout so far */
	struct buf head; /* the first of them */
	struct lines out_lines, err_lines;
	struct lines_tail tail; /* of stderr */
	int64_t err_total;	/* bytes of it so far */
	/* Gets what comes on stdout in our place; NULL = it is kept as the
	 * result and passed on. */
	void (*take)(void *arg, struct strv bytes);
	loop_fn *news;	/* stderr grew */
	loop_fn *ended; /* one of the two is at its end */
	void *arg;
};

/* `take`, `news`, `ended` and `arg` are the caller's to set. */
void capture_init(struct capture *c, const struct capture_plan *plan);
void capture_release(struct capture *c);

/* Make the pipes for the handler of `job`, which is borrowed until the end;
 * the writing ends are the caller's to close. On -1 nothing is open. */
int capture_open(struct capture *c, const char *job, int *out, int *err,
		 struct err *e) must_check;

/* Read them as something comes; until then only capture_drain() does. */
void capture_listen(struct capture *c);

/* Whether somebody can still write to one of them. */
bool capture_is_open(const struct capture *c);

/* Pass a line on to our stdout, as if the handler had written it there. */
void capture_pass(struct capture *c, struct strv line);

/* Take what is there, whether or not our reader has room. */
void capture_drain(struct capture *c);

/* Close the pipes and pass on what has not ended in a newline. What was kept
 * stays for capture_result() and capture_tail(). */
void capture_close(struct capture *c);

/* Forget what came on stderr: another job begins. */
void capture_clear_tail(struct capture *c);

/* Forget it all. */
void capture_clear(struct capture *c);

struct strv capture_result(const struct capture *c);
struct strv capture_tail(const struct capture *c); /* at most max_tail */
struct strv capture_last_line(const struct capture *c);

/* The reader of our stdout (or stderr) has room again. */
void capture_resume(struct capture *c);

#endif
