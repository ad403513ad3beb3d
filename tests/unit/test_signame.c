/* SPDX-License-Identifier: ISC */
/* Names of signals. */
#include "base/signame.h"

#include <signal.h>
#include <stddef.h>

#include "base/attr.h"
#include "unit.h"

static void names(void)
{
	CHECK_STR(signame_of(SIGKILL), "SIGKILL");
	CHECK_STR(signame_of(SIGTERM), "SIGTERM");
	CHECK_STR(signame_of(SIGSEGV), "SIGSEGV");
}

static void numbers_without_a_name(void)
{
	CHECK(signame_of(0) == NULL);
	CHECK(signame_of(-1) == NULL);
	CHECK(signame_of(64) == NULL);
	CHECK(signame_of(10000) == NULL);
}

int main(void)
{
	static const struct unit_test tests[] = {
		{UNIT_TEST(names)},
		{UNIT_TEST(numbers_without_a_name)},
	};

	return unit_run("signame", tests, ARRAY_LEN(tests));
}
