/* SPDX-License-Identifier: ISC */
/*
 * The life of a handler: the table of state and event, and what its entries
 * do. How it is started is in slot_start.c.
 */
#include "work/slot.h"

#include <inttypes.h>
#include <signal.h>
#include <string.h>

#include "base/clock.h"
#include "base/num.h"
#include "base/text.h"
#include "sys/oom.h"
#include "sys/seal.h"

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

	if (s->state == SLOT_RUNNING)
		loop_timer_set(s->timer, ms);
}

static void strange(void *arg, struct strv line, const char *why)
{
	struct slot *s = arg;
	char shown[80];

	if (s->host->warned)
		return;
	s->host->warned = true;
	log_say(s->host->log, LOG_WARN,
		"%s: line '%s' on descriptor 3 is ignored: %s (said once)",
		s->job, text_show(line, shown, sizeof(shown)), why);
}

static const struct control_events control_events = {
	.extend = extend,
	.progress = tell_news,
	.strange = strange,
};

static void control_data(void *arg, struct strv bytes)
{
	struct slot *s = arg;

	control_feed(&s->control, bytes, &control_events, s);
}

/* Nothing ends with the channel: programs close what they do not know. */
static void control_closed(void *arg)
{
	(void)arg;
}

static void pipe_ended(void *arg)
{
	slot_event(arg, SLOT_EOF);
}

static void timer_due(void *arg)
{
	slot_event(arg, SLOT_TIMER);
}

void slot_init(struct slot *s, struct slot_host *host, int number)
{
	memset(s, 0, sizeof(*s));
	s->host = host;
	s->number = number;
	s->child.pidfd = -1;
	s->timer = loop_timer_new(host->loop, timer_due, s);
	control_init(&s->control);
	inlet_init(&s->control_pipe, host->loop, host->plan->chunk);
	s->control_pipe.data = control_data;
	s->control_pipe.end = control_closed;
	s->control_pipe.arg = s;
	capture_init(&s->capture, host->plan);
	s->capture.news = tell_news;
	s->capture.ended = pipe_ended;
	s->capture.arg = s;
}

void slot_release(struct slot *s)
{
	loop_timer_free(s->timer);
	loop_watch_free(s->exit_watch);
	inlet_close(&s->control_pipe);
	control_release(&s->control);
	capture_release(&s->capture);
	job_header_release(&s->header);
}

void slot_clear(struct slot *s)
{
	job_header_release(&s->header);
	control_clear(&s->control);
	capture_clear(&s->capture);
	s->state = SLOT_FREE;
	s->lane = NULL;
	s->serial = 0;
	s->pid = 0;
	s->cause = OUTCOME_ITSELF;
	s->swept = s->news = s->started = false;
	s->fault = STATUS_OK;
}

/*
 * Whether the handler has left processes behind. Looking through all processes
 * costs more than most handlers do, so look for a sign first: somebody holds
 * one of its pipes, its group has members, or we have children when no handler
 * runs. What escapes all three is found by the engine's rounds.
 */
static bool left_something(const struct slot *s)
{
	return capture_is_open(&s->capture) ||
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
	child_signal_tree(&gone, s->mark, SIGKILL);
	if (child_group_left(s->pid))
		child_signal_group(&group, SIGKILL);
	s->host->strays = true;
}

static struct strv view(const struct buf *b)
{
	return strv_make(b->p, b->len);
}

/* A handler was killed, or a shell says so of what it ran: for memory? */
static enum outcome_oom judge_kill(struct slot *s)
{
	int64_t before = s->host->oom_kills, now;

	if (s->end.signo != SIGKILL && s->end.code != 128 + SIGKILL)
		return OUTCOME_OOM_UNKNOWN;
	now = oom_kills();
	if (before < 0 || now < 0)
		return OUTCOME_OOM_UNKNOWN;
	if (now <= before)
		return OUTCOME_OOM_NO;
	/* one count, one death: others may have gone the same way */
	s->host->oom_kills++;
	return OUTCOME_OOM_YES;
}

static void finish(struct slot *s)
{
	const struct settings *set = s->host->settings;
	struct outcome_facts f = {
		.cause = s->cause,
		.end = &s->end,
		.failed = s->failed,
		.max_attempts = s->max_attempts,
		.backoff = &set->backoff,
		.chance = seal_chance(),
	};
	struct backoff own;

	sweep(s);
	loop_timer_clear(s->timer);
	control_end(&s->control, &control_events, s);
	inlet_close(&s->control_pipe);
	capture_close(&s->capture);
	f.oom = judge_kill(s);
	f.retry_after_ms = s->control.retry_after_ms;
	f.defer_ms = s->control.defer_ms;
	f.dead = s->control.dead;
	f.dead_text = view(&s->control.dead_text);
	f.error_text = view(&s->control.error_text);
	f.last_line = capture_last_line(&s->capture);
	/* it was checked when it was pushed, unless it was written by hand */
	if (s->header.backoff &&
	    backoff_parse(strv_of(s->header.backoff), &own, NULL) == 0)
		f.backoff = &own;
	outcome_decide(&set->rules, &f, &s->outcome);
	s->host->done(s->host->arg, s);
}

