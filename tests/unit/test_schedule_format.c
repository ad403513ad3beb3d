/* SPDX-License-Identifier: ISC */
/*
 * A schedule as one line: parsed again it is the same, whatever it says.
 */
#include "base/buf.h"
#include "queue/schedule.h"
#include "unit.h"

static const struct row {
	const char *line, *want;
} rows[] = {
	{"30  2 *\t* *  q  n", "30 2 * * * q n tz=UTC"},
	{"@seconds */10 * * * * * q n -- payload",
	 "@seconds */10 * * * * * q n tz=UTC"},
	{"@every 90s q n anchor=2026-11-24T10:00:00Z",
	 "@every 90s q n tz=UTC anchor=@1795514400.000"},
	{"@every 90s q n start=2026-11-24T10:00:00.250Z",
	 "@every 90s q n tz=UTC start=@1795514400.250"},
	/* what is the default is not said */
	{"@daily q n missed=once grace=1m missed-max=100 overlap=allow "
	 "paused=no priority=0",
	 "@daily q n tz=UTC"},
	{"@daily q n tz=Europe/Berlin missed=all missed-max=7 "
	 "missed-window=1h30m grace=0s",
	 "@daily q n tz=Europe/Berlin missed=all missed-max=7 "
	 "missed-window=5400000ms grace=0ms"},
	{"@daily q n overlap=forbid jitter=90s limit=3 fire-on-create=yes",
	 "@daily q n tz=UTC overlap=forbid jitter=90000ms limit=3 "
	 "fire-on-create=yes"},
	{"@daily q n overlap=replace paused=yes",
	 "@daily q n tz=UTC overlap=replace paused=yes"},
	{"@daily q n max-live=4 start=@1795514400 end=2026-12-24T00:00:00Z",
	 "@daily q n tz=UTC max-live=4 start=@1795514400.000 "
	 "end=@1798070400.000"},
	{"H H * * FRI#2 q n missed=skip",
	 "H H * * FRI#2 q n tz=UTC missed=skip"},
	{"@daily q n priority=-3 expire=1h timeout=0 max-attempts=2 "
	 "backoff=fixed:5s name=kind meta=A=1 meta=B=x=y",
	 "@daily q n tz=UTC priority=-3 expire=3600000ms timeout=0ms "
	 "max-attempts=2 backoff=fixed:5s name=kind meta=A=1 meta=B=x=y"},
};

/* The line that `text` becomes; to be freed. */
static char *format(const char *text)
{
	const struct schedule_input in = {.source = "s", .now = 1795514400};
	struct schedule_file f;
	struct buf out = BUF_INIT;
	struct err e;

	if (schedule_parse(&f, strv_of(text), &in, &e) < 0 || f.n != 1)
		buf_addf(&out, "not parsed: %s", e.msg);
	else
		schedule_format(&f.v[0], &out);
	schedule_file_release(&f);
	return buf_detach(&out);
}

static void round_trip(void)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char *once = format(rows[i].line);
		char *twice = format(once);

		unit_row = rows[i].line;
		CHECK_STR(once, rows[i].want);
		CHECK_STR(twice, once);
		free(once);
		free(twice);
	}
}

static const struct unit_test tests[] = {
	{UNIT_TEST(round_trip)},
};

int main(void)
{
	return unit_run("schedule_format", tests, ARRAY_LEN(tests));
}
