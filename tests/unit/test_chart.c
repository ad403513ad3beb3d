/* SPDX-License-Identifier: ISC */
/* Bars of text. */
#include "cli/chart.h"

#include "base/attr.h"
#include "unit.h"

static void sparks(void)
{
	const double v[] = {0, 1, 4, 8, -1, 0.001};
	struct buf b = BUF_INIT;

	chart_spark(v, ARRAY_LEN(v), 8, &b);
	CHECK_STR(b.p, " ▁▄█ ▁");
	buf_clear(&b);
	chart_spark(v, 2, 0, &b);
	CHECK_STR(b.p, "  ");
	buf_release(&b);
}

static void bars(void)
{
	const double v[] = {16, 0, 8, 1};
	const struct chart c = {.v = v, .n = ARRAY_LEN(v), .rows = 2};
	struct buf b = BUF_INIT;

	chart_write(&c, &b);
	CHECK_STR(b.p, "      16 █\n"
		       "       0 █ █▁\n");
	buf_release(&b);
}

static void nothing(void)
{
	const struct chart c = {.v = NULL, .n = 0, .rows = 2};
	struct buf b = BUF_INIT;

	chart_write(&c, &b);
	CHECK_STR(b.p, "       0\n       0\n");
	buf_release(&b);
}

static void numbers(void)
{
	static const struct {
		double v;
		bool span;
		const char *want;
	} rows[] = {
		{0, false, "0"},	  {1904, false, "1904"},
		{0.5, false, "0.5"},	  {12345, false, "12.3k"},
		{3400000, false, "3.4M"}, {7, true, "7ms"},
		{1500, true, "1.5s"},	  {90000, true, "90s"},
		{180000, true, "3m"},	  {7200000, true, "2h"},
		{999, true, "999ms"},	  {2e9, true, "23.1d"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buf b = BUF_INIT;

		unit_row = rows[i].want;
		chart_number(rows[i].v, rows[i].span, &b);
		CHECK_STR(b.p, rows[i].want);
		buf_release(&b);
	}
}

int main(void)
{
	static const struct unit_test tests[] = {
		{UNIT_TEST(sparks)},
		{UNIT_TEST(bars)},
		{UNIT_TEST(nothing)},
		{UNIT_TEST(numbers)},
	};

	return unit_run("chart", tests, ARRAY_LEN(tests));
}
