/* SPDX-License-Identifier: ISC */
/*
 * Waiting for a job: a BLPOP on the hint lists, on a connection of its own.
 * With one queue the claim stands behind it already: the server carries it out
 * in the moment in which a push ends the wait, so the job comes with the hint.
 * It may do so just when no job is wanted any more, or when the connection has
 * become useless; then the same claim is made beside it (lane.h).
 */
#include "work/engine_impl.h"

#include "base/clock.h"

/* A wait that was not answered by then is looked past. */
#define POLL_LATE_MS 1000

static void listened(struct engine *en, struct lane *l, bool hinted)
{
	int64_t now = clock_boot_ms();

	if (hinted && engine_wanted(en, now) == 0)
		claim_pass_on(en->redis, &l->keys);
	if (hinted || now >= l->look_ms)
		l->open = true;
}

static void answered(void *arg, const struct redis_reply *reply,
		     const struct err *why)
{
	struct engine *en = arg;
	struct strv key = redis_str(redis_at(reply, 0));

	en->wait_on = false;
	/* it is only a hint: without it there is the poll */
	en->wait_error = why ? en->wait_error + 1 : 0;
	en->hinted = key.n > 0;
	/* its answer comes next */
	if (en->lane[0].wait.on)
		return;
	for (size_t i = 0; i < en->pick->n; i++) {
		struct lane *l = &en->lane[i];

		listened(en, l, key.n && strv_eq(key, l->keys.key[KEY_WAKE]));
	}
}

bool engine_waits(const struct engine *en)
{
	return en->wait_on || en->lane[0].wait.on;
}

void engine_wait_over(struct engine *en, bool carried_out)
{
	if (!carried_out)
		listened(en, &en->lane[0], en->hinted);
}

/* One gathers a batch: its room ends when that starts. */
static bool gathering(const struct engine *en)
{
	if (en->set->mode != SETTINGS_BATCH)
		return false;
	for (int64_t i = 0; i < en->set->slots; i++)
		if (en->slot[i] && en->slot[i]->state == SLOT_FILLING)
			return true;
	return false;
}

static int64_t next_look(const struct engine *en, int64_t now)
{
	int64_t next = now + ENGINE_POLL_MS;

	for (size_t i = 0; i < en->pick->n; i++)
		if (en->lane[i].look_ms < next)
			next = en->lane[i].look_ms;
	return next > now ? next - now : 1;
}

/* How many jobs the wait itself may bring: only as many as there is room for as
 * long as it lasts. Which of several queues is next can only be said then; and
 * when a lease began has to be known for a strict one. */
static int64_t with_it(const struct engine *en, int64_t n)
{
	int64_t room = engine_room(en);

	if (en->pick->n > 1 || en->set->strict_lease || gathering(en))
		return 0;
	n = n < room ? n : room;
	return n < ENGINE_CLAIM_MOST ? n : ENGINE_CLAIM_MOST;
}

void engine_wait(struct engine *en, int64_t n, int64_t now)
{
	int64_t ms = next_look(en, now), jobs;

	if (!loop_timer_armed(en->poll))
		loop_timer_set(en->poll, ms + POLL_LATE_MS);
	/* where no slot is free the end of a job asks, in its close */
	if (engine_waits(en) || en->wait_error || engine_room(en) <= 0)
		return;
	jobs = with_it(en, n);
	en->wait_on = true;
	en->hinted = false;
	claim_wait(en->waiting, en->wait_keys, en->pick->n, ms, answered, en);
	if (jobs > 0)
		lane_claim_waiting(&en->lane[0], (int)jobs);
}

void engine_wait_review(struct engine *en, int64_t n, int64_t now)
{
	struct lane *l = &en->lane[0];

	if (en->phase != STOP_RUN)
		n = 0;
	/* the server is in trouble: another request would be more of it */
	else if (now < en->trouble_ms)
		return;
	if (lane_may_bring(l) && n < l->wait.jobs)
		lane_call_off(l);
}

void engine_poll_due(void *engine)
{
	struct engine *en = engine;
	int64_t now = clock_boot_ms();

	/* and try to wait again */
	en->wait_error = 0;
	for (size_t i = 0; i < en->pick->n; i++)
		if (now >= en->lane[i].look_ms)
			en->lane[i].open = true;
}

void engine_waiting_changed(void *engine, const struct err *why)
{
	struct engine *en = engine;

	if (why)
		return;
	for (size_t i = 0; i < en->pick->n; i++)
		en->lane[i].open = true;
}
