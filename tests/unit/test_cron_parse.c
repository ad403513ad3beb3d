/* SPDX-License-Identifier: ISC */
/*
 * Cron expressions as text: what is taken, in one spelling, and what is
 * refused, with its place and reason.
 */
#include "base/buf.h"
#include "queue/cron.h"
#include "unit.h"

static struct err err;

static struct cron parse(const char *text)
{
	struct cron c;
	size_t column;

	if (cron_parse(&c, strv_of(text), "sample", &column, &err)) {
		printf("%s: %s\n", text, err.msg);
		unit_failed++;
	}
	return c;
}

static const struct {
	const char *text;
	enum cron_kind kind;
	const char *same; /* in one spelling */
} good[] = {
	{"0 0 * * *", CRON_FIXED, "0 0 * * *"},
	{"\t 0  0 \t* * * ", CRON_FIXED, "0 0 * * *"},
	{"* * * * *", CRON_INTERVAL, "* * * * *"},
	{"30 2 * * *", CRON_FIXED, "30 2 * * *"},
	{"0 1,13 * * *", CRON_FIXED, "0 1,13 * * *"},
	{"30 1-3 * * *", CRON_FIXED, "30 1-3 * * *"},
	{"15,45 2 * * SUN", CRON_FIXED, "15,45 2 * * 0"},
	{"30 * * * *", CRON_INTERVAL, "30 * * * *"},
	{"0 */2 * * *", CRON_INTERVAL,
	 "0-0/1 0,2,4,6,8,10,12,14,16,18,20,22 * * *"},
	{"* 2 * * *", CRON_INTERVAL, "* 2 * * *"},
	{"0 1-23/8 * * *", CRON_INTERVAL, "0-0/1 1,9,17 * * *"},
	{"0-59 2 * * *", CRON_FIXED, "0-59 2 * * *"},
	{"0 0-23 * * *", CRON_FIXED, "0 0-23 * * *"},
	{"*/60 * * * *", CRON_INTERVAL, "0 * * * *"},
	{"*/20 5 * * *", CRON_INTERVAL, "0-0/1,20,40 5 * * *"},
	{"5/20 5 * * *", CRON_INTERVAL, "5-5/1,25,45 5 * * *"},
	{"007 08 * * *", CRON_FIXED, "7 8 * * *"},
	{"000000007 8 * * *", CRON_FIXED, "7 8 * * *"},
	{"1,1,2-4,3-5 0 * * *", CRON_FIXED, "1-5 0 * * *"},
	{"0 0 1-31 * *", CRON_FIXED, "0 0 1-31 * *"},
	{"0 0 */1 * *", CRON_FIXED, "0 0 * * *"},
	{"0 0 */01 * *", CRON_FIXED, "0 0 * * *"},
	{"0 0 */31 * *", CRON_FIXED, "0 0 1 * *"},
	{"0 0 10/10 * *", CRON_FIXED, "0 0 10,20,30 * *"},
	{"0 0 ? * ?", CRON_FIXED, "0 0 * * *"},
	{"0 0 L,LW,15W,1w * *", CRON_FIXED, "0 0 1W,15W,L,LW * *"},
	{"0 0 l,lw * *", CRON_FIXED, "0 0 L,LW * *"},
	{"0 0 * JAN-mar,Dec *", CRON_FIXED, "0 0 * 1-3,12 *"},
	{"0 0 * 1-MAR *", CRON_FIXED, "0 0 * 1-3 *"},
	{"0 0 * */3 *", CRON_FIXED, "0 0 * 1,4,7,10 *"},
	{"0 0 * * MON-5", CRON_FIXED, "0 0 * * 1-5"},
	{"0 0 * * mon,3,FRI", CRON_FIXED, "0 0 * * 1,3,5"},
	{"0 0 * * 0,7", CRON_FIXED, "0 0 * * 0"},
	{"0 0 * * FRI-SUN", CRON_FIXED, "0 0 * * 0,5-6"},
	{"0 0 * * 5-0", CRON_FIXED, "0 0 * * 0,5-6"},
	{"0 0 * * 5-7", CRON_FIXED, "0 0 * * 0,5-6"},
	{"0 0 * * 0-7", CRON_FIXED, "0 0 * * 0-6"},
	{"0 0 * * 1-7/2", CRON_FIXED, "0 0 * * 0-1,3,5"},
	{"0 0 * * */2", CRON_FIXED, "0 0 * * 0,2,4,6"},
	{"0 0 * * */7", CRON_FIXED, "0 0 * * 0"},
	{"0 0 * * *,5", CRON_FIXED, "0 0 * * 0-6"},
	{"0 0 * * FRIL,5#3,sun#1,0l", CRON_FIXED, "0 0 * * 0L,0#1,5L,5#3"},
	{"0 0 13 * +FRI", CRON_FIXED, "0 0 13 * +5"},
	{"0 0 13 * +*", CRON_FIXED, "0 0 13 * +*"},
	{"15 0 0 * * *", CRON_FIXED, "15 0 0 * * *"},
	{"@seconds */10 * * * * *", CRON_INTERVAL,
	 "0,10,20,30,40,50 * * * * *"},
	{"* 0 2 * * *", CRON_INTERVAL, "* 0 2 * * *"},
	{"@yearly", CRON_FIXED, "0 0 1 1 *"},
	{"@annually", CRON_FIXED, "0 0 1 1 *"},
	{"@monthly", CRON_FIXED, "0 0 1 * *"},
	{"@weekly", CRON_FIXED, "0 0 * * 0"},
	{"@daily", CRON_FIXED, "0 0 * * *"},
	{" @midnight ", CRON_FIXED, "0 0 * * *"},
	{"@hourly", CRON_INTERVAL, "0 * * * *"},
	{"@every 1h30m", CRON_EVERY, "@every 5400s"},
	{"@every 90s", CRON_EVERY, "@every 90s"},
	{"@every 90", CRON_EVERY, "@every 90s"},
	{"@every  1d", CRON_EVERY, "@every 86400s"},
	{"@every 2w", CRON_EVERY, "@every 1209600s"},
	{"@every 366d", CRON_EVERY, "@every 31622400s"},
};

