/* SPDX-License-Identifier: ISC */
/* How the jobs of a slot are judged, and told of. */
#include "work/slot_impl.h"

#include <signal.h>

#include "sys/oom.h"
#include "sys/seal.h"

void slot_close(struct slot *s, struct task *t)
{
	s->host->done(s->host->arg, s, t);
	task_clear(t);
	s->report = (struct slot_report){.end.code = -1};
}

void slot_close_as(struct slot *s, struct task *t, const struct outcome *o)
{
	s->report = (struct slot_report){.end.code = -1, .outcome = *o};
	slot_close(s, t);
}

void slot_hand_back(struct slot *s, size_t i, const char *why)
{
	struct outcome released, lost;

	outcome_hand_back(why, &released);
	outcome_lost(&lost);
	for (; i < s->n; i++) {
		struct task *t = slot_task(s, i);

		if (t->serial)
			slot_close_as(s, t, t->lost ? &lost : &released);
	}
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

void slot_facts(const struct slot *s, const struct task *t, struct backoff *own,
		struct outcome_facts *f)
{
	const struct settings *set = s->host->settings;

	*f = (struct outcome_facts){
		.cause = s->cause,
		.end = &s->end,
		.failed = t->failed,
		.max_attempts = t->max_attempts,
		.backoff = &set->backoff,
		.chance = seal_chance,
		.retry_after_ms = s->control.retry_after_ms,
		.defer_ms = s->control.defer_ms,
		.dead = s->control.dead,
		.dead_text = view(&s->control.dead_text),
		.error_text = view(&s->control.error_text),
		.last_line = capture_last_line(&s->capture),
		.broken = s->feed ? s->feed->broken : NULL,
	};
	/* it was checked when it was pushed, unless it was written by hand */
	if (t->header.backoff &&
	    backoff_parse(strv_of(t->header.backoff), own, NULL) == 0)
		f->backoff = own;
}

void slot_judge(struct slot *s, const struct task *t)
{
	struct outcome_facts f;
	struct backoff own;

	slot_facts(s, t, &own, &f);
	f.oom = judge_kill(s);
	s->report = (struct slot_report){
		.end = s->end,
		.started = true,
		.tail = capture_tail(&s->capture),
	};
	if (t->lost)
		outcome_lost(&s->report.outcome);
	else
		outcome_decide(&s->host->settings->rules, &f,
			       &s->report.outcome);
}
