/* SPDX-License-Identifier: ISC */
/* What happens when a slot is done with a job. */
#include "work/engine_impl.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "sys/child.h"

/* How often all processes are looked through for what was left behind. */
#define ROUND_MS 5000

void engine_status(struct engine *en)
{
	notify_status(&en->notify,
		      "%" PRId64 "/%" PRId64 " busy, %" PRId64 " done, %" PRId64
		      " failed",
		      engine_occupied(en), en->set->slots, en->done, en->bad);
}

static void close_job(struct engine *en, const struct slot *s,
		      const struct task *t)
{
	const struct slot_report *r = &s->report;
	const struct outcome *o = &r->outcome;
	struct lane *l = t->lane;
	struct close_job job = {
		.id = t->id,
		.token = t->token,
		.kind = o->kind,
		.delay_ms = o->delay_ms,
		.max_attempts = t->max_attempts,
		.how = o->how,
		.attempt =
			{
				.user_us = r->end.user_us,
				.sys_us = r->end.sys_us,
				.peak_kib = r->end.peak_kib,
				.pid = s->pid,
				.worker = strv_of(en->set->worker),
				.reason = strv_of(o->reason),
				.stderr_tail = r->tail,
			},
	};

	if (o->kind == CLOSE_DONE)
		job_encode_result(en->set->max_result ? r->total : 0, r->line,
				  r->result, lane_result(l));
	lane_close(l, &job);
}

static enum log_level level_of(const struct outcome *o)
{
	if (o->kind == CLOSE_DONE && strcmp(o->word, "done") == 0)
		return LOG_INFO;
	if (strcmp(o->word, "lost") == 0)
		return LOG_WARN;
	if (strcmp(o->word, "dead") == 0)
		return LOG_ERROR;
	if (strcmp(o->word, "cancelled") == 0)
		return LOG_NOTE;
	return o->failed && !o->quiet ? LOG_WARN : LOG_SOFT;
}

static void tell(struct engine *en, const struct slot *s, const struct task *t)
{
	const struct slot_report *r = &s->report;
	const struct outcome *o = &r->outcome;
	struct log_attempt a = {
		.queue = t->queue,
		.id = t->id,
		.name = t->header.name,
		.attempt = t->failed + 1,
		.max_attempts = t->max_attempts,
		.outcome = o->word,
		.how = o->how,
		.took_us = t->ended_us - t->started_us,
		.next_ms = o->delay_ms,
		.reason = strv_of(o->reason),
		.level = level_of(o),
	};
	struct joblog_line line = {
		.start_ms = t->started_ms,
		.took_us = a.took_us,
		.code = r->end.code,
		.signo = r->end.signo,
		.outcome = o->word,
		.attempt = a.attempt,
		.queue = t->queue,
		.id = t->id,
		.worker = en->set->worker,
	};
	struct err e;

	log_attempt(&en->log, &a);
	if ((r->started || o->failed) &&
	    joblog_write(&en->joblog, &line, &e) < 0)
		log_say(&en->log, LOG_ERROR, "%s", e.msg);
}

/* The handler could not be started: not the job's fault. */
static void fault(struct engine *en, const struct slot_report *r)
{
	struct err e;

	err_set(&e, r->fault, "%s", r->outcome.reason);
	if (r->fault != STATUS_SYSTEM)
		engine_fail(en, &e);
	else if (breaker_failed(&en->faults, clock_boot_ms()))
		log_say(&en->log, LOG_ERROR,
			"%s: no handler can be started; next try in %" PRId64
			"s",
			e.msg, en->faults.span_ms / 1000);
}

/* Whether it takes jobs is said of a worker as soon as that changes. */
static void count(struct engine *en, const struct slot_report *r)
{
	bool halted = breaker_tripped(&en->halt);
	const struct outcome *o = &r->outcome;

	if (r->started && breaker_succeeded(&en->faults))
		log_say(&en->log, LOG_NOTE, "handlers can be started again");
	if (strcmp(o->word, "done") == 0) {
		en->done++;
		if (breaker_succeeded(&en->halt))
			log_say(&en->log, LOG_NOTE,
				"a job has succeeded: taking jobs again");
	} else if (o->failed) {
		en->bad++;
		/* what an operator stopped says nothing about the handler */
		if (strcmp(o->word, "cancelled") != 0 &&
		    breaker_failed(&en->halt, clock_boot_ms()))
			log_say(&en->log, LOG_ERROR,
				"%" PRId64 " failed attempts in a row: taking "
				"no jobs, then one on trial in %" PRId64 "s",
				en->halt.row, en->halt.span_ms / 1000);
	}
	if (breaker_tripped(&en->halt) != halted)
		engine_beat_all(en);
}

void engine_job_done(void *engine, struct slot *s, struct task *t)
{
	struct engine *en = engine;
	const struct slot_report *r = &s->report;
	bool lost = strcmp(r->outcome.word, "lost") == 0;

	if (!lost)
		close_job(en, s, t);
	tell(en, s, t);
	if (strcmp(r->outcome.word, "dead") == 0)
		alarm_raise(&en->alarm, t, r);
	/* what no handler got does not count for -1 and -n */
	if (!r->started && (lost || r->outcome.kind == CLOSE_RELEASE))
		en->taken--;
	if (r->started)
		ahead_learn(&en->ahead, t->ended_us - t->started_us);
	if (r->fault)
		fault(en, r);
	else
		count(en, r);
	en->busy--;
	en->active_ms = clock_boot_ms();
	for (size_t i = 0; i < en->pick->n; i++) {
		struct lane *l = &en->lane[i];

		/* Before an end they are asked anew, in any case: the handler
		 * may have pushed a job. */
		l->unasked = true;
		/* What was known of them is old now, unless they are being
		 * listened to. A claim that has left did not see what comes
		 * now. */
		if (!engine_waits(en)) {
			l->open = true;
			l->again = l->ask.on;
		}
	}
}

static struct slot *slot_of(struct engine *en, pid_t pid)
{
	for (int64_t i = 0; i < en->set->slots; i++)
		if (en->slot[i] && en->slot[i]->child.pid == pid)
			return en->slot[i];
	return NULL;
}

/* End orphans of jobs that are over. */
static void end_strays(struct engine *en)
{
	size_t n = 0, all = (size_t)en->slot_host.running + 1;
	const struct child **keep =
		buf_alloc((all + 1) * sizeof(struct child *));
	const char **marks = buf_alloc((all + 1) * sizeof(char *));

	for (int64_t i = 0; i < en->set->slots; i++) {
		struct slot *s = en->slot[i];

		if (!s || s->child.pid <= 0 || n + 1 == all)
			continue;
		keep[n] = &s->child;
		marks[n++] = s->mark;
	}
	if (en->alarm.child.pid > 0) {
		keep[n] = &en->alarm.child;
		/* of no job: only the process itself is meant */
		marks[n++] = "JQ_JOB=";
	}
	child_end_strays(keep, marks, n);
	free(keep);
	free(marks);
}

void engine_job_rounds(struct engine *en)
{
	int64_t now = clock_boot_ms();
	pid_t pid;

	/* One of ours that has just ended is its slot's to collect, and hides
	 * who stands behind it until then. */
	while ((pid = child_peek()) > 0 && !slot_of(en, pid) &&
	       !alarm_owns(&en->alarm, pid))
		child_discard(pid);
	en->slot_host.strays = pid >= 0 && en->slot_host.running == 0;
	if (pid == -1 ||
	    (!en->slot_host.strays && now - en->round_ms < ROUND_MS))
		return;
	en->round_ms = now;
	end_strays(en);
}