static void taken(void)
{
	struct buf out = BUF_INIT;

	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct cron c;
		struct cron again;

		unit_row = good[i].text;
		c = parse(good[i].text);
		CHECK_INT(c.kind, good[i].kind);
		buf_clear(&out);
		cron_format(&c, &out);
		CHECK_STR(out.p, good[i].same);
		again = parse(out.p);
		CHECK(cron_same(&c, &again));
	}
	buf_release(&out);
}

static const struct {
	const char *text;
	size_t column;
	const char *says;
} bad[] = {
	{"", 1, "empty (write five fields"},
	{" \t", 1, "empty"},
	{"0 0 * *", 1, "too few fields"},
	{"0", 1, "too few fields"},
	{"0 0 0 1 1 * 2026", 13, "more than six fields (a year"},
	{"60 * * * *", 1, "above the highest value (0 to 59)"},
	{"* 24 * * *", 3, "above the highest value (0 to 23)"},
	{"* * 0 * *", 5, "below the lowest value (1 to 31)"},
	{"* * 32 * *", 5, "above the highest value"},
	{"* * * 0 *", 7, "below the lowest value"},
	{"* * * 13 *", 7, "above the highest value"},
	{"* * * * 8", 9, "above the highest value (0 to 7)"},
	{"60 * * * * *", 1, "second '60'"},
	{"256 * * * *", 1, "above"},
	{"65536 * * * *", 1, "above"},
	{"4294967296 * * * *", 1, "more than nine digits"},
	{"18446744073709551616 * * * *", 1, "more than nine digits"},
	{"0000000001 * * * *", 1, "more than nine digits"},
	{"*/0 * * * *", 2, "a step of 0"},
	{"*/90 * * * *", 2, "(write @every 90m)"},
	{"0 */36 * * *", 4, "(write @every 36h)"},
	{"*/61 * * * * *", 2, "(write @every 61s)"},
	{"0 0 */32 * *", 6, "(write @every 32d)"},
	{"0 0 * */13 *", 8, "a step wider than the field (1 to 12)"},
	{"0 0 * * */8", 10, "a step wider than the field (1 to 7)"},
	{"*/ * * * *", 3, "no number"},
	{"*/x * * * *", 3, "no number"},
	{"*/4294967295 * * * *", 3, "more than nine digits"},
	{"5-1 * * * *", 3, "runs backwards"},
	{"0 22-4 * * *", 6, "runs backwards (write two: 22-23,0-4)"},
	{"0 0 * NOV-FEB *", 11, "(write two: 11-12,1-2)"},
	{"0 0 * * SAT-MON", 13, "(write two: 6-7,1-1)"},
	{"0 0 * * 7-5", 11, "runs backwards"},
	{"0 0 * * 2/2", 10, "programs disagree"},
	{"1,,2 * * * *", 3, "an empty item"},
	{",1 * * * *", 1, "an empty item"},
	{"1, * * * *", 3, "an empty item"},
	{"1- * * * *", 3, "no value"},
	{"-1 * * * *", 1, "a sign"},
	{"+1 * * * *", 1, "a sign"},
	{"1.5 * * * *", 2, "left over"},
	{"0x1f * * * *", 2, "left over"},
	{"1-2-3 * * * *", 4, "left over"},
	{"*/5/5 * * * *", 4, "left over"},
	{"** * * * *", 2, "left over"},
	{"*5 * * * *", 2, "left over"},
	{"MON * * * *", 1, "no names"},
	{"0 0 * MON *", 7, "not a name"},
	{"0 0 * * JAN", 9, "not a name"},
	{"0 0 * * MONDAY", 9, "not a name (SUN to SAT"},
	{"0 0 * * MO", 9, "not a name"},
	{"0 0 * JANUARY *", 7, "not a name (JAN to DEC"},
	{"? 0 * * *", 1, "'?' has no place here"},
	{"0 0 ?,1 * *", 5, "'?' has no place here"},
	{"0 0 1 ? *", 7, "'?' has no place here"},
	{"0 0 1 * +?", 10, "'?' has no place here"},
	{"0 0 +1 * *", 5, "a sign"},
	{"0 0 * * MON,+TUE", 13, "a sign"},
	{"0 0 * * +", 10, "empty item"},
	{"0 0 L-3 * *", 6, "no range and no step"},
	{"0 0 L/2 * *", 6, "no range and no step"},
	{"0 0 W * *", 5, "W needs a day"},
	{"0 0 WL * *", 5, "W needs a day"},
	{"0 0 LX * *", 5, "not a day"},
	{"0 0 1-15W * *", 9, "do not go with this"},
	{"0 0 15W/2 * *", 8, "left over"},
	{"0 0 32W * *", 5, "above"},
	{"0 0 0W * *", 5, "below"},
	{"0 0 5L * *", 6, "do not go with this"},
	{"0 0 * 5L *", 8, "do not go with this"},
	{"5L 0 * * *", 2, "do not go with this"},
	{"0 0 * * L", 9, "L needs a day of the week"},
	{"0 0 * * 5W", 10, "do not go with this"},
	{"0 0 * * 5#0", 11, "#1 to #5"},
	{"0 0 * * 5#6", 11, "#1 to #5"},
	{"0 0 * * 5#", 11, "#1 to #5"},
	{"0 0 * * 5#1-2", 11, "#1 to #5"},
	{"0 0 * * 1-FRIL", 14, "do not go with this"},
	{"h * * * *", 1, "a capital H"},
	{"H(5-1) * * * *", 2, "runs backwards"},
	{"H(5) * * * *", 4, "not a range"},
	{"H(0-60) * * * *", 5, "above"},
	{"H(0-9 * * * *", 6, "')' is missing"},
	{"H(a-b) * * * *", 3, "no value"},
	{"H-5 * * * *", 2, "left over"},
	{"H/0 * * * *", 2, "a step of 0"},
	{"0 0 * * \xd9\xa1", 9, "not ASCII"},
	{"0 0 * * 1\n", 10, "a control character"},
	{"@reboot", 1, "a cluster has no boot (use fire-on-create"},
	{"@Daily", 1, "not a macro"},
	{"@fortnightly", 1, "not a macro"},
	{"@daily 5", 8, "text after the macro"},
	{"@every", 7, "no duration"},
	{"@every 0s", 8, "too short"},
	{"@every 500ms", 8, "too short"},
	{"@every 1500ms", 8, "a fraction of a second"},
	{"@every 367d", 8, "too long"},
	{"@every 5x", 8, "not a duration"},
	{"@every 1h 30m", 11, "in one word"},
	{"@every -5m", 8, "not a duration"},
	{"@seconds * * * * *", 10, "five fields"},
	{"0 0 30 2 *", 5, "would never fire"},
	{"0 0 31 2,4,6,9,11 *", 5, "would never fire"},
	{"0 0 31W FEB *", 5, "would never fire"},
	{"0 0 30 2 +MON", 5, "would never fire"},
	{"0 0 1-7 2 +FRIL", 5, "would never fire"},
	{"0 0 29 2 +SUN#1", 5, "would never fire"},
};

