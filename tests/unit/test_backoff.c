/* SPDX-License-Identifier: ISC */
/* backoff: specifications, delays, jitter. */
#include "queue/backoff.h"

#include "base/num.h"
#include "unit.h"

static struct err err;

static void accepted(void)
{
	static const struct {
		const char *spec;
		int64_t failed;
		double chance;
		int64_t want;
	} rows[] = {
		{"exp:5s,1h", 1, 0.5, 5000},
		{"exp:5s,1h", 2, 0.5, 10000},
		{"exp:5s,1h", 5, 0.5, 80000},
		{"exp:5s,1h", 10, 0.5, 2560000},
		{"exp:5s,1h", 11, 0.5, 3600000},
		{"exp:5s,1h", INT64_MAX, 0.5, 3600000},
		{"exp:5s,1h", 1, 0, 4000},
		{"exp:5s,1h", 1, 1, 6000},
		{"exp:1s,366d", 63, 1, NUM_SPAN_MAX_MS},
		{"fixed:30s", 1, 0.5, 30000},
		{"fixed:30s", 99, 0.5, 30000},
		{"fixed:0", 1, 0.5, 1},
		{"list:10s,1m,10m", 1, 0.5, 10000},
		{"list:10s,1m,10m", 2, 0.5, 60000},
		{"list:10s,1m,10m", 3, 0.5, 600000},
		{"list:10s,1m,10m", 4, 0.5, 600000},
		{"list:10s", 0, 0.5, 10000},
	};
	struct backoff b;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		unit_row = rows[i].spec;
		CHECK_INT(backoff_parse(strv_of(rows[i].spec), &b, &err), 0);
		CHECK_INT(backoff_delay(&b, rows[i].failed, rows[i].chance),
			  rows[i].want);
	}
}

static void refused(void)
{
	static const char *const rows[] = {
		"",	     "exp",	    "exp:",
		"exp:5s",    "exp:5s,1h,1", "exp:1h,5s",
		"exp:0,1h",  "fixed:",	    "fixed:1,2",
		"list:",     "list:1,,2",   "list:1,-2",
		"linear:5s", "exp:5 s,1h",  "fixed:999d",
		"5s",	     "fixed:30s,",  "exp:5s,1h,",
		"list:1,",
	};
	struct backoff b;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		unit_row = rows[i];
		CHECK_INT(backoff_parse(strv_of(rows[i]), &b, &err), -1);
		CHECK_HAS(err.msg, "is not a back-off (write ");
	}
}

int main(void)
{
	static const struct unit_test tests[] = {
		{UNIT_TEST(accepted)},
		{UNIT_TEST(refused)},
	};

	return unit_run("backoff", tests, ARRAY_LEN(tests));
}
