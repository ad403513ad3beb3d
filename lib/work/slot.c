/* SPDX-License-Identifier: ISC */
/*
 * The life of a handler: the table of state and event, and what its entries
 * do. How it is started is in slot_start.c.
 */
#include "work/slot_impl.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

enum {
	/* The last words may come through a pipeline that ends a moment after
	 * the handler ("exec > >(tee log)"); then what still runs is ended. */
	LINGER_MS = 250,
	/* All in all the pipes are listened to for a second. */
	DRAIN_MS = 750,
	/* How often to say that what was killed is still there. */
	STUCK_MS = 10000
};

static void tell_news(void *arg)
{
	struct slot *s = arg;

	s->news = true;
	s->host->news(s->host->arg, s);
}

static void extend(void *arg, int64_t ms)
{
	struct slot *s = arg;

	if (s->feed)
		slot_stream_extend(s, ms);
	else if (s->state == SLOT_RUNNING)
		loop_timer_set(s->timer, ms);
}

static void strange(void *arg, struct strv line, const char *is,
		    const char *why)
{
	struct slot *s = arg;
	char shown[80];

	if (s->host->warned)
		return;
	s->host->warned = true;
	log_say(s->host->log, LOG_WARN,
		"%s: line '%s' on descriptor 3 is %s: %s (said once)",
		s->capture.job, text_show(line, shown, sizeof(shown)), is, why);
}

static const char *decide(void *arg, struct strv word, struct strv rest)
{
	return slot_batch_word(arg, word, rest);
}

const struct control_events slot_control_events = {
	.extend = extend,
	.progress = tell_news,
	.strange = strange,
	.decide = decide,
};

static void control_data(void *arg, struct strv bytes)
{
	struct slot *s = arg;

	control_feed(&s->control, bytes, &slot_control_events, s);
}

static void pipe_ended(void *arg)
{
	slot_event(arg, SLOT_EOF);
}

/* While the handler runs nothing ends with the channel: programs close what
 * they do not know. */
static void control_closed(void *arg)
{
	struct slot *s = arg;

	if (s->state == SLOT_DRAINING)
		pipe_ended(s);
}

/* With a long-lived handler, what it writes are answers. */
static void answers(void *arg, struct strv bytes)
{
	slot_stream_answers(arg, bytes);
}

static void timer_due(void *arg)
{
	slot_event(arg, SLOT_TIMER);
}

static void make_group(struct slot *s)
{
	char name[64];

	snprintf(name, sizeof(name), SLOT_GROUPS "%d.%d",
		 (int)s->host->settings->supervisor->main_pid, s->number);
	/* without one there is still the walk through the tree */
	(void)cgroup_open(&s->group, s->host->groups, name);
}

void slot_init(struct slot *s, struct slot_host *host, int number)
{
	memset(s, 0, sizeof(*s));
	s->host = host;
	s->number = number;
	s->cap = (size_t)host->settings->per_slot;
	s->task = buf_zalloc(s->cap * sizeof(*s->task));
	for (size_t i = 0; i < s->cap; i++)
		s->task[i].slot = s;
	buf_init(&s->records);
	s->child.pidfd = -1;
	if (host->groups)
		make_group(s);
	s->timer = loop_timer_new(host->loop, timer_due, s);
	control_init(&s->control, host->settings->mode == SETTINGS_BATCH);
	inlet_init(&s->control_pipe, host->loop, host->plan->chunk);
	s->control_pipe.data = control_data;
	s->control_pipe.end = control_closed;
	s->control_pipe.arg = s;
	slot_launch_init(s);
	capture_init(&s->capture, host->plan);
	s->capture.news = tell_news;
	s->capture.ended = pipe_ended;
	s->capture.arg = s;
	if (host->settings->mode != SETTINGS_STREAM)
		return;
	s->capture.take = answers;
	slot_stream_init(s);
}

void slot_release(struct slot *s)
{
	cgroup_close(&s->group);
	loop_timer_free(s->timer);
	loop_watch_free(s->exit_watch);
	inlet_close(&s->control_pipe);
	control_release(&s->control);
	slot_launch_release(s);
	capture_release(&s->capture);
	slot_stream_release(s);
	buf_release(&s->records);
	for (size_t i = 0; i < s->cap; i++)
		task_clear(&s->task[i]);
	free(s->task);
}

