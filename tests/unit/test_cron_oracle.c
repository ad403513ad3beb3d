/* SPDX-License-Identifier: ISC */
/*
 * cron_next() and cron_previous() against an oracle: a walk over every minute
 * (or second) of a window that knows only the offset of the zone at each
 * instant, asked of the C library, and the rules of jq-crontab(5). Random
 * expressions around clock changes of every zone of the installed database.
 *
 * ORACLE_SEED=N repeats a run, ORACLE_ROUNDS=N has so many expressions a zone
 * (default 1), ORACLE_ZONE=NAME tries that zone only, TZDIR=DIR another
 * database.
 */
#include <dirent.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "cron_spec.h"
#include "queue/cron.h"
#include "unit.h"

enum {
	MARGIN = 2 * 86400, /* seen on both sides of a window */
	REACH = 30 * 3600,  /* no local time is further from UTC */
	GAP_MAX = 3 * 3600, /* longer ones move nothing */
	FOUND_MAX = 500000,
};

static struct err err;

/* By the C library; TZ was set to the zone's name. */
static int64_t offset_at(int64_t at)
{
	time_t t = (time_t)at;
	struct tm tm;

	localtime_r(&t, &tm);
	return tm.tm_gmtoff;
}

/* A window [from, to) of time in a zone, looked at step by step. */
struct walk {
	struct spec *s;
	const struct zone *z; /* for the code under test */
	int64_t from, to;
	int step;
	int32_t *offset; /* of each step from `begin` on */
	int64_t begin;
	size_t n;
	unsigned char *shown; /* how often each local time from `base` on */
	int64_t base;
	int64_t *at; /* found */
	size_t found;
};

static unsigned char *shown(const struct walk *w, int64_t local)
{
	return &w->shown[(local - w->base) / w->step];
}

static int64_t instant(const struct walk *w, size_t i)
{
	return w->begin + (int64_t)i * w->step;
}

/* No zone changes twice within an hour of sixty equal minutes. */
static void look(struct walk *w)
{
	size_t jump = 600 / (size_t)w->step;

	w->begin = w->from - MARGIN;
	w->n = (size_t)((w->to + MARGIN - w->begin) / w->step);
	w->offset = calloc(w->n, sizeof(*w->offset));
	for (size_t i = 0; i < w->n;) {
		int64_t here = offset_at(instant(w, i));
		bool same = i + jump < w->n &&
			    offset_at(instant(w, i + jump)) == here;

		for (size_t k = same ? jump : 1; k > 0; k--)
			w->offset[i++] = (int32_t)here;
	}
	w->base = w->begin - REACH;
	w->shown = calloc(w->n + 2 * REACH / (size_t)w->step, 1);
	for (size_t i = 0; i < w->n; i++)
		++*shown(w, instant(w, i) + w->offset[i]);
}

static void take(struct walk *w, int64_t at)
{
	if (at < w->from || at >= w->to ||
	    (w->found && w->at[w->found - 1] == at))
		return;
	if (w->found < FOUND_MAX)
		w->at[w->found++] = at;
}

/* Whether a local time that no clock shows would have been due between the
 * last local time and this one. */
static bool due_in_gap(const struct walk *w, int64_t last, int64_t local)
{
	if (w->s->pattern || local - last - w->step > GAP_MAX)
		return false;
	for (int64_t l = last + w->step; l < local; l += w->step)
		if (!*shown(w, l) && matches(w->s, l))
			return true;
	return false;
}

/* The rules, word for word. */
static void walk(struct walk *w)
{
	unsigned char *seen;
	int64_t last = 0;

	look(w);
	seen = calloc(w->n + 2 * REACH / (size_t)w->step, 1);
	w->at = calloc(FOUND_MAX, sizeof(*w->at));
	for (size_t i = 0; i < w->n; i++) {
		int64_t at = instant(w, i), local = at + w->offset[i];
		unsigned char *before = &seen[(local - w->base) / w->step];

		if (w->s->every) {
			if (at % w->s->every == 0)
				take(w, at);
			continue;
		}
		if (i && due_in_gap(w, last, local))
			take(w, at);
		if (matches(w->s, local) && (w->s->pattern || !*before))
			take(w, at);
		*before = 1;
		last = local;
	}
	free(seen);
}

static int64_t first_after(const struct walk *w, int64_t after)
{
	for (size_t i = 0; i < w->found; i++)
		if (w->at[i] > after)
			return w->at[i];
	return -1;
}

