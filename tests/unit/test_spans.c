/* SPDX-License-Identifier: ISC */
/* Histograms: names of buckets, quantiles, means. */
#include "queue/spans.h"

#include "base/attr.h"
#include "unit.h"

static bool set(struct spans *s, const char *name, int64_t n)
{
	return spans_set(s, strv_of(name), n);
}

static void names(void)
{
	struct spans s = {.sum_ms = 0};

	CHECK(set(&s, "1", 3));
	CHECK(set(&s, "86400000", 2));
	CHECK(set(&s, "inf", 1));
	CHECK(set(&s, "sum", 1000));
	CHECK(!set(&s, "3", 9));
	CHECK(!set(&s, "", 9));
	CHECK(!set(&s, "-1", 9));
	CHECK(!set(&s, "9223372036854775807", 9));
	CHECK_INT(s.n[0], 3);
	CHECK_INT(s.n[SPANS_BUCKETS - 2], 2);
	CHECK_INT(s.n[SPANS_BUCKETS - 1], 1);
	CHECK_INT(spans_count(&s), 6);
	CHECK_INT(s.sum_ms, 1000);
}

static void bounds_rise(void)
{
	for (size_t i = 1; i < SPANS_BUCKETS; i++)
		CHECK(spans_bound_ms[i] > spans_bound_ms[i - 1]);
	CHECK(spans_bound_ms[SPANS_BUCKETS - 1] == INT64_MAX);
}

static void quantiles(void)
{
	static const struct {
		const char *what;
		int64_t first, second, last; /* in 20..50, 50..100, above all */
		double q;
		double want;
	} rows[] = {
		{"half of one bucket", 10, 0, 0, 0.5, 35},
		{"all of it", 10, 0, 0, 1, 50},
		{"the edge between two", 10, 10, 0, 0.5, 50},
		{"in the second", 10, 10, 0, 0.75, 75},
		{"a single span", 1, 0, 0, 0.95, 48.5},
		{"above all bounds", 0, 0, 5, 0.5, 86400000},
		{"the lowest", 0, 10, 0, 0, 50},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct spans s = {.sum_ms = 0};

		unit_row = rows[i].what;
		set(&s, "50", rows[i].first);
		set(&s, "100", rows[i].second);
		set(&s, "inf", rows[i].last);
		CHECK_INT((long long)(spans_quantile(&s, rows[i].q) * 10),
			  (long long)(rows[i].want * 10));
	}
}

static void nothing(void)
{
	struct spans s = {.sum_ms = 0};

	CHECK(spans_quantile(&s, 0.5) < 0);
	CHECK(spans_mean(&s) < 0);
	CHECK_INT(spans_count(&s), 0);
}

static void sums(void)
{
	struct spans a = {.sum_ms = 0}, b = {.sum_ms = 0};

	set(&a, "50", 1);
	set(&a, "sum", 40);
	set(&b, "50", 1);
	set(&b, "1000", 2);
	set(&b, "sum", 2000);
	spans_add(&a, &b);
	CHECK_INT(spans_count(&a), 4);
	CHECK_INT((long long)spans_mean(&a), 510);
}

int main(void)
{
	static const struct unit_test tests[] = {
		{UNIT_TEST(names)},	{UNIT_TEST(bounds_rise)},
		{UNIT_TEST(quantiles)}, {UNIT_TEST(nothing)},
		{UNIT_TEST(sums)},
	};

	return unit_run("spans", tests, ARRAY_LEN(tests));
}