void slot_clear(struct slot *s)
{
	for (size_t i = 0; i < s->n; i++)
		task_clear(slot_task(s, i));
	s->n = s->first = 0;
	control_clear(&s->control);
	capture_clear(&s->capture);
	s->state = SLOT_FREE;
	s->pid = 0;
	s->cause = OUTCOME_ITSELF;
	s->swept = s->news = false;
}

struct task *slot_task(const struct slot *s, size_t i)
{
	i += s->first;
	return &s->task[i < s->cap ? i : i - s->cap];
}

size_t slot_place(const struct slot *s)
{
	switch (s->host->settings->mode) {
	case SETTINGS_STREAM:
		return slot_stream_place(s);
	case SETTINGS_BATCH:
		return slot_batch_place(s);
	case SETTINGS_EACH:
		break;
	}
	return s->state == SLOT_FREE ? 1 : 0;
}

size_t slot_room(const struct slot *s)
{
	bool heavy = s->feed ? slot_stream_is_heavy(s) : slot_batch_is_heavy(s);

	return heavy ? 0 : slot_place(s);
}

/*
 * Whether the handler has left processes behind. Its control group knows, if it
 * has one. Looking through all processes costs more than most handlers do, so
 * without one look for a sign first: somebody holds one of its pipes, its
 * process group has members, or we have children when no handler runs. What
 * escapes all three is found by the engine's rounds.
 */
static bool left_something(const struct slot *s)
{
	return cgroup_is_populated(&s->group) || capture_is_open(&s->capture) ||
	       inlet_is_open(&s->control_pipe) || child_group_left(s->pid) ||
	       (s->host->running == 0 && child_peek() != -1);
}

static void sweep(struct slot *s)
{
	const struct child gone = {.pid = 0, .pidfd = -1};
	const struct child group = {.pid = s->pid, .pidfd = -1};

	if (s->swept)
		return;
	s->swept = true;
	if (!left_something(s))
		return;
	cgroup_kill(&s->group);
	child_signal_tree(&gone, s->mark, SIGKILL);
	if (child_group_left(s->pid))
		child_signal_group(&group, SIGKILL);
	s->host->strays = true;
}

/* The one job of the handler. */
static void close_one(struct slot *s)
{
	struct task *t = slot_task(s, 0);

	slot_judge(s, t);
	s->report.total = s->capture.total;
	s->report.result = capture_result(&s->capture);
	s->report.line = strv_make(s->control.result.p, s->control.result.len);
	t->ended_us = s->ended_us;
	slot_close(s, t);
	slot_clear(s);
}

static void finish(struct slot *s)
{
	sweep(s);
	loop_timer_clear(s->timer);
	control_end(&s->control, &slot_control_events, s);
	inlet_close(&s->control_pipe);
	capture_close(&s->capture);
	switch (s->host->settings->mode) {
	case SETTINGS_EACH:
		close_one(s);
		break;
	case SETTINGS_STREAM:
		slot_stream_over(s);
		break;
	case SETTINGS_BATCH:
		slot_batch_over(s);
		break;
	}
}

static void ignore(struct slot *s)
{
	(void)s;
}

void slot_listen(struct slot *s)
{
	slot_started(s);
	/* nothing else may happen for a long time */
	if (s->launch.under_way)
		slot_listen_soon(s);
	capture_listen(&s->capture);
	inlet_listen(&s->control_pipe);
	/* of one that has ended, the end of the pipe is an event */
	if (s->state != SLOT_DRAINING)
		inlet_drain(&s->control_pipe);
}

/* Whether all pipes are at their end. Another handler that has not executed yet
 * may hold them for a moment: that is no sign of one left behind, and is not
 * to be taken for it because of the third pipe. */
static bool has_said_all(const struct slot *s)
{
	if (capture_is_open(&s->capture))
		return false;
	if (!s->host->starting || !inlet_is_open(&s->control_pipe))
		return true;
	s->host->in_doubt = true;
	return false;
}

void slot_look_again(struct slot *s)
{
	if (s->state != SLOT_DRAINING)
		return;
	inlet_drain(&s->control_pipe);
	slot_event(s, SLOT_EOF);
}

/* The handler itself has ended: what it said is complete, but for what those
 * it started still write. */
