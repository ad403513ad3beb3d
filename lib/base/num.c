/* SPDX-License-Identifier: ISC */
/* Parses and prints the numbers people type; the grammar is in num.h. */
#include "base/num.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/text.h"

#define SECOND	 1000LL
#define MINUTE	 (60 * SECOND)
#define HOUR	 (60 * MINUTE)
#define DAY	 (24 * HOUR)
#define TIME_MAX 253402300799999LL /* the last millisecond of year 9999 */
#define SHOWN	 64		   /* of a refused text, in messages */

static bool is_digit(struct strv v)
{
	return v.n && v.p[0] >= '0' && v.p[0] <= '9';
}

static struct strv skip(struct strv v, size_t n)
{
	return strv_make(v.p + n, v.n - n);
}

/* Cut the digits off the front. What is too large stays at UINT64_MAX, which
 * every range refuses; -1 when there is no digit. */
static int cut_digits(struct strv *v, uint64_t *out)
{
	if (!is_digit(*v))
		return -1;
	for (*out = 0; is_digit(*v); *v = skip(*v, 1)) {
		if (__builtin_mul_overflow(*out, 10, out) ||
		    __builtin_add_overflow(*out, v->p[0] - '0', out)) {
			while (is_digit(*v))
				*v = skip(*v, 1);
			*out = UINT64_MAX;
			return 0;
		}
	}
	return 0;
}

/* Refuse an integer: `why` and the range it should be in. */
static int bad_int(const char *shown, const char *why, int64_t min, int64_t max,
		   struct err *e)
{
	if (max == INT64_MAX)
		return err_set(e, STATUS_USAGE, "'%s' is %s (%lld or more)",
			       shown, why, (long long)min);
	return err_set(e, STATUS_USAGE, "'%s' is %s (%lld to %lld)", shown, why,
		       (long long)min, (long long)max);
}

int num_int(struct strv text, int64_t min, int64_t max, int64_t *out,
	    struct err *e)
{
	char shown[SHOWN];
	struct strv v = text;
	bool negative = min < 0 && strv_starts(v, "-");
	uint64_t n;
	int64_t value;

	text_show(text, shown, sizeof(shown));
	if (negative)
		v = skip(v, 1);
	if (cut_digits(&v, &n) || v.n)
		return bad_int(shown, "not a whole number", min, max, e);
	/* the lowest has no positive counterpart */
	value = negative ? (int64_t)(0 - n) : (int64_t)n;
	if (n > (uint64_t)INT64_MAX + negative || value < min || value > max)
		return bad_int(shown, "out of range", min, max, e);
	*out = value;
	return 0;
}

static const struct unit {
	const char *name;
	int64_t ms;
} units[] = {
	{"w", 7 * DAY}, {"d", DAY},    {"h", HOUR},
	{"m", MINUTE},	{"s", SECOND}, {"ms", 1},
};

/* The unit at the front, which is all letters up to the next digit. */
static const struct unit *cut_unit(struct strv *v)
{
	struct strv name = strv_make(v->p, 0);

	while (name.n < v->n && !is_digit(skip(*v, name.n)))
		name.n++;
	*v = skip(*v, name.n);
	for (size_t i = 0; i < ARRAY_LEN(units); i++)
		if (strv_eq(name, units[i].name))
			return &units[i];
	return NULL;
}

/* The sum in ms, INT64_MAX when too large; -1 when it is not a duration. */
static int64_t sum(struct strv v)
{
	int64_t total = 0, last = INT64_MAX;

	do {
		const struct unit *u = &units[4];
		uint64_t n;
		int64_t ms;

		if (cut_digits(&v, &n))
			return -1;
		/* only a number that stands alone may leave out the unit */
		if (v.n || last != INT64_MAX)
			u = cut_unit(&v);
		if (!u || u->ms >= last)
			return -1;
		last = u->ms;
		if (total == INT64_MAX || n > INT64_MAX ||
		    __builtin_mul_overflow((int64_t)n, u->ms, &ms) ||
		    __builtin_add_overflow(total, ms, &total))
			total = INT64_MAX;
	} while (v.n);
	return total;
}