static int64_t last_before(const struct walk *w, int64_t before)
{
	for (size_t i = w->found; i > 0; i--)
		if (w->at[i - 1] < before)
			return w->at[i - 1];
	return -1;
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

/* What is said of a tick has to be so. */
static void check_mark(const struct walk *w, const struct cron *c, int64_t at)
{
	size_t i = (size_t)((at - w->begin) / w->step);
	int64_t local = at + w->offset[i];
	struct cron_tick t;
	int times = *shown(w, local);
	bool again = false;

	for (size_t k = 0; k < i; k++)
		again |= instant(w, k) + w->offset[k] == local;
	if (w->s->every || !cron_next(c, w->z, at - 1, &t))
		return;
	if (t.mark == CRON_MOVED)
		CHECK(!*shown(w, t.missing) && matches(w->s, t.missing));
	else
		CHECK_INT(t.mark, times < 2 ? CRON_PLAIN
				  : again   ? CRON_AGAIN
					    : CRON_FIRST);
}

static void compare(const struct walk *w, const struct cron *c)
{
	int64_t at = w->from - 1;

	for (size_t i = 0; i <= w->found; i++) {
		int64_t want = i < w->found ? w->at[i] : -1;

		if (!expect(w, "walk", at, want, next(w, c, at)))
			return;
		at = want;
	}
	for (int k = 0; k < 8; k++) {
		at = w->from + dice((unsigned)(w->to - w->from));
		expect(w, "next", at, first_after(w, at), next(w, c, at));
		expect(w, "previous", at, last_before(w, at),
		       previous(w, c, at));
		if (w->found)
			check_mark(w, c, w->at[dice((unsigned)w->found)]);
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

/* Mostly close to a change of the zone, in hours of UTC. */
static int64_t random_centre(void)
{
	for (int tries = 0; tries < 6; tries++) {
		int from = dice(4) ? 1965 : 1890;
		int64_t t = (from - 1970) * 365LL * DAY +
			    (int64_t)dice(dice(4) ? 80 : 500) * 365 * DAY +
			    (int64_t)dice(365) * DAY;
		int64_t here = offset_at(t);

		for (int step = 0; step < 400; step++, t += DAY)
			if (offset_at(t + DAY) != here)
				return t;
		if (dice(8) == 0)
			return t;
	}
	return 1700000000 - 1700000000 % DAY;
}

/* Offsets in whole minutes are a thing of the twentieth century. */
static bool odd_offsets(int64_t from, int64_t to)
{
	for (int64_t t = from - MARGIN; t < to + MARGIN; t += DAY / 4)
		if (offset_at(t) % 60)
			return true;
	return false;
}

static void random_cron(struct spec *s, struct cron *c)
{
	size_t column;

	for (;;) {
		random_spec(s);
		if (cron_parse(c, strv_of(s->text), NULL, &column, &err) == 0)
			return;
		/* 30 February comes up; all else is well-formed */
		if (!strstr(err.msg, "never fire")) {
			printf("%s: %s\n", s->text, err.msg);
			CHECK(!"taken");
			return;
		}
	}
}

static void one_round(const struct zone *z, int64_t centre)
{
	struct spec s;
	struct walk w = {.s = &s, .z = z};
	struct cron c;

	random_cron(&s, &c);
	w.step = s.six || odd_offsets(centre, centre) ? 1 : 60;
	w.from = centre - (w.step == 1 ? DAY / 2 : 2 * DAY);
	w.to = centre + (w.step == 1 ? DAY : 3 * DAY);
	walk(&w);
	compare(&w, &c);
	round_trip(&c);
	free(w.at);
	free(w.shown);
	free(w.offset);
}

static long number(const char *name, long otherwise)
{
	const char *text = getenv(name);

	return text ? strtol(text, NULL, 10) : otherwise;
}

static int zones;

static struct zone *enter(const char *name)
{
	struct zone *z = zone_load(NULL, strv_of(name), &err);

	setenv("TZ", name, 1);
	tzset();
	return z;
}

static void one_zone(const char *name)
{
	struct zone *z = enter(name);
	long n = number("ORACLE_ROUNDS", 1);

	if (!z)
		return; /* tables and the like */
	zones++;
	for (long i = 0; i < n && unit_failed < 10; i++)
		one_round(z, random_centre());
	zone_free(z);
}

/* Changes that are least like one's own, by the day that sees them. */
static void hard_places(void)
{
	static const struct {
		const char *zone;
		int year, month, day;
	} rows[] = {
		{"Africa/Casablanca", 2024, 3, 10}, /* Ramadan: an hour back */
		{"Africa/Casablanca", 2024, 4, 14},
		{"Africa/Casablanca", 2087, 5, 11}, /* the last listed one */
		{"Africa/Monrovia", 1972, 1, 7},    /* 44 min 30 s */
		{"America/Caracas", 2016, 5, 1},    /* half an hour */
		{"America/Nuuk", 2024, 3, 31},	    /* at 22:00 of the 30th */
		{"America/Sao_Paulo", 2018, 2, 18}, /* at midnight */
		{"America/Sao_Paulo", 2018, 11, 4},
		{"America/Sitka", 1867, 10, 18},   /* a day twice, and more */
		{"America/St_Johns", 2010, 11, 7}, /* at 0:01 */
		{"America/St_Johns", 1988, 4, 3},  /* two hours */
		{"Antarctica/Casey", 2020, 10, 4}, /* three hours, at 0:01 */
		{"Antarctica/Troll", 2024, 3, 31}, /* two hours */
		{"Antarctica/Troll", 2024, 10, 27},
		{"Asia/Gaza", 2024, 4, 20},
		{"Asia/Gaza", 2011, 8, 1}, /* back and forth in a month */
		{"Asia/Manila", 1844, 12, 31},
		{"Asia/Pyongyang", 2018, 5, 5}, /* half an hour, at 23:30 */
		{"Asia/Tehran", 2022, 3, 22},	/* at midnight */
		{"Asia/Tehran", 2022, 9, 22},
		{"Asia/Kathmandu", 1986, 1, 1}, /* a quarter */
		{"Australia/Lord_Howe", 2024, 4, 7},
		{"Australia/Lord_Howe", 2024, 10, 6},
		{"Europe/Dublin", 2024, 3, 31}, /* standard in summer */
		{"Europe/Dublin", 2124, 10, 29},
		{"Pacific/Apia", 2011, 12, 30}, /* a day that was not */
		{"Pacific/Chatham", 2024, 4, 7},
		{"Pacific/Chatham", 2024, 9, 29},
		{"Pacific/Fakaofo", 2011, 12, 30},
		{"Pacific/Kiritimati", 1995, 1, 1},
		{"Pacific/Kwajalein", 1969, 9, 30}, /* a day twice */
		{"Pacific/Kwajalein", 1993, 8, 21},
	};
	long n = number("ORACLE_ROUNDS", 1) * 20;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct tm tm = {
			.tm_year = rows[i].year - 1900,
			.tm_mon = rows[i].month - 1,
			.tm_mday = rows[i].day,
		};
		int64_t day = timegm(&tm);
		struct zone *z = enter(rows[i].zone);

		if (!z)
			continue; /* a small database */
		for (long k = 0; k < n && unit_failed < 10; k++)
			one_round(z, day);
		zone_free(z);
	}
}

static const char *database = ZONE_DIR;

/* posix/ and right/ are the same again, and what nobody means. */
static void each_zone(const char *prefix)
{
	struct dirent **list = NULL;
	char path[600], name[300], below[310];
	struct stat st;
	int n;

	snprintf(path, sizeof(path), "%s/%s", database, prefix);
	n = scandir(path, &list, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		const char *leaf = list[i]->d_name;

		snprintf(name, sizeof(name), "%s%.200s", prefix, leaf);
		snprintf(path, sizeof(path), "%s/%s", database, name);
		if (leaf[0] != '.' && strcmp(name, "posix") != 0 &&
		    strcmp(name, "right") != 0 && stat(path, &st) == 0) {
			if (!S_ISDIR(st.st_mode)) {
				one_zone(name);
			} else if (strlen(name) < 200) {
				snprintf(below, sizeof(below), "%s/", name);
				each_zone(below);
			}
		}
		free(list[i]);
	}
	free(list);
}

static void oracle(void)
{
	const char *given = getenv("ORACLE_SEED");
	const char *zone = getenv("ORACLE_ZONE");

	/* the C library looks there too */
	if (getenv("TZDIR"))
		database = getenv("TZDIR");
	zone_set_dir(database);

	seed = given ? strtoull(given, NULL, 10)
		     : (uint64_t)time(NULL) * 0x9e3779b97f4a7c15 | 1;
	printf("cron oracle: ORACLE_SEED=%llu ORACLE_ROUNDS=%ld\n",
	       (unsigned long long)seed, number("ORACLE_ROUNDS", 1));
	if (getenv("ORACLE_ROUNDS"))
		alarm(0); /* as long as it takes */
	if (zone) {
		one_zone(zone);
	} else {
		hard_places();
		each_zone("");
	}
	printf("cron oracle: %d zones\n", zones);
	CHECK(zone ? zones == 1 : zones > 300);
}

int main(void)
{
	static const struct unit_test tests[] = {
		{UNIT_TEST(oracle)},
	};

	return unit_run("cron_oracle", tests, ARRAY_LEN(tests));
}
