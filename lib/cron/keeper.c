/* SPDX-License-Identifier: ISC */
/*
 * The loop. What waits for an answer of the server one after the other
 * (reading tables, applying files) is done between two turns; ticks are sent
 * all at once and answered whenever.
 */
#include "cron/keeper.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cron/apply.h"
#include "cron/call.h"
#include "cron/keeper_step.h"
#include "cron/names.h"

enum {
	LOOK_MS = 30000,  /* between two looks, at most */
	HEARD_MS = 200,	  /* and at least, where somebody changes a lot */
	BACKOFF_MS = 250, /* after the first error */
	BACKOFF_MAX_MS = 5000,
	COMPLAIN_MS = 60000, /* between two complaints of one kind */
};

static void wake(void *arg)
{
	(void)arg; /* the loop turns, which is all */
}

/* Schedules have changed, or may have while nobody listened. */
static void heard(void *arg, struct strv queue)
{
	struct keeper *k = arg;
	int64_t soon = k->looked_at + HEARD_MS;

	(void)queue;
	if (k->look_at > soon)
		k->look_at = soon;
}

void keeper_init(struct keeper *k)
{
	char channel[80];

	k->timer = loop_timer_new(k->loop, wake, k);
	zonewatch_init(&k->zones);
	key_crons(k->space, channel);
	redis_subscribe(k->ears, channel, heard, k);
}

static void drop_tables(struct keeper *k)
{
	for (size_t i = 0; i < k->n; i++)
		table_free(k->table[i]);
	free(k->table);
	k->table = NULL;
	k->n = 0;
}

void keeper_release(struct keeper *k)
{
	drop_tables(k);
	loop_timer_free(k->timer);
	zonewatch_release(&k->zones);
}

void keeper_reload(void *arg)
{
	struct keeper *k = arg;

	k->reload = true;
	k->reload_at = 0;
}

void keeper_stop(void *arg)
{
	struct keeper *k = arg;

	k->stop = true;
}

int64_t keeper_step_backoff(int64_t *backoff)
{
	*backoff = *backoff ? *backoff * 2 : BACKOFF_MS;
	if (*backoff > BACKOFF_MAX_MS)
		*backoff = BACKOFF_MAX_MS;
	return clock_boot_ms() + *backoff;
}

bool keeper_step_may_tell(int64_t *told_at)
{
	int64_t now = clock_boot_ms();

	if (*told_at && now - *told_at < COMPLAIN_MS)
		return false;
	*told_at = now;
	return true;
}

int64_t keeper_step_server_now(const struct keeper *k)
{
	return clock_boot_ms() + k->offset;
}

void keeper_step_clock(struct keeper *k, int64_t server_now)
{
	int64_t offset = server_now - clock_boot_ms();
	int64_t by = offset - k->offset;
	struct event v;

	if (k->offset_known && (by > 1000 || by < -1000)) {
		event_begin(&v, EVENT_WARN, "clock");
		event_span(&v, "by", by);
		event_end(&v, &k->to);
	}
	k->offset = offset;
	k->offset_known = true;
}

static bool has(const struct keeper *k, const char *queue)
{
	for (size_t i = 0; i < k->n; i++)
		if (strcmp(k->table[i]->keys.queue, queue) == 0)
			return true;
	return false;
}

/* A table for each queue that schedules feed. */
static void add_tables(struct keeper *k, const struct names *queues)
{
	for (size_t i = 0; i < queues->n; i++) {
		if (has(k, queues->v[i]))
			continue;
		k->table = buf_realloc(k->table,
				       (k->n + 1) * sizeof(struct table *));
		k->table[k->n++] = table_new(k->space, strv_of(queues->v[i]));
	}
}

int keeper_apply(struct keeper *k, const struct schedule_file *f, size_t n,
		 struct err *e)
{
	const struct apply_set set = {.f = f, .n = n, .by = k->by};
	struct names queues = {0};
	int rc = apply_check(f, n, e);

	if (rc == 0)
		rc = apply_files(k->redis, k->space, &set, &queues, &k->to, e);
	if (rc == 0)
		k->look_at = 0;
	names_release(&queues);
	return rc;
}

static bool server_is_away(const struct err *e)
{
	return e->code == STATUS_UNAVAILABLE || e->code == STATUS_LATER;
}

static void complain(struct keeper *k, const struct err *e)
{
	if (keeper_step_may_tell(&k->told_at))
		event_error(&k->to, NULL, e);
}

/* A file that is wrong stays out; a server that is away is tried again. */
static void reload(struct keeper *k)
{
	struct err e;

	k->reload = false;
	if (k->load(k->arg, &e) == 0)
		return;
	if (server_is_away(&e)) {
		k->reload = true;
		k->reload_at = keeper_step_backoff(&k->backoff);
		complain(k, &e);
		return;
	}
	event_error(&k->to, NULL, &e);
}

