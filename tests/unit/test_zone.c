/* SPDX-License-Identifier: ISC */
/*
 * Zones: the reader against the C library for every zone of the database and
 * for footer rules, damaged files, names, and the way from local time back.
 */
#include "sys/zone.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include "base/buf.h"
#include "base/civil.h"
#include "base/fd.h"
#include "unit.h"

#define DAY 86400LL

static struct err err;

static int64_t utc(int64_t y, int m, int d, int hour, int minute)
{
	return civil_days(y, m, d) * DAY + hour * 3600 + minute * 60;
}

static struct zone *load(const char *name)
{
	struct zone *z = zone_load(NULL, strv_of(name), &err);

	if (!z) {
		printf("%s\n", err.msg);
		exit(1);
	}
	return z;
}

static void civil(void)
{
	struct civil c;

	CHECK_INT(civil_days(1970, 1, 1), 0);
	CHECK_INT(civil_days(2000, 3, 1), 11017);
	CHECK_INT(civil_weekday(0), 4);
	CHECK_INT(civil_weekday(-1), 3);
	CHECK_INT(civil_month_length(1900, 2), 28);
	CHECK_INT(civil_month_length(2000, 2), 29);
	for (int64_t d = -1000000; d < 4000000; d += 13) {
		c = civil_date(d);
		if (civil_days(c.year, c.month, c.day) != d)
			CHECK_INT(civil_days(c.year, c.month, c.day), d);
	}
	CHECK_INT(civil_floor(-1, DAY), -1);
	CHECK_INT(civil_rest(-1, DAY), DAY - 1);
}

/* Compare with localtime_r() under the same TZ, day by day and some. */
static void compare(const struct zone *z, const char *tz, int64_t from)
{
	int64_t end = utc(2110, 1, 1, 0, 0);

	setenv("TZ", tz, 1);
	tzset();
	for (int64_t t = from; t < end; t += 37 * DAY + 41 * 61) {
		time_t at = t;
		struct tm tm;
		struct zone_period p = zone_at(z, t);

		localtime_r(&at, &tm);
		if (p.offset == tm.tm_gmtoff && p.dst == (tm.tm_isdst > 0) &&
		    strcmp(p.abbr, tm.tm_zone) == 0 && p.since <= t &&
		    t < p.until)
			continue;
		printf("%s at %lld: %d %d %s, C library %ld %d %s\n", tz,
		       (long long)t, p.offset, p.dst, p.abbr, tm.tm_gmtoff,
		       tm.tm_isdst, tm.tm_zone);
		CHECK(!"as the C library");
		return;
	}
}

/* Each period ends where the next begins, and every change is seen. */
static void walk_periods(const struct zone *z)
{
	struct zone_period p = zone_at(z, utc(1850, 1, 1, 0, 0));

	while (p.until < utc(2110, 1, 1, 0, 0)) {
		struct zone_period next = zone_at(z, p.until);

		CHECK_INT(next.since, p.until);
		if (next.since != p.until)
			return;
		p = next;
	}
}

static int zones_seen;

static bool own_zone(const char *name)
{
	return !strchr(name, '.') && strcmp(name, "localtime") != 0 &&
	       strcmp(name, "posixrules") != 0 && strcmp(name, "posix") != 0 &&
	       strcmp(name, "right") != 0 && strncmp(name, "leap", 4) != 0;
}

static void each_zone(const char *prefix, void (*fn)(const char *name))
{
	char path[512], name[300];
	struct dirent *d;
	struct stat st;
	DIR *dir;

	snprintf(path, sizeof(path), ZONE_DIR "/%s", prefix);
	dir = opendir(path);
	while (dir && (d = readdir(dir))) {
		snprintf(name, sizeof(name), "%s%s", prefix, d->d_name);
		snprintf(path, sizeof(path), ZONE_DIR "/%s", name);
		if (!own_zone(name) || stat(path, &st) != 0)
			continue;
		if (!S_ISDIR(st.st_mode)) {
			fn(name);
			continue;
		}
		snprintf(name, sizeof(name), "%s%s/", prefix, d->d_name);
		each_zone(name, fn);
	}
	if (dir)
		closedir(dir);
}

static void one_zone(const char *name)
{
	struct zone *z = load(name);

	unit_row = name;
	zones_seen++;
	compare(z, name, utc(1870, 1, 1, 0, 0));
	walk_periods(z);
	zone_free(z);
}

static void all_as_the_c_library(void)
{
	each_zone("", one_zone);
	CHECK(zones_seen > 300);
}

/* A fat file cut to what a slim one lists says the same: the footer takes
 * over. Zones whose rule has been the same since 2009. */
