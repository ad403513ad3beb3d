/* SPDX-License-Identifier: ISC */
/* The number for autoscalers. */
#include "cli/scale.h"

#include "base/attr.h"
#include "unit.h"

static void slots(void)
{
	static const struct {
		const char *what;
		struct scale s;
		int64_t within, want;
	} rows[] = {
		{"nothing to do", {0, 100, 0, 0, false}, 60000, 0},
		{"keeps pace: 10/s of 500 ms",
		 {0.01, 500, 0, 0, false},
		 60000,
		 5},
		{"a part of a slot is one",
		 {0.001, 100, 0, 0, false},
		 60000,
		 1},
		{"works 600 s off in a minute",
		 {0, 1000, 600, 0, false},
		 60000,
		 10},
		{"the same in five", {0, 1000, 600, 0, false}, 300000, 2},
		{"both", {0.01, 500, 120, 0, false}, 60000, 6},
		{"no more than jobs", {0, 3600000, 3, 0, false}, 60000, 3},
		{"at least what is busy", {0, 10, 1, 7, false}, 60000, 7},
		{"one while a job is ready", {0, 0, 5, 0, false}, 60000, 1},
		{"nothing known yet", {0.1, -1, 5, 0, false}, 60000, 1},
		{"a paused queue", {0.01, 500, 1000, 2, true}, 60000, 2},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		unit_row = rows[i].what;
		CHECK_INT(scale_slots(&rows[i].s, rows[i].within),
			  rows[i].want);
	}
}

int main(void)
{
	static const struct unit_test tests[] = {{UNIT_TEST(slots)}};

	return unit_run("scale", tests, ARRAY_LEN(tests));
}
