/* SPDX-License-Identifier: ISC */
/*
 * The footer of a zone file: one POSIX TZ string with the extensions of
 * RFC 9636. With the slim files of today it decides about every instant from
 * now on, so it is no corner case.
 */
#include "sys/zone.h"

#include <stdint.h>

#include "base/civil.h"
#include "base/err.h"
#include "base/text.h"

enum {
	HOUR = 3600,
	WIDE_HOURS = 167, /* version 3 times of day */
	YEARS_AROUND = 2, /* a change may be 167 h away from its year */
};

static int refuse(struct strv rest, const char *why, struct err *e)
{
	char shown[64];

	return err_set(e, STATUS_CONFIG, "rule ends at '%s': %s",
		       text_show(rest, shown, sizeof(shown)), why);
}

static bool take(struct strv *s, char c)
{
	if (!s->n || s->p[0] != c)
		return false;
	s->p++;
	s->n--;
	return true;
}

static bool digit(const struct strv *s)
{
	return s->n && s->p[0] >= '0' && s->p[0] <= '9';
}

/* At most three digits, so nothing can overflow. */
static int take_number(struct strv *s, int low, int high, int *out)
{
	int v = 0;
	int digits = 0;

	for (; digit(s) && digits < 3; digits++) {
		v = v * 10 + (s->p[0] - '0');
		take(s, s->p[0]);
	}
	if (!digits || digit(s) || v < low || v > high)
		return -1;
	*out = v;
	return 0;
}

/* [+-]h[:m[:s]] */
static int take_time(struct strv *s, int max_hours, bool sign, int32_t *out)
{
	bool minus = false;
	int h;
	int m = 0;
	int sec = 0;

	if (sign && !take(s, '+'))
		minus = take(s, '-');
	if (take_number(s, 0, max_hours, &h))
		return -1;
	if (take(s, ':')) {
		if (take_number(s, 0, 59, &m))
			return -1;
		if (take(s, ':') && take_number(s, 0, 59, &sec))
			return -1;
	}
	*out = h * HOUR + m * 60 + sec;
	if (minus)
		*out = -*out;
	return 0;
}

static bool name_byte(char c, bool quoted)
{
	bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

	return letter ||
	       (quoted && ((c >= '0' && c <= '9') || c == '+' || c == '-'));
}

/* An abbreviation, bare or in <>, copied to `f->names` at `*used`. */
static int take_name(struct zone_footer *f, struct strv *s, size_t *used,
		     uint8_t *index)
{
	bool quoted = take(s, '<');
	size_t start = *used;

	while (s->n && name_byte(s->p[0], quoted)) {
		if (*used + 1 >= sizeof(f->names))
			return -1;
		f->names[(*used)++] = s->p[0];
		take(s, s->p[0]);
	}
	if (*used - start < 3 || (quoted && !take(s, '>')))
		return -1;
	f->names[(*used)++] = '\0';
	*index = (uint8_t)start;
	return 0;
}

static int take_month_rule(struct strv *s, struct zone_rule *r)
{
	r->kind = ZONE_RULE_MONTH;
	if (take_number(s, 1, 12, &r->month) || !take(s, '.') ||
	    take_number(s, 1, 5, &r->week) || !take(s, '.'))
		return -1;
	return take_number(s, 0, 6, &r->day);
}

static int take_rule(struct strv *s, int version, struct zone_rule *r)
{
	int bad;

	r->time = 2 * HOUR;
	if (!take(s, ','))
		return -1;
	if (take(s, 'M')) {
		bad = take_month_rule(s, r);
	} else if (take(s, 'J')) {
		r->kind = ZONE_RULE_JULIAN;
		bad = take_number(s, 1, 365, &r->day);
	} else {
		r->kind = ZONE_RULE_DAY;
		bad = take_number(s, 0, 365, &r->day);
	}
	if (!bad && take(s, '/'))
		bad = take_time(s, version >= 3 ? WIDE_HOURS : 24, version >= 3,
				&r->time);
	return bad;
}

