/* SPDX-License-Identifier: ISC */
/*
 * For the oracle: random cron expressions, and what each means in the plainest
 * terms. Uses nothing of the library under test; the calendar is libc's.
 */
#ifndef TESTS_CRON_SPEC_H
#define TESTS_CRON_SPEC_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/attr.h"

#define DAY 86400LL

static uint64_t seed;

static unsigned dice(unsigned sides)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)((seed >> 11) % sides);
}

/* A random expression as text, and what it means in the plainest terms. */
struct spec {
	char text[600];
	size_t len;
	bool six;
	bool pattern; /* second, minute or hour has a '*' or '/' */
	bool has[6][64];
	bool last, last_workday;
	bool near[32];
	bool last_of[7];
	bool nth[6][7];
	bool day_open, weekday_open, plus;
	bool asked, answer; /* whether asked_day matches */
	int64_t asked_day;
	int every; /* @every, seconds; else 0 */
};

static void say(struct spec *s, const char *fmt, ...) printf_like(2, 3);
static void say(struct spec *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	s->len += (size_t)vsnprintf(s->text + s->len, sizeof(s->text) - s->len,
				    fmt, ap);
	va_end(ap);
}

static void fill(struct spec *s, int field, int from, int to, int step)
{
	for (int v = from; v <= to; v += step)
		s->has[field][field == 5 ? v % 7 : v] = true;
}

/* A value in one of its spellings. */
static void say_value(struct spec *s, int field, int v)
{
	static const char *const months[] = {"JAN", "feb", "Mar", "APR",
					     "may", "Jun", "JUL", "aug",
					     "Sep", "OCT", "nov", "Dec"};
	static const char *const days[] = {"SUN", "mon", "Tue", "WED",
					   "thu", "Fri", "SAT"};

	if (field == 4 && dice(3) == 0)
		say(s, "%s", months[v - 1]);
	else if (field == 5 && dice(3) == 0)
		say(s, "%s", days[v % 7]);
	else
		say(s, dice(8) ? "%d" : "%03d", v);
}

static void say_range(struct spec *s, int field, int a, int b)
{
	say_value(s, field, a);
	say(s, "-");
	say_value(s, field, b);
}

/* One item of an ordinary kind. Returns whether it has a '*' or '/'. */
static bool item(struct spec *s, int field, int low, int high)
{
	int a = low + (int)dice((unsigned)(high - low + 1));
	int b = a + (int)dice((unsigned)(high - a + 1));
	int step = 1 + (int)dice((unsigned)(high - low + 1) / 2);

	/* hours of the night are where clocks change */
	if (field == 2 && dice(2)) {
		a = (int)dice(4);
		b = a + (int)dice(3);
	}
	switch (dice(7)) {
	case 0:
		say(s, "*/%d", step);
		fill(s, field, low, high, step);
		return true;
	case 1:
		say_range(s, field, a, b);
		fill(s, field, a, b, 1);
		return false;
	case 2:
		say_range(s, field, a, b);
		say(s, "/%d", step);
		fill(s, field, a, b, step);
		return true;
	case 3:
		/* of a day of the week it is refused */
		say_value(s, field, a);
		if (field < 5)
			say(s, "/%d", step);
		fill(s, field, a, field < 5 ? high : a, step);
		return true;
	default:
		say_value(s, field, a);
		fill(s, field, a, a, 1);
		return false;
	}
}

static void field(struct spec *s, int f, int low, int high, unsigned stars)
{
	bool pattern = false;

	if (s->len)
		say(s, " ");
	if (dice(10) < stars) {
		say(s, "*");
		fill(s, f, low, high, 1);
		pattern = true;
	} else {
		for (unsigned n = 1 + dice(3); n > 0; n--) {
			pattern |= item(s, f, low, high);
			if (n > 1)
				say(s, ",");
		}
	}
	if (f <= 2)
		s->pattern |= pattern;
}

static void day_field(struct spec *s)
{
	say(s, " ");
	if (dice(10) < 6) {
		say(s, dice(2) ? "*" : "?");
		s->day_open = true;
		fill(s, 3, 1, 31, 1);
		return;
	}
	for (unsigned n = 1 + dice(3); n > 0; n--) {
		int d = 1 + (int)dice(31);

		switch (dice(5)) {
		case 0:
			say(s, "L");
			s->last = true;
			break;
		case 1:
			say(s, "LW");
			s->last_workday = true;
			break;
		case 2:
			say(s, "%dW", d);
			s->near[d] = true;
			break;
		default:
			item(s, 3, 1, 31);
		}
		if (n > 1)
			say(s, ",");
	}
	s->day_open = strcmp(strrchr(s->text, ' ') + 1, "*/1") == 0;
}

static void weekday_field(struct spec *s)
{
	const char *text;

	say(s, " ");
	if (dice(10) < 6) {
		say(s, dice(4) ? "*" : "?");
		s->weekday_open = true;
		fill(s, 5, 0, 6, 1);
		return;
	}
	s->plus = dice(3) == 0;
	say(s, "%s", s->plus ? "+" : "");
	for (unsigned n = 1 + dice(2); n > 0; n--) {
		int w = (int)dice(8);
		int k = 1 + (int)dice(5);

		switch (dice(4)) {
		case 0:
			say(s, "%dL", w);
			s->last_of[w % 7] = true;
			break;
		case 1:
			say(s, "%d#%d", w, k);
			s->nth[k][w % 7] = true;
			break;
		case 2:
			/* from 1 on: Sunday ends it */
			say(s, "%d-SUN", w % 6 + 1);
			fill(s, 5, w % 6 + 1, 7, 1);
			break;
		default:
			item(s, 5, 0, 6);
		}
		if (n > 1)
			say(s, ",");
	}
	text = strrchr(s->text, ' ') + 1;
	text += *text == '+';
	s->weekday_open = strcmp(text, "*/1") == 0;
}

