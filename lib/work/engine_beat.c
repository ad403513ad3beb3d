/* SPDX-License-Identifier: ISC */
/*
 * Heartbeats: one request a queue each third of a lease, or when there is news
 * of a job, but not more than once a second.
 */
#include "work/engine_impl.h"

#include <stdlib.h>

#include "base/clock.h"

#define NEWS_MS	   1000 /* between two beats for news */
#define WATCHED_MS 150	/* likewise, while somebody follows the job */
#define LOOK_MS	   100	/* from the first news to the beat, at least */

static const char *state_word(const struct engine *en)
{
	if (en->phase >= STOP_FINISH)
		return "stopping";
	if (en->phase == STOP_QUIET)
		return "quiet";
	if (breaker_tripped(&en->halt) || breaker_tripped(&en->faults))
		return "halted";
	return "run";
}

static void encode_info(struct engine *en)
{
	const struct settings *s = en->set;
	/* job_encode_worker() changes nothing */
	struct job_worker w = {
		.name = (char *)s->worker,
		.host = (char *)s->host,
		.pid = s->supervisor->main_pid,
		.slots = s->slots,
		.busy = engine_occupied(en),
		.started_ms = en->started_ms,
		.done = en->done,
		.failed = en->bad,
		.version = (char *)s->version,
		.state = (char *)state_word(en),
	};

	buf_clear(&en->text);
	job_encode_worker(&w, &en->text);
}

static void add_job(struct engine *en, struct lane *l, struct task *t)
{
	size_t n = l->beat.n;

	buf_clear(&en->text);
	slot_live(t->slot, t, &en->text);
	beat_add(&l->beat, t->id, t->token,
		 strv_make(en->text.p, en->text.len));
	if (n == l->beat_cap) {
		l->beat_cap = n ? 2 * n : 8;
		l->beat_job = buf_realloc(l->beat_job,
					  l->beat_cap * sizeof(*l->beat_job));
	}
	l->beat_job[n] = (struct lane_beat_job){.task = t, .serial = t->serial};
}

static void add_jobs(struct engine *en, struct lane *l)
{
	for (int64_t i = 0; i < en->set->slots; i++) {
		struct slot *s = en->slot[i];

		for (size_t k = 0; s && k < s->n; k++) {
			struct task *t = slot_task(s, k);

			if (t->serial && t->lane == l && !t->lost)
				add_job(en, l, t);
		}
	}
}

void engine_beat(struct engine *en, struct lane *l)
{
	/* the object is one; what is not told now is told next */
	if (l->beating) {
		l->beat_again = true;
		return;
	}
	encode_info(en);
	l->told_busy = en->busy;
	beat_begin(&l->beat, l->host->instance,
		   strv_make(en->text.p, en->text.len));
	add_jobs(en, l);
	l->beating = true;
	l->beat_sent_ms = clock_boot_ms();
	loop_timer_set(l->beat_timer, l->lease_ms / 3);
	beat_send(&l->beat, en->redis);
}

void engine_beat_all(struct engine *en)
{
	for (size_t i = 0; i < en->pick->n; i++)
		engine_beat(en, &en->lane[i]);
}

void engine_lost(struct engine *en, struct task *t)
{
	log_say(&en->log, LOG_WARN, "%s: the lease was lost%s", t->job,
		t->slot->state == SLOT_FILLING ? "" : ": ending its handler");
	slot_lost(t->slot, t);
}

static void deliver(struct engine *en, struct lane *l,
		    const struct beat_answer *a)
{
	/* the last first: those that stay in a batch may move forward */
	for (size_t i = a->n; i-- > 0;) {
		enum beat_word word = beat_word(a, i);
		struct task *t = l->beat_job[i].task;

		/* the job may have ended since, and another begun */
		if (t->serial != l->beat_job[i].serial)
			continue;
		t->watched = word == BEAT_WATCHED;
		if (word != BEAT_LOST)
			engine_lease_renew(en, t, l->beat_sent_ms);
		if (word == BEAT_OK || word == BEAT_WATCHED)
			continue;
		if (word == BEAT_CANCEL) {
			slot_cancel(t->slot, t);
			continue;
		}
		engine_lost(en, t);
	}
}