/* POSIX counts offsets westwards; everybody else eastwards. */
static int take_offset(struct strv *s, struct zone_type *type)
{
	if (take_time(s, 24, true, &type->offset))
		return -1;
	type->offset = -type->offset;
	return 0;
}

int zone_footer_parse(struct zone_footer *f, struct strv text, int version,
		      struct err *e)
{
	struct strv s = text;
	size_t used = 0;

	*f = (struct zone_footer){.given = true};
	if (take_name(f, &s, &used, &f->standard.abbr))
		return refuse(s, "no abbreviation of 3 letters or more", e);
	if (take_offset(&s, &f->standard))
		return refuse(s, "no offset from UTC", e);
	if (!s.n)
		return 0;
	f->changes = true;
	f->summer.dst = true;
	f->summer.offset = f->standard.offset + HOUR;
	if (take_name(f, &s, &used, &f->summer.abbr))
		return refuse(s, "no second abbreviation", e);
	if (s.n && s.p[0] != ',' && take_offset(&s, &f->summer))
		return refuse(s, "no second offset", e);
	if (take_rule(&s, version, &f->begin) ||
	    take_rule(&s, version, &f->end))
		return refuse(s, "no pair of yearly changes", e);
	return s.n ? refuse(s, "more text than a rule has", e) : 0;
}

static int64_t rule_day(const struct zone_rule *r, int64_t year)
{
	int64_t first = civil_days(year, 1, 1);
	int length;
	int day;

	if (r->kind == ZONE_RULE_DAY)
		return first + r->day;
	if (r->kind == ZONE_RULE_JULIAN) {
		/* 29 February has no number, so March starts at 60 always */
		bool leap = civil_month_length(year, 2) == 29;

		return first + r->day - 1 + (leap && r->day >= 60);
	}
	first = civil_days(year, r->month, 1);
	length = civil_month_length(year, r->month);
	day = (int)civil_rest(r->day - civil_weekday(first), 7) +
	      7 * (r->week - 1);
	while (day >= length)
		day -= 7;
	return first + day;
}

struct change {
	int64_t at;
	bool to_summer;
};

/* The changes of the years around `year`, in order. Where the end of one
 * summer is the start of the next (daylight saving all year), year order
 * makes the later one win. */
static int changes_around(const struct zone_footer *f, int64_t year,
			  struct change *list)
{
	int n = 0;

	for (int64_t y = year - YEARS_AROUND; y <= year + YEARS_AROUND; y++) {
		struct change c[2] = {
			{rule_day(&f->begin, y) * CIVIL_DAY + f->begin.time -
				 f->standard.offset,
			 true},
			{rule_day(&f->end, y) * CIVIL_DAY + f->end.time -
				 f->summer.offset,
			 false},
		};

		for (int i = 0; i < 2; i++) {
			int to = n++;

			for (; to > 0 && list[to - 1].at > c[i].at; to--)
				list[to] = list[to - 1];
			list[to] = c[i];
		}
	}
	return n;
}

struct zone_period zone_footer_at(const struct zone_footer *f, int64_t at)
{
	struct change list[2 * (2 * YEARS_AROUND + 1)];
	struct zone_period p = {.since = -ZONE_FOREVER, .until = ZONE_FOREVER};
	const struct zone_type *type = &f->standard;

	if (f->changes) {
		int64_t day = civil_floor(at, CIVIL_DAY);
		int n = changes_around(f, civil_date(day).year, list);

		/* two years lie before `at` and two after it */
		for (int i = 0; i < n && p.until == ZONE_FOREVER; i++) {
			if (list[i].at > at) {
				p.until = list[i].at;
				continue;
			}
			p.since = list[i].at;
			type = list[i].to_summer ? &f->summer : &f->standard;
		}
	}
	p.offset = type->offset;
	p.dst = type->dst;
	p.abbr = f->names + type->abbr;
	return p;
}