static void random_macro(struct spec *s)
{
	static const struct {
		const char *name;
		int day, month, weekday; /* 0: any; weekday: 7 */
		bool hourly;
	} macros[] = {
		{"@yearly", 1, 1, 0, false},  {"@annually", 1, 1, 0, false},
		{"@monthly", 1, 0, 0, false}, {"@weekly", 0, 0, 7, false},
		{"@daily", 0, 0, 0, false},   {"@midnight", 0, 0, 0, false},
		{"@hourly", 0, 0, 0, true},
	};
	unsigned i = dice(ARRAY_LEN(macros));
	int day = macros[i].day, month = macros[i].month;
	int wday = macros[i].weekday;

	say(s, "%s", macros[i].name);
	s->pattern = macros[i].hourly;
	s->has[0][0] = s->has[1][0] = true;
	fill(s, 2, 0, macros[i].hourly ? 23 : 0, 1);
	fill(s, 3, day ? day : 1, day ? day : 31, 1);
	fill(s, 4, month ? month : 1, month ? month : 12, 1);
	fill(s, 5, wday, wday ? wday : 6, 1);
	s->day_open = !day;
	s->weekday_open = !wday;
}

static void random_every(struct spec *s)
{
	static const struct {
		char unit;
		int seconds;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
	unsigned i = dice(ARRAY_LEN(units));
	int n = 1 + (int)dice(i < 3 ? 90 : 3);

	s->every = n * units[i].seconds;
	s->six = i == 0;
	say(s, "@every %d%c", n, units[i].unit);
}

static void random_spec(struct spec *s)
{
	unsigned kind = dice(20);

	memset(s, 0, sizeof(*s));
	if (kind == 0)
		random_macro(s);
	else if (kind == 1)
		random_every(s);
	if (s->len)
		return;
	s->six = dice(8) == 0;
	if (s->six)
		field(s, 0, 0, 59, 0);
	else
		s->has[0][0] = true;
	field(s, 1, 0, 59, 2);
	field(s, 2, 0, 23, 3);
	day_field(s);
	field(s, 4, 1, 12, 8);
	weekday_field(s);
}

struct date {
	int year, month, day, length, weekday;
};

/* From the C library; a leap year has a 29 February. */
static struct date date_of(int64_t day)
{
	static const int length[] = {31, 28, 31, 30, 31, 30,
				     31, 31, 30, 31, 30, 31};
	time_t at = (time_t)(day * DAY);
	struct date d;
	struct tm tm, leap;

	gmtime_r(&at, &tm);
	d.year = tm.tm_year + 1900;
	d.month = tm.tm_mon + 1;
	d.day = tm.tm_mday;
	d.weekday = tm.tm_wday;
	d.length = length[tm.tm_mon];
	leap = (struct tm){.tm_year = tm.tm_year, .tm_mon = 1, .tm_mday = 29};
	timegm(&leap);
	if (d.month == 2 && leap.tm_mon == 1)
		d.length = 29;
	return d;
}

/* Of another day of the month. */
static int weekday_of(const struct date *d, int day)
{
	return (d->weekday + day - d->day + 70) % 7;
}

/* The day of `day`'s month that nW means, by looking outwards. */
static int nearest_workday(const struct date *d, int want)
{
	if (want > d->length)
		return 0;
	for (int away = 0; away < 4; away++) {
		for (int sign = -1; sign <= 1; sign += 2) {
			int day = want + sign * away;
			int w = weekday_of(d, day);

			if (day >= 1 && day <= d->length && w != 0 && w != 6)
				return day;
		}
	}
	return 0;
}

static bool day_matches(const struct spec *s, int64_t day)
{
	struct date d = date_of(day);
	int last = d.length;
	bool by_day = s->has[3][d.day];
	bool by_weekday = s->has[5][d.weekday];

	if (!s->has[4][d.month])
		return false;
	while (weekday_of(&d, last) % 6 == 0)
		last--;
	by_day |= s->last && d.day == d.length;
	by_day |= s->last_workday && d.day == last;
	for (int n = 1; n <= 31; n++)
		by_day |= s->near[n] && nearest_workday(&d, n) == d.day;
	by_weekday |= s->last_of[d.weekday] && d.day + 7 > d.length;
	by_weekday |= s->nth[(d.day - 1) / 7 + 1][d.weekday];
	if (s->day_open || s->weekday_open || s->plus)
		return by_day && by_weekday;
	return by_day || by_weekday;
}

static bool matches(struct spec *s, int64_t local)
{
	int64_t day = (local + 100000 * DAY) / DAY - 100000;
	int time = (int)(local - day * DAY);

	if (!s->has[0][time % 60] || !s->has[1][time / 60 % 60] ||
	    !s->has[2][time / 3600])
		return false;
	if (!s->asked || s->asked_day != day) {
		s->answer = day_matches(s, day);
		s->asked_day = day;
		s->asked = true;
	}
	return s->answer;
}

#endif
