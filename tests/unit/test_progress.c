/* SPDX-License-Identifier: ISC */
/* The line that says how far a command has come. */
#include "cli/progress.h"

#include <string.h>

#include "base/attr.h"
#include "unit.h"

static const char *line(uint64_t done, uint64_t total, size_t width)
{
	struct progress p = {.what = "importing", .total = total, .done = done};
	static char to[160];

	CHECK(progress_format(&p, 10000, width, to, sizeof(to)) == strlen(to));
	return to;
}

static void with_an_end(void)
{
	CHECK_STR(line(0, 200, 0),
		  "importing  [                    ]   0 %  0/200");
	CHECK_STR(line(50, 200, 0),
		  "importing  [#####               ]  25 %  50/200  30 s left");
	CHECK_STR(line(200, 200, 0),
		  "importing  [####################] 100 %  200/200");
	/* there came more than there were */
	CHECK_STR(line(300, 200, 0),
		  "importing  [####################] 100 %  200/200");
}

static void without_an_end(void)
{
	CHECK_STR(line(1234, 0, 0), "importing  1234");
}

static void fits_the_terminal(void)
{
	CHECK_STR(line(50, 200, 20), "importing  [#####  ");
	CHECK_STR(line(50, 200, 1), "");
}

static void fits_the_room(void)
{
	struct progress p = {.what = "importing", .total = 9, .done = 3};
	char to[40];

	CHECK(progress_format(&p, 1000, 0, to, sizeof(to)) == 39);
	CHECK(progress_format(&p, 1000, 0, to, 5) == 4);
	CHECK_STR(to, "impo");
}

int main(void)
{
	static const struct unit_test tests[] = {
		{UNIT_TEST(with_an_end)},
		{UNIT_TEST(without_an_end)},
		{UNIT_TEST(fits_the_terminal)},
		{UNIT_TEST(fits_the_room)},
	};

	return unit_run("progress", tests, ARRAY_LEN(tests));
}
