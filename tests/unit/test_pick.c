/* SPDX-License-Identifier: ISC */
/* pick: the order of queues. */
#include "work/pick.h"

#include "unit.h"

static void strict(void)
{
	static const bool all[] = {true, true, true};
	static const bool later[] = {false, true, true};
	static const bool none[] = {false, false, false};
	struct pick p;

	CHECK_INT(pick_init(&p, strv_of("high,default,low"), NULL), 0);
	CHECK_INT((long long)p.n, 3);
	CHECK(!p.weighted);
	CHECK_STR(p.queue[1].name, "default");
	CHECK_INT(pick_next(&p, all, 0.99), 0);
	CHECK_INT(pick_next(&p, later, 0.99), 1);
	CHECK_INT(pick_next(&p, none, 0), -1);
	pick_release(&p);
}

static void weighted(void)
{
	static const bool all[] = {true, true};
	static const bool one[] = {false, true};
	static const bool none[] = {false, false};
	int hits[2] = {0};
	struct pick p;

	CHECK_INT(pick_init(&p, strv_of("a=5,b=1"), NULL), 0);
	CHECK(p.weighted);
	for (int i = 0; i < 600; i++)
		hits[pick_next(&p, all, i / 600.0)]++;
	CHECK_INT(hits[0], 500);
	CHECK_INT(hits[1], 100);
	CHECK_INT(pick_next(&p, all, 0), 0);
	CHECK_INT(pick_next(&p, all, 0.9999999), 1);
	CHECK_INT(pick_next(&p, one, 0), 1);
	CHECK_INT(pick_next(&p, one, 0.9999999), 1);
	CHECK_INT(pick_next(&p, none, 0.5), -1);
	pick_release(&p);
}

static void refused(void)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{"", "''"},
		{",a", "''"},
		{"a,", "''"},
		{"a,,b", "''"},
		{"a b", "'a b'"},
		{"../x", "'../x'"},
		{"{a}", "'{a}'"},
		{"a\x1b", "'a\\x1b'"},
		{"a,a", "named twice"},
		{"a=1,b", "give every queue a weight, or none"},
		{"a,b=1", "give every queue a weight, or none"},
		{"a=0", "weight of queue 'a'"},
		{"a=x", "weight of queue 'a'"},
		{"a=", "weight of queue 'a'"},
		{"a=1001", "weight of queue 'a'"},
		{"=1", "''"},
	};
	struct pick p;
	struct err e;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		unit_row = rows[i].text;
		CHECK_INT(pick_init(&p, strv_of(rows[i].text), &e), -1);
		CHECK_INT(e.code, STATUS_USAGE);
		CHECK_HAS(e.msg, rows[i].says);
		CHECK(p.queue == NULL);
	}
}

int main(void)
{
	static const struct unit_test tests[] = {
		{UNIT_TEST(strict)},
		{UNIT_TEST(weighted)},
		{UNIT_TEST(refused)},
	};

	return unit_run("pick", tests, ARRAY_LEN(tests));
}
