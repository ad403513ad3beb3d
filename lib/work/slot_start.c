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

enum {
	FILES_PER_SLOT = 8, /* our ends of pipes, pidfd, control group */
	/* What a handler is given is open here until it is seen to have
	 * executed: of so many at most, others are waited for. */
	FILES_GIVEN = 4,
	STARTING_MOST = 64
};

int slot_raise_files(struct settings *set, int64_t ours, struct err *e)
{
	int64_t need = set->slots * FILES_PER_SLOT + ours;
	int64_t most = set->slots < STARTING_MOST ? set->slots : STARTING_MOST;

	set->starting = (int)most;
	if (child_raise_files(need + most * FILES_GIVEN, &set->files, NULL) ==
	    0)
		return 0;
	/* rather one after the other than fewer */
	set->starting = 1;
	return child_raise_files(need, &set->files, e);
}

static void close_given(struct slot_launch *l)
{
	fd_close(&l->in);
	fd_close(&l->out);
	fd_close(&l->err);
	fd_close(&l->control);
}

void slot_launch_init(struct slot *s)
{
	const struct settings *set = s->host->settings;
	struct slot_launch *l = &s->launch;

	environ_share(&l->environ, s->host->environ);
	buf_init(&l->found);
	l->in = l->out = l->err = l->control = -1;
	l->start = child_start_new();
	if (set->replace)
		replace_init(&l->replace, set->replace, set->argv);
}

void slot_launch_release(struct slot *s)
{
	struct slot_launch *l = &s->launch;

	close_given(l);
	/* one that cannot even be killed may still write to it */
	if (!l->under_way)
		child_start_free(l->start);
	environ_release(&l->environ);
	if (s->host->settings->replace)
		replace_release(&l->replace);
	buf_release(&l->found);
}

static void refuse(struct slot *s, struct task *t, const struct err *why)
{
	struct outcome o;

	outcome_refuse(why->code, why->msg, &o);
	slot_close_as(s, t, &o);
}

static void close_pipes(struct slot *s)
{
	if (s->feed)
		slot_stream_close(s);
	inlet_close(&s->control_pipe);
	capture_close(&s->capture);
}

void slot_give_up(struct slot *s, const struct err *why)
{
	close_pipes(s);
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
void slot_cannot_start(struct slot *s, const struct err *why)
{
	bool by_name = s->host->handlers && why->code != STATUS_SYSTEM;

	if (by_name ||
	    (why->code == STATUS_DATA && s->host->settings->replace)) {
		close_pipes(s);
		refuse(s, slot_task(s, 0), why);
		slot_clear(s);
		return;
	}
	slot_give_up(s, why);
}

/* Which program with which arguments. */
static int choose(struct slot *s, const struct claim_job *job, struct err *e)
{
	const struct settings *set = s->host->settings;
	struct slot_launch *l = &s->launch;
	const char *found;

	l->path = set->path;
	l->argv = set->argv;
	if (s->host->handlers) {
		found = handlers_find(s->host->handlers,
				      slot_task(s, 0)->header.name, e);
		if (!found)
			return -1;
		buf_clear(&l->found);
		buf_addstr(&l->found, found);
		l->path = l->named[0] = l->found.p;
		l->argv = l->named;
	} else if (set->replace) {
		l->argv = replace_build(&l->replace, job->payload, e);
	}
	return l->argv ? 0 : -1;
}

static int open_pipes(struct slot *s, struct strv input, struct err *e)
{
	struct slot_launch *l = &s->launch;

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
	return environ_build(&s->launch.environ, &f);
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
		 struct err *e)
{
	struct slot_launch *l = &s->launch;
	struct child_spec spec = {
		.path = l->path,
		.argv = l->argv,
		.own_session = true,
		/* no good manners: its job runs elsewhere in a moment */
		.death_signal = SIGKILL,
		.files = s->host->settings->files,
		.group = &s->group,
	};
	/* with no other handler there is nothing else to do */
	bool wait = s->host->running == 0 ||
		    s->host->starting >= s->host->settings->starting;

	if (open_pipes(s, input, e) < 0)
		return -1;
	set_mark(s, job != NULL);
	spec.envp = environment(s, job);
	spec.in = l->in;
	spec.out = l->out;
	spec.err = l->err;
	spec.control = l->control;
	return child_begin(l->start, &spec, wait, &s->child, e);
}

/* Most handlers that end within this time never fill a pipe: those of them that
 * do wait for it. Watching three pipes costs more than reading them. */
#define LISTEN_MS 5

void slot_listen_soon(struct slot *s)
{
	if (!loop_timer_armed(s->host->listen))
		loop_timer_set(s->host->listen, LISTEN_MS);
}

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
	else
		slot_listen_soon(s);
}

static void over(struct slot *s)
{
	struct slot_launch *l = &s->launch;

	close_given(l);
	if (l->under_way)
		s->host->starting--;
	l->under_way = false;
	/* one payload's kilobytes are not kept for the next one's few bytes */
	if (l->replace.text.cap > INLET_CHUNK)
		buf_release(&l->replace.text);
}

void slot_started(struct slot *s)
{
	if (s->launch.under_way && child_begun(s->launch.start))
		over(s);
}

/* Arguments without a payload are too long for every job. */
static int blame(const struct slot *s, struct err *e)
{
	if (e->code == STATUS_DATA && !s->host->settings->replace)
		e->code = STATUS_SYSTEM;
	return -1;
}

int slot_launch_over(struct slot *s, struct err *e)
{
	over(s);
	if (child_start_result(s->launch.start, e) == 0)
		return 0;
	return blame(s, e);
}

int slot_launch(struct slot *s, const struct claim_job *job, struct strv input,
		struct err *e)
{
	if (choose(s, job, e) < 0)
		return -1;
	if (spawn(s, job, input, e) < 0) {
		close_given(&s->launch);
		return blame(s, e);
	}
	s->launch.under_way = true;
	s->host->starting++;
	slot_started(s);
	watch(s);
	return 0;
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
			slot_cannot_start(s, &e);
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