void slot_collect(struct slot *s)
{
	struct err e;

	if (child_reap(&s->child, &s->end) == 0)
		return;
	s->host->running--;
	s->ended_us = clock_boot_us();
	loop_watch_free(s->exit_watch);
	s->exit_watch = NULL;
	child_close(&s->child);
	if (slot_launch_over(s, &e) < 0) {
		loop_timer_clear(s->timer);
		slot_cannot_start(s, &e);
		return;
	}
	inlet_drain(&s->control_pipe);
	capture_drain(&s->capture);
	s->state = SLOT_DRAINING;
	/* Its tree was told to end as well when we told it; only what one that
	 * ended by itself has started may go on for a moment. */
	if (has_said_all(s)) {
		finish(s);
		return;
	}
	slot_listen(s);
	if (s->cause != OUTCOME_ITSELF)
		sweep(s);
	loop_timer_set(s->timer, s->swept ? DRAIN_MS : LINGER_MS);
}

static void kill_it(struct slot *s)
{
	s->state = SLOT_KILLED;
	cgroup_kill(&s->group);
	child_signal_tree(&s->child, s->mark, SIGKILL);
	loop_timer_set(s->timer, STUCK_MS);
}

/* TERM to all of its tree. If it has ended in the meantime, it has ended by
 * itself: then its own status counts. */
void slot_end(struct slot *s, enum outcome_cause cause)
{
	slot_collect(s);
	if (s->state != SLOT_RUNNING && s->state != SLOT_PARTING)
		return;
	if (s->feed)
		slot_stream_blame(s);
	s->cause = cause;
	s->state = SLOT_ENDING;
	child_signal_tree(&s->child, s->mark, SIGTERM);
	loop_timer_set(s->timer, s->host->settings->kill_after_ms);
}

static void time_out(struct slot *s)
{
	if (s->feed)
		slot_stream_time(s);
	else
		slot_end(s, OUTCOME_TIMEOUT);
}

/* It should have ended by itself by now. */
static void part(struct slot *s)
{
	slot_end(s, s->feed->broken ? OUTCOME_BROKEN : OUTCOME_STOP);
}

static void cancel(struct slot *s)
{
	slot_end(s, OUTCOME_CANCEL);
}

static void break_off(struct slot *s)
{
	slot_end(s, OUTCOME_BROKEN);
}

static void stop(struct slot *s)
{
	slot_end(s, OUTCOME_STOP);
}

static void pipe_closed(struct slot *s)
{
	if (s->feed)
		slot_stream_eof(s);
}

static void no_more(struct slot *s)
{
	if (s->feed)
		slot_stream_finish(s);
}

static void take_back(struct slot *s)
{
	if (!s->feed)
		return;
	slot_stream_take_back(s);
	slot_stream_finish(s);
}

/* What was gathered and not started. */
static void scatter(struct slot *s)
{
	loop_timer_clear(s->timer);
	slot_hand_back(s, 0, "the worker was stopped");
	buf_clear(&s->records);
	slot_clear(s);
}

static void rested(struct slot *s)
{
	s->state = SLOT_FREE;
}

static void stop_at_once(struct slot *s)
{
	slot_collect(s);
	if (s->state != SLOT_RUNNING && s->state != SLOT_PARTING)
		return;
	s->cause = OUTCOME_STOP;
	kill_it(s);
}

/* Another worker runs the job already: no time is left for good manners. */
static void evict(struct slot *s)
{
	s->cause = OUTCOME_EVICTED;
	kill_it(s);
}

static void evict_late(struct slot *s)
{
	/* of many others may have an outcome by now */
	if (s->cap == 1)
		s->cause = OUTCOME_EVICTED;
	finish(s);
}

static void report_stuck(struct slot *s)
{
	log_say(s->host->log, LOG_WARN,
		"%s: process %d was killed and has not ended (is it waiting "
		"for a device?)",
		s->capture.job, (int)s->pid);
	kill_it(s);
}

static void drained(struct slot *s)
{
	if (has_said_all(s))
		finish(s);
}

static void drain_on(struct slot *s)
{
	if (s->swept) {
		finish(s);
		return;
	}
	sweep(s);
	loop_timer_set(s->timer, DRAIN_MS);
}

typedef void action(struct slot *s);

