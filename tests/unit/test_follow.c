/* SPDX-License-Identifier: ISC */
/* What is new in a tail, and the order of events. */
#include "cli/follow.h"

#include <string.h>

#include "base/attr.h"
#include "queue/events.h"
#include "queue/turn.h"
#include "unit.h"

static size_t overlap(const char *before, const char *now)
{
	return follow_overlap(strv_of(before), strv_of(now));
}

static void tails(void)
{
	CHECK_INT((long long)overlap("", ""), 0);
	CHECK_INT((long long)overlap("", "abc"), 0);
	CHECK_INT((long long)overlap("abc", ""), 0);
	CHECK_INT((long long)overlap("abc", "abc"), 3);
	CHECK_INT((long long)overlap("abc", "abcdef"), 3);
	CHECK_INT((long long)overlap("abcdef", "defghi"), 3);
	CHECK_INT((long long)overlap("abcdef", "xyz"), 0);
	/* the most that fits */
	CHECK_INT((long long)overlap("ababab", "abab-"), 4);
	CHECK_INT((long long)overlap("x\n", "x\nx\n"), 2);
}

static void ids(void)
{
	static const struct {
		const char *a, *b;
		int order;
	} rows[] = {
		{"1-0", "1-0", 0},   {"1", "1-0", 0},	  {"1-1", "1-0", 1},
		{"1-9", "1-10", -1}, {"9-5", "10-0", -1}, {"", "", 0},
		{"", "0-0", -1},     {"5-0", "", 1},	  {"junk", "0", -1},
	};
	struct err e;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		CHECK_INT(events_compare(rows[i].a, rows[i].b), rows[i].order);
	CHECK_INT(events_check_id(strv_of("1764180000000-3"), &e), 0);
	CHECK_INT(events_check_id(strv_of("0"), &e), 0);
	CHECK_INT(events_check_id(strv_of("x"), &e), -1);
	CHECK_INT(e.code, STATUS_USAGE);
	CHECK_INT(events_check_id(strv_of("1-x"), &e), -1);
	CHECK_INT(events_check_id(strv_of("-1"), &e), -1);
	CHECK_INT(events_check_id(strv_of("1-99999999999999999999"), &e), -1);
}

static void rates(void)
{
	const struct turn none = {.ended = 5, .ended_ms = 0};
	const struct turn some = {.ended = 30, .ended_ms = 90000};

	CHECK(turn_rate(&none) == 0);
	CHECK(turn_rate(&some) == 20);
}

int main(void)
{
	static const struct unit_test tests[] = {
		{UNIT_TEST(tails)},
		{UNIT_TEST(ids)},
		{UNIT_TEST(rates)},
	};

	return unit_run("follow", tests, ARRAY_LEN(tests));
}
