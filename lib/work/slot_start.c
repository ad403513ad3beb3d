/* SPDX-License-Identifier: ISC */
/*
 * From a claimed job to a running handler, or to the word for why not. What
 * keeps every job from running is the worker's fault and costs the job
 * nothing; what keeps this one from running is its end.
 */
#include "work/slot.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"

/* What a handler is started with; the descriptors are ours to close. */
struct launch {
	const char *path;
	const char *const *argv;
	const char *named[2]; /* argv of a handler found by name */
	int in, out, err, control;
};

static void remember(struct slot *s, void *lane, const char *queue,
		     const struct claim_job *job)
{
	static uint64_t serial;
	s->lane = lane;
	s->queue = queue;
	s->serial = ++serial;
	snprintf(s->id, sizeof(s->id), "%.*s", (int)job->id.n, job->id.p);
	snprintf(s->token, sizeof(s->token), "%.*s", (int)job->token.n,
		 job->token.p);
	snprintf(s->mark, sizeof(s->mark), "JQ_JOB=%s/%s", queue, s->id);
	s->job = s->mark + strlen("JQ_JOB=");
	s->failed = job->record.attempts;
	s->max_attempts = s->header.max_attempts > 0
				  ? s->header.max_attempts
				  : s->host->settings->max_attempts;
	s->started_ms = clock_real_ms();
	s->started_us = s->ended_us = clock_boot_us();
	s->end = (struct child_end){.code = -1};
}

static void refuse(struct slot *s, const struct err *why)
{
	outcome_refuse(why->code, why->msg, &s->outcome);
	s->host->done(s->host->arg, s);
}

static void give_up(struct slot *s, const struct err *why)
{
	outcome_hand_back(why->msg, &s->outcome);
	s->fault = why->code;
	s->host->done(s->host->arg, s);
}

/* A handler found by its job's name is that job's, and others have theirs. Too
 * long a list of arguments is the job's doing when its payload is in it,
 * and no other try would help; else it is a want of the system's. */
static void cannot_start(struct slot *s, struct err *why)
{
	bool by_name = s->host->handlers && (why->code == STATUS_NOEXEC ||
					     why->code == STATUS_NOTFOUND);

	if (by_name || (why->code == STATUS_DATA && s->host->replace)) {
		refuse(s, why);
		return;
	}
	if (why->code == STATUS_DATA)
		why->code = STATUS_SYSTEM;
	give_up(s, why);
}

/* Which program with which arguments. */
static int choose(struct slot *s, const struct claim_job *job, struct launch *l,
		  struct err *e)
{
	const struct settings *set = s->host->settings;

	l->path = set->path;
	l->argv = set->argv;
	if (s->host->handlers) {
		l->path = handlers_find(s->host->handlers, s->header.name, e);
		l->named[0] = l->path;
		l->argv = l->named;
	} else if (s->host->replace) {
		l->argv = replace_build(s->host->replace, job->payload, e);
	}
	return l->path && l->argv ? 0 : -1;
}

static int open_pipes(struct slot *s, const struct claim_job *job,
		      struct launch *l, struct err *e)
{
	l->in = child_memory_file(job->payload.p, job->payload.n, e);
	if (l->in == -1)
		return -1;
	if (capture_open(&s->capture, s->job, &l->out, &l->err, e) < 0)
		return -1;
	if (!s->host->settings->control)
		return 0;
	return inlet_open(&s->control_pipe, &l->control, e);
}

static int64_t timeout_of(const struct slot *s)
{
	return s->header.timeout_ms >= 0 ? s->header.timeout_ms
					 : s->host->settings->timeout_ms;
}

static const char *const *environment(struct slot *s,
				      const struct claim_job *job)
{
	int64_t timeout = timeout_of(s);
	struct environ_facts f = {
		.queue = s->queue,
		.id = s->id,
		.token = s->token,
		.header = &s->header,
		.record = &job->record,
		.max_attempts = s->max_attempts,
		.deadline_ms = timeout ? s->started_ms + timeout : 0,
		.worker = s->host->settings->worker,
		.slot = s->number,
		.control = s->host->settings->control,
	};

	return environ_build(s->host->environ, &f);
}

static void exited(void *arg)
{
	slot_event(arg, SLOT_EXITED);
}

static int launch(struct slot *s, const struct claim_job *job, struct launch *l,
		  struct err *e)
{
	struct child_spec spec = {
		.path = l->path,
		.argv = l->argv,
		.own_session = true,
		/* no good manners: its job runs elsewhere in a moment */
		.death_signal = SIGKILL,
		.files = s->host->settings->files,
	};

	if (open_pipes(s, job, l, e) < 0)
		return -1;
	spec.envp = environment(s, job);
	spec.in = l->in;
	spec.out = l->out;
	spec.err = l->err;
	spec.control = l->control;
	return child_spawn(&spec, &s->child, e);
}

/* The handler runs: wait for its end. */
static void watch(struct slot *s)
{
	int64_t timeout = timeout_of(s);

	s->started = true;
	s->host->running++;
	s->pid = s->child.pid;
	s->state = SLOT_RUNNING;
	if (s->child.pidfd != -1)
		s->exit_watch = loop_watch_new(s->host->loop, s->child.pidfd,
					       exited, s);
	if (timeout)
		loop_timer_set(s->timer, timeout);
}

void slot_start(struct slot *s, void *lane, const char *queue,
		const struct claim_job *job)
{
	struct launch l = {.in = -1, .out = -1, .err = -1, .control = -1};
	struct err e;
	int rc;

	rc = job_parse_header(job->header, &s->header, &e);
	remember(s, lane, queue, job);
	if (rc < 0) {
		e.code = STATUS_DATA;
		refuse(s, &e);
		return;
	}
	if (choose(s, job, &l, &e) < 0) {
		if (e.code == STATUS_SYSTEM)
			give_up(s, &e);
		else
			refuse(s, &e);
		return;
	}
	rc = launch(s, job, &l, &e);
	fd_close(&l.in);
	fd_close(&l.out);
	fd_close(&l.err);
	fd_close(&l.control);
	if (rc == 0) {
		watch(s);
		return;
	}
	inlet_close(&s->control_pipe);
	capture_close(&s->capture);
	cannot_start(s, &e);
}

void slot_refuse(struct slot *s, void *lane, const char *queue,
		 const struct claim_job *job, const struct outcome *why)
{
	/* for the log only; it may be what is wrong with it */
	if (job_parse_header(job->header, &s->header, NULL) < 0)
		s->header = (struct job_header){.timeout_ms = -1};
	remember(s, lane, queue, job);
	s->outcome = *why;
	s->host->done(s->host->arg, s);
}
