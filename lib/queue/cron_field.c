/* SPDX-License-Identifier: ISC */
/*
 * Fields of cron expressions: lists of values, ranges, steps, names, and the
 * words L, W, # and H. What other programs read in two ways is refused.
 */
#include "queue/cron_field.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/fnv.h"
#include "base/text.h"

static const struct place {
	const char *name;
	int low, high; /* as written */
	int span;
	const char *names; /* three letters each, from `low` on */
	const char *every; /* unit for the hint at @every; or NULL */
} places[CRON_PLACES] = {
	[CRON_SECOND] = {"second", 0, 59, 60, NULL, "s"},
	[CRON_MINUTE] = {"minute", 0, 59, 60, NULL, "m"},
	[CRON_HOUR] = {"hour", 0, 23, 24, NULL, "h"},
	[CRON_DAY] = {"day of month", 1, 31, 31, NULL, "d"},
	[CRON_MONTH] = {"month", 1, 12, 12,
			"JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC", NULL},
	[CRON_WEEKDAY] = {"day of week", 0, 7, 7, "SUNMONTUEWEDTHUFRISAT",
			  NULL},
};

enum {
	SUNDAY_TOO = 7,
	H_DAYS = 28,	/* days that every month has */
	DIGITS_MAX = 9, /* so that no number can wrap */
};

/* One item of a list while it is read. */
struct item {
	struct cron_field *f;
	const struct place *p;
	struct strv all;  /* for messages */
	struct strv rest; /* not read yet */
};

/* A stretch of values. */
struct range {
	int from, to, step;
	bool single; /* one value, as yet without a range */
	bool star;
};

int cron_field_low(enum cron_place place)
{
	return places[place].low;
}

int cron_field_high(enum cron_place place)
{
	return places[place].high;
}

static int refuse(struct item *it, const char *why, const char *hint)
{
	char shown[48];

	*it->f->column = (size_t)(it->rest.p - it->f->start) + 1;
	return err_set(it->f->e, STATUS_DATA, "%s '%s': %s (%s)", it->p->name,
		       text_show(it->all, shown, sizeof(shown)), why, hint);
}

static int refuse_value(struct item *it, const char *why)
{
	char hint[64];

	snprintf(hint, sizeof(hint), "%d to %d", it->p->low, it->p->high);
	return refuse(it, why, hint);
}

static bool take(struct item *it, char c)
{
	if (!it->rest.n || it->rest.p[0] != c)
		return false;
	it->rest = strv_make(it->rest.p + 1, it->rest.n - 1);
	return true;
}

static char upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return upper(c) >= 'A' && upper(c) <= 'Z';
}

/* Length of the run of letters, or of digits, that comes next. */
static size_t run(const struct item *it, bool (*is)(char))
{
	size_t n = 0;

	while (n < it->rest.n && is(it->rest.p[n]))
		n++;
	return n;
}

/* The same letters, case aside. */
static bool spells(const char *p, size_t n, const char *word)
{
	if (n != strlen(word))
		return false;
	for (size_t i = 0; i < n; i++)
		if (upper(p[i]) != word[i])
			return false;
	return true;
}

static int take_number(struct item *it, int *out)
{
	size_t n = run(it, is_digit);

	if (n == 0)
		return refuse_value(it, "no number where one belongs");
	if (n > DIGITS_MAX)
		return refuse_value(it, "a number of more than nine digits");
	for (*out = 0; n > 0; n--) {
		*out = *out * 10 + (it->rest.p[0] - '0');
		take(it, it->rest.p[0]);
	}
	return 0;
}

/* A name of three letters; in a weekday an L may stick to it (FRIL). */
static int take_name(struct item *it, int *out)
{
	size_t n = run(it, is_letter);
	const char *names = it->p->names;

	if (!names)
		return refuse_value(it, "this field has no names");
	if (n == 4 && it->f->place == CRON_WEEKDAY &&
	    upper(it->rest.p[3]) == 'L')
		n = 3;
	for (int i = 0; n == 3 && names[3 * i]; i++) {
		char word[4] = {names[3 * i], names[3 * i + 1],
				names[3 * i + 2], '\0'};

		if (!spells(it->rest.p, n, word))
			continue;
		*out = it->p->low + i;
		it->rest = strv_make(it->rest.p + n, it->rest.n - n);
		return 0;
	}
	return refuse(it, "not a name",
		      it->f->place == CRON_MONTH ? "JAN to DEC, three letters"
						 : "SUN to SAT, three letters");
}

static int take_digits(struct item *it, int *out)
{
	struct item before = *it;
	char c = it->rest.n ? it->rest.p[0] : '\0';

	if (c == '?')
		return refuse(it, "'?' has no place here",
			      "it stands alone, for a whole day field");
	if (c == '+' || c == '-')
		return refuse_value(it, "a sign, where a value belongs");
	if (!is_digit(c))
		return refuse_value(it, "no value where one belongs");
	if (take_number(it, out))
		return -1;
	if (*out < it->p->low)
		return refuse_value(&before, "below the lowest value");
	if (*out > it->p->high)
		return refuse_value(&before, "above the highest value");
	return 0;
}

