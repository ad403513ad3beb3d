/* SPDX-License-Identifier: ISC */
/* num: integers, durations, sizes, times (failure catalogue B05 to B11). */
#include "base/num.h"

#include <stdint.h>
#include <time.h>

#include "unit.h"

#define NOW 1790000000000LL /* 2026-09-21T14:13:20Z */

/* The last message, or "" after success; checks that a refusal is one. */
static struct err err;

struct row {
	const char *text;
	int64_t want; /* REFUSED = an error that contains `says` */
	const char *says;
};
#define REFUSED INT64_MIN

static void check_row(const struct row *row, int rc, int64_t got)
{
	unit_row = row->text;
	if (row->want != REFUSED) {
		CHECK_INT(rc, 0);
		CHECK_INT(got, row->want);
		return;
	}
	CHECK_INT(rc, -1);
	CHECK_INT(err.code, STATUS_USAGE);
	CHECK_INT(got, -77); /* untouched */
	if (rc)
		CHECK_HAS(err.msg, row->says);
}

static void ints(void)
{
	static const struct row rows[] = {
		{"1", 1, NULL},
		{"64", 64, NULL},
		{"007", 7, NULL},
		{"0", REFUSED, "'0' is out of range (1 to 64)"},
		{"65", REFUSED, "'65' is out of range (1 to 64)"},
		{"1000000", REFUSED, "out of range"},
		{"2147483648", REFUSED, "out of range"},
		{"9223372036854775807", REFUSED, "out of range"},
		{"9223372036854775808", REFUSED, "out of range"},
		{"18446744073709551616", REFUSED, "out of range"},
		{"18446744073709551617", REFUSED, "out of range"},
		{"36893488147419103233", REFUSED, "out of range"},
		{"", REFUSED, "'' is not a whole number (1 to 64)"},
		{"-1", REFUSED, "not a whole number"},
		{"+1", REFUSED, "not a whole number"},
		{"1e3", REFUSED, "not a whole number"},
		{"10k", REFUSED, "not a whole number"},
		{"0x10", REFUSED, "not a whole number"},
		{" 5", REFUSED, "not a whole number"},
		{"5 ", REFUSED, "not a whole number"},
		{"5\n", REFUSED, "'5\\x0a' is not"},
		{"1.0", REFUSED, "not a whole number"},
		{"٣", REFUSED, "not a whole number"},
		{"\033[31m", REFUSED, "'\\x1b[31m' is not"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int64_t got = -77;
		int rc = num_int(strv_of(rows[i].text), 1, 64, &got, &err);

		check_row(&rows[i], rc, got);
	}
}

static void ints_signed(void)
{
	static const struct row rows[] = {
		{"-9", -9, NULL},
		{"9", 9, NULL},
		{"-0", 0, NULL},
		{"-10", REFUSED, "'-10' is out of range (-9 to 9)"},
		{"-9223372036854775808", REFUSED, "out of range"},
		{"-18446744073709551615", REFUSED, "out of range"},
		{"-", REFUSED, "not a whole number"},
		{"--1", REFUSED, "not a whole number"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int64_t got = -77;
		int rc = num_int(strv_of(rows[i].text), -9, 9, &got, &err);

		check_row(&rows[i], rc, got);
	}
}

static void ints_at_the_edge(void)
{
	int64_t got;

	CHECK_INT(num_int(strv_of("9223372036854775807"), 0, INT64_MAX, &got,
			  &err),
		  0);
	CHECK(got == INT64_MAX);
	CHECK_INT(num_int(strv_of("9223372036854775808"), 0, INT64_MAX, &got,
			  &err),
		  -1);
	CHECK_HAS(err.msg, "out of range (0 or more)");
	CHECK_INT(num_int(strv_of("-9223372036854775808"), INT64_MIN, 0, &got,
			  &err),
		  0);
	CHECK(got == INT64_MIN);
	CHECK_INT(num_int(strv_of("-9223372036854775809"), INT64_MIN, 0, &got,
			  &err),
		  -1);
	/* the view ends where it ends, and a NUL is a character like others */
	CHECK_INT(num_int(strv_make("123", 2), 0, 99, &got, &err), 0);
	CHECK_INT(got, 12);
	CHECK_INT(num_int(strv_make("1\0002", 3), 0, 99, &got, &err), -1);
	CHECK_HAS(err.msg, "'1\\x002'");
}

static void durations(void)
{
	static const struct row rows[] = {
		{"10", 10000, NULL},
		{"10s", 10000, NULL},
		{"500ms", 500, NULL},
		{"5m", 300000, NULL},
		{"2h", 7200000, NULL},
		{"1d", 86400000, NULL},
		{"1w", 604800000, NULL},
		{"1h30m", 5400000, NULL},
		{"1w1d1h1m1s1ms", 694861001, NULL},
		{"0", 0, NULL},
		{"0s", 0, NULL},
		{"366d", NUM_SPAN_MAX_MS, NULL},
		{"366d1ms", REFUSED, "'366d1ms' is too long (at most 366d)"},
		{"99999999d", REFUSED, "too long"},
		{"18446744073709551616", REFUSED, "too long"},
		{"9223372036854775807w", REFUSED, "too long"},
		{"18446744073709551615w1d", REFUSED, "too long"},
		{"1.5h", REFUSED, "'1.5h' is not a duration (write 90"},
		{"-1s", REFUSED, "not a duration"},
		{"1e9s", REFUSED, "not a duration"},
		{"5 s", REFUSED, "not a duration"},
		{" 5s", REFUSED, "not a duration"},
		{"s", REFUSED, "not a duration"},
		{"", REFUSED, "'' is not a duration"},
		{"1h30", REFUSED, "not a duration"},
		{"30m1h", REFUSED, "not a duration"},
		{"1h1h", REFUSED, "not a duration"},
		{"5S", REFUSED, "not a duration"},
		{"5min", REFUSED, "not a duration"},
		{"1y", REFUSED, "not a duration"},
		{"5s\n", REFUSED, "not a duration"},
	};
	int64_t got;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int rc;

		got = -77;
		rc = num_duration(strv_of(rows[i].text), 0, NUM_SPAN_MAX_MS,
				  &got, &err);
		check_row(&rows[i], rc, got);
	}
	unit_row = "lease";
	CHECK_INT(num_duration(strv_of("1s"), 6000, 3600000, &got, &err), -1);
	CHECK_STR(err.msg, "'1s' is too short (at least 6s)");
	CHECK_INT(num_duration(strv_of("2h"), 6000, 3600000, &got, &err), -1);
	CHECK_STR(err.msg, "'2h' is too long (at most 1h)");
}

static void sizes(void)
{
	static const struct row rows[] = {
		{"0", 0, NULL},
		{"4096", 4096, NULL},
		{"64k", 65536, NULL},
		{"64K", 65536, NULL},
		{"1M", 1048576, NULL},
		{"1m", 1048576, NULL},
		{"2G", 2147483648, NULL},
		{"1T", 1099511627776, NULL},
		{"1025G", REFUSED,
		 "'1025G' is too large (at most 1099511627776"},
		{"18446744073709551615", REFUSED, "too large"},
		{"18446744073709551616", REFUSED, "too large"},
		{"16777216T", REFUSED, "too large"},
		{"99999999999999999999T", REFUSED, "too large"},
		{"1kB", REFUSED, "'1kB' is not a size (write 4096, 64k, 1M)"},
		{"1Ki", REFUSED, "not a size"},
		{"1 k", REFUSED, "not a size"},
		{"k", REFUSED, "not a size"},
		{"", REFUSED, "not a size"},
		{"-1", REFUSED, "not a size"},
		{"1.5M", REFUSED, "not a size"},
		{"0x10", REFUSED, "not a size"},
		{"1b", REFUSED, "not a size"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint64_t got = (uint64_t)-77;
		int rc =
			num_size(strv_of(rows[i].text), 1ULL << 40, &got, &err);

		check_row(&rows[i], rc, (int64_t)got);
	}
	unit_row = "";
	CHECK_INT(num_size(strv_make("1\0", 2), 9, &(uint64_t){0}, &err), -1);
}

static void check_times(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int64_t got = -77;
		int rc = num_time(strv_of(rows[i].text), NOW, &got, &err);

		check_row(&rows[i], rc, got);
	}
}

static void zone(const char *name)
{
	setenv("TZ", name, 1);
	tzset();
}

static void times_absolute(void)
{
	static const struct row rows[] = {
		{"@0", 0, NULL},
		{"@1790000000", NOW, NULL},
		{"@1790000000.5", NOW + 500, NULL},
		{"@1790000000.123999", NOW + 123, NULL},
		{"2026-09-21T14:13:20Z", NOW, NULL},
		{"2026-09-21t14:13:20z", NOW, NULL},
		{"2026-09-21 14:13:20Z", NOW, NULL},
		{"2026-09-21T14:13:20.250Z", NOW + 250, NULL},
		{"2026-09-21T16:13:20+02:00", NOW, NULL},
		{"2026-09-21T04:43:20-09:30", NOW, NULL},
		{"2026-09-21T14:13Z", NOW - 20000, NULL},
		{"2024-02-29T00:00:00Z", 1709164800000, NULL},
		{"9999-12-31T23:59:59Z", 253402300799000, NULL},
		{"1969-12-31T23:59:59Z", REFUSED, "years 1970 to 9999"},
		{"1970-01-01T00:00:00+01:00", REFUSED, "years 1970 to 9999"},
		{"9999-12-31T23:59:59-01:00", REFUSED, "years 1970 to 9999"},
		{"@253402300800", REFUSED, "years 1970 to 9999"},
		{"@9223372036854775808", REFUSED, "years 1970 to 9999"},
		{"@18446744073709551617", REFUSED, "years 1970 to 9999"},
		{"2026-02-30T00:00:00Z", REFUSED, "no such date or"},
		{"2026-02-29T00:00:00Z", REFUSED, "no such date or"},
		{"2100-02-29T00:00:00Z", REFUSED, "no such date or"},
		{"2026-13-01T00:00:00Z", REFUSED, "no such date or"},
		{"2026-00-10T00:00:00Z", REFUSED, "no such date or"},
		{"2026-04-31T00:00:00Z", REFUSED, "no such date or"},
		{"2026-04-00T00:00:00Z", REFUSED, "no such date or"},
		{"2016-12-31T23:59:60Z", REFUSED, "no such date or"},
		{"2026-09-21T24:00:00Z", REFUSED, "no such date or"},
		{"2026-09-21T14:60:00Z", REFUSED, "no such date or"},
		{"2026-09-21T14:13:20+24:00", REFUSED, "no such date or"},
		{"", REFUSED, "'' is not a time (write 2026-"},
		{"@", REFUSED, "is not a time"},
		{"@-1", REFUSED, "is not a time"},
		{"@1.", REFUSED, "is not a time"},
		{"1790000000", REFUSED, "is not a time"},
		{"tomorrow", REFUSED, "is not a time"},
		{"2026-09-21", REFUSED, "is not a time"},
		{"2026-9-21T14:13:20Z", REFUSED, "is not a time"},
		{"2026-09-21T14:13:20ZZ", REFUSED, "is not a time"},
		{"2026-09-21T14:13:20+0200", REFUSED, "is not a time"},
		{"2026-09-21T14:13:20+02", REFUSED, "is not a time"},
		{"2026-09-21T14:13:20.Z", REFUSED, "is not a time"},
		{"12026-09-21T14:13:20Z", REFUSED, "is not a time"},
		{"2026-09-21T1:13:20Z", REFUSED, "is not a time"},
		{"2026-09-21T14:13:20 CET", REFUSED, "is not a time"},
	};

	zone("Pacific/Kiritimati"); /* must not matter */
	check_times(rows, ARRAY_LEN(rows));
}

static void times_local(void)
{
	static const struct row rows[] = {
		{"2026-09-21 16:13:20", NOW, NULL},
		{"2026-09-21T16:13:20", NOW, NULL},
		{"2026-09-21 16:13", NOW - 20000, NULL},
		{"2026-01-15 12:00", 1768474800000, NULL},
		/* skipped, and shown twice: the earlier is meant */
		{"2026-03-29 02:30", REFUSED, "does not exist in the local"},
		{"2026-10-25 02:30", 1792888200000, NULL},
		/* later today; earlier, so tomorrow; exactly now: tomorrow */
		{"16:14", NOW + 40000, NULL},
		{"16:13:21", NOW + 1000, NULL},
		{"16:13", NOW - 20000 + 86400000, NULL},
		{"16:13:20", NOW + 86400000, NULL},
		{"00:00", 1790028000000, NULL},
		{"24:00", REFUSED, "no such date or"},
		{"12:60", REFUSED, "no such date or"},
		{"1:30", REFUSED, "is not a time"},
		{"12:30Z", REFUSED, "is not a time"},
		{"12:30 ", REFUSED, "is not a time"},
	};

	zone("Europe/Berlin");
	check_times(rows, ARRAY_LEN(rows));
}

static void times_over_month_and_gap(void)
{
	int64_t got;

	zone("Europe/Berlin");
	/* 2026-12-31 23:00 local, asked for 06:00 */
	CHECK_INT(num_time(strv_of("06:00"), 1798754400000, &got, &err), 0);
	CHECK_INT(got, 1798779600000); /* 2027-01-01T05:00Z */
	/* the night clocks go forward: 02:30 is that of the day after */
	CHECK_INT(num_time(strv_of("02:30"), 1774738800000, &got, &err), 0);
	CHECK_INT(got, 1774830600000); /* 2026-03-30T00:30Z */
}

static void spans(void)
{
	static const struct {
		int64_t ms;
		const char *want;
	} rows[] = {
		{0, "0s"},
		{-5, "0s"},
		{310, "310ms"},
		{4200, "4s"},
		{59999, "59s"},
		{60000, "1m"},
		{543000, "9m3s"},
		{4320000, "1h12m"},
		{3661000, "1h1m"},
		{3601000, "1h"},
		{273600000, "3d4h"},
		{NUM_SPAN_MAX_MS, "366d"},
		{INT64_MAX, "106751991167d7h"},
	};
	char got[24];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		unit_row = rows[i].want;
		num_format_span(rows[i].ms, got);
		CHECK_STR(got, rows[i].want);
	}
}