int num_duration(struct strv text, int64_t min_ms, int64_t max_ms,
		 int64_t *out_ms, struct err *e)
{
	char shown[SHOWN], limit[32];
	int64_t ms = sum(text);

	text_show(text, shown, sizeof(shown));
	if (ms < 0)
		return err_set(e, STATUS_USAGE,
			       "'%s' is not a duration "
			       "(write 90, 30s, 5m, 1h30m)",
			       shown);
	if (ms < min_ms) {
		num_format_span(min_ms, limit);
		return err_set(e, STATUS_USAGE,
			       "'%s' is too short (at least %s)", shown, limit);
	}
	if (ms > max_ms || ms == INT64_MAX) {
		num_format_span(max_ms, limit);
		return err_set(e, STATUS_USAGE, "'%s' is too long (at most %s)",
			       shown, limit);
	}
	*out_ms = ms;
	return 0;
}

int num_size(struct strv text, uint64_t max, uint64_t *out, struct err *e)
{
	static const char letters[] = "kKmMgGtT";
	char shown[SHOWN];
	const char *letter = NULL;
	struct strv v = text;
	uint64_t n;
	bool good = !cut_digits(&v, &n);

	text_show(text, shown, sizeof(shown));
	if (good && v.n == 1 && v.p[0])
		letter = strchr(letters, v.p[0]);
	if (!good || v.n > 1 || (v.n == 1 && !letter))
		return err_set(e, STATUS_USAGE,
			       "'%s' is not a size (write 4096, 64k, 1M)",
			       shown);
	if (letter &&
	    __builtin_mul_overflow(
		    n, 1ULL << (10 * ((letter - letters) / 2 + 1)), &n))
		n = UINT64_MAX;
	if (n > max || n == UINT64_MAX)
		return err_set(e, STATUS_USAGE,
			       "'%s' is too large (at most %llu bytes)", shown,
			       (unsigned long long)max);
	*out = n;
	return 0;
}

/* Cut exactly `n` digits. */
static int cut_exact(struct strv *v, size_t n, int *out)
{
	struct strv part = strv_make(v->p, n);
	uint64_t value;

	if (v->n < n || cut_digits(&part, &value) || part.n)
		return -1;
	*out = (int)value;
	*v = skip(*v, n);
	return 0;
}

static int cut_char(struct strv *v, const char *set)
{
	if (!v->n || !v->p[0] || !strchr(set, v->p[0]))
		return -1;
	*v = skip(*v, 1);
	return 0;
}

/* Cut ".digits" if it stands there; milliseconds, the rest dropped. */
static int cut_fraction(struct strv *v, int *ms)
{
	int weight = 100;

	*ms = 0;
	if (cut_char(v, "."))
		return 0;
	if (!is_digit(*v))
		return -1;
	for (; is_digit(*v); *v = skip(*v, 1), weight /= 10)
		*ms += weight * (v->p[0] - '0');
	return 0;
}

/* What was written, checked for its shape, then for its sense. */
struct when {
	struct tm tm;
	int ms;
	int64_t offset;	 /* from UTC, ms */
	bool impossible; /* 30 February, 24:00 and the like */
};

static int cut_date(struct strv *v, struct when *w)
{
	static const int length[] = {31, 29, 31, 30, 31, 30,
				     31, 31, 30, 31, 30, 31};
	int y, m, d;

	if (cut_exact(v, 4, &y) || cut_char(v, "-") || cut_exact(v, 2, &m) ||
	    cut_char(v, "-") || cut_exact(v, 2, &d))
		return -1;
	if (m < 1 || m > 12 || d < 1 || d > length[m - 1] ||
	    (m == 2 && d == 29 && (y % 4 || (y % 100 == 0 && y % 400))))
		w->impossible = true;
	w->tm.tm_year = y - 1900;
	w->tm.tm_mon = m - 1;
	w->tm.tm_mday = d;
	return 0;
}

/* No 24:00 and no leap second: the epoch scale cannot tell them from the next
 * minute. */
