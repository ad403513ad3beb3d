/* SPDX-License-Identifier: ISC */
/*
 * Which ticks are due, and what becomes of those that were missed.
 */
#include "cron/due.h"

#include "queue/schedule.h"
#include "unit.h"

/* 2026-11-24T00:00:00Z */
#define DAY 1795478400LL

static struct schedule_file file;

static const struct schedule *parse(const char *line)
{
	char text[512];
	const struct schedule_input in = {.source = "test", .now = DAY};
	struct err e = {.msg = ""};

	schedule_file_release(&file);
	snprintf(text, sizeof(text), "%s\n", line);
	if (schedule_parse(&file, strv_of(text), &in, &e) < 0 || file.n != 1) {
		printf("cannot parse '%s': %s\n", line, e.msg);
		exit(1);
	}
	return &file.v[0];
}

static const char *act_name(enum due_act act)
{
	return act == DUE_WAIT ? "wait" : act == DUE_FIRE ? "fire" : "drop";
}

#define NONE (-1000000)

/* All times are seconds from DAY; `now` in ms from it. */
static const struct row {
	const char *line;
	long long watermark, now_ms;
	enum due_act act;
	long long tick, missed;
	bool more;
} rows[] = {
	/* nothing due yet, due to the millisecond, due for a while */
	{"* * * * * q n", 0, 59999, DUE_WAIT, 60, 0, false},
	{"* * * * * q n", 0, 60000, DUE_FIRE, 60, 0, false},
	{"* * * * * q n", 0, 119999, DUE_FIRE, 60, 0, false},
	/* two due, none late: nothing was missed */
	{"@every 1s q n", 0, 60000, DUE_FIRE, 1, 0, false},
	{"@every 1s q n missed=skip", 0, 60000, DUE_FIRE, 1, 0, false},
	/* once: the latest, and how many before it */
	{"* * * * * q n", 0, 600000, DUE_FIRE, 600, 9, false},
	{"@every 1s q n", 0, 62000, DUE_FIRE, 62, 61, false},
	{"@every 1s q n grace=1s", 0, 3000, DUE_FIRE, 3, 2, false},
	{"* * * * * q n missed-max=3", 0, 600000, DUE_FIRE, 600, 4, true},
	{"* * * * * q n missed-max=8", 0, 600000, DUE_FIRE, 600, 9, false},
	{"0 2 * * * q n", 0, 80000000, DUE_FIRE, 7200, 0, false},
	/* once with a window: too old is too old */
	{"0 2 * * * q n missed-window=1h", 0, 80000000, DUE_DROP, 7200, 1,
	 false},
	{"0 2 * * * q n missed-window=1h", 0, 10800000, DUE_FIRE, 7200, 0,
	 false},
	{"@every 1s q n missed-window=10s", 0, 20000, DUE_FIRE, 20, 19, false},
	/* skip */
	{"0 2 * * * q n missed=skip", 0, 80000000, DUE_DROP, 7200, 1, false},
	{"0 2 * * * q n missed=skip", 0, 7260000, DUE_FIRE, 7200, 0, false},
	{"0 2 * * * q n missed=skip", 0, 7260001, DUE_DROP, 7200, 1, false},
	{"@every 30s q n missed=skip", 0, 600000, DUE_FIRE, 540, 17, false},
	{"* * * * * q n missed=skip grace=5s", 0, 606000, DUE_DROP, 600, 10,
	 false},
	/* all: oldest first, the most recent missed-max of them */
	{"* * * * * q n missed=all", 0, 600000, DUE_FIRE, 60, 0, false},
	{"* * * * * q n missed=all missed-max=4", 0, 600000, DUE_FIRE, 420, 5,
	 true},
	{"* * * * * q n missed=all missed-max=10", 0, 600000, DUE_FIRE, 60, 0,
	 false},
	{"0 * * * * q n missed=all missed-window=90m", 0, 36000000, DUE_FIRE,
	 32400, 8, false},
	/* all: 24 hours without a window */
	{"0 * * * * q n missed=all", -86400, 36000000, DUE_FIRE, -50400, 9,
	 false},
	{"0 0 * * * q n missed=all", -864000, 43200000, DUE_FIRE, 0, 9, false},
	/* start and end, to the millisecond */
	{"* * * * * q n start=2026-11-24T00:05:00Z", 0, 240000, DUE_WAIT, 300,
	 0, false},
	{"* * * * * q n start=2026-11-24T00:05:00Z", 0, 300000, DUE_FIRE, 300,
	 0, false},
	{"* * * * * q n start=@1795478700.001", 0, 300000, DUE_WAIT, 360, 0,
	 false},
	{"* * * * * q n end=2026-11-24T00:05:00Z", 240, 300000, DUE_WAIT, NONE,
	 0, false},
	{"* * * * * q n end=@1795478700.001", 240, 300000, DUE_FIRE, 300, 0,
	 false},
	{"* * * * * q n end=2026-11-24T00:05:00Z", 0, 600000, DUE_FIRE, 240, 3,
	 false},
	/* an anchor */
	{"@every 10s q n anchor=@1795478403", 0, 2999, DUE_WAIT, 3, 0, false},
	{"@every 10s q n anchor=@1795478403", 3, 13000, DUE_FIRE, 13, 0, false},
};