static void answered(void *arg, const struct beat_answer *a,
		     const struct err *why)
{
	struct lane *l = arg;
	struct engine *en = l->host->arg;

	l->beating = false;
	if (en->goodbyes) {
		en->goodbyes--;
		return;
	}
	if (!a) {
		l->host->trouble(l->host->arg, l, why);
		loop_timer_set(l->beat_timer, NEWS_MS);
		return;
	}
	lane_told(l, &a->past, a->lease_ms);
	l->certain_ms = l->beat_sent_ms + l->lease_ms;
	/* the lease may have become shorter */
	loop_timer_set(l->beat_timer, l->lease_ms / 3);
	deliver(en, l, a);
	if (l->beat_again) {
		l->beat_again = false;
		engine_beat(en, l);
	}
}

static void beat_due(void *arg)
{
	struct lane *l = arg;

	engine_beat(l->host->arg, l);
}

static void news_due(void *arg)
{
	struct lane *l = arg;
	struct engine *en = l->host->arg;
	bool news = en->busy != l->told_busy;

	for (int64_t i = 0; i < en->set->slots && !news; i++) {
		struct slot *s = en->slot[i];

		news = s && s->news && slot_task(s, 0)->lane == l;
	}
	if (news)
		engine_beat(en, l);
}

static void tell_soon(struct lane *l, int64_t between_ms)
{
	int64_t now = clock_boot_ms(), due = l->beat_sent_ms + between_ms;

	/* most handlers have ended before anybody could have looked */
	if (due < now + LOOK_MS)
		due = now + LOOK_MS;
	/* the news of a job that nobody follows do not hold up another's */
	if (loop_timer_armed(l->news_timer) && l->news_due_ms <= due)
		return;
	l->news_due_ms = due;
	loop_timer_set(l->news_timer, due - now);
}

void engine_news(void *engine, struct slot *s)
{
	const struct task *t = slot_task(s, 0);

	(void)engine;
	/* a handler of many may say something about none */
	if (s->n && t->lane)
		tell_soon(t->lane, t->watched ? WATCHED_MS : NEWS_MS);
}

void engine_beat_if_busier(struct engine *en)
{
	for (size_t i = 0; i < en->pick->n && !en->parted; i++)
		if (en->lane[i].told_busy != en->busy)
			tell_soon(&en->lane[i], NEWS_MS);
}

void engine_beat_if_late(struct engine *en)
{
	int64_t now = clock_boot_ms();

	for (size_t i = 0; i < en->pick->n; i++) {
		struct lane *l = &en->lane[i];

		/* not again at once when the last one was refused */
		if (l->certain_ms && now >= l->certain_ms && en->busy &&
		    !l->beating && now - l->beat_sent_ms >= NEWS_MS)
			engine_beat(en, l);
	}
}

void engine_beat_start(struct engine *en)
{
	for (size_t i = 0; i < en->pick->n; i++) {
		struct lane *l = &en->lane[i];

		l->beat.fn = answered;
		l->beat.arg = l;
		l->beat_timer = loop_timer_new(en->loop, beat_due, l);
		l->news_timer = loop_timer_new(en->loop, news_due, l);
		engine_beat(en, l);
	}
}

void engine_goodbye(struct engine *en)
{
	for (size_t i = 0; i < en->pick->n; i++) {
		struct lane *l = &en->lane[i];

		loop_timer_clear(l->beat_timer);
		loop_timer_clear(l->news_timer);
		beat_begin_closed(&l->beat, l->host->instance);
		l->beating = true;
		en->goodbyes++;
		beat_send(&l->beat, en->redis);
	}
}
