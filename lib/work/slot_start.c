/* SPDX-License-Identifier: ISC */
/*
 * From a claimed job to a running handler, or to the word for why not. What
 * keeps every job from running is the worker's fault and costs the job
 * nothing; what keeps this one from running is its end.
 */
#include "work/slot_impl.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"

/* What a handler is started with; the descriptors are ours to close. */
struct launch {
	const char *path;
	const char *const *argv;
	const char *named[2]; /* argv of a handler found by name */
	int in, out, err, control;
};

static void refuse(struct slot *s, struct task *t, const struct err *why)
{
	struct outcome o;

	outcome_refuse(why->code, why->msg, &o);
	slot_close_as(s, t, &o);
}

void slot_give_up(struct slot *s, const struct err *why)
{
	for (size_t i = 0; i < s->n; i++) {
		s->report = (struct slot_report){.end.code = -1};
		outcome_hand_back(why->msg, &s->report.outcome);
		/* said once for all of them */
		s->report.fault = i ? STATUS_OK : why->code;
		if (slot_task(s, i)->serial)
			slot_close(s, slot_task(s, i));
	}
	slot_clear(s);
}

/* A handler found by its job's name is that job's, and others have theirs. Too
 * long a list of arguments is the job's doing when its payload is in it,
 * and no other try would help; else it is a want of the system's. */
static void cannot_start(struct slot *s, struct task *t, const struct err *why)
{
	bool by_name = s->host->handlers && why->code != STATUS_SYSTEM;

	if (by_name || (why->code == STATUS_DATA && s->host->replace)) {
		refuse(s, t, why);
		slot_clear(s);
		return;
	}
	slot_give_up(s, why);
}

/* Which program with which arguments. */
static int choose(struct slot *s, const struct claim_job *job, struct launch *l,
		  struct err *e)
{
	const struct settings *set = s->host->settings;

	l->path = set->path;
	l->argv = set->argv;
	if (s->host->handlers) {
		l->path = handlers_find(s->host->handlers,
					slot_task(s, 0)->header.name, e);
		l->named[0] = l->path;
		l->argv = l->named;
	} else if (s->host->replace) {
		l->argv = replace_build(s->host->replace, job->payload, e);
	}
	return l->path && l->argv ? 0 : -1;
}

static int open_pipes(struct slot *s, struct strv input, struct launch *l,
		      struct err *e)
{
	if (s->feed) {
		if (slot_stream_open(s, &l->in, e) < 0)
			return -1;
	} else {
		l->in = child_memory_file(input.p, input.n, e);
		if (l->in == -1)
			return -1;
	}
	if (capture_open(&s->capture, slot_task(s, 0)->job, &l->out, &l->err,
			 e) < 0)
		return -1;
	if (!s->host->settings->control)
		return 0;
	return inlet_open(&s->control_pipe, &l->control, e);
}

int64_t slot_timeout(const struct slot *s, const struct task *t)
{
	return t->header.timeout_ms >= 0 ? t->header.timeout_ms
					 : s->host->settings->timeout_ms;
}

/* Of all its jobs: the longest they have, or none if one has none. */
static int64_t whole_timeout(const struct slot *s)
{
	int64_t most = 0;

	for (size_t i = 0; i < s->n; i++) {
		int64_t ms = slot_timeout(s, slot_task(s, i));

		if (ms == 0)
			return 0;
		most = ms > most ? ms : most;
	}
	return most;
}

static const char *const *environment(struct slot *s,
				      const struct claim_job *job)
{
	const struct settings *set = s->host->settings;
	const struct task *t = slot_task(s, 0);
	int64_t timeout = whole_timeout(s);
	struct environ_facts f = {
		.queue = job ? t->queue : set->queue,
		.max_attempts = t->max_attempts,
		.deadline_ms =
			timeout && !s->feed ? t->started_ms + timeout : 0,
		.worker = set->worker,
		.slot = s->number,
		.control = set->control,
		.batch = set->mode == SETTINGS_BATCH ? s->n : 0,
		.mark = s->mark,
	};

	if (job) {
		f.id = t->id;
		f.token = t->token;
		f.header = &t->header;
		f.record = &job->record;
	}
	return environ_build(s->host->environ, &f);
}