/* Whether a server that knew the schedules knows none: it began anew, and
 * the version it counts by is gone. */
static bool lost(const struct table *t, bool had)
{
	return had && strcmp(t->version, "0") == 0;
}

static void begin_again(struct keeper *k)
{
	struct err e;

	err_set(&e, STATUS_DATA,
		"the server has lost the schedules (applying the files "
		"again)");
	event_error(&k->to, NULL, &e);
	k->reload = true;
	k->reload_at = 0;
}

static int read_table(struct keeper *k, struct table *t, struct err *e)
{
	bool had = t->version[0] && strcmp(t->version, "0") != 0;

	if (table_look(t, k->redis, &k->to, e) < 0)
		return -1;
	t->changed = false;
	if (lost(t, had))
		begin_again(k);
	return 0;
}

static void compare(void *arg, const struct redis_reply *reply,
		    const struct err *why)
{
	struct table *t = arg;
	struct keeper *k = t->keeper;
	struct strv version = redis_str(reply);

	if (why && !k->failed)
		k->why = *why;
	k->failed = k->failed || why;
	t->changed = !strv_eq(version.n ? version : strv_of("0"), t->version);
}

/* Which tables are of another version than the server's, all asked at once.
 * Steps that are on their way come home meanwhile. */
static int compare_all(struct keeper *k, struct err *e)
{
	k->failed = false;
	for (size_t i = 0; i < k->n; i++) {
		k->table[i]->keeper = k;
		call_version(k->redis, &k->table[i]->keys, compare,
			     k->table[i]);
	}
	redis_drain(k->redis);
	if (k->failed)
		*e = k->why;
	return k->failed ? -1 : 0;
}

/* A queue whose last schedule has gone; `queues` are those that have some. */
static void drop_empty(struct keeper *k, const struct names *queues)
{
	size_t n = 0;

	for (size_t i = 0; i < k->n; i++) {
		struct table *t = k->table[i];
		bool listed = t->file.n > 0 || t->busy;

		for (size_t j = 0; !listed && j < queues->n; j++)
			listed = strcmp(queues->v[j], t->keys.queue) == 0;
		if (listed)
			k->table[n++] = t;
		else
			table_free(t);
	}
	k->n = n;
}

static void take_queue(void *arg, struct strv queue)
{
	names_add(arg, queue);
}

static int look_at_all(struct keeper *k, struct names *queues, struct err *e)
{
	int64_t now;
	int rc;

	if (call_queues(k->redis, k->space, take_queue, queues, e) < 0 ||
	    call_time(k->redis, &now, e) < 0)
		return -1;
	keeper_step_clock(k, now);
	add_tables(k, queues);
	rc = compare_all(k, e);
	for (size_t i = 0; rc == 0 && i < k->n; i++)
		if (k->table[i]->changed || k->table[i]->stale)
			rc = read_table(k, k->table[i], e);
	if (rc == 0)
		drop_empty(k, queues);
	/* after what was read anew, by the data of now */
	if (rc == 0)
		zonewatch_look(&k->zones, k->table, k->n, now, &k->to);
	return rc;
}

static void look(struct keeper *k)
{
	struct names queues = {0};
	struct err e;
	int rc;

	/* what is heard meanwhile has to be looked at again */
	k->looked_at = clock_boot_ms();
	k->look_at = k->looked_at + LOOK_MS;
	rc = look_at_all(k, &queues, &e);
	names_release(&queues);
	if (rc < 0) {
		k->look_at = keeper_step_backoff(&k->backoff);
		complain(k, &e);
		return;
	}
	k->backoff = 0;
	k->told_at = 0;
}

/* While steps are on their way what comes next is not known. */
static void tell_state(const struct keeper *k)
{
	struct keeper_state s = {.reached = redis_is_up(k->ears)};
	size_t busy = 0;

	for (size_t i = 0; i < k->n; i++) {
		busy += k->table[i]->busy;
		s.schedules += k->table[i]->file.n;
		s.next = keeper_step_first(k->table[i], s.next);
	}
	if (s.reached && busy)
		return;
	k->state(k->arg, &s);
}

void keeper_run(struct keeper *k)
{
	while (!k->stop) {
		int64_t now = clock_boot_ms(), wait;

		if (k->reload && now >= k->reload_at)
			reload(k);
		if (!k->stop && now >= k->look_at)
			look(k);
		wait = keeper_step(k);
		tell_state(k);
		now = clock_boot_ms();
		if (k->look_at - now < wait)
			wait = k->look_at - now;
		if (k->reload && k->reload_at - now < wait)
			wait = k->reload_at - now;
		loop_timer_set(k->timer, wait > 0 ? wait : 0);
		if (!k->stop)
			loop_turn(k->loop);
	}
}
