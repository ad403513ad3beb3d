/* SPDX-License-Identifier: ISC */
/* How far back. */
#include "cli/since.h"

#include "base/attr.h"
#include "unit.h"

#define NOW INT64_C(1700000000000) /* 2023-11-14T22:13:20Z */

static void times(void)
{
	static const struct {
		const char *text;
		int64_t want; /* -1: refused */
	} rows[] = {
		{"90", NOW - 90000},
		{"2h", NOW - 7200000},
		{"0", NOW},
		{"22:13", NOW - 20000},
		{"22:14", NOW - 86400000 + 40000},
		{"2023-11-14T22:00:00Z", NOW - 800000},
		{"@1600000000", 1600000000000},
		{"2023-11-14T23:00:00Z", -1},
		{"@1700000001", -1},
		{"yesterday", -1},
		{"", -1},
		{"-5m", -1},
	};

	setenv("TZ", "UTC", 1);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err e;
		int64_t ms = -1;
		int rc = since_parse_at(strv_of(rows[i].text), NOW, &ms, &e);

		unit_row = rows[i].text;
		CHECK_INT(rc, rows[i].want < 0 ? -1 : 0);
		if (rc == 0)
			CHECK_INT(ms, rows[i].want);
		else
			CHECK_INT(e.code, STATUS_USAGE);
	}
}

int main(void)
{
	static const struct unit_test tests[] = {{UNIT_TEST(times)}};

	return unit_run("since", tests, ARRAY_LEN(tests));
}