static void exited(void *arg)
{
	slot_event(arg, SLOT_EXITED);
}

/* By which it is told what belongs to the handler. */
static void set_mark(struct slot *s, bool one_job)
{
	static uint64_t serial;

	if (one_job)
		snprintf(s->mark, sizeof(s->mark), "JQ_JOB=%s",
			 slot_task(s, 0)->job);
	else
		snprintf(s->mark, sizeof(s->mark), "JQ_HANDLER=%d.%" PRIu64,
			 (int)getpid(), ++serial);
}

static int spawn(struct slot *s, const struct claim_job *job, struct strv input,
		 struct launch *l, struct err *e)
{
	struct child_spec spec = {
		.path = l->path,
		.argv = l->argv,
		.own_session = true,
		/* no good manners: its job runs elsewhere in a moment */
		.death_signal = SIGKILL,
		.files = s->host->settings->files,
		.group = &s->group,
	};

	if (open_pipes(s, input, l, e) < 0)
		return -1;
	set_mark(s, job != NULL);
	spec.envp = environment(s, job);
	spec.in = l->in;
	spec.out = l->out;
	spec.err = l->err;
	spec.control = l->control;
	return child_spawn(&spec, &s->child, e);
}

/* Most handlers that end within this time never fill a pipe: those of them that
 * do wait for it. Watching three pipes costs more than reading them. */
#define LISTEN_MS 5

/* The handler runs: wait for its end. */
static void watch(struct slot *s)
{
	int64_t timeout = s->feed ? 0 : whole_timeout(s);

	s->host->running++;
	s->pid = s->child.pid;
	s->started_us = slot_task(s, 0)->started_us;
	s->end = (struct child_end){.code = -1};
	s->state = SLOT_RUNNING;
	if (s->child.pidfd != -1)
		s->exit_watch = loop_watch_new(s->host->loop, s->child.pidfd,
					       exited, s);
	if (timeout)
		loop_timer_set(s->timer, timeout);
	if (s->feed)
		slot_listen(s);
	else if (!loop_timer_armed(s->host->listen))
		loop_timer_set(s->host->listen, LISTEN_MS);
}

int slot_launch(struct slot *s, const struct claim_job *job, struct strv input,
		struct err *e)
{
	struct launch l = {.in = -1, .out = -1, .err = -1, .control = -1};
	int rc = choose(s, job, &l, e);

	if (rc < 0)
		return -1;
	rc = spawn(s, job, input, &l, e);
	fd_close(&l.in);
	fd_close(&l.out);
	fd_close(&l.err);
	fd_close(&l.control);
	if (rc == 0) {
		watch(s);
		return 0;
	}
	if (s->feed)
		slot_stream_close(s);
	inlet_close(&s->control_pipe);
	capture_close(&s->capture);
	/* arguments without a payload are too long for every job */
	if (e->code == STATUS_DATA && !s->host->replace)
		e->code = STATUS_SYSTEM;
	return -1;
}

struct task *slot_add(struct slot *s, void *lane, const char *queue,
		      const struct claim_job *job)
{
	struct task *t = slot_task(s, s->n);
	struct err e;

	if (task_begin(t, lane, queue, job, s->host->settings->max_attempts,
		       &e) < 0) {
		refuse(s, t, &e);
		return NULL;
	}
	s->n++;
	switch (s->host->settings->mode) {
	case SETTINGS_EACH:
		if (slot_launch(s, job, job->payload, &e) < 0)
			cannot_start(s, t, &e);
		break;
	case SETTINGS_STREAM:
		slot_stream_add(s, t, job->payload);
		break;
	case SETTINGS_BATCH:
		slot_batch_add(s, t, job->payload);
		break;
	}
	return t->serial ? t : NULL;
}

void slot_go(struct slot *s, bool more)
{
	if (s->feed)
		slot_stream_go(s);
	else if (s->state == SLOT_FILLING)
		slot_batch_go(s, more);
}

void slot_refuse(struct slot *s, void *lane, const char *queue,
		 const struct claim_job *job, const struct outcome *why)
{
	struct task t = {.slot = s};

	/* its header may be what is wrong with it */
	(void)!task_begin(&t, lane, queue, job, s->host->settings->max_attempts,
			  NULL);
	slot_close_as(s, &t, why);
}
