/* SPDX-License-Identifier: ISC */
/* err: messages, their prefixes, and what does not fit. */
#include "base/err.h"

#include <errno.h>

#include "unit.h"

static void set(void)
{
	struct err e;

	CHECK_INT(err_set(&e, STATUS_DATA, "bad %s at %d", "line", 3), -1);
	CHECK_INT(e.code, STATUS_DATA);
	CHECK_STR(e.msg, "bad line at 3");
	CHECK_INT(err_set(NULL, STATUS_DATA, "nobody listens"), -1);
}

static void from_system(void)
{
	struct err e;

	CHECK_INT(err_sys(&e, STATUS_IO, ENOSPC, "cannot write '%s'", "x"), -1);
	CHECK_INT(e.code, STATUS_IO);
	CHECK_STR(e.msg, "cannot write 'x': No space left on device");
	CHECK_INT(err_sys(NULL, STATUS_IO, ENOSPC, "nobody"), -1);
}

static void prefix(void)
{
	struct err e;

	err_set(&e, STATUS_USAGE, "'5x' is no number");
	CHECK_INT(err_prefix(&e, "--%s", "jobs"), -1);
	CHECK_STR(e.msg, "--jobs: '5x' is no number");
	CHECK_INT(e.code, STATUS_USAGE);
	CHECK_INT(err_prefix(NULL, "--%s", "jobs"), -1);
}

/* What is too long is cut, never written past the end. */
static void too_long(void)
{
	char text[2000];
	struct err e;

	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	err_set(&e, STATUS_DATA, "%s", text);
	CHECK_INT(strlen(e.msg), sizeof(e.msg) - 1);
	err_prefix(&e, "p");
	CHECK_INT(strlen(e.msg), sizeof(e.msg) - 1);
	CHECK(memcmp(e.msg, "p: aaa", 6) == 0);
	err_prefix(&e, "%s", text);
	CHECK_INT(strlen(e.msg), sizeof(e.msg) - 1);
	err_sys(&e, STATUS_IO, EIO, "%s", text);
	CHECK_INT(strlen(e.msg), sizeof(e.msg) - 1);
}

int main(void)
{
	static const struct unit_test tests[] = {
		{UNIT_TEST(set)},
		{UNIT_TEST(from_system)},
		{UNIT_TEST(prefix)},
		{UNIT_TEST(too_long)},
	};

	return unit_run("err", tests, ARRAY_LEN(tests));
}