static int take_value(struct item *it, int *out)
{
	if (it->rest.n && is_letter(it->rest.p[0]))
		return take_name(it, out);
	return take_digits(it, out);
}

static int take_step(struct item *it, int *step)
{
	struct item before = *it;
	char hint[64];

	if (!take(it, '/'))
		return 0;
	if (take_number(it, step))
		return -1;
	if (*step == 0)
		return refuse(&before, "a step of 0 stands still",
			      "1 is every value");
	if (*step <= it->p->span)
		return 0;
	/* elsewhere it silently means once an hour, once a day */
	if (it->p->every)
		snprintf(hint, sizeof(hint), "write @every %d%s", *step,
			 it->p->every);
	else
		snprintf(hint, sizeof(hint), "1 to %d", it->p->span);
	return refuse(&before, "a step wider than the field", hint);
}

static int finished(struct item *it)
{
	char c;

	if (!it->rest.n)
		return 0;
	c = upper(it->rest.p[0]);
	if (c == 'L' || c == 'W' || c == '#')
		return refuse(it, "L, W and # do not go with this",
			      "L, LW, 15W as day of month; FRIL, FRI#3 as day "
			      "of week");
	return refuse(it, "something is left over",
		      "an item is * 5 1-5 */5 1-30/5 or a name");
}

static void add(struct item *it, const struct range *r)
{
	for (int v = r->from; v <= r->to; v += r->step) {
		int bit = v;

		if (it->f->place == CRON_WEEKDAY && v == SUNDAY_TOO)
			bit = 0;
		it->f->to->set[it->f->place] |= 1ULL << bit;
	}
}

/* FNV-1a over the name, a zero and the number of the field, mixed, or minute
 * and hour would go together: part of the interface, since it decides when a
 * schedule fires. */
static uint64_t hash(const struct cron_field *f)
{
	unsigned char tail[2] = {0, (unsigned char)f->place};
	uint64_t h = fnv_add(FNV_INIT, f->name, strlen(f->name));

	return fnv_mix(fnv_add(h, tail, sizeof(tail)));
}

static int take_hash_range(struct item *it, struct range *r)
{
	struct item before = *it;

	if (!take(it, '('))
		return 0;
	if (take_digits(it, &r->from))
		return -1;
	if (!take(it, '-'))
		return refuse(it, "not a range", "write H(0-29)");
	if (take_digits(it, &r->to))
		return -1;
	if (!take(it, ')'))
		return refuse(it, "')' is missing", "write H(0-29)");
	if (r->to < r->from)
		return refuse(&before, "a range that runs backwards",
			      "write the lower value first");
	return 0;
}

static int parse_hash(struct item *it)
{
	struct range r = {.from = it->p->low, .to = it->p->high, .step = 0};
	int size;

	if (!it->f->name)
		return refuse(it, "H is a hash of the schedule's name",
			      "give one with --name");
	take(it, 'H');
	if (it->f->place == CRON_DAY)
		r.to = H_DAYS;
	else if (it->f->place == CRON_WEEKDAY)
		r.to = SUNDAY_TOO - 1;
	if (take_hash_range(it, &r) || take_step(it, &r.step) || finished(it))
		return -1;
	size = r.to - r.from + 1;
	if (r.step && r.step < size)
		size = r.step;
	r.from += (int)(hash(it->f) % (uint64_t)size);
	if (!r.step) {
		r.to = r.from;
		r.step = 1;
	}
	add(it, &r);
	return 0;
}

static int parse_star(struct item *it)
{
	struct range r = {.from = it->p->low, .step = 1};

	take(it, '*');
	r.to = it->f->place == CRON_WEEKDAY ? SUNDAY_TOO - 1 : it->p->high;
	if (take_step(it, &r.step) || finished(it))
		return -1;
	add(it, &r);
	return 0;
}

/* L and LW. */
static int parse_last(struct item *it)
{
	size_t n = run(it, is_letter);
	bool workday = spells(it->rest.p, n, "LW");

	if (!workday && !spells(it->rest.p, n, "L"))
		return refuse(it, "not a day", "L, LW, 15W or a number");
	it->rest = strv_make(it->rest.p + n, it->rest.n - n);
	if (it->rest.n)
		return refuse(it, "L and LW take no range and no step",
			      "they may stand in a list");
	if (workday)
		it->f->to->last_workday = true;
	else
		it->f->to->last_day = true;
	return 0;
}

/* What may stick to a single value: 15W, 5L, 5#3. True when it was there;
 * then `*bad` tells how it went. */
