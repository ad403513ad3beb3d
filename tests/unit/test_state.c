/* SPDX-License-Identifier: ISC */
/*
 * What the scripts keep of a schedule, read back: state lines and histories,
 * whole and damaged.
 */
#include "base/attr.h"
#include "cron/history.h"
#include "cron/state.h"
#include "unit.h"

static void a_state(void)
{
	struct state s;

	CHECK(state_parse(strv_of("1795 pf web 17 18 60 120 1 2 3 4 5 99"),
			  &s));
	CHECK_INT(s.rev, 1795);
	CHECK(s.paused && s.finished && !s.create);
	CHECK(strv_eq(s.source, "web"));
	CHECK_INT(s.created, 17);
	CHECK_INT(s.edited, 18);
	CHECK_INT(s.watermark, 60);
	CHECK_INT(s.fired, 1);
	CHECK_INT(s.missed, 2);
	CHECK_INT(s.blocked, 3);
	CHECK_INT(s.while_paused, 4);
	CHECK_INT(s.known, 5);
	CHECK_INT(s.enqueued, 99);
	CHECK(state_parse(strv_of("1 - - 17 18 60 - 0 0 0 0 0 -"), &s));
	CHECK(!s.paused && !s.finished && !s.create);
	CHECK(strv_eq(s.source, STATE_NO_SOURCE));
	CHECK_INT(s.enqueued, 0);
}

static void damaged_states(void)
{
	static const char *const lines[] = {
		"",
		"nonsense",
		"1 - - 17 18",
		"1 - - 17 18 x - 0 0 0 0 0 -",
		"1 - - 17 18 -60 - 0 0 0 0 0 -",
		"1 - - 17 18 9223372036854775807 - 0 0 0 0 0 -",
		"99999999999999999999 - - 17 18 60 - 0 0 0 0 0 -",
	};
	struct state s;

	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		unit_row = lines[i];
		CHECK(!state_parse(strv_of(lines[i]), &s));
	}
}

static void a_history(void)
{
	struct strv text = strv_of("1000 added - 1 me@host\n"
				   "2000 fired 60 3 19700101T000100Z\n"
				   "3000 overlap 120 2 19700101T000100Z\n"
				   "4000 run - 0 manual:abc me and more\n"
				   "5000 missed 180 7 -\n");
	struct history h;

	CHECK(history_next(&text, &h));
	CHECK_INT(h.at, 1000);
	CHECK_INT(h.tick, -1);
	CHECK(strv_eq(h.event, "added") && strv_eq(h.by, "me@host"));
	CHECK(!h.stamp.n && !history_has_job(&h));
	CHECK(history_next(&text, &h));
	CHECK_INT(h.tick, 60);
	CHECK_INT(h.count, 3);
	CHECK(strv_eq(h.stamp, "19700101T000100Z") && history_has_job(&h));
	CHECK(!h.by.n);
	CHECK(history_next(&text, &h));
	CHECK(strv_eq(h.stamp, "19700101T000100Z") && !history_has_job(&h));
	CHECK(history_next(&text, &h));
	CHECK(strv_eq(h.stamp, "manual:abc") && strv_eq(h.by, "me and more"));
	CHECK(history_next(&text, &h));
	CHECK_INT(h.count, 7);
	CHECK(!h.stamp.n && !h.by.n);
	CHECK(!history_next(&text, &h));
}

/* What a stranger's hand wrote is passed over. */
static void damaged_history(void)
{
	struct strv text = strv_of("\n\nx y z\n1 fired x 0 s\n-1 fired 1 1 s\n"
				   "1 fired 1\n5 added - 1 -");
	struct history h;

	CHECK(history_next(&text, &h));
	CHECK_INT(h.at, 5);
	CHECK(!history_next(&text, &h));
}

static const struct unit_test tests[] = {
	{UNIT_TEST(a_state)},
	{UNIT_TEST(damaged_states)},
	{UNIT_TEST(a_history)},
	{UNIT_TEST(damaged_history)},
};

int main(void)
{
	return unit_run("state", tests, ARRAY_LEN(tests));
}