static void plans(void)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *r = &rows[i];
		struct due d;
		long long tick;

		unit_row = r->line;
		due_plan(parse(r->line), DAY + r->watermark, INT64_MIN,
			 DAY * 1000 + r->now_ms, &d);
		tick = d.tick.at == DUE_NEVER ? NONE : d.tick.at - DAY;
		CHECK_STR(act_name(d.act), act_name(r->act));
		CHECK_INT(tick, r->tick);
		CHECK_INT(d.missed, r->missed);
		CHECK_INT(d.more, r->more);
	}
	schedule_file_release(&file);
}

/* All steps until nothing is due: how many fired and how many were dropped. */
static void run(const char *line, long long seconds, int64_t *fired,
		int64_t *missed)
{
	const struct schedule *s = parse(line);
	int64_t watermark = DAY, settled = INT64_MIN;
	struct due d;

	*fired = *missed = 0;
	for (;;) {
		due_plan(s, watermark, settled, (DAY + seconds) * 1000, &d);
		if (d.act == DUE_WAIT)
			break;
		CHECK(d.tick.at > watermark);
		watermark = d.tick.at;
		settled = d.settled;
		*fired += d.act == DUE_FIRE;
		*missed += d.missed;
	}
	CHECK(d.tick.at > DAY + seconds);
	schedule_file_release(&file);
}

static void downtime(void)
{
	int64_t fired, missed;

	run("@every 1m q n", 600, &fired, &missed);
	CHECK_INT(fired, 1);
	CHECK_INT(missed, 9);
	run("@every 1m q n missed=skip", 600, &fired, &missed);
	CHECK_INT(fired, 2);
	CHECK_INT(missed, 8);
	run("@every 1m q n missed=skip grace=0s", 599, &fired, &missed);
	CHECK_INT(fired, 0);
	CHECK_INT(missed, 9);
	run("@every 1m q n missed=all", 600, &fired, &missed);
	CHECK_INT(fired, 10);
	CHECK_INT(missed, 0);
	run("@every 1m q n missed=all missed-max=3", 600, &fired, &missed);
	CHECK_INT(fired, 3);
	/* counted up to missed-max + 1 */
	CHECK_INT(missed, 4);
}

/* Every second, a year down: bounded by missed-max, not by the year. */
static void a_year(void)
{
	int64_t fired, missed;

	run("@every 1s q n missed=all missed-max=10000 missed-window=52w",
	    360LL * 86400, &fired, &missed);
	CHECK_INT(fired, 10000);
	CHECK_INT(missed, 10001);
	run("@seconds * * * * * * q n", 360LL * 86400, &fired, &missed);
	CHECK_INT(fired, 1);
	CHECK_INT(missed, 101);
}

/* A clock that is set back finds the watermark ahead. */
static void clock_back(void)
{
	struct due d;

	due_plan(parse("* * * * * q n"), DAY + 3600, INT64_MIN, DAY * 1000, &d);
	CHECK_INT(d.act, DUE_WAIT);
	CHECK_INT(d.tick.at - DAY, 3660);
	schedule_file_release(&file);
}

