/* SPDX-License-Identifier: ISC */
/* How many jobs there is room for, and which slot gets one. */
#include "work/engine_impl.h"

#include "base/clock.h"

#define NO_PLACE "the worker has no place for it"

/* Slot number `i`, from 0; made when it is needed first. */
static struct slot *slot(struct engine *en, int64_t i)
{
	if (!en->slot[i]) {
		en->slot[i] = buf_alloc(sizeof(*en->slot[i]));
		slot_init(en->slot[i], &en->slot_host, (int)i + 1);
	}
	return en->slot[i];
}

/* The slot for the next job: one that gathers, else the one with the fewest,
 * else one that has gathered many bytes; NULL when there is no place. */
static struct slot *slot_for_job(struct engine *en)
{
	bool many = en->set->mode == SETTINGS_STREAM;
	struct slot *best = NULL, *heavy = NULL;

	for (int64_t i = 0; i < en->set->slots; i++) {
		struct slot *s = slot(en, i);

		if (s->state == SLOT_FILLING && slot_room(s))
			return s;
		if (s->state == SLOT_FILLING && slot_place(s))
			heavy = s;
		else if (slot_place(s) && (!best || s->n < best->n))
			best = s;
		/* an idle handler before a new one; where each job has its
		 * own, any will do */
		if (best &&
		    (many ? best->n == 0 && best->pid
			  : best == s && en->set->mode == SETTINGS_EACH))
			break;
	}
	return best ? best : heavy;
}

/* Jobs that the slots could be given. Where each holds one the count is known;
 * the others are asked, a window or a batch at a time. */
static int64_t room(const struct engine *en)
{
	const struct settings *set = en->set;
	int64_t n = 0, fresh = set->per_slot;

	if (set->mode == SETTINGS_EACH)
		return set->slots - en->busy;
	if (set->recycle && set->recycle < fresh)
		fresh = set->recycle;
	for (int64_t i = 0; i < set->slots; i++)
		n += en->slot[i] ? (int64_t)slot_room(en->slot[i]) : fresh;
	return n;
}

/* A few places in many windows are not worth a request: those who wait for
 * nothing lose nothing by it. */
static int64_t worth_asking(const struct engine *en)
{
	if (en->set->mode != SETTINGS_STREAM || en->set->per_slot < 4 ||
	    en->set->recycle)
		return 1;
	return en->set->per_slot / 2;
}

/* Jobs that may begin now, with those that have begun and are on their way;
 * sets a timer to look again when it is a matter of time. */
static int64_t allowed(struct engine *en, int64_t now)
{
	int64_t n, wait, most, all = en->set->slots * en->set->per_slot;
	int64_t pause = en->trouble_ms - now;

	if (en->phase != STOP_RUN || en->held)
		return 0;
	/* each job adds to what waits to be written: nobody reads it, so it
	 * would fill our memory; out_has_room() is followed by a turn */
	if (sink_full(&en->out) || sink_full(&en->err))
		return 0;
	most = breaker_allows(&en->faults, all, now, &wait);
	pause = wait > pause ? wait : pause;
	n = breaker_allows(&en->halt, all, now, &wait);
	pause = wait > pause ? wait : pause;
	most = n < most ? n : most;
	if (pause > 0) {
		loop_timer_set(en->poll, pause);
		return 0;
	}
	return most;
}

/* What may be held for slots that are not free yet, if `most` jobs may run. One
 * queue's jobs only: another's might come before them. */
static int64_t room_ahead(const struct engine *en, int64_t most)
{
	if (en->set->mode != SETTINGS_EACH || en->pick->n > 1 ||
	    most < en->set->slots)
		return 0;
	return (int64_t)ahead_most(&en->ahead);
}

int64_t engine_room(const struct engine *en)
{
	return room(en) - (int64_t)en->ahead.n;
}

int64_t engine_wanted(struct engine *en, int64_t now)
{
	int64_t held = (int64_t)en->ahead.n;
	int64_t used = en->busy + en->reserved + held;
	int64_t most = allowed(en, now), more = room_ahead(en, most);
	int64_t n = room(en) - en->reserved - held;

	/* the slots have enough; ahead it is worth asking for half of it */
	if (n < worth_asking(en) &&
	    (more == 0 || held > more / 2 || en->reserved))
		return 0;
	n += more;
	n = n < most + more - used ? n : most + more - used;
	if (en->set->limit &&
	    n > en->set->limit - en->taken - en->reserved - held)
		n = en->set->limit - en->taken - en->reserved - held;
	return n > 0 ? n : 0;
}

/* A job that is not to be run, for the reason `why`, or because it cannot be
 * read. */
