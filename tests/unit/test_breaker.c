/* SPDX-License-Identifier: ISC */
/* breaker: pauses that grow, and one job on trial after each. */
#include "work/breaker.h"

#include "base/attr.h"
#include "unit.h"

static void opens_after_a_row(void)
{
	struct breaker b;
	int64_t wait;

	breaker_init(&b, 3);
	CHECK(!breaker_failed(&b, 0));
	CHECK(!breaker_failed(&b, 0));
	CHECK_INT(breaker_allows(&b, 8, 0, &wait), 8);
	CHECK(breaker_failed(&b, 1000));
	CHECK(breaker_tripped(&b));
	CHECK_INT(breaker_allows(&b, 8, 1500, &wait), 0);
	CHECK_INT(wait, 500);
	CHECK_INT(breaker_allows(&b, 8, 2000, &wait), 1);
	CHECK_INT(wait, 0);
}

static void success_in_between(void)
{
	struct breaker b;

	breaker_init(&b, 2);
	CHECK(!breaker_failed(&b, 0));
	CHECK(!breaker_succeeded(&b));
	CHECK(!breaker_failed(&b, 0));
	CHECK(!breaker_tripped(&b));
}

static void grows_and_ends(void)
{
	static const int64_t spans[] = {1000,  2000,  4000,  8000,
					16000, 32000, 60000, 60000};
	struct breaker b;
	int64_t now = 5, wait;

	breaker_init(&b, 1);
	for (size_t i = 0; i < ARRAY_LEN(spans); i++) {
		CHECK(breaker_failed(&b, now));
		CHECK_INT(breaker_allows(&b, 4, now, &wait), 0);
		CHECK_INT(wait, spans[i]);
		now += spans[i];
		CHECK_INT(breaker_allows(&b, 4, now, &wait), 1);
	}
	CHECK(breaker_succeeded(&b));
	CHECK(!breaker_tripped(&b));
	CHECK_INT(breaker_allows(&b, 4, now, &wait), 4);
	CHECK(breaker_failed(&b, now));
	CHECK_INT(b.span_ms, 1000);
}

/* Those that ran already when it tripped. */
static void late_failures(void)
{
	struct breaker b;

	breaker_init(&b, 1);
	CHECK(breaker_failed(&b, 0));
	CHECK(!breaker_failed(&b, 10));
	CHECK(!breaker_failed(&b, 999));
	CHECK_INT(b.until_ms, 1000);
	CHECK(breaker_failed(&b, 1000));
	CHECK_INT(b.until_ms, 3000);
}

static void none(void)
{
	struct breaker b;
	int64_t wait;

	breaker_init(&b, 0);
	for (int i = 0; i < 100; i++)
		CHECK(!breaker_failed(&b, i));
	CHECK_INT(breaker_allows(&b, 4, 0, &wait), 4);
}

int main(void)
{
	static const struct unit_test tests[] = {
		{UNIT_TEST(opens_after_a_row)},
		{UNIT_TEST(success_in_between)},
		{UNIT_TEST(grows_and_ends)},
		{UNIT_TEST(late_failures)},
		{UNIT_TEST(none)},
	};

	return unit_run("breaker", tests, ARRAY_LEN(tests));
}
