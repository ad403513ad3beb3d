/* SPDX-License-Identifier: ISC */
/* One step of each schedule: what is due is sent, what is answered is noted. */
#include "cron/keeper_step.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/num.h"
#include "queue/push.h"

/* Longer than any look is away. */
#define LONG_MS 60000

/* How long the connection may be held up until a job is sure. */
#define SURE_MS 1000

static void begin(const struct table_entry *n, enum event_level level,
		  const char *name, struct event *v)
{
	event_begin(v, level, name);
	event_str(v, "name", n->schedule->name);
	event_str(v, "queue", n->table->keys.queue);
}

static void add_missed(struct event *v, const struct due *d)
{
	if (d->missed)
		event_int(v, d->more ? "missed_more_than" : "missed",
			  d->missed);
}

static void tell_fired(struct keeper *k, const struct table_entry *n,
		       const struct call_answer *a, bool create)
{
	struct event v;
	char *id = strv_dup(a->detail), local[40];

	begin(n, EVENT_NOTE, "fire", &v);
	if (create) {
		event_str(&v, "tick", "created");
	} else {
		event_time(&v, "tick", n->due.tick.at * 1000);
		event_span(&v, "lag", a->now - n->due.tick.at * 1000);
		add_missed(&v, &n->due);
	}
	event_str(&v, "job", id);
	event_end(&v, &k->to);
	free(id);
	if (create || n->due.tick.mark != CRON_MOVED)
		return;
	begin(n, EVENT_NOTE, "shift", &v);
	/* a local time: as if it were UTC, and without saying so */
	num_format_time(n->due.tick.missing * 1000, local);
	local[strlen("2026-11-24T10:00:00")] = '\0';
	event_str(&v, "missing", local);
	event_time(&v, "tick", n->due.tick.at * 1000);
	event_end(&v, &k->to);
}

static void tell_dropped(struct keeper *k, struct table_entry *n,
			 const struct call_answer *a)
{
	struct event v;
	char *detail = strv_dup(a->detail);
	bool loud = keeper_step_may_tell(&n->told_at);

	begin(n, loud ? EVENT_NOTE : EVENT_FINE, "drop", &v);
	event_str(&v, "why", call_word_name(a->word));
	event_time(&v, "tick", n->due.tick.at * 1000);
	add_missed(&v, &n->due);
	if (a->detail.n)
		event_str(&v, "job", detail);
	event_end(&v, &k->to);
	free(detail);
}

/* Nothing was done: "duplicate" or "moved". */
static void tell_overtaken(struct keeper *k, const struct table_entry *n,
			   enum call_word word)
{
	struct event v;

	begin(n, EVENT_FINE, call_word_name(word), &v);
	event_time(&v, "tick", n->due.tick.at * 1000);
	event_end(&v, &k->to);
}

/* Try again a little later, and judge anew what is late by then. */
static void failed(struct keeper *k, struct table_entry *n,
		   const struct err *why)
{
	struct event v;

	n->settled = INT64_MIN;
	n->wake_at = 0;
	n->retry_at = keeper_step_backoff(&n->backoff);
	if (!keeper_step_may_tell(&n->told_at))
		return;
	begin(n, EVENT_ERROR, "error", &v);
	event_str(&v, "what", why->msg);
	event_span(&v, "retry_in", n->backoff);
	event_end(&v, &k->to);
}

/* A copy with newer data deals with it, or this one when it has them. */
static void tell_outdated(struct keeper *k, struct table_entry *n,
			  const struct call_answer *a)
{
	char *newer = strv_dup(a->detail);
	struct err e;

	err_set(&e, STATUS_CONFIG,
		"the zone data are of release %.20s, those last used of %.20s "
		"(update tzdata)",
		k->zones.release, newer);
	failed(k, n, &e);
	free(newer);
}

static void advance(struct table_entry *n, const struct call_answer *a,
		    bool create)
{
	if (create)
		n->state.create = false;
	else if (a->word == CALL_MOVED)
		n->settled = INT64_MIN; /* all that is left is judged anew */
	else if (a->word != CALL_EARLY)
		n->settled = n->due.settled;
	n->state.watermark = a->watermark;
	n->state.finished = a->finished;
	n->wake_at = 0;
	if (n->backoff)
		n->told_at = 0;
	n->backoff = 0;
}