static void moved_tick(void)
{
	struct due d;

	/* 2026-03-29 02:30 does not exist in Berlin: 03:00 CEST, 01:00Z */
	due_plan(parse("30 2 * * * q n tz=Europe/Berlin"), 1774742400,
		 INT64_MIN, 1774746000000, &d);
	CHECK_INT(d.act, DUE_FIRE);
	CHECK_INT(d.tick.at, 1774746000);
	CHECK_INT(d.tick.mark, CRON_MOVED);
	schedule_file_release(&file);
}

/* How long a plan holds, in ms from DAY; NONE: for ever. A second is allowed
 * for the way to the server. */
static void holds(void)
{
	static const struct {
		const char *line;
		long long watermark, settled, now_ms, until;
	} row[] = {
		/* on time until it is late */
		{"* * * * * q n", 0, NONE, 60000, 120000},
		{"@every 1s q n grace=2s", 0, NONE, 1500, 3000},
		{"@every 1s q n grace=2s missed=skip", 0, NONE, 1500, 3000},
		{"@every 1s q n grace=2s missed=all", 0, NONE, 1500, 3000},
		{"* * * * * q n missed-window=5s", 0, NONE, 60000, 65000},
		{"* * * * * q n missed=skip grace=0s", 0, NONE, 60000, 61000},
		/* late: until the first is that it does not stand for */
		{"@every 1s q n grace=2s", 0, NONE, 9000, 12000},
		{"@every 1s q n grace=0s", 0, NONE, 1001, 3000},
		{"@every 5s q n grace=2s missed=all", 0, NONE, 19000, 22000},
		{"@every 5s q n grace=2s missed=all", 5, 15, 19000, 22000},
		{"@daily q n grace=2s", -1, NONE, 9000, 86402000},
		{"@daily q n grace=2s end=2026-11-24T12:00:00Z", -1, NONE, 9000,
		 NONE},
		/* but no longer than it may be made up for */
		{"@daily q n grace=2s missed-window=10s", -1, NONE, 9000,
		 10000},
		/* skip: some are left, each until it is late itself */
		{"@every 1s q n grace=2s missed=skip", 0, NONE, 9000, 9000},
		{"@every 1s q n grace=2s missed=skip", 7, 9, 9500, 10000},
		/* what is too old stays so */
		{"@daily q n grace=2s missed=skip", -1, NONE, 9000, NONE},
	};
	struct due d;

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		unit_row = row[i].line;
		due_plan(parse(row[i].line), DAY + row[i].watermark,
			 row[i].settled == NONE ? INT64_MIN
						: DAY + row[i].settled,
			 DAY * 1000 + row[i].now_ms, &d);
		CHECK_INT(d.until == INT64_MAX ? NONE : d.until - DAY * 1000,
			  row[i].until);
	}
	schedule_file_release(&file);
}

/* Ten seconds at least, for a scheduler may have to try again. */
static void behind(void)
{
	const struct schedule *s = parse("* * * * * q n");

	CHECK_INT(due_behind(s, DAY, DAY * 1000 + 59999), 0);
	CHECK_INT(due_behind(s, DAY, DAY * 1000 + 120000), 0);
	CHECK_INT(due_behind(s, DAY, DAY * 1000 + 120001), 60001);
	CHECK_INT(due_behind(s, DAY + 60, DAY * 1000 + 120001), 0);
	CHECK_INT(due_behind(s, DAY + 9000, DAY * 1000), 0);
	s = parse("* * * * * q n grace=0s");
	CHECK_INT(due_behind(s, DAY, DAY * 1000 + 70000), 0);
	CHECK_INT(due_behind(s, DAY, DAY * 1000 + 70001), 10001);
	s = parse("* * * * * q n end=2026-11-24T00:00:30Z");
	CHECK_INT(due_behind(s, DAY, DAY * 1000 + 900000), 0);
	schedule_file_release(&file);
}

static const struct unit_test tests[] = {
	{UNIT_TEST(plans)},	 {UNIT_TEST(downtime)},	  {UNIT_TEST(a_year)},
	{UNIT_TEST(clock_back)}, {UNIT_TEST(moved_tick)}, {UNIT_TEST(behind)},
	{UNIT_TEST(holds)},
};

int main(void)
{
	return unit_run("due", tests, ARRAY_LEN(tests));
}
