/* SPDX-License-Identifier: ISC */
/* frame: jobs as records. */
#include "queue/frame.h"

#include "unit.h"

static struct buf out = BUF_INIT;

static int add(enum frame f, const char *job, const char *p, size_t n)
{
	struct err e;

	buf_clear(&out);
	if (frame_add(f, job, strv_make(p, n), &out, &e) == 0)
		return 0;
	CHECK_INT(e.code, STATUS_DATA);
	CHECK_HAS(e.msg, "which ends a record");
	CHECK_INT(out.len, 0);
	return -1;
}

static void lines(void)
{
	CHECK_INT(add(FRAME_LINE, NULL, "a", 1), 0);
	CHECK_STR(out.p, "a\n");
	CHECK_INT(add(FRAME_LINE, NULL, "a\n", 2), 0);
	CHECK_STR(out.p, "a\n");
	CHECK_INT(add(FRAME_LINE, NULL, "", 0), 0);
	CHECK_STR(out.p, "\n");
	CHECK_INT(add(FRAME_LINE, "q/1", "a b", 3), 0);
	CHECK_STR(out.p, "q/1\ta b\n");
	CHECK_INT(add(FRAME_LINE, NULL, "a\n\n", 3), -1);
	CHECK_INT(add(FRAME_LINE, NULL, "a\nb", 3), -1);
	CHECK_INT(add(FRAME_LINE, NULL, "a\0b", 3), 0);
	CHECK_INT(out.len, 4);
}

static void nul(void)
{
	CHECK_INT(add(FRAME_NUL, NULL, "a\n", 2), 0);
	CHECK(out.len == 3 && memcmp(out.p, "a\n", 3) == 0);
	CHECK_INT(add(FRAME_NUL, NULL, "a\0", 2), -1);
	CHECK_INT(add(FRAME_NUL, "q/1", "", 0), 0);
	CHECK(out.len == 5 && memcmp(out.p, "q/1\t", 5) == 0);
}

static void netstrings(void)
{
	CHECK_INT(add(FRAME_NETSTRING, NULL, "", 0), 0);
	CHECK_STR(out.p, "0:,");
	CHECK_INT(add(FRAME_NETSTRING, NULL, "a\n", 2), 0);
	CHECK_STR(out.p, "2:a\n,");
	CHECK_INT(add(FRAME_NETSTRING, "q/1", "a", 1), 0);
	CHECK_STR(out.p, "5:q/1\ta,");
	CHECK_INT(add(FRAME_NETSTRING, NULL, "\0", 1), 0);
	CHECK_INT(out.len, 4);
}

static void names(void)
{
	enum frame f = FRAME_LINE;
	struct err e;

	CHECK_INT(frame_parse(strv_of("netstring"), &f, &e), 0);
	CHECK_INT(f, FRAME_NETSTRING);
	CHECK_INT(frame_parse(strv_of("nul"), &f, &e), 0);
	CHECK_INT(f, FRAME_NUL);
	CHECK_INT(frame_parse(strv_of("csv"), &f, &e), -1);
	CHECK_INT(e.code, STATUS_USAGE);
}

int main(void)
{
	static const struct unit_test tests[] = {
		{UNIT_TEST(lines)},
		{UNIT_TEST(nul)},
		{UNIT_TEST(netstrings)},
		{UNIT_TEST(names)},
	};

	return unit_run("frame", tests, ARRAY_LEN(tests));
}