static action *const actions[SLOT_STATES][SLOT_EVENTS] = {
	[SLOT_FREE] =
		{
			[SLOT_EXITED] = ignore,
			[SLOT_EOF] = ignore,
			[SLOT_TIMER] = ignore,
			[SLOT_LOST] = ignore,
			[SLOT_CANCEL] = ignore,
			[SLOT_BROKEN] = ignore,
			[SLOT_ENOUGH] = ignore,
			[SLOT_FINISH] = ignore,
			[SLOT_STOP] = ignore,
			[SLOT_KILL] = ignore,
		},
	[SLOT_FILLING] =
		{
			[SLOT_EXITED] = ignore,
			[SLOT_EOF] = ignore,
			[SLOT_TIMER] = slot_batch_time,
			[SLOT_LOST] = slot_batch_thin,
			[SLOT_CANCEL] = slot_batch_thin,
			[SLOT_BROKEN] = ignore,
			[SLOT_ENOUGH] = slot_batch_start,
			[SLOT_FINISH] = slot_batch_start,
			[SLOT_STOP] = scatter,
			[SLOT_KILL] = scatter,
		},
	[SLOT_RUNNING] =
		{
			[SLOT_EXITED] = slot_collect,
			[SLOT_EOF] = pipe_closed,
			[SLOT_TIMER] = time_out,
			[SLOT_LOST] = evict,
			[SLOT_CANCEL] = cancel,
			[SLOT_BROKEN] = break_off,
			[SLOT_ENOUGH] = no_more,
			[SLOT_FINISH] = take_back,
			[SLOT_STOP] = stop,
			[SLOT_KILL] = stop_at_once,
		},
	[SLOT_PARTING] =
		{
			[SLOT_EXITED] = slot_collect,
			[SLOT_EOF] = ignore,
			[SLOT_TIMER] = part,
			[SLOT_LOST] = evict,
			[SLOT_CANCEL] = cancel,
			[SLOT_BROKEN] = break_off,
			[SLOT_ENOUGH] = ignore,
			[SLOT_FINISH] = ignore,
			[SLOT_STOP] = stop,
			[SLOT_KILL] = stop_at_once,
		},
	[SLOT_ENDING] =
		{
			[SLOT_EXITED] = slot_collect,
			[SLOT_EOF] = ignore,
			[SLOT_TIMER] = kill_it,
			[SLOT_LOST] = evict,
			[SLOT_CANCEL] = ignore,
			[SLOT_BROKEN] = ignore,
			[SLOT_ENOUGH] = ignore,
			[SLOT_FINISH] = ignore,
			[SLOT_STOP] = ignore,
			[SLOT_KILL] = kill_it,
		},
	[SLOT_KILLED] =
		{
			[SLOT_EXITED] = slot_collect,
			[SLOT_EOF] = ignore,
			[SLOT_TIMER] = report_stuck,
			[SLOT_LOST] = evict,
			[SLOT_CANCEL] = ignore,
			[SLOT_BROKEN] = ignore,
			[SLOT_ENOUGH] = ignore,
			[SLOT_FINISH] = ignore,
			[SLOT_STOP] = ignore,
			[SLOT_KILL] = ignore,
		},
	[SLOT_DRAINING] =
		{
			[SLOT_EXITED] = ignore,
			[SLOT_EOF] = drained,
			[SLOT_TIMER] = drain_on,
			[SLOT_LOST] = evict_late,
			[SLOT_CANCEL] = ignore,
			[SLOT_BROKEN] = ignore,
			[SLOT_ENOUGH] = ignore,
			[SLOT_FINISH] = ignore,
			[SLOT_STOP] = ignore,
			[SLOT_KILL] = finish,
		},
	[SLOT_RESTING] =
		{
			[SLOT_EXITED] = ignore,
			[SLOT_EOF] = ignore,
			[SLOT_TIMER] = rested,
			[SLOT_LOST] = ignore,
			[SLOT_CANCEL] = ignore,
			[SLOT_BROKEN] = ignore,
			[SLOT_ENOUGH] = ignore,
			[SLOT_FINISH] = ignore,
			[SLOT_STOP] = ignore,
			[SLOT_KILL] = ignore,
		},
};

void slot_event(struct slot *s, enum slot_event event)
{
	actions[s->state][event](s);
}

void slot_lost(struct slot *s, struct task *t)
{
	t->lost = true;
	slot_event(s, SLOT_LOST);
}

/* One of many that run cannot be ended without the others. In a stream it is
 * ended when its turn comes; in a batch it goes on, and is dead unless it is
 * done then (close.lua). */
void slot_cancel(struct slot *s, struct task *t)
{
	t->cancel = true;
	if (s->cap == 1 || s->state == SLOT_FILLING ||
	    (s->feed && t == slot_task(s, 0)))
		slot_event(s, SLOT_CANCEL);
}
