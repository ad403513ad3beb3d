/* SPDX-License-Identifier: ISC */
/*
 * The instants that expressions name, above all around clock changes of every
 * kind. The brute-force oracle is in test_cron_oracle.c.
 */
#include "base/civil.h"
#include "base/clock.h"
#include "base/num.h"
#include "queue/cron.h"
#include "unit.h"

static struct err err;

static int64_t instant(const char *text)
{
	int64_t ms = 0;

	if (num_time(strv_of(text), 0, &ms, &err)) {
		printf("%s\n", err.msg);
		exit(1);
	}
	return ms / 1000;
}

static struct cron parse(const char *text)
{
	struct cron c;
	size_t column;

	if (cron_parse(&c, strv_of(text), NULL, &column, &err)) {
		printf("%s: %s\n", text, err.msg);
		unit_failed++;
	}
	return c;
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

/* What an expression fires at after an instant: up to eight instants, each
 * with a mark in front: ' ' plain, '>' moved, '1' and '2' of two. */
struct row {
	const char *zone;
	const char *text;
	const char *after;
	const char *at[8];
};

static void walk(const struct row *rows, size_t n)
{
	static const char marks[] = " >12";
	char label[128];

	for (size_t i = 0; i < n; i++) {
		const struct row *r = &rows[i];
		struct zone *z = load(r->zone);
		int64_t at = instant(r->after);
		struct cron c;
		struct cron_tick t;

		snprintf(label, sizeof(label), "%s %s after %s", r->zone,
			 r->text, r->after);
		unit_row = label;
		c = parse(r->text);
		for (int k = 0; k < 8 && r->at[k]; k++) {
			CHECK(cron_next(&c, z, at, &t));
			CHECK_INT(t.at, instant(r->at[k] + 1));
			CHECK_INT(marks[t.mark], r->at[k][0]);
			at = t.at;
		}
		for (int k = 7; k >= 0; k--) {
			if (!r->at[k])
				continue;
			CHECK(cron_previous(&c, z, at + 1, &t));
			CHECK_INT(t.at, instant(r->at[k] + 1));
			at = t.at - 1;
		}
		zone_free(z);
	}
}

#define NY "America/New_York"
#define SP "America/Sao_Paulo"
#define LH "Australia/Lord_Howe"

static const struct row changes[] = {
	{NY,
	 "30 2 * * *",
	 "2024-03-09T12:00:00Z",
	 {">2024-03-10T07:00:00Z", " 2024-03-11T06:30:00Z"}},
	{NY,
	 "30 * * * *",
	 "2024-03-10T06:00:00Z",
	 {" 2024-03-10T06:30:00Z", " 2024-03-10T07:30:00Z"}},
	{NY,
	 "*/30 2 * * *",
	 "2024-03-09T12:00:00Z",
	 {" 2024-03-11T06:00:00Z", " 2024-03-11T06:30:00Z"}},
	{NY,
	 "30 1 * * *",
	 "2024-11-03T00:00:00Z",
	 {"12024-11-03T05:30:00Z", " 2024-11-04T06:30:00Z"}},
	{NY,
	 "30 * * * *",
	 "2024-11-03T05:00:00Z",
	 {"12024-11-03T05:30:00Z", "22024-11-03T06:30:00Z",
	  " 2024-11-03T07:30:00Z"}},
	{NY,
	 "*/20 1 * * *",
	 "2024-11-03T00:00:00Z",
	 {"12024-11-03T05:00:00Z", "12024-11-03T05:20:00Z",
	  "12024-11-03T05:40:00Z", "22024-11-03T06:00:00Z",
	  "22024-11-03T06:20:00Z", "22024-11-03T06:40:00Z",
	  " 2024-11-04T06:00:00Z"}},
	{NY,
	 "0,15,30,45 2,3 * * *",
	 "2024-03-09T12:00:00Z",
	 {">2024-03-10T07:00:00Z", " 2024-03-10T07:15:00Z"}},
	{NY,
	 "0-59/20 2 * * *",
	 "2024-03-09T12:00:00Z",
	 {" 2024-03-11T06:00:00Z"}},
	{NY,
	 "0 1-23/2 * * *",
	 "2024-11-03T04:00:00Z",
	 {"12024-11-03T05:00:00Z", "22024-11-03T06:00:00Z",
	  " 2024-11-03T08:00:00Z"}},
	/* the date of the local time as written decides */
	{NY,
	 "30 2 10 3 *",
	 "2024-01-01T00:00:00Z",
	 {">2024-03-10T07:00:00Z", " 2025-03-10T06:30:00Z"}},
	{SP,
	 "@daily",
	 "2018-11-03T12:00:00Z",
	 {">2018-11-04T03:00:00Z", " 2018-11-05T02:00:00Z"}},
	{SP,
	 "@hourly",
	 "2018-11-04T01:30:00Z",
	 {" 2018-11-04T02:00:00Z", " 2018-11-04T03:00:00Z"}},
	{SP,
	 "30 23 * * *",
	 "2018-02-17T12:00:00Z",
	 {"12018-02-18T01:30:00Z", " 2018-02-19T02:30:00Z"}},
	{SP, "@daily", "2018-02-17T12:00:00Z", {" 2018-02-18T03:00:00Z"}},
	{LH,
	 "15 2 * * *",
	 "2024-10-05T12:00:00Z",
	 {">2024-10-05T15:30:00Z", " 2024-10-06T15:15:00Z"}},
	{LH, "30 2 * * *", "2024-10-05T12:00:00Z", {" 2024-10-05T15:30:00Z"}},
	{LH,
	 "15,30 2 * * *",
	 "2024-10-05T12:00:00Z",
	 {">2024-10-05T15:30:00Z", " 2024-10-06T15:15:00Z"}},
	{LH,
	 "15 * * * *",
	 "2024-10-05T14:00:00Z",
	 {" 2024-10-05T14:45:00Z", " 2024-10-05T16:15:00Z"}},
	{LH,
	 "45 1 * * *",
	 "2024-04-06T12:00:00Z",
	 {"12024-04-06T14:45:00Z", " 2024-04-07T15:15:00Z"}},
	{LH,
	 "45 * * * *",
	 "2024-04-06T14:00:00Z",
	 {"12024-04-06T14:45:00Z", "22024-04-06T15:15:00Z",
	  " 2024-04-06T16:15:00Z"}},
	{"Pacific/Chatham",
	 "0 3 * * *",
	 "2024-09-28T12:00:00Z",
	 {">2024-09-28T14:00:00Z"}},
	{"Pacific/Chatham",
	 "30 2 * * *",
	 "2024-09-28T12:00:00Z",
	 {" 2024-09-28T13:45:00Z"}},
	{"Antarctica/Troll",
	 "30 1 * * *",
	 "2024-03-30T12:00:00Z",
	 {">2024-03-31T01:00:00Z"}},
	{"Antarctica/Troll",
	 "30 2 * * *",
	 "2024-03-30T12:00:00Z",
	 {">2024-03-31T01:00:00Z"}},
	{"Antarctica/Troll",
	 "0 3 * * *",
	 "2024-03-30T12:00:00Z",
	 {" 2024-03-31T01:00:00Z"}},
	{"Africa/Casablanca",
	 "30 2 * * *",
	 "2024-04-13T12:00:00Z",
	 {">2024-04-14T02:00:00Z"}},
	{"Europe/Dublin",
	 "30 1 * * *",
	 "2024-03-30T12:00:00Z",
	 {">2024-03-31T01:00:00Z"}},
	/* a day that never was: a change of calendar */
	{"Pacific/Apia",
	 "0 12 * * *",
	 "2011-12-29T12:00:00Z",
	 {" 2011-12-29T22:00:00Z", " 2011-12-30T22:00:00Z"}},
	{"Pacific/Apia",
	 "0 12 30 12 *",
	 "2011-12-01T00:00:00Z",
	 {" 2012-12-29T22:00:00Z"}},
};

static void clock_changes(void)
{
	walk(changes, ARRAY_LEN(changes));
}

static void days(void)
{
	static const struct row rows[] = {
		/* either of two restricted day fields */
		{"UTC",
		 "0 0 13 * FRI",
		 "2026-11-01T00:00:00Z",
		 {" 2026-11-06T00:00:00Z", " 2026-11-13T00:00:00Z",
		  " 2026-11-20T00:00:00Z", " 2026-11-27T00:00:00Z",
		  " 2026-12-04T00:00:00Z", " 2026-12-11T00:00:00Z",
		  " 2026-12-13T00:00:00Z"}},
		{"UTC",
		 "0 0 13 * +FRI",
		 "2026-11-01T00:00:00Z",
		 {" 2026-11-13T00:00:00Z", " 2027-08-13T00:00:00Z"}},
		{"UTC",
		 "0 0 */1 * FRI",
		 "2026-11-08T00:00:00Z",
		 {" 2026-11-13T00:00:00Z", " 2026-11-20T00:00:00Z"}},
		{"UTC",
		 "0 0 1-31 * FRI",
		 "2026-11-08T00:00:00Z",
		 {" 2026-11-09T00:00:00Z"}},
		{"UTC",
		 "0 0 L * *",
		 "2028-01-31T00:00:00Z",
		 {" 2028-02-29T00:00:00Z", " 2028-03-31T00:00:00Z"}},
		{"UTC",
		 "0 0 LW * *",
		 "2026-01-01T00:00:00Z",
		 {" 2026-01-30T00:00:00Z", " 2026-02-27T00:00:00Z",
		  " 2026-03-31T00:00:00Z"}},
		/* 1 August 2026 is a Saturday, 15 a Saturday */
		{"UTC",
		 "0 0 1W * *",
		 "2026-07-31T00:00:00Z",
		 {" 2026-08-03T00:00:00Z", " 2026-09-01T00:00:00Z"}},
		{"UTC",
		 "0 0 15W 8 *",
		 "2026-07-31T00:00:00Z",
		 {" 2026-08-14T00:00:00Z"}},
		/* 31 May 2026 is a Sunday; June has no 31st */
		{"UTC",
		 "0 0 31W 5,6 *",
		 "2026-05-01T00:00:00Z",
		 {" 2026-05-29T00:00:00Z", " 2027-05-31T00:00:00Z"}},
		{"UTC",
		 "0 0 * * FRIL",
		 "2026-11-01T00:00:00Z",
		 {" 2026-11-27T00:00:00Z", " 2026-12-25T00:00:00Z"}},
		{"UTC",
		 "0 0 * * 5#5",
		 "2026-11-01T00:00:00Z",
		 {" 2027-01-29T00:00:00Z", " 2027-04-30T00:00:00Z"}},
		/* 29 February across a century that has none */
		{"UTC",
		 "0 0 29 2 *",
		 "2096-03-01T00:00:00Z",
		 {" 2104-02-29T00:00:00Z"}},
		{"UTC",
		 "0 0 29 2 +MON",
		 "2024-03-01T00:00:00Z",
		 {" 2044-02-29T00:00:00Z"}},
		{"UTC",
		 "59 59 23 31 12 *",
		 "1970-12-31T23:59:58Z",
		 {" 1970-12-31T23:59:59Z", " 1971-12-31T23:59:59Z"}},
		/* another zone's midnight is another day */
		{"Asia/Kolkata",
		 "0 0 1 1 *",
		 "2026-06-01T00:00:00Z",
		 {" 2026-12-31T18:30:00Z"}},
	};

	walk(rows, ARRAY_LEN(rows));
}

static void every(void)
{
	static const struct row rows[] = {
		{"UTC",
		 "@every 12h",
		 "2026-11-01T03:00:00Z",
		 {" 2026-11-01T12:00:00Z", " 2026-11-02T00:00:00Z"}},
		/* every seven minutes, also across a clock change */
		{NY,
		 "@every 7m",
		 "2024-03-10T06:50:00Z",
		 {" 2024-03-10T06:52:00Z", " 2024-03-10T06:59:00Z",
		  " 2024-03-10T07:06:00Z"}},
	};
	struct cron c = parse("@every 1h30m");
	struct zone *z = load("UTC");
	struct cron_tick t;

	walk(rows, ARRAY_LEN(rows));
	c.anchor = instant("2026-01-01T00:10:00Z");
	CHECK(cron_next(&c, z, instant("2026-01-01T00:10:00Z"), &t));
	CHECK_INT(t.at, instant("2026-01-01T01:40:00Z"));
	CHECK(cron_next(&c, z, instant("2025-12-31T22:00:00Z"), &t));
	CHECK_INT(t.at, instant("2025-12-31T22:40:00Z"));
	CHECK(cron_previous(&c, z, instant("2026-01-01T00:10:00Z"), &t));
	CHECK_INT(t.at, instant("2025-12-31T22:40:00Z"));
	zone_free(z);
}

/* Nothing is stepped through: far firings and none cost the same. */
static void cost(void)
{
	static const char *const rows[] = {
		"0 0 29 2 +MON",  "30 2 8-14 3 +SUN#2",	    "* * * * * *",
		"0 0 31 12 +SUN", "0,30 0/1 2 8-14 3 +SUN",
	};
	struct zone *z = load(NY);
	struct cron_tick t;
	int64_t start = clock_boot_us();

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct cron c;

		unit_row = rows[i];
		c = parse(rows[i]);
		for (int k = 0; k < 20; k++)
			cron_next(&c, z, instant("2024-03-01T00:00:00Z") + k,
				  &t);
	}
	unit_row = "microseconds for 100 searches";
	CHECK(clock_boot_us() - start < 2000000);
	zone_free(z);
}

/* Second Sundays of March at two do not exist in New York from 2007 on. */
static void never_in_zone(void)
{
	struct zone *z = load(NY);
	struct cron c = parse("*/30 2 8-14 3 +SUN");
	struct cron_tick t;

	CHECK(!cron_next(&c, z, instant("2024-01-01T00:00:00Z"), &t));
	c = parse("30 2 8-14 3 +SUN");
	CHECK(cron_next(&c, z, instant("2024-01-01T00:00:00Z"), &t));
	CHECK_INT(t.mark, CRON_MOVED);
	c = parse("* * * * *");
	CHECK(!cron_next(&c, z, CRON_TIME_MAX + 1, &t));
	CHECK(!cron_next(&c, z, INT64_MIN, &t));
	CHECK(!cron_previous(&c, z, INT64_MIN + 1, &t));
	zone_free(z);
}

int main(void)
{
	static const struct unit_test tests[] = {
		{UNIT_TEST(clock_changes)}, {UNIT_TEST(days)},
		{UNIT_TEST(every)},	    {UNIT_TEST(cost)},
		{UNIT_TEST(never_in_zone)},
	};

	return unit_run("cron_next", tests, ARRAY_LEN(tests));
}
