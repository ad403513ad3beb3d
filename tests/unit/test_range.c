/* SPDX-License-Identifier: ISC */
/* Thresholds of monitors: what alerts, how they are written again. */
#include "cli/range.h"

#include "base/attr.h"
#include "unit.h"

static struct err err;

static void alerts(void)
{
	static const struct {
		const char *text, *again;
		double value;
		bool alert;
	} rows[] = {
		{"ready=10", "10", 10, false},
		{"ready=10", "10", 11, true},
		{"ready=0", "0", 0, false},
		{"ready=0", "0", 1, true},
		{"workers=1:", "1:", 0, true},
		{"workers=1:", "1:", 1, false},
		{"workers=:5", "5", 6, true},
		{"ready=~:10", "~:10", 5, false},
		{"ready=10:20", "10:20", 9, true},
		{"ready=10:20", "10:20", 20, false},
		{"ready=@10:20", "@10:20", 15, true},
		{"ready=@10:20", "@10:20", 21, false},
		{"ready=@5", "@5", 5, true},
		{"oldest=10m", "600", 600, false},
		{"oldest=10m", "600", 601, true},
		{"oldest=1h30m", "5400", 5401, true},
		{"oldest=500ms", "0.5", 0.6, true},
		{"fail_rate=5%", "5", 5.1, true},
		{"fail_rate=2.5", "2.5", 2.5, false},
		{"fail_rate=0.25%", "0.25", 0.3, true},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct range_list l = {NULL, 0};
		struct buf b = BUF_INIT;

		unit_row = rows[i].text;
		CHECK_INT(range_parse_list(strv_of(rows[i].text), &l, &err), 0);
		CHECK_INT((long long)l.n, 1);
		if (l.n == 1) {
			CHECK_INT(range_alerts(l.v, rows[i].value),
				  rows[i].alert);
			range_format(l.v, &b);
			CHECK_STR(b.p, rows[i].again);
		}
		buf_release(&b);
		range_list_release(&l);
	}
}

static void lists(void)
{
	struct range_list l = {NULL, 0};

	CHECK_INT(range_parse_list(strv_of("ready=5, oldest=1m,workers=1:"), &l,
				   &err),
		  0);
	CHECK_INT((long long)l.n, 3);
	CHECK(range_find(&l, measure_find(strv_of("oldest"), &err)) == &l.v[1]);
	CHECK(!range_find(&l, measure_find(strv_of("dead"), &err)));
	range_list_release(&l);
}

static void refused(void)
{
	static const char *const rows[] = {
		"",
		"ready",
		"ready=",
		"ready=x",
		"ready=-1",
		"ready=5:1",
		"oldest=10y",
		"nothing=1",
		"=5",
		"ready=5%",
		"ready=1.234",
		"ready=1,ready=2",
		"ready=1:2:3",
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct range_list l = {NULL, 0};

		unit_row = rows[i];
		err.code = STATUS_OK;
		CHECK_INT(range_parse_list(strv_of(rows[i]), &l, &err), -1);
		CHECK_INT(err.code, STATUS_USAGE);
		range_list_release(&l);
	}
}

static void told(void)
{
	struct buf b = BUF_INIT;

	measure_tell(measure_find(strv_of("ready"), &err), 1904, &b);
	buf_addstr(&b, ", ");
	measure_tell(measure_find(strv_of("oldest"), &err), 4320, &b);
	buf_addstr(&b, ", ");
	measure_tell(measure_find(strv_of("fail_rate"), &err), 12.5, &b);
	CHECK_STR(b.p, "1904 ready, oldest 1h12m, failed 12.5%");
	buf_release(&b);
}

int main(void)
{
	static const struct unit_test tests[] = {
		{UNIT_TEST(alerts)},
		{UNIT_TEST(lists)},
		{UNIT_TEST(refused)},
		{UNIT_TEST(told)},
	};

	return unit_run("range", tests, ARRAY_LEN(tests));
}
