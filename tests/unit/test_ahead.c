/* SPDX-License-Identifier: ISC */
/* ahead: when jobs are held for slots to come, how many, and in which order. */
#include "work/ahead.h"

#include <stdio.h>
#include <string.h>

#include "base/attr.h"
#include "unit.h"

static void learn(struct ahead *a, int64_t us, int times)
{
	while (times--)
		ahead_learn(a, us);
}

static void only_short_handlers(void)
{
	struct ahead a;

	ahead_init(&a, 2);
	CHECK_INT(ahead_most(&a), 0);
	ahead_learn(&a, 500);
	CHECK_INT(ahead_most(&a), 0);
	learn(&a, 500, 50);
	CHECK_INT(ahead_most(&a), 64);
	/* an hour counts as long, not as an hour */
	ahead_learn(&a, (int64_t)3600 * 1000000);
	CHECK_INT(ahead_most(&a), 0);
	learn(&a, 500, 50);
	CHECK_INT(ahead_most(&a), 64);
	ahead_failed(&a);
	CHECK_INT(ahead_most(&a), 0);
	ahead_release(&a);
}

static void what_slots_can_do_soon(void)
{
	static const struct {
		int64_t slots, us;
		size_t most;
	} cases[] = {
		{1, 1, 64},    {1, 8000, 2}, {2, 8000, 4},
		{8, 8000, 19}, {1, 500, 39}, {5000, 500, 64},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct ahead a;

		ahead_init(&a, cases[i].slots);
		learn(&a, cases[i].us, 200);
		CHECK_INT(ahead_most(&a), cases[i].most);
		ahead_release(&a);
	}
}

/* Words that live no longer than the call. */
static bool put(struct ahead *a, int number, int64_t since)
{
	char id[16], envelope[100000];
	size_t n = number == 3 ? sizeof(envelope) : 3;

	snprintf(id, sizeof(id), "id%d", number);
	memset(envelope, 'a' + number % 26, sizeof(envelope));
	return ahead_put(a,
			 &(struct claim_words){
				 .id = strv_of(id),
				 .token = strv_of("1.w"),
				 .record = strv_of(""),
				 .envelope = strv_make(envelope, n),
			 },
			 since);
}

static void in_order_and_whole(void)
{
	struct ahead a;
	int n = 0, taken = 0;

	ahead_init(&a, 1);
	CHECK(!ahead_first(&a));
	CHECK(!ahead_take(&a));
	for (int round = 0; round < 10; round++) {
		while (put(&a, n, 1000 + n))
			n++;
		CHECK_INT(a.n, 64);
		for (int i = 0; i < 20; i++, taken++) {
			const struct ahead_job *first = ahead_first(&a);
			const struct ahead_job *job = ahead_take(&a);
			char id[16];

			snprintf(id, sizeof(id), "id%d", taken);
			CHECK(first == job);
			CHECK(strv_eq(job->words.id, id));
			CHECK(strv_eq(job->words.token, "1.w"));
			CHECK_INT(job->words.record.n, 0);
			CHECK_INT(job->words.envelope.n,
				  taken == 3 ? 100000 : 3);
			CHECK_INT(job->words.envelope.p[2], 'a' + taken % 26);
			CHECK_INT(job->since_ms, 1000 + taken);
		}
	}
	ahead_release(&a);
}

int main(void)
{
	static const struct unit_test tests[] = {
		{UNIT_TEST(only_short_handlers)},
		{UNIT_TEST(what_slots_can_do_soon)},
		{UNIT_TEST(in_order_and_whole)},
	};

	return unit_run("ahead", tests, ARRAY_LEN(tests));
}