static void time_back(void)
{
	char got[32];
	int64_t ms;

	num_format_time(1795514400123, got);
	CHECK_STR(got, "2026-11-24T10:00:00.123Z");
	CHECK_INT(num_time(strv_of(got), NOW, &ms, &err), 0);
	CHECK_INT(ms, 1795514400123);
	num_format_time(-1, got);
	CHECK_STR(got, "1970-01-01T00:00:00.000Z");
	num_format_time(INT64_MAX, got);
	CHECK_STR(got, "9999-12-31T23:59:59.999Z");
	num_format_second(1795514400, got);
	CHECK_STR(got, "2026-11-24T10:00:00Z");
	num_format_second(INT64_MAX, got);
	CHECK_STR(got, "9999-12-31T23:59:59Z");
}

int main(void)
{
	static const struct unit_test tests[] = {
		{UNIT_TEST(ints)},
		{UNIT_TEST(ints_signed)},
		{UNIT_TEST(ints_at_the_edge)},
		{UNIT_TEST(durations)},
		{UNIT_TEST(sizes)},
		{UNIT_TEST(times_absolute)},
		{UNIT_TEST(times_local)},
		{UNIT_TEST(times_over_month_and_gap)},
		{UNIT_TEST(spans)},
		{UNIT_TEST(time_back)},
	};

	return unit_run("num", tests, ARRAY_LEN(tests));
}