static void slim_as_fat(void)
{
	static const char *const rows[] = {
		"America/New_York", "Australia/Lord_Howe", "Australia/Sydney",
		"Europe/Berlin",    "Europe/Dublin",	   "Pacific/Chatham",
		"Asia/Kolkata",
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct zone *z = load(rows[i]);

		unit_row = rows[i];
		while (z->n && z->at[z->n - 1] > utc(2009, 1, 1, 0, 0))
			z->n--;
		compare(z, rows[i], utc(2000, 1, 1, 0, 0));
		walk_periods(z);
		zone_free(z);
	}
}

static void footers_as_the_c_library(void)
{
	static const char *const rows[] = {
		"UTC0",
		"<+0545>-5:45",
		"EST5EDT,M3.2.0,M11.1.0",
		"CET-1CEST,M3.5.0,M10.5.0/3",
		"IST-1GMT0,M10.5.0,M3.5.0/1",
		"<-02>2<-01>,M3.5.0/-1,M10.5.0/0",
		"IST-2IDT,M3.4.4/26,M10.5.0",
		"<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",
		"<+1245>-12:45<+1345>,M9.5.0/2:45,M4.1.0/3:45",
		"<+00>0<+02>-2,M3.5.0/1,M10.5.0/3",
		"AAA3BBB,J60/0,J300/1:02:03",
		"AAA-3BBB,59/0,300",
	};
	struct zone_type type = {0};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct zone z = {.type = &type};

		unit_row = rows[i];
		CHECK_INT(
			zone_footer_parse(&z.footer, strv_of(rows[i]), 3, &err),
			0);
		compare(&z, rows[i], utc(1975, 1, 1, 0, 0));
		walk_periods(&z);
	}
}

/* RFC 9636, 3.3.1: daylight saving that ends as it begins again. The C library
 * takes it for standard time. */
static void summer_all_year(void)
{
	struct zone_footer f;

	CHECK_INT(
		zone_footer_parse(&f, strv_of("XXX3EDT4,0/0,J365/23"), 3, &err),
		0);
	for (int64_t t = utc(2023, 12, 1, 0, 0); t < utc(2025, 3, 1, 0, 0);
	     t += 3600) {
		struct zone_period p = zone_footer_at(&f, t);

		if (p.offset != -4 * 3600)
			CHECK_INT(p.offset, -4 * 3600);
	}
}

static void footers_refused(void)
{
	static const struct {
		const char *text;
		const char *why;
	} rows[] = {
		{"", "abbreviation"},
		{"AB3", "abbreviation"},
		{"<ABC3", "abbreviation"},
		{"ABC", "offset"},
		{"ABC25", "offset"},
		{"ABC3:60", "offset"},
		{"ABC3DEF", "changes"},
		{"ABC3DEF,M3.2.0", "changes"},
		{"ABC3DEF,M13.2.0,M11.1.0", "changes"},
		{"ABC3DEF,M3.6.0,M11.1.0", "changes"},
		{"ABC3DEF,M3.2.7,M11.1.0", "changes"},
		{"ABC3DEF,J0,J9", "changes"},
		{"ABC3DEF,M3.2.0/168,M11.1.0", "changes"},
		{"ABC3DEF,M3.2.0,M11.1.0 ", "more text"},
		{"ABC3DEF,99999999999999999999,J9", "changes"},
		{"ABC3\x1b[2J\xff", "'\\x1b[2J\\xff': no second"},
		{"ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHI"
		 "JKLMNOP3",
		 "abbreviation"},
	};
	struct zone_footer f;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		unit_row = rows[i].text;
		CHECK_INT(zone_footer_parse(&f, strv_of(rows[i].text), 3, &err),
			  -1);
		CHECK_HAS(err.msg, rows[i].why);
	}
	unit_row = "version 2 has no wide hours";
	CHECK_INT(zone_footer_parse(&f, strv_of("A-3BBB,J9/-1,J99"), 2, &err),
		  -1);
}

/* A file of version 2 or 3 with two changes, put together by hand. */
static void put(struct buf *b, uint64_t v, int bytes)
{
	while (bytes-- > 0)
		buf_addch(b, bytes < 8 ? (char)(v >> (8 * bytes)) : 0);
}

struct sample {
	char version;
	uint32_t leap;
	int64_t at[2];
	int type[2];
	int64_t offset;
	int abbr;
	const char *footer;
};

