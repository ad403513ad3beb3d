/* SPDX-License-Identifier: ISC */
/*
 * --strict-lease: a handler never runs on when its lease may be over, and so
 * never beside another of its job, as long as clocks run at the same rate and
 * we are not stopped ourselves. By default it runs on while the server is away,
 * for the server gives living workers time to come back.
 */
#include "work/engine_impl.h"

#include "base/clock.h"

/* What it takes to kill a tree, and for timers to be late. */
#define MARGIN_MS 500

/* When a handler is told to end, and killed (both since boot). */
struct lease_end {
	int64_t term_ms, kill_ms;
};

static struct lease_end end_of(const struct engine *en, const struct task *t)
{
	const struct lane *l = t->lane;
	int64_t manners = en->set->kill_after_ms;
	struct lease_end end = {.kill_ms = t->lease_until_ms - MARGIN_MS};

	/* two beats in three may be late, whatever time handlers are given */
	if (manners > l->lease_ms / 3)
		manners = l->lease_ms / 3;
	end.term_ms = end.kill_ms - manners;
	return end;
}

/* The job of the slot whose lease runs out first; NULL if it has none. */
static const struct task *first_to_end(const struct slot *s)
{
	const struct task *first = NULL;

	for (size_t i = 0; i < s->n; i++) {
		const struct task *t = slot_task(s, i);

		if (t->serial &&
		    (!first || t->lease_until_ms < first->lease_until_ms))
			first = t;
	}
	return first;
}

/* End the slot's handler if it is time; when to look again, 0 = no need to. */
static int64_t look(struct engine *en, struct slot *s, int64_t now)
{
	const struct task *t = first_to_end(s);
	struct lease_end end;

	if (!t || s->state == SLOT_KILLED || s->state == SLOT_DRAINING)
		return 0;
	end = end_of(en, t);
	if (now >= end.kill_ms) {
		slot_event(s, SLOT_KILL);
		return 0;
	}
	if (now < end.term_ms)
		return end.term_ms;
	if (s->state != SLOT_ENDING) {
		log_say(&en->log, LOG_WARN,
			"%s: its lease cannot be renewed in time: ending its "
			"handler",
			t->job);
		slot_event(s, SLOT_STOP);
	}
	return end.kill_ms;
}

static void look_at(struct engine *en, int64_t due, int64_t now)
{
	en->lease_due_ms = due;
	loop_timer_set(en->lease, due > now ? due - now : 0);
}

void engine_lease_due(void *engine)
{
	struct engine *en = engine;
	int64_t now = clock_boot_ms(), first = 0;

	for (int64_t i = 0; i < en->set->slots; i++) {
		int64_t next = en->slot[i] ? look(en, en->slot[i], now) : 0;

		if (next && (!first || next < first))
			first = next;
	}
	if (first)
		look_at(en, first, now);
}

void engine_lease_renew(struct engine *en, struct task *t, int64_t since)
{
	const struct lane *l = t->lane;
	int64_t due;

	t->lease_until_ms = since + l->lease_ms;
	if (!en->set->strict_lease)
		return;
	due = end_of(en, t).term_ms;
	/* what comes sooner looks at all of them */
	if (!loop_timer_armed(en->lease) || due < en->lease_due_ms)
		look_at(en, due, clock_boot_ms());
}
