/* SPDX-License-Identifier: ISC */
/*
 * Expressions written back from their sets, and the distance between their
 * firings.
 */
#include "queue/cron.h"

#include <string.h>

#include "base/buf.h"
#include "base/civil.h"
#include "queue/cron_field.h"
#include "queue/cron_walk.h"

static bool has(uint64_t set, int n)
{
	return set >> n & 1;
}

/* Values of the field; a Sunday is 0 here. */
static int top(enum cron_place place)
{
	return place == CRON_WEEKDAY ? 6 : cron_field_high(place);
}

static uint64_t full_set(enum cron_place place)
{
	uint64_t set = 0;

	for (int v = cron_field_low(place); v <= top(place); v++)
		set |= 1ULL << v;
	return set;
}

static void separate(struct buf *out, size_t start)
{
	if (out->len > start)
		buf_addch(out, ',');
}

/* "0,5-9,30": every stretch of neighbours is a range. With `step` the first
 * one carries a step of 1, which only says that this is an interval. */
static void add_set(const struct cron *c, enum cron_place place, bool step,
		    struct buf *out)
{
	uint64_t set = c->set[place];
	size_t start = out->len;

	for (int v = cron_field_low(place); v <= top(place); v++) {
		int from = v;

		if (!has(set, v))
			continue;
		while (v < top(place) && has(set, v + 1))
			v++;
		separate(out, start);
		buf_addf(out, "%d", from);
		if (v > from || step)
			buf_addf(out, "-%d", v);
		if (step)
			buf_addstr(out, "/1");
		step = false;
	}
}

static void add_day(const struct cron *c, struct buf *out)
{
	size_t start = out->len;

	if (c->day_open) {
		buf_addch(out, '*');
		return;
	}
	add_set(c, CRON_DAY, false, out);
	for (int d = 1; d <= 31; d++)
		if (c->nearest >> d & 1) {
			separate(out, start);
			buf_addf(out, "%dW", d);
		}
	if (c->last_day) {
		separate(out, start);
		buf_addch(out, 'L');
	}
	if (c->last_workday) {
		separate(out, start);
		buf_addstr(out, "LW");
	}
}

static void add_weekday(const struct cron *c, struct buf *out)
{
	size_t start;

	if (c->both)
		buf_addch(out, '+');
	if (c->weekday_open) {
		buf_addch(out, '*');
		return;
	}
	start = out->len;
	add_set(c, CRON_WEEKDAY, false, out);
	for (int w = 0; w <= 6; w++) {
		if (c->last_of >> w & 1) {
			separate(out, start);
			buf_addf(out, "%dL", w);
		}
		for (int k = 1; k <= 5; k++)
			if (c->nth[k] >> w & 1) {
				separate(out, start);
				buf_addf(out, "%d#%d", w, k);
			}
	}
}

/* Second, minute and hour: a star or a step in one of them is what makes an
 * interval, so it is written only there. */
static void add_time(const struct cron *c, struct buf *out)
{
	enum cron_place p = c->seconds ? CRON_SECOND : CRON_MINUTE;
	bool interval = c->kind == CRON_INTERVAL;
	bool star = false;

	for (int i = (int)p; i <= CRON_HOUR; i++)
		star |= c->set[i] == full_set((enum cron_place)i);
	for (; p <= CRON_HOUR; p++) {
		if (interval && c->set[p] == full_set(p))
			buf_addch(out, '*');
		else
			add_set(c, p, interval && !star && p == CRON_MINUTE,
				out);
		buf_addch(out, ' ');
	}
}

void cron_format(const struct cron *c, struct buf *out)
{
	if (c->kind == CRON_EVERY) {
		buf_addf(out, "@every %llds", (long long)c->every);
		return;
	}
	add_time(c, out);
	add_day(c, out);
	buf_addch(out, ' ');
	if (c->set[CRON_MONTH] == full_set(CRON_MONTH))
		buf_addch(out, '*');
	else
		add_set(c, CRON_MONTH, false, out);
	buf_addch(out, ' ');
	add_weekday(c, out);
}

static bool same_days(const struct cron *a, const struct cron *b)
{
	return a->nearest == b->nearest && a->last_day == b->last_day &&
	       a->last_workday == b->last_workday && a->last_of == b->last_of &&
	       memcmp(a->nth, b->nth, sizeof(a->nth)) == 0 &&
	       a->day_open == b->day_open &&
	       a->weekday_open == b->weekday_open && a->both == b->both;
}

bool cron_same(const struct cron *a, const struct cron *b)
{
	return a->kind == b->kind && a->every == b->every &&
	       a->anchor == b->anchor &&
	       memcmp(a->set, b->set, sizeof(a->set)) == 0 && same_days(a, b);
}

/* Between the times of one day; the first and the last come out too. */
static int64_t shortest_in_day(const struct cron *c, int *first, int *last)
{
	int64_t best = CIVIL_DAY;
	int at = cron_walk_time(c, 0);

	*first = at;
	do {
		*last = at;
		at = at < CIVIL_DAY - 1 ? cron_walk_time(c, at + 1) : -1;
		if (at >= 0 && at - *last < best)
			best = at - *last;
	} while (at >= 0);
	return best;
}

/* Between two days, over the 400 years after which the calendar repeats. */
static int64_t shortest_in_days(const struct cron *c)
{
	int64_t best = 0;
	int64_t before = 0;
	bool any = false;

	for (int month = 0; month <= CRON_YEARS * 12 && best != 1; month++) {
		int64_t year = 2000 + month / 12;
		uint32_t days = cron_walk_days(c, year, month % 12 + 1);

		for (int d = 1; d <= 31; d++) {
			int64_t day;

			if (!(days >> d & 1))
				continue;
			day = civil_days(year, month % 12 + 1, d);
			if (any && (!best || day - before < best))
				best = day - before;
			any = true;
			before = day;
		}
	}
	return best;
}

int64_t cron_shortest(const struct cron *c)
{
	int first;
	int last;
	int64_t in_day;
	int64_t over_night;

	if (c->kind == CRON_EVERY)
		return c->every;
	in_day = shortest_in_day(c, &first, &last);
	over_night = shortest_in_days(c) * CIVIL_DAY - last + first;
	if (first == last)
		return over_night;
	return over_night < in_day ? over_night : in_day;
}