static void refused(void)
{
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct cron c;
		size_t column = 0;

		unit_row = bad[i].text;
		CHECK_INT(cron_parse(&c, strv_of(bad[i].text), "sample",
				     &column, &err),
			  -1);
		CHECK_INT(column, bad[i].column);
		CHECK_HAS(err.msg, bad[i].says);
		CHECK_INT(err.code, STATUS_DATA);
	}
}

/* Long and odd texts: refused or taken at once, never a crash. */
static void monsters(void)
{
	struct buf b = BUF_INIT;
	struct cron c;
	size_t column;

	for (int i = 0; i < 10000; i++)
		buf_addstr(&b, "0 ");
	CHECK_INT(cron_parse(&c, strv_make(b.p, b.len), NULL, &column, &err),
		  -1);
	CHECK_INT(column, 13);
	buf_clear(&b);
	for (int i = 0; i < CRON_TEXT_MAX / 2 - 10; i++)
		buf_addstr(&b, "1,");
	buf_addstr(&b, "1 * * * *");
	CHECK_INT(cron_parse(&c, strv_make(b.p, b.len), NULL, &column, &err),
		  0);
	CHECK_INT((long long)c.set[CRON_MINUTE], 2);
	buf_addstr(&b, "                                        ");
	CHECK_INT(cron_parse(&c, strv_make(b.p, b.len), NULL, &column, &err),
		  -1);
	CHECK_HAS(err.msg, "longer than 65536 bytes");
	CHECK_INT(cron_parse(&c, strv_make("0 0 * * *\0", 10), NULL, &column,
			     &err),
		  -1);
	CHECK_INT(column, 10);
	CHECK_INT(cron_parse(&c, strv_make("", 0), NULL, &column, &err), -1);
	buf_release(&b);
}

