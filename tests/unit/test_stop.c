/* SPDX-License-Identifier: ISC */
/* stop: what signals mean, one after the other (b.6). */
#include "work/stop.h"

#include "base/attr.h"
#include "unit.h"

static void table(void)
{
	static const struct {
		enum stop_phase phase;
		enum stop_signal signal;
		bool terminal;
		enum stop_action want;
	} rows[] = {
		{STOP_RUN, STOP_TERM, false, STOP_GENTLY},
		{STOP_FINISH, STOP_TERM, false, STOP_FIRMLY},
		{STOP_FORCE, STOP_TERM, false, STOP_KILL_ALL},
		{STOP_RUN, STOP_INT, true, STOP_GENTLY},
		{STOP_FINISH, STOP_INT, true, STOP_FIRMLY},
		{STOP_FORCE, STOP_INT, true, STOP_DIE_AT_ONCE},
		{STOP_RUN, STOP_QUIT, false, STOP_FIRMLY},
		{STOP_FINISH, STOP_QUIT, false, STOP_FIRMLY},
		{STOP_RUN, STOP_HUP, false, STOP_RELOAD},
		{STOP_FINISH, STOP_HUP, false, STOP_RELOAD},
		{STOP_RUN, STOP_HUP, true, STOP_GENTLY},
		{STOP_FINISH, STOP_HUP, true, STOP_FIRMLY},
		{STOP_RUN, STOP_TSTP, true, STOP_BE_QUIET},
		{STOP_QUIET, STOP_TSTP, true, STOP_NOTHING},
		{STOP_QUIET, STOP_CONT, true, STOP_RESUME},
		{STOP_RUN, STOP_CONT, true, STOP_BEAT_NOW},
		{STOP_FINISH, STOP_CONT, true, STOP_BEAT_NOW},
		{STOP_FINISH, STOP_TSTP, true, STOP_NOTHING},
		{STOP_QUIET, STOP_TERM, false, STOP_GENTLY},
		{STOP_QUIET, STOP_QUIT, false, STOP_FIRMLY},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char name[16];

		snprintf(name, sizeof(name), "row %zu", i);
		unit_row = name;
		CHECK_INT(stop_decide(rows[i].phase, rows[i].signal,
				      rows[i].terminal),
			  rows[i].want);
	}
}

int main(void)
{
	static const struct unit_test tests[] = {
		{UNIT_TEST(table)},
	};

	return unit_run("stop", tests, ARRAY_LEN(tests));
}
