/* SPDX-License-Identifier: ISC */
/*
 * The firings of an expression in a zone. The walk goes from one period of
 * equal offset to the next, so a clock change is always seen at its border,
 * and leaps over stretches in which no local time can match.
 */
#include "queue/cron.h"

#include "base/civil.h"
#include "queue/cron_walk.h"

enum {
	/* a longer gap is a change of calendar, not of clock */
	GAP_MAX = 3 * 3600,
};

#define SEARCH_SECONDS (CRON_YEARS * 146097LL / 400 * CIVIL_DAY)

static bool next_every(const struct cron *c, int64_t after,
		       struct cron_tick *out)
{
	int64_t since = civil_floor(after - c->anchor, c->every);

	*out = (struct cron_tick){
		.at = c->anchor + (since + 1) * c->every,
	};
	return true;
}

static enum cron_mark mark_of(const struct zone_map *m, int64_t at)
{
	if (m->n < 2)
		return CRON_PLAIN;
	return m->at[0] == at ? CRON_FIRST : CRON_AGAIN;
}

/* The first firing at or after `from` within its period. */
static bool within(const struct cron *c, const struct zone *z,
		   const struct zone_period *p, int64_t from,
		   struct cron_tick *out)
{
	int64_t local = from + p->offset;

	while (cron_walk_next(c, local, &local) &&
	       local - p->offset < p->until) {
		struct zone_map m = zone_from_local(z, local);
		int64_t at = local - p->offset;

		if (c->kind == CRON_INTERVAL || m.at[0] == at) {
			*out = (struct cron_tick){
				.at = at,
				.mark = mark_of(&m, at),
			};
			return true;
		}
		/* shown before: so was all up to the end of that period */
		local = m.first_end > local ? m.first_end : local + 1;
	}
	return false;
}

/* What falls into the gap at the start of `p` fires at its end. */
static bool moved(const struct cron *c, const struct zone *z,
		  const struct zone_period *p, struct cron_tick *out)
{
	int64_t before = zone_at(z, p->since - 1).offset;
	int64_t local = p->since + before;

	if (c->kind != CRON_FIXED || p->since <= -ZONE_FOREVER / 2 ||
	    p->offset <= before || p->offset - before > GAP_MAX)
		return false;
	for (; cron_walk_next(c, local, &local) && local < p->since + p->offset;
	     local++) {
		struct zone_map m = zone_from_local(z, local);

		/* another change close by may show that time after all */
		if (m.n == 0 && m.gap_end == p->since) {
			*out = (struct cron_tick){
				.at = p->since,
				.mark = CRON_MOVED,
				.missing = local,
			};
			return true;
		}
	}
	return false;
}

bool cron_next(const struct cron *c, const struct zone *z, int64_t after,
	       struct cron_tick *out)
{
	int64_t at = after + 1;
	int64_t end = after + SEARCH_SECONDS;

	if (after < CRON_TIME_MIN || after > CRON_TIME_MAX)
		return false;
	if (c->kind == CRON_EVERY)
		return next_every(c, after, out);
	while (at <= end) {
		struct zone_period p;
		int64_t local;

		/* no clock in the zone can show a match before this one */
		if (!cron_walk_next(c, at - ZONE_REACH, &local))
			return false;
		if (local - ZONE_REACH > at)
			at = local - ZONE_REACH;
		p = zone_at(z, at);
		if (p.since == at && moved(c, z, &p, out))
			return true;
		if (within(c, z, &p, at, out))
			return true;
		at = p.until;
	}
	return false;
}

/*
 * Before `before`, the last firing: the largest instant after which the next
 * is still earlier than `before`. Looked for backwards in doubling steps, then
 * by halves, so that this mirrors cron_next() by construction.
 */
bool cron_previous(const struct cron *c, const struct zone *z, int64_t before,
		   struct cron_tick *out)
{
	int64_t high = before - 1; /* nothing fires between this and before */
	int64_t low = high;
	int64_t step = 1;
	struct cron_tick t;

	do {
		if (low <= CRON_TIME_MIN || before - low > SEARCH_SECONDS)
			return false;
		high = low;
		low -= step;
		step *= 2;
		if (low < CRON_TIME_MIN)
			low = CRON_TIME_MIN;
	} while (!cron_next(c, z, low, &t) || t.at >= before);
	*out = t;
	low = t.at;
	while (low < high) {
		int64_t middle = low + (high - low) / 2;

		if (cron_next(c, z, middle, &t) && t.at < before) {
			*out = t;
			low = t.at;
		} else {
			high = middle;
		}
	}
	return true;
}