static int cut_clock(struct strv *v, struct when *w)
{
	struct tm *t = &w->tm;

	if (cut_exact(v, 2, &t->tm_hour) || cut_char(v, ":") ||
	    cut_exact(v, 2, &t->tm_min))
		return -1;
	if (!cut_char(v, ":") &&
	    (cut_exact(v, 2, &t->tm_sec) || cut_fraction(v, &w->ms)))
		return -1;
	if (t->tm_hour > 23 || t->tm_min > 59 || t->tm_sec > 59)
		w->impossible = true;
	return 0;
}

/* "Z" or "+HH:MM". */
static int cut_zone(struct strv *v, struct when *w)
{
	bool west = strv_starts(*v, "-");
	int h, m;

	if (!cut_char(v, "Zz"))
		return 0;
	if (cut_char(v, "+-") || cut_exact(v, 2, &h) || cut_char(v, ":") ||
	    cut_exact(v, 2, &m))
		return -1;
	if (h > 23 || m > 59)
		w->impossible = true;
	w->offset = (h * HOUR + m * MINUTE) * (west ? -1 : 1);
	return 0;
}

/*
 * The instant of a local time, or -1 when clocks skip it. Where they show it
 * twice the earlier one is meant: mktime() is asked for both, as what it picks
 * by itself differs between systems.
 */
static int64_t local_ms(const struct when *w)
{
	int64_t best = -1;

	for (int dst = -1; dst <= 1; dst++) {
		struct tm t = w->tm;
		time_t at;

		t.tm_isdst = dst;
		at = mktime(&t);
		if (at < 0 || t.tm_min != w->tm.tm_min ||
		    t.tm_hour != w->tm.tm_hour || t.tm_mday != w->tm.tm_mday)
			continue;
		if (best < 0 || at < best)
			best = at;
	}
	return best < 0 ? -1 : best * SECOND + w->ms;
}

/* The next local time of that clock reading; days that skip it do not count. */
static int64_t next_ms(struct when *w, int64_t now_ms)
{
	time_t now = (time_t)(now_ms / SECOND);
	struct tm today;
	int64_t at = -1;

	if (!localtime_r(&now, &today))
		return -1;
	w->tm.tm_year = today.tm_year;
	w->tm.tm_mon = today.tm_mon;
	for (int day = 0; day < 4 && at <= now_ms; day++) {
		struct when day_of = *w;
		struct tm noon = today;

		/* let noon carry the date over the end of the month */
		noon.tm_mday += day;
		noon.tm_hour = 12;
		noon.tm_isdst = -1;
		mktime(&noon);
		day_of.tm.tm_year = noon.tm_year;
		day_of.tm.tm_mon = noon.tm_mon;
		day_of.tm.tm_mday = noon.tm_mday;
		at = local_ms(&day_of);
	}
	return at;
}

static int read_epoch(struct strv v, int64_t *out)
{
	uint64_t s;
	int ms;

	if (cut_digits(&v, &s) || cut_fraction(&v, &ms) || v.n)
		return -1;
	*out = s > TIME_MAX / SECOND ? INT64_MAX : (int64_t)s * SECOND + ms;
	return 0;
}

enum reading {
	READ_GOOD,
	READ_SHAPE,	 /* not a time at all */
	READ_IMPOSSIBLE, /* no such date or time of day */
	READ_SKIPPED,	 /* the local clock skips it */
	READ_RANGE,
};

static enum reading read_local(struct strv v, int64_t now_ms, int64_t *out)
{
	struct when w = {.ms = 0};

	if (cut_clock(&v, &w) || v.n)
		return READ_SHAPE;
	if (w.impossible)
		return READ_IMPOSSIBLE;
	*out = next_ms(&w, now_ms);
	return *out < 0 ? READ_SKIPPED : READ_GOOD;
}

static enum reading read_date(struct strv v, int64_t *out)
{
	struct when w = {.ms = 0};
	bool local;

	if (cut_date(&v, &w) || cut_char(&v, "Tt ") || cut_clock(&v, &w))
		return READ_SHAPE;
	local = !v.n;
	if (!local && (cut_zone(&v, &w) || v.n))
		return READ_SHAPE;
	if (w.impossible)
		return READ_IMPOSSIBLE;
	if (w.tm.tm_year < 70)
		return READ_RANGE;
	if (local)
		*out = local_ms(&w);
	else
		*out = (int64_t)timegm(&w.tm) * SECOND + w.ms - w.offset;
	return local && *out < 0 ? READ_SKIPPED : READ_GOOD;
}