static void build(const struct sample *s, struct buf *b)
{
	buf_clear(b);
	for (int block = 0; block < 2; block++) {
		uint32_t n = block ? 2 : 0;

		buf_addstr(b, "TZif");
		buf_addch(b, s->version);
		put(b, 0, 15);
		put(b, 0, 4);
		put(b, 0, 4);
		put(b, block ? s->leap : 0, 4);
		put(b, n, 4);
		put(b, n, 4);
		put(b, block ? 8 : 0, 4);
	}
	for (int i = 0; i < 2; i++)
		put(b, (uint64_t)s->at[i], 8);
	for (int i = 0; i < 2; i++)
		put(b, (uint64_t)s->type[i], 1);
	put(b, 0, 4);
	put(b, 0, 2);
	put(b, (uint64_t)s->offset, 4);
	put(b, 1, 1);
	put(b, (uint64_t)s->abbr, 1);
	buf_add(b, "AAA\0BBB", 8);
	put(b, 0, (int)s->leap * 12);
	buf_addstr(b, s->footer);
}

static void files_by_hand(void)
{
	static const struct {
		const char *why; /* NULL: accepted */
		struct sample s;
	} rows[] = {
		{NULL, {'2', 0, {0, 100}, {1, 0}, 3600, 4, "\nAAA0\n"}},
		{NULL, {'3', 0, {0, 100}, {1, 0}, 3600, 4, "\n\n"}},
		{NULL, {'4', 0, {-1, 100}, {1, 0}, -7200, 4, "\nAAA0\n"}},
		{"version 1", {0, 0, {0, 100}, {1, 0}, 3600, 4, "\nAAA0\n"}},
		{"leap", {'2', 1, {0, 100}, {1, 0}, 3600, 4, "\nAAA0\n"}},
		{"order", {'2', 0, {100, 100}, {1, 0}, 3600, 4, "\nAAA0\n"}},
		{"order", {'2', 0, {100, 0}, {1, 0}, 3600, 4, "\nAAA0\n"}},
		{"unknown", {'2', 0, {0, 100}, {2, 0}, 3600, 4, "\nAAA0\n"}},
		{"26 hours", {'2', 0, {0, 1}, {1, 0}, 99999, 4, "\nAAA0\n"}},
		{"abbrev", {'2', 0, {0, 100}, {1, 0}, 3600, 8, "\nAAA0\n"}},
		{"no footer", {'2', 0, {0, 100}, {1, 0}, 3600, 4, "\nAAA0"}},
		{"no footer", {'2', 0, {0, 100}, {1, 0}, 3600, 4, ""}},
		{"rule ends", {'2', 0, {0, 100}, {1, 0}, 3600, 4, "\nAA0\n"}},
	};
	struct buf b = BUF_INIT;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct zone *z;

		unit_row = rows[i].why ? rows[i].why : "accepted";
		build(&rows[i].s, &b);
		z = zone_parse(strv_of("X"), strv_make(b.p, b.len), &err);
		CHECK(!z == !!rows[i].why);
		if (!z && rows[i].why)
			CHECK_HAS(err.msg, rows[i].why);
		if (z) {
			CHECK_INT(zone_at(z, -9).offset, 0);
			CHECK_INT(zone_at(z, 50).offset, rows[i].s.offset);
			CHECK_STR(zone_at(z, 50).abbr, "BBB");
			CHECK_INT(zone_at(z, 100).offset, 0);
			CHECK_INT(zone_at(z, 100).until, ZONE_FOREVER);
		}
		zone_free(z);
	}
	buf_release(&b);
}

/* Every way to cut a file short is refused; no changed byte does harm. */
static void files_damaged(void)
{
	struct buf b = BUF_INIT;
	int fd = open(ZONE_DIR "/Europe/Dublin", O_RDONLY);
	struct zone *z;

	CHECK_INT(fd_read_all(fd, "file", 1 << 20, &b, &err), 0);
	close(fd);
	for (size_t n = 0; n < b.len; n++) {
		/* a copy of its own, so that a sanitizer sees a step beyond */
		char *part = malloc(n + 1);

		memcpy(part, b.p, n);
		z = zone_parse(strv_of("X"), strv_make(part, n), &err);
		if (z)
			CHECK(!"cut short and taken");
		free(part);
	}
	for (size_t i = 0; i < b.len; i++) {
		for (int bit = 0; bit < 8; bit += 7) {
			b.p[i] ^= (char)(1 << bit);
			z = zone_parse(strv_of("X"), strv_make(b.p, b.len),
				       &err);
			for (int64_t t = -4000000000; z && t < 8000000000;
			     t += 1000000000)
				zone_from_local(z, t);
			zone_free(z);
			b.p[i] ^= (char)(1 << bit);
		}
	}
	buf_release(&b);
}