static void vixie(void)
{
	static const struct {
		const char *text;
		bool differs;
	} rows[] = {
		{"0 0 */2 * MON", true},     {"0 0 1 * */2", true},
		{"0 0 */2 * +MON", false},   {"0 0 */2 * *", false},
		{"0 0 * * */2", false},	     {"0 0 1 * MON", false},
		{"0 0 */1 * MON", false},    {"0 0 */2 * */3", true},
		{"0 0 1-31/2 * MON", false},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		unit_row = rows[i].text;
		CHECK_INT(parse(rows[i].text).vixie_differs, rows[i].differs);
	}
}

/* H is part of the interface: the same number on every host for ever. The
 * numbers were computed by another program. */
static void hashes(void)
{
	static const struct {
		const char *text;
		const char *same;
	} rows[] = {
		{"H H H H H", "25 6 8 10 3"},
		{"H H * * *", "25 6 * * *"},
		{"H(0-29)/10 4 * * *", "5-5/1,15,25 4 * * *"},
		{"H/15 * * * *", "10,25,40,55 * * * *"},
		{"0 0 H * *", "0 0 8 * *"},
		{"H H H * * *", "57 25 6 * * *"},
	};
	struct buf out = BUF_INIT;
	struct cron c;
	size_t column;
	int minute[60] = {0};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		unit_row = rows[i].text;
		buf_clear(&out);
		c = parse(rows[i].text);
		cron_format(&c, &out);
		CHECK_STR(out.p, rows[i].same);
	}
	CHECK_INT(parse("H H * * *").kind, CRON_FIXED);
	CHECK_INT(parse("H/15 2 * * *").kind, CRON_INTERVAL);
	CHECK_INT(cron_parse(&c, strv_of("H 0 * * *"), NULL, &column, &err),
		  -1);
	CHECK_HAS(err.msg, "--name");
	for (int i = 0; i < 10000; i++) {
		char name[32];

		snprintf(name, sizeof(name), "job-%d", i);
		CHECK_INT(cron_parse(&c, strv_of("H 0 * * *"), name, &column,
				     &err),
			  0);
		minute[__builtin_ctzll(c.set[CRON_MINUTE])]++;
	}
	for (int m = 0; m < 60; m++)
		CHECK(minute[m] > 167 - 65 && minute[m] < 167 + 65);
	buf_release(&out);
}