static void ignore(struct slot *s)
{
	(void)s;
}

/* The handler itself has ended: what it said is complete, but for what those
 * it started still write. */
static void collect(struct slot *s)
{
	if (child_reap(&s->child, &s->end) == 0)
		return;
	s->host->running--;
	s->ended_us = clock_boot_us();
	loop_watch_free(s->exit_watch);
	s->exit_watch = NULL;
	inlet_drain(&s->control_pipe);
	capture_drain(&s->capture);
	s->state = SLOT_DRAINING;
	/* Its tree was told to end as well when we told it; only what one that
	 * ended by itself has started may go on for a moment. */
	if (!capture_is_open(&s->capture)) {
		finish(s);
		return;
	}
	if (s->cause != OUTCOME_ITSELF)
		sweep(s);
	loop_timer_set(s->timer, s->swept ? DRAIN_MS : LINGER_MS);
}

static void kill_it(struct slot *s)
{
	s->state = SLOT_KILLED;
	child_signal_tree(&s->child, s->mark, SIGKILL);
	loop_timer_set(s->timer, STUCK_MS);
}

/* TERM to all of its tree. If it has ended in the meantime, it has ended by
 * itself: then its own status counts. */
static void end_it(struct slot *s, enum outcome_cause cause)
{
	collect(s);
	if (s->state != SLOT_RUNNING)
		return;
	s->cause = cause;
	s->state = SLOT_ENDING;
	child_signal_tree(&s->child, s->mark, SIGTERM);
	loop_timer_set(s->timer, s->host->settings->kill_after_ms);
}

static void time_out(struct slot *s)
{
	end_it(s, OUTCOME_TIMEOUT);
}

static void cancel(struct slot *s)
{
	end_it(s, OUTCOME_CANCEL);
}

static void stop(struct slot *s)
{
	end_it(s, OUTCOME_STOP);
}

static void stop_at_once(struct slot *s)
{
	collect(s);
	if (s->state != SLOT_RUNNING)
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
	s->cause = OUTCOME_EVICTED;
	finish(s);
}

static void report_stuck(struct slot *s)
{
	log_say(s->host->log, LOG_WARN,
		"%s: process %d was killed and has not ended (is it waiting "
		"for a device?)",
		s->job, (int)s->pid);
	kill_it(s);
}

static void drained(struct slot *s)
{
	if (!capture_is_open(&s->capture))
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
			[SLOT_STOP] = ignore,
			[SLOT_KILL] = ignore,
		},
	[SLOT_RUNNING] =
		{
			[SLOT_EXITED] = collect,
			[SLOT_EOF] = ignore,
			[SLOT_TIMER] = time_out,
			[SLOT_LOST] = evict,
			[SLOT_CANCEL] = cancel,
			[SLOT_STOP] = stop,
			[SLOT_KILL] = stop_at_once,
		},
	[SLOT_ENDING] =
		{
			[SLOT_EXITED] = collect,
			[SLOT_EOF] = ignore,
			[SLOT_TIMER] = kill_it,
			[SLOT_LOST] = evict,
			[SLOT_CANCEL] = ignore,
			[SLOT_STOP] = ignore,
			[SLOT_KILL] = kill_it,
		},
	[SLOT_KILLED] =
		{
			[SLOT_EXITED] = collect,
			[SLOT_EOF] = ignore,
			[SLOT_TIMER] = report_stuck,
			[SLOT_LOST] = evict,
			[SLOT_CANCEL] = ignore,
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
			[SLOT_STOP] = ignore,
			[SLOT_KILL] = finish,
		},
};

void slot_event(struct slot *s, enum slot_event event)
{
	actions[s->state][event](s);
}

void slot_live(struct slot *s, struct buf *out)
{
	job_encode_live(s->control.progress, s->control.total,
			view(&s->control.text), capture_tail(&s->capture), out);
	s->news = false;
}

void slot_describe(const struct slot *s, struct buf *out)
{
	static const char *const words[] = {
		[SLOT_FREE] = "idle",
		[SLOT_RUNNING] = "running for",
		[SLOT_ENDING] = "told to end, running for",
		[SLOT_KILLED] = "killed, running for",
		[SLOT_DRAINING] = "ended after",
	};
	char span[24];

	buf_addf(out, "slot %d: ", s->number);
	if (s->state == SLOT_FREE) {
		buf_addstr(out, words[SLOT_FREE]);
		return;
	}
	num_format_span((clock_boot_us() - s->started_us) / 1000, span);
	buf_addf(out, "%s attempt %" PRId64 "/%" PRId64 ", %s %s, pid %d",
		 s->job, s->failed + 1, s->max_attempts, words[s->state], span,
		 (int)s->pid);
	if (s->control.progress < 0)
		return;
	buf_addf(out, ", progress %" PRId64, s->control.progress);
	if (s->control.total)
		buf_addf(out, "/%" PRId64, s->control.total);
	if (s->control.text.len) {
		buf_addch(out, ' ');
		text_escape(out, view(&s->control.text));
	}
}