static bool parse_suffix(struct item *it, int value, int *bad)
{
	struct cron *to = it->f->to;
	bool weekday = it->f->place == CRON_WEEKDAY;
	char c = it->rest.n ? upper(it->rest.p[0]) : '\0';
	int k;

	*bad = 0;
	if (it->f->place == CRON_DAY && c == 'W') {
		take(it, it->rest.p[0]);
		to->nearest |= 1U << value;
	} else if (weekday && c == 'L') {
		take(it, it->rest.p[0]);
		to->last_of |= (uint8_t)(1U << value % SUNDAY_TOO);
	} else if (weekday && c == '#') {
		take(it, '#');
		if (it->rest.n != 1 || it->rest.p[0] < '1' ||
		    it->rest.p[0] > '5') {
			*bad = refuse(it, "not a week of the month",
				      "#1 to #5");
			return true;
		}
		k = it->rest.p[0] - '0';
		take(it, it->rest.p[0]);
		to->nth[k] |= (uint8_t)(1U << value % SUNDAY_TOO);
	} else {
		return false;
	}
	*bad = finished(it);
	return true;
}

/* What one who wrote such a range means in most cases. */
static int refuse_backwards(struct item *it, const struct range *r)
{
	int low = it->f->place == CRON_WEEKDAY ? 1 : it->p->low;
	char hint[64];

	snprintf(hint, sizeof(hint), "write two: %d-%d,%d-%d", r->from,
		 it->p->high, low, r->to);
	return refuse(it, "a range that runs backwards", hint);
}

static int take_range_end(struct item *it, struct range *r)
{
	struct item before = *it;

	if (take_value(it, &r->to))
		return -1;
	/* Sunday ends a week as well as it begins one */
	if (it->f->place == CRON_WEEKDAY && r->to == 0 && r->from > 0)
		r->to = SUNDAY_TOO;
	if (r->to < r->from)
		return refuse_backwards(&before, r);
	return 0;
}

static int parse_values(struct item *it)
{
	struct range r = {.step = 1};
	struct item step;
	int bad;

	if (take_value(it, &r.from))
		return -1;
	r.to = r.from;
	if (parse_suffix(it, r.from, &bad))
		return bad;
	if (take(it, '-')) {
		if (take_range_end(it, &r))
			return -1;
	} else if (it->rest.n && it->rest.p[0] == '/') {
		if (it->f->place == CRON_WEEKDAY)
			return refuse(it, "programs disagree where this ends",
				      "write a range: 1-5/2");
		r.to = it->p->high;
	}
	step = *it;
	if (take_step(it, &r.step) || finished(it))
		return -1;
	add(&step, &r);
	return 0;
}

static int parse_item(struct item *it)
{
	char c = it->rest.n ? it->rest.p[0] : '\0';

	if (!it->rest.n)
		return refuse(it, "an empty item in the list",
			      "take out the comma");
	if (c == '*')
		return parse_star(it);
	if (c == 'H')
		return parse_hash(it);
	if (c == 'h' && run(it, is_letter) == 1)
		return refuse(it, "not a value", "the hash is a capital H");
	if (it->f->place == CRON_DAY && upper(c) == 'L')
		return parse_last(it);
	if (it->f->place == CRON_DAY && upper(c) == 'W')
		return refuse(it, "W needs a day", "15W or LW");
	if (it->f->place == CRON_WEEKDAY && upper(c) == 'L')
		return refuse(it, "L needs a day of the week", "FRIL or 5L");
	return parse_values(it);
}

/* A day field that says nothing: exactly a star, "?" or a star with step 1. */
static bool open_field(struct strv text)
{
	if (strv_eq(text, "*") || strv_eq(text, "?"))
		return true;
	if (!strv_starts(text, "*/"))
		return false;
	text = strv_make(text.p + 2, text.n - 2);
	while (text.n > 1 && text.n <= DIGITS_MAX && text.p[0] == '0')
		text = strv_make(text.p + 1, text.n - 1);
	return strv_eq(text, "1");
}

int cron_field_parse(struct cron_field *f)
{
	bool day = f->place == CRON_DAY || f->place == CRON_WEEKDAY;
	struct item it = {.f = f, .p = &places[f->place]};
	struct strv rest = f->text;

	if (f->place == CRON_WEEKDAY && strv_starts(rest, "+")) {
		f->to->both = true;
		rest = strv_make(rest.p + 1, rest.n - 1);
	}
	if (f->place == CRON_DAY)
		f->to->day_open = open_field(rest);
	if (f->place == CRON_WEEKDAY)
		f->to->weekday_open = open_field(rest);
	if (day && strv_eq(f->text, "?"))
		rest = strv_of("*");
	for (;;) {
		bool more = rest.n && memchr(rest.p, ',', rest.n);

		it.all = strv_cut(&rest, ',');
		it.rest = it.all;
		if (parse_item(&it))
			return -1;
		if (!more)
			return 0;
	}
}