/* The minute says nothing about the hour: names meet by chance alone. */
static void spread(void)
{
	static bool seen[24 * 60];
	struct cron c;
	size_t column;
	int minutes = 0;

	for (int i = 0; i < 2000; i++) {
		char name[32];
		bool *at;

		snprintf(name, sizeof(name), "job-%d", i);
		CHECK_INT(cron_parse(&c, strv_of("H H * * *"), name, &column,
				     &err),
			  0);
		at = &seen[__builtin_ctzll(c.set[CRON_HOUR]) * 60 +
			   __builtin_ctzll(c.set[CRON_MINUTE])];
		minutes += !*at;
		*at = true;
	}
	/* chance leaves 1081 */
	CHECK(minutes > 1000);
}

static void shortest(void)
{
	static const struct {
		const char *text;
		int64_t seconds;
	} rows[] = {
		{"* * * * *", 60},	   {"* * * * * *", 1},
		{"0 0 * * *", 86400},	   {"0 0,1 * * *", 3600},
		{"55 23 * * *", 86400},	   {"5,55 0,23 * * *", 600},
		{"0 0 1 * *", 28 * 86400}, {"0 0 29 2 *", 1461 * 86400},
		{"0 0 L,1 * *", 86400},	   {"@every 90s", 90},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct cron c;

		unit_row = rows[i].text;
		c = parse(rows[i].text);
		CHECK_INT(cron_shortest(&c), rows[i].seconds);
	}
}

static void zone_in_front(void)
{
	struct strv text = strv_of("CRON_TZ=Europe/London 30 2 * * *");
	struct strv zone;

	CHECK(cron_cut_zone(&text, &zone));
	CHECK(strv_eq(zone, "Europe/London"));
	CHECK(strv_eq(strv_trim(text), "30 2 * * *"));
	text = strv_of("  TZ=UTC @daily");
	CHECK(cron_cut_zone(&text, &zone));
	CHECK(strv_eq(zone, "UTC"));
	text = strv_of("30 2 * * *");
	CHECK(!cron_cut_zone(&text, &zone));
	CHECK(strv_eq(text, "30 2 * * *"));
}

int main(void)
{
	static const struct unit_test tests[] = {
		{UNIT_TEST(taken)},    {UNIT_TEST(refused)},
		{UNIT_TEST(monsters)}, {UNIT_TEST(vixie)},
		{UNIT_TEST(hashes)},   {UNIT_TEST(spread)},
		{UNIT_TEST(shortest)}, {UNIT_TEST(zone_in_front)},
	};

	return unit_run("cron_parse", tests, ARRAY_LEN(tests));
}