static void turn_away(struct engine *en, struct lane *l,
		      const struct claim_job *job, const char *why,
		      const struct err *unread)
{
	struct outcome o;

	if (unread)
		outcome_refuse(STATUS_DATA, unread->msg, &o);
	else
		outcome_hand_back(why, &o);
	en->busy++;
	en->taken += unread ? 0 : 1;
	slot_refuse(slot(en, 0), l, l->keys.queue, job, &o);
}

/* One that is given out again may be ours still, for all we were told. */
static void lose_earlier(struct engine *en, const struct lane *l,
			 const struct claim_job *job)
{
	for (int64_t i = 0; i < en->set->slots; i++) {
		struct slot *s = en->slot[i];

		/* those behind one that leaves move up */
		for (size_t k = s ? s->n : 0; k-- > 0;) {
			struct task *t = slot_task(s, k);

			if (t->serial && t->lane == l && !t->lost &&
			    strv_eq(job->id, t->id) &&
			    !strv_eq(job->token, t->token))
				engine_lost(en, t);
		}
	}
}

/* Give a job that was asked for at `since` to a slot, or away. */
static void start(struct engine *en, struct lane *l,
		  const struct claim_words *words, int64_t since)
{
	const char *why = NO_PLACE;
	struct slot *s = NULL;
	struct task *t;
	struct claim_job job;
	struct err e;
	int rc = claim_read(words, &job, &e);

	if (rc == 0 && job.record.losses > 0)
		lose_earlier(en, l, &job);
	/* we may have stood still since it was claimed */
	if (clock_boot_ms() - since >= l->lease_ms)
		why = "it came when its lease was over";
	else if (rc == 0 && en->phase < STOP_FINISH)
		s = slot_for_job(en);
	if (!s) {
		turn_away(en, l, &job, why, rc < 0 ? &e : NULL);
		return;
	}
	en->taken++;
	en->busy++;
	t = slot_add(s, l, l->keys.queue, &job);
	if (t)
		engine_lease_renew(en, t, since);
}

void engine_take(struct engine *en, struct lane *l,
		 const struct claim_answer *a, size_t i, int64_t since)
{
	struct claim_words words = claim_words(a, i);

	/* those that are held go first, also into a slot just become free */
	if (en->phase == STOP_RUN && en->set->mode == SETTINGS_EACH &&
	    (room(en) == 0 || en->ahead.n) &&
	    ahead_put(&en->ahead, &words, since)) {
		if (!loop_timer_armed(en->ahead_timer))
			loop_timer_set(en->ahead_timer, AHEAD_MS);
		return;
	}
	start(en, l, &words, since);
}

static void return_ahead(struct engine *en)
{
	const struct ahead_job *held;
	struct claim_job job;
	struct err e;

	ahead_failed(&en->ahead);
	while ((held = ahead_take(&en->ahead))) {
		int rc = claim_read(&held->words, &job, &e);

		turn_away(en, &en->lane[0], &job, NO_PLACE, rc < 0 ? &e : NULL);
	}
}

void engine_take_ahead(struct engine *en, int64_t now)
{
	const struct ahead_job *first = ahead_first(&en->ahead);

	/* we may have been stopped for a while, and they be another's by now */
	if (en->phase != STOP_RUN ||
	    (first && now - first->since_ms > 10 * AHEAD_MS))
		return_ahead(en);
	while (en->ahead.n && room(en) > 0 && allowed(en, now) > en->busy) {
		const struct ahead_job *held = ahead_take(&en->ahead);

		start(en, &en->lane[0], &held->words, held->since_ms);
	}
}

void engine_ahead_due(void *engine)
{
	struct engine *en = engine;
	const struct ahead_job *first = ahead_first(&en->ahead);
	int64_t left;

	if (!first)
		return;
	left = first->since_ms + AHEAD_MS - clock_boot_ms();
	if (left > 0)
		loop_timer_set(en->ahead_timer, left);
	else
		return_ahead(en);
}

void engine_fed(struct engine *en)
{
	bool asked = false, others;

	if (en->set->mode == SETTINGS_EACH)
		return;
	others = room(en) > 0;
	for (size_t i = 0; i < en->pick->n; i++)
		asked |= en->lane[i].ask.on;
	for (int64_t i = 0; i < en->set->slots; i++) {
		struct slot *s = en->slot[i];

		/* what comes for one that has enough goes to others */
		if (s)
			slot_go(s, asked && (slot_room(s) || !others));
	}
}

int64_t engine_occupied(const struct engine *en)
{
	int64_t n = 0;

	if (en->set->mode == SETTINGS_EACH)
		return en->busy;
	for (int64_t i = 0; i < en->set->slots; i++)
		n += en->slot[i] && en->slot[i]->n > 0;
	return n;
}
