/* SPDX-License-Identifier: ISC */
/*
 * cron_next() against an oracle that walks every minute (or second) of a
 * window and knows only the zone's offset at each instant and the rules as
 * written: random expressions around clock changes of random zones. SEED=N
 * repeats a run, ROUNDS=N makes it longer.
 */
#include <dirent.h>
#include <stdarg.h>
#include <time.h>

#include "base/buf.h"
#include "base/civil.h"
#include "queue/cron.h"
#include "unit.h"

#define DAY 86400LL

static struct err err;
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
	switch (dice(6)) {
	case 0:
		say(s, "*/%d", step);
		fill(s, field, low, high, step);
		return true;
	case 1:
		say(s, "%d-%d", a, b);
		fill(s, field, a, b, 1);
		return false;
	case 2:
		say(s, "%d-%d/%d", a, b, step);
		fill(s, field, a, b, step);
		return true;
	default:
		say(s, "%d", a);
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
		say(s, "*");
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
			say(s, "%d-SUN", w % 7 + 1);
			fill(s, 5, w % 7 + 1, 7, 1);
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

static void random_spec(struct spec *s)
{
	memset(s, 0, sizeof(*s));
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

static int weekday(int64_t day)
{
	return (int)(((day + 4) % 7 + 7) % 7);
}

/* The day of `day`'s month that nW means, by looking outwards. */
static int nearest_workday(struct civil d, int want)
{
	int length = civil_month_length(d.year, d.month);
	int64_t base = civil_days(d.year, d.month, 1) - 1;

	if (want > length)
		return 0;
	for (int away = 0; away < 4; away++) {
		for (int sign = -1; sign <= 1; sign += 2) {
			int day = want + sign * away;
			int w = weekday(base + day);

			if (day >= 1 && day <= length && w != 0 && w != 6)
				return day;
		}
	}
	return 0;
}

static bool day_matches(const struct spec *s, int64_t day)
{
	struct civil d = civil_date(day);
	int length = civil_month_length(d.year, d.month);
	int w = weekday(day);
	int last = length;
	bool by_day = s->has[3][d.day];
	bool by_weekday = s->has[5][w];

	while (weekday(day - d.day + last) % 6 == 0)
		last--;
	by_day |= s->last && d.day == length;
	by_day |= s->last_workday && d.day == last;
	for (int n = 1; n <= 31; n++)
		by_day |= s->near[n] && nearest_workday(d, n) == d.day;
	by_weekday |= s->last_of[w] && d.day + 7 > length;
	by_weekday |= s->nth[(d.day - 1) / 7 + 1][w];
	if (!s->has[4][d.month])
		return false;
	if (s->day_open || s->weekday_open || s->plus)
		return by_day && by_weekday;
	return by_day || by_weekday;
}

static bool matches(struct spec *s, int64_t local)
{
	int64_t day = civil_floor(local, DAY);
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

/* Walk [from, to) in steps; `seen` is a flag for each local time. */
struct walk {
	struct spec *s;
	const struct zone *z;
	int64_t from, to;
	int step;
	unsigned char *seen;
	int64_t base; /* local time of seen[0] */
	int64_t *at;  /* found */
	size_t n, cap;
};

static void found(struct walk *w, int64_t at)
{
	if (w->n && w->at[w->n - 1] == at)
		return;
	if (w->n == w->cap) {
		w->cap = w->cap ? w->cap * 2 : 256;
		w->at = realloc(w->at, w->cap * sizeof(*w->at));
	}
	w->at[w->n++] = at;
}

static unsigned char *flag(struct walk *w, int64_t local)
{
	return &w->seen[(local - w->base) / w->step];
}

static void walk(struct walk *w)
{
	size_t size = (size_t)((w->to - w->from + 5 * DAY) / w->step);
	int64_t start = w->from - 2 * DAY;
	int64_t before = 0;
	struct zone_period p = {.until = -ZONE_FOREVER};

	w->seen = calloc(size, 1);
	w->base = start - 30 * 3600;
	w->base -= civil_rest(w->base, w->step);
	for (int64_t t = start; t < w->to; t += w->step) {
		int64_t local;

		if (t >= p.until)
			p = zone_at(w->z, t);
		local = t + p.offset;
		/* a gap lies between the last local time and this one */
		for (int64_t l = before + w->step;
		     t > start && l < local &&
		     local - before - w->step <= 3 * 3600;
		     l += w->step)
			if (!w->s->pattern && !*flag(w, l) && t >= w->from &&
			    matches(w->s, l))
				found(w, t);
		if (t >= w->from && matches(w->s, local) &&
		    (w->s->pattern || !*flag(w, local)))
			found(w, t);
		*flag(w, local) = 1;
		before = local;
	}
	free(w->seen);
}

static char names[800][64];
static unsigned n_names;

static void collect(const char *area)
{
	char path[300];
	struct dirent *d;
	DIR *dir;

	snprintf(path, sizeof(path), ZONE_DIR "/%s", area);
	dir = opendir(path);
	while (dir && (d = readdir(dir)) && n_names < ARRAY_LEN(names))
		if (d->d_name[0] != '.' && strlen(d->d_name) < 40)
			snprintf(names[n_names++], sizeof(names[0]), "%s/%s",
				 area, d->d_name);
	if (dir)
		closedir(dir);
}

static struct zone *random_zone(void)
{
	/* where the rules are least like one's own */
	static const char *const odd[] = {
		"Australia/Lord_Howe", "Pacific/Chatham",  "Antarctica/Troll",
		"Africa/Casablanca",   "Europe/Dublin",	   "America/Sao_Paulo",
		"Asia/Gaza",	       "America/Caracas",  "Pacific/Apia",
		"Antarctica/Casey",    "America/New_York", "Asia/Tehran",
	};

	for (;;) {
		const char *name = dice(3) ? names[dice(n_names)]
					   : odd[dice(ARRAY_LEN(odd))];
		struct zone *z = zone_load(NULL, strv_of(name), &err);

		if (z)
			return z;
	}
}

static int64_t random_instant(int64_t from, int64_t to)
{
	return from + (int64_t)dice((unsigned)((to - from) / 3600)) * 3600;
}

/* Mostly close to a change of the zone, from 1975 (offsets in whole minutes)
 * to 2075. */
static int64_t random_centre(const struct zone *z)
{
	int64_t t = random_instant(civil_days(1975, 1, 1) * DAY,
				   civil_days(2075, 1, 1) * DAY);
	struct zone_period p = zone_at(z, t);

	if (dice(8) && p.until < civil_days(2080, 1, 1) * DAY)
		return p.until;
	return t;
}

static int64_t first_after(const struct walk *w, int64_t after)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->at[i] > after)
			return w->at[i];
	return -1;
}

static int64_t last_before(const struct walk *w, int64_t before)
{
	for (size_t i = w->n; i > 0; i--)
		if (w->at[i - 1] < before)
			return w->at[i - 1];
	return -1;
}

/* -1 stands for none within the window. */
static bool expect(const struct walk *w, const char *what, int64_t from,
		   int64_t want, int64_t got)
{
	if (want == got)
		return true;
	printf("%s «%s» in %s from %lld: oracle %lld, cron %lld\n", what,
	       w->s->text, w->z->name, (long long)from, (long long)want,
	       (long long)got);
	CHECK(!"as the oracle");
	return false;
}

static int64_t next(const struct walk *w, const struct cron *c, int64_t after)
{
	struct cron_tick t;

	return cron_next(c, w->z, after, &t) && t.at < w->to ? t.at : -1;
}

static int64_t previous(const struct walk *w, const struct cron *c,
			int64_t before)
{
	struct cron_tick t;

	return cron_previous(c, w->z, before, &t) && t.at >= w->from ? t.at
								     : -1;
}

static void compare(const struct walk *w, const struct cron *c)
{
	int64_t at = w->from - 1;

	for (size_t i = 0; i <= w->n; i++) {
		int64_t want = i < w->n ? w->at[i] : -1;

		if (!expect(w, "walk", at, want, next(w, c, at)))
			return;
		at = want;
	}
	for (int k = 0; k < 8; k++) {
		at = w->from + dice((unsigned)(w->to - w->from));
		expect(w, "next", at, first_after(w, at), next(w, c, at));
		expect(w, "previous", at, last_before(w, at),
		       previous(w, c, at));
	}
}

/* What is printed canonically parses to the same schedule. */
static void round_trip(const struct cron *c)
{
	struct buf out = BUF_INIT;
	struct cron two;
	size_t column;

	cron_format(c, &out);
	if (cron_parse(&two, strv_of(out.p), NULL, &column, &err)) {
		printf("%s: %s\n", out.p, err.msg);
		CHECK(!"printed and not taken");
	} else {
		CHECK(cron_same(c, &two));
	}
	buf_release(&out);
}

static void one_round(void)
{
	struct spec s;
	struct walk w = {.s = &s, .z = random_zone()};
	struct cron c;
	size_t column;
	int64_t centre = random_centre(w.z);

	do {
		random_spec(&s);
		if (cron_parse(&c, strv_of(s.text), NULL, &column, &err) == 0)
			break;
		/* 30 February comes up; all else is well-formed */
		if (!strstr(err.msg, "never fire")) {
			printf("%s: %s\n", s.text, err.msg);
			CHECK(!"taken");
		}
	} while (true);
	w.step = s.six ? 1 : 60;
	centre -= civil_rest(centre, 60);
	w.from = centre - (s.six ? DAY / 8 : 2 * DAY);
	w.to = centre + (s.six ? DAY / 4 : 3 * DAY);
	walk(&w);
	compare(&w, &c);
	round_trip(&c);
	free(w.at);
	zone_free((struct zone *)w.z);
}

static void oracle(void)
{
	const char *given = getenv("SEED");
	const char *rounds = getenv("ROUNDS");
	long n = rounds ? strtol(rounds, NULL, 10) : 2000;

	seed = given ? strtoull(given, NULL, 10)
		     : (uint64_t)time(NULL) * 0x9e3779b97f4a7c15 | 1;
	printf("cron oracle: SEED=%llu ROUNDS=%ld\n", (unsigned long long)seed,
	       n);
	collect("America");
	collect("Europe");
	collect("Asia");
	collect("Australia");
	collect("Africa");
	collect("Pacific");
	collect("Antarctica");
	for (long i = 0; i < n && unit_failed < 10; i++)
		one_round();
}

int main(void)
{
	static const struct unit_test tests[] = {
		{UNIT_TEST(oracle)},
	};

	return unit_run("cron_oracle", tests, ARRAY_LEN(tests));
}