static enum reading read_time(struct strv v, int64_t now_ms, int64_t *out)
{
	enum reading r;

	if (!cut_char(&v, "@"))
		r = read_epoch(v, out) ? READ_SHAPE : READ_GOOD;
	else if (v.n > 2 && v.p[2] == ':')
		r = read_local(v, now_ms, out);
	else
		r = read_date(v, out);
	if (r == READ_GOOD && (*out < 0 || *out > TIME_MAX))
		r = READ_RANGE;
	return r;
}

int num_time(struct strv text, int64_t now_ms, int64_t *out_ms, struct err *e)
{
	static const char *const why[] = {
		[READ_SHAPE] = "is not a time (write 2026-11-24T10:00:00Z, "
			       "'2026-11-24 10:00', 10:00 or @EPOCH)",
		[READ_IMPOSSIBLE] = "is no such date or time of day",
		[READ_SKIPPED] = "does not exist in the local time zone "
				 "(clocks skip it)",
		[READ_RANGE] = "is out of range (years 1970 to 9999)",
	};
	char shown[SHOWN];
	int64_t at = 0;
	enum reading r = read_time(text, now_ms, &at);

	if (r == READ_GOOD) {
		*out_ms = at;
		return 0;
	}
	text_show(text, shown, sizeof(shown));
	return err_set(e, STATUS_USAGE, "'%s' %s", shown, why[r]);
}

void num_format_duration(int64_t ms, char to[NUM_TEXT_SIZE])
{
	size_t used = 0;

	snprintf(to, NUM_TEXT_SIZE, "0");
	/* from days on, for 14d says more than 2w */
	for (size_t i = 1; i < ARRAY_LEN(units) && ms > 0; i++) {
		int64_t n = ms / units[i].ms;

		ms %= units[i].ms;
		if (n)
			used += (size_t)snprintf(
				to + used, NUM_TEXT_SIZE - used,
				"%" PRId64 "%s", n, units[i].name);
	}
}

void num_format_size(int64_t bytes, char to[NUM_TEXT_SIZE])
{
	static const char *const letters[] = {"", "k", "M", "G", "T"};
	size_t i = 0;

	while (bytes && bytes % 1024 == 0 && i + 1 < ARRAY_LEN(letters)) {
		bytes /= 1024;
		i++;
	}
	snprintf(to, NUM_TEXT_SIZE, "%" PRId64 "%s", bytes, letters[i]);
}

void num_format_span(int64_t ms, char *to)
{
	static const struct unit shown[] = {
		{"d", DAY}, {"h", HOUR}, {"m", MINUTE}, {"s", SECOND}};
	size_t i = 0;
	int64_t first, second;

	if (ms < 0)
		ms = 0;
	if (ms < SECOND) {
		snprintf(to, 24, "%d%s", (int)ms, ms ? "ms" : "s");
		return;
	}
	while (ms < shown[i].ms)
		i++;
	first = ms / shown[i].ms;
	second = i + 1 < ARRAY_LEN(shown) ? ms % shown[i].ms / shown[i + 1].ms
					  : 0;
	if (second)
		snprintf(to, 24, "%lld%s%d%s", (long long)first, shown[i].name,
			 (int)second, shown[i + 1].name);
	else
		snprintf(to, 24, "%lld%s", (long long)first, shown[i].name);
}

void num_format_time(int64_t ms, char *to)
{
	time_t s;
	struct tm t;
	size_t n;

	ms = ms < 0 ? 0 : ms > TIME_MAX ? TIME_MAX : ms;
	s = (time_t)(ms / SECOND);
	gmtime_r(&s, &t);
	n = strftime(to, 32, "%Y-%m-%dT%H:%M:%S", &t);
	snprintf(to + n, 32 - n, ".%03dZ", (int)(ms % SECOND));
}

void num_format_second(int64_t at, char *to)
{
	num_format_time(at < TIME_MAX / SECOND ? at * SECOND : TIME_MAX, to);
	snprintf(to + strlen("2026-11-24T10:00:00"), 2, "Z");
}
