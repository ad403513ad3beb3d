/* SPDX-License-Identifier: ISC */
/* Schedules borrow their zone, so a new one takes the place of the old. */
#include "cron/zonewatch.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cron/due.h"
#include "sys/zone.h"

enum {
	COMPLAIN_MS = 60000, /* between two complaints */
	NAMES_MAX = 20,	     /* in one event */
};

/* What one look has found. */
struct changes {
	int64_t now; /* the server's clock, Unix seconds */
	int64_t zones, moved;
	struct buf names; /* of those moved */
};

static char *release_now(void)
{
	struct buf text = BUF_INIT;

	zone_release(NULL, &text);
	return buf_detach(&text);
}

void zonewatch_init(struct zonewatch *w)
{
	*w = (struct zonewatch){.release = release_now()};
}

void zonewatch_release(struct zonewatch *w)
{
	free(w->release);
	w->release = NULL;
}

static void complain(struct zonewatch *w, const struct event_sink *to,
		     struct err *e)
{
	int64_t now = clock_boot_ms();

	if (w->told_at && now - w->told_at < COMPLAIN_MS)
		return;
	w->told_at = now;
	err_prefix(e, "the zone data of before stay in use");
	event_error(to, NULL, e);
}

static int64_t next_tick(const struct table_entry *n, int64_t after)
{
	struct cron_tick t;

	return schedule_next(n->schedule, after, &t) ? t.at : DUE_NEVER;
}

/* Nothing before now fires by the new data, that did not by the old. */
static void move(struct changes *c, struct table_entry *n)
{
	if (n->wake_at > c->now * 1000 && n->state.watermark < c->now)
		n->state.watermark = c->now;
	n->wake_at = 0;
	if (c->moved++ < NAMES_MAX)
		buf_addf(&c->names, "%s%s/%s", c->names.len ? "," : "",
			 n->table->keys.queue, n->schedule->name);
}

/* Put the new zone in the place of the old one, which is freed. */
static void replace(struct changes *c, struct table *t, struct zone *old,
		    struct zone *new)
{
	int64_t *before = buf_alloc((t->file.n + 1) * sizeof(*before));
	struct zone kept;

	for (size_t i = 0; i < t->file.n; i++)
		before[i] = next_tick(&t->v[i], c->now);
	kept = *old;
	*old = *new;
	*new = kept;
	for (size_t i = 0; i < t->file.n; i++)
		if (before[i] != next_tick(&t->v[i], c->now))
			move(c, &t->v[i]);
	free(before);
	zone_free(new);
	c->zones++;
}

static void tell(struct zonewatch *w, char *release, const struct changes *c,
		 const struct event_sink *to)
{
	struct event v;

	event_begin(&v, EVENT_NOTE, "zone");
	event_str(&v, "old", w->release);
	event_str(&v, "new", release);
	event_int(&v, "zones", c->zones);
	event_int(&v, "moved", c->moved);
	if (c->moved)
		event_str(&v, "names", c->names.p);
	event_end(&v, to);
}

void zonewatch_look(struct zonewatch *w, struct table *const *t, size_t n,
		    int64_t now, const struct event_sink *to)
{
	struct changes c = {.now = now / 1000, .names = BUF_INIT};
	char *release = release_now();
	struct err e;

	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < t[i]->file.n_zones; j++) {
			struct zone *old = t[i]->file.zones[j], *new;

			if (!zone_changed(NULL, old))
				continue;
			new = zone_load(NULL, strv_of(old->name), &e);
			if (new)
				replace(&c, t[i], old, new);
			else
				complain(w, to, &e);
		}
	}
	if (c.zones || strcmp(w->release, release) != 0)
		tell(w, release, &c, to);
	free(w->release);
	w->release = release;
	buf_release(&c.names);
}