static void take(struct keeper *k, struct table_entry *n,
		 const struct call_answer *a)
{
	bool create = n->state.create;
	struct err e;

	keeper_step_clock(k, a->now);
	switch (a->word) {
	case CALL_STALE:
	case CALL_GONE:
		n->table->stale = true;
		return;
	case CALL_OUTDATED:
		tell_outdated(k, n, a);
		return;
	case CALL_FULL:
		err_set(&e, STATUS_LATER, "queue '%s' is full",
			n->table->keys.queue);
		failed(k, n, &e);
		return;
	default:
		break;
	}
	advance(n, a, create);
	if (a->word == CALL_FIRED)
		tell_fired(k, n, a, create);
	else if (a->word == CALL_DUPLICATE || a->word == CALL_MOVED)
		tell_overtaken(k, n, a->word);
	else if (a->word != CALL_EARLY)
		tell_dropped(k, n, a);
}

static void set_out(struct table_entry *n)
{
	n->busy = true;
	n->table->busy++;
}

/* A table that is stale is read anew when the last step has come home. */
static void come_home(struct keeper *k, struct table_entry *n)
{
	n->busy = false;
	n->table->busy--;
	if (n->table->stale && !n->table->busy)
		k->look_at = 0;
}

/* The job is there, but it may go with the server. */
static void tell_unsure(struct keeper *k, struct table_entry *n,
			const struct err *why)
{
	struct event v;

	begin(n, EVENT_WARN, "unsure", &v);
	if (n->due.act == DUE_FIRE)
		event_time(&v, "tick", n->due.tick.at * 1000);
	event_str(&v, "what", why->msg);
	event_end(&v, &k->to);
}

static void confirmed(void *arg, const struct redis_reply *reply,
		      const struct err *why)
{
	struct table_entry *n = arg;
	struct keeper *k = n->keeper;
	struct err e;

	int rc = -1;

	if (why)
		e = *why;
	else if (redis_connection(k->redis) != n->connection)
		err_set(&e, STATUS_LATER, "the connection was lost meanwhile");
	else
		rc = k->sure.judge(k->sure.how, reply, &e);
	if (rc < 0)
		tell_unsure(k, n, &e);
	come_home(k, n);
}

static void answered(void *arg, const struct redis_reply *reply,
		     const struct err *why)
{
	struct table_entry *n = arg;
	struct keeper *k = n->keeper;
	struct call_answer a;
	struct err e;

	if (!why && call_read(reply, n->table->keys.queue, &a, &e) < 0)
		why = &e;
	if (why)
		failed(k, n, why);
	else
		take(k, n, &a);
	come_home(k, n);
	if (why || a.word != CALL_FIRED || !k->sure.how)
		return;
	set_out(n);
	n->connection = redis_connection(k->redis);
	k->sure.ask(k->sure.how, k->redis, SURE_MS, confirmed, n);
}

static void send_step(struct keeper *k, struct table_entry *n)
{
	struct table *t = n->table;
	struct call_fire f = {
		.schedule = n->schedule,
		.rev = n->state.rev,
		.kind = n->state.create ? CALL_CREATE : CALL_TICK,
		.due = n->due,
		.watermark = n->state.watermark,
		.release = k->zones.release,
	};

	if (n->state.create)
		f.due = (struct due){.tick.at = n->state.watermark};
	n->due = f.due;
	if (!t->announced) {
		t->announced = true;
		push_announce(k->redis, k->space, t->keys.queue);
	}
	n->keeper = k;
	set_out(n);
	call_fire(k->redis, &t->keys, &f, answered, n);
}

/* Send what is due of one schedule; ms until there is something to do. */
static int64_t step(struct keeper *k, struct table_entry *n)
{
	int64_t now = keeper_step_server_now(k);
	int64_t retry = n->retry_at - clock_boot_ms();

	if (n->busy || (n->state.finished && !n->state.create))
		return LONG_MS;
	if (retry > 0)
		return retry;
	if (n->wake_at > now)
		return n->wake_at - now;
	if (!n->state.create) {
		due_plan(n->schedule, n->state.watermark, n->settled, now,
			 &n->due);
		if (n->due.act == DUE_WAIT) {
			n->wake_at = n->due.tick.at == DUE_NEVER
					     ? INT64_MAX
					     : n->due.tick.at * 1000;
			return n->wake_at - now;
		}
	}
	send_step(k, n);
	return LONG_MS;
}

int64_t keeper_step(struct keeper *k)
{
	int64_t least = LONG_MS;

	for (size_t i = 0; k->offset_known && i < k->n; i++) {
		struct table *t = k->table[i];

		for (size_t j = 0; !t->stale && j < t->file.n; j++) {
			int64_t wait = step(k, &t->v[j]);

			if (wait < least)
				least = wait;
		}
	}
	return least;
}

const struct table_entry *keeper_step_first(const struct table *t,
					    const struct table_entry *first)
{
	for (size_t i = 0; i < t->file.n; i++) {
		const struct table_entry *n = &t->v[i];

		if (n->wake_at > 0 && n->wake_at < INT64_MAX &&
		    (!first || n->wake_at < first->wake_at))
			first = n;
	}
	return first;
}
