/* SPDX-License-Identifier: ISC */
/*
 * Walking the calendar. A month's matching days are one 32-bit set, so 400
 * years are 4,800 steps at worst and a day is found without looking at days.
 */
#include "queue/cron_walk.h"

#include "base/civil.h"

enum {
	WEEK = 7,
	SATURDAY = 6,
	/* the 1st, 8th, 15th, 22nd and 29th */
	WEEKLY = 1 << 1 | 1 << 8 | 1 << 15 | 1 << 22 | 1 << 29,
};

/* What a month looks like. */
struct month {
	int length;
	int first; /* weekday of the 1st */
};

static uint32_t bit(int n)
{
	return n >= 0 && n < 32 ? (uint32_t)1 << n : 0;
}

static int lowest(uint64_t set)
{
	return __builtin_ctzll(set);
}

/* The Monday-to-Friday day nearest to `day`, without leaving the month. */
static int workday(const struct month *m, int day)
{
	int weekday = (m->first + day - 1) % WEEK;

	if (weekday == SATURDAY)
		return day > 1 ? day - 1 : day + 2;
	if (weekday == 0)
		return day < m->length ? day + 1 : day - 2;
	return day;
}

static int last_workday(const struct month *m)
{
	int weekday = (m->first + m->length - 1) % WEEK;

	if (weekday == SATURDAY)
		return m->length - 1;
	return weekday == 0 ? m->length - 2 : m->length;
}

static uint32_t days_of_month(const struct cron *c, const struct month *m)
{
	uint32_t days = (uint32_t)c->set[CRON_DAY];

	for (int day = 1; c->nearest && day <= m->length; day++)
		if (c->nearest & bit(day))
			days |= bit(workday(m, day));
	if (c->last_day)
		days |= bit(m->length);
	if (c->last_workday)
		days |= bit(last_workday(m));
	return days;
}

static uint32_t days_of_week(const struct cron *c, const struct month *m)
{
	uint32_t days = 0;

	for (int w = 0; w < WEEK; w++) {
		int first = 1 + (w - m->first + WEEK) % WEEK;
		int last = first + (m->length - first) / WEEK * WEEK;

		if (c->set[CRON_WEEKDAY] & bit(w))
			days |= (uint32_t)WEEKLY << (first - 1);
		if (c->last_of & bit(w))
			days |= bit(last);
		for (int k = 1; k <= 5; k++)
			if (c->nth[k] & bit(w) &&
			    first + (k - 1) * WEEK <= m->length)
				days |= bit(first + (k - 1) * WEEK);
	}
	return days;
}

uint32_t cron_walk_days(const struct cron *c, int64_t year, int month)
{
	struct month m = {
		.length = civil_month_length(year, month),
		.first = civil_weekday(civil_days(year, month, 1)),
	};
	uint32_t all = (bit(m.length) - 1) << 1;
	uint32_t days;
	uint32_t weekdays;

	if (!(c->set[CRON_MONTH] & bit(month)))
		return 0;
	days = days_of_month(c, &m);
	weekdays = days_of_week(c, &m);
	if (c->day_open || c->weekday_open || c->both)
		return days & weekdays & all;
	return (days | weekdays) & all;
}

int cron_walk_time(const struct cron *c, int from)
{
	int second = from % 60;
	int minute = from / 60 % 60;
	int hour = from / 3600;
	uint64_t set;

	if (c->set[CRON_HOUR] >> hour & 1) {
		set = c->set[CRON_SECOND] >> second;
		if (c->set[CRON_MINUTE] >> minute & 1 && set)
			return from + lowest(set);
		set = minute < 59 ? c->set[CRON_MINUTE] >> (minute + 1) : 0;
		if (set)
			return hour * 3600 + (minute + 1 + lowest(set)) * 60 +
			       lowest(c->set[CRON_SECOND]);
	}
	set = hour < 23 ? c->set[CRON_HOUR] >> (hour + 1) : 0;
	if (!set)
		return -1;
	return (hour + 1 + lowest(set)) * 3600 +
	       lowest(c->set[CRON_MINUTE]) * 60 + lowest(c->set[CRON_SECOND]);
}

/* The first matching day at or after the date. */
static bool next_day(const struct cron *c, struct civil d, int64_t *out)
{
	for (int months = 0; months <= CRON_YEARS * 12; months++) {
		uint32_t days = cron_walk_days(c, d.year, d.month);

		days &= ~(bit(d.day) - 1);
		if (days) {
			*out = civil_days(d.year, d.month, lowest(days));
			return true;
		}
		d.day = 1;
		d.year += d.month == 12;
		d.month = d.month % 12 + 1;
	}
	return false;
}

bool cron_walk_next(const struct cron *c, int64_t from, int64_t *out)
{
	int64_t day = civil_floor(from, CIVIL_DAY);
	struct civil d = civil_date(day);

	if (cron_walk_days(c, d.year, d.month) & bit(d.day)) {
		int time = cron_walk_time(c, (int)(from - day * CIVIL_DAY));

		if (time >= 0) {
			*out = day * CIVIL_DAY + time;
			return true;
		}
	}
	if (!next_day(c, civil_date(day + 1), &day))
		return false;
	*out = day * CIVIL_DAY + cron_walk_time(c, 0);
	return true;
}

bool cron_walk_possible(const struct cron *c)
{
	int64_t day;

	return next_day(c, (struct civil){2000, 1, 1}, &day);
}