static void names(void)
{
	static const struct {
		const char *name;
		const char *says; /* NULL: loads */
	} rows[] = {
		{"UTC", NULL},
		{"Europe/London", NULL},
		{"Etc/GMT+5", NULL},
		{"America/Argentina/Buenos_Aires", NULL},
		{"America/Port-au-Prince", NULL},
		{"EST5EDT", NULL},
		{"", "empty"},
		{"/etc/localtime", "a path"},
		{":Europe/London", "a path"},
		{"Europe/", "an empty part"},
		{"Europe//London", "an empty part"},
		{"../etc/passwd", "a byte no name has"},
		{"Europe/../UTC", "a byte no name has"},
		{"CET-1CEST,M3.5.0,M10.5.0/3", "a rule, not a name"},
		{"Europe/L\xc3\xb6ndon", "a byte no name has"},
		{"localtime", "differs from host to host"},
		{"Europe", "not in /usr/share/zoneinfo"},
		{"europe/london", "did you mean Europe/London"},
		{"Europe/Londn", "did you mean Europe/London"},
		{"london", "did you mean Europe/London"},
		{"Asia/Kolkatta", "Asia/Kolkata"},
		{"America/New York", "a byte no name has"},
		{"Utopia/Nowhere-at-all", "names look like"},
		{"CEST7", "not in /usr/share/zoneinfo"},
		{"leapseconds", "does not start with 'TZif'"},
	};
	char longname[400];
	struct zone *z;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		unit_row = rows[i].name;
		z = zone_load(NULL, strv_of(rows[i].name), &err);
		CHECK(!z == !!rows[i].says);
		if (z)
			CHECK_STR(z->name, rows[i].name);
		else if (rows[i].says)
			CHECK_HAS(err.msg, rows[i].says);
		if (!z)
			CHECK_INT(err.code, STATUS_CONFIG);
		zone_free(z);
	}
	memset(longname, 'a', sizeof(longname));
	z = zone_load(NULL, strv_make(longname, sizeof(longname)), &err);
	CHECK(!z);
	CHECK_HAS(err.msg, "too long");
	z = zone_load("/nonexistent", strv_of("Etc/UTC"), &err);
	CHECK(!z);
	CHECK_HAS(err.msg, "install tzdata");
}

static void local_to_utc(void)
{
	static const struct {
		const char *zone;
		int64_t y;
		int m, d, hour, minute;
		int n;
		int64_t first; /* seconds of local time minus UTC */
		int64_t second;
		int64_t gap;
	} rows[] = {
		{"UTC", 2024, 3, 10, 2, 30, 1, 0, 0, 0},
		{"America/New_York", 2024, 3, 10, 1, 59, 1, -18000, 0, 0},
		{"America/New_York", 2024, 3, 10, 2, 0, 0, 0, 0, 3600},
		{"America/New_York", 2024, 3, 10, 2, 59, 0, 0, 0, 3600},
		{"America/New_York", 2024, 3, 10, 3, 0, 1, -14400, 0, 0},
		{"America/New_York", 2024, 11, 3, 1, 0, 2, -14400, -18000, 0},
		{"America/New_York", 2024, 11, 3, 1, 59, 2, -14400, -18000, 0},
		{"America/New_York", 2024, 11, 3, 2, 0, 1, -18000, 0, 0},
		{"Australia/Lord_Howe", 2024, 10, 6, 2, 15, 0, 0, 0, 1800},
		{"Australia/Lord_Howe", 2024, 4, 7, 1, 45, 2, 39600, 37800, 0},
		{"Antarctica/Troll", 2024, 3, 31, 2, 30, 0, 0, 0, 7200},
		{"Pacific/Apia", 2011, 12, 30, 12, 0, 0, 0, 0, 86400},
		{"Europe/Dublin", 2050, 3, 27, 1, 30, 0, 0, 0, 3600},
		{"Europe/Dublin", 2050, 10, 30, 1, 30, 2, 3600, 0, 0},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct zone *z = load(rows[i].zone);
		int64_t local = utc(rows[i].y, rows[i].m, rows[i].d,
				    rows[i].hour, rows[i].minute);
		struct zone_map m = zone_from_local(z, local);

		unit_row = rows[i].zone;
		CHECK_INT(m.n, rows[i].n);
		CHECK_INT(m.gap, rows[i].gap);
		if (m.n > 0)
			CHECK_INT(local - m.at[0], rows[i].first);
		if (m.n > 1)
			CHECK_INT(local - m.at[1], rows[i].second);
		if (m.n == 0)
			CHECK(zone_at(z, m.gap_end).since == m.gap_end);
		zone_free(z);
	}
}

int main(void)
{
	static const struct unit_test tests[] = {
		{UNIT_TEST(civil)},
		{UNIT_TEST(all_as_the_c_library)},
		{UNIT_TEST(slim_as_fat)},
		{UNIT_TEST(footers_as_the_c_library)},
		{UNIT_TEST(summer_all_year)},
		{UNIT_TEST(footers_refused)},
		{UNIT_TEST(files_by_hand)},
		{UNIT_TEST(files_damaged)},
		{UNIT_TEST(names)},
		{UNIT_TEST(local_to_utc)},
	};

	return unit_run("zone", tests, ARRAY_LEN(tests));
}
