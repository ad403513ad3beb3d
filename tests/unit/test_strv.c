/* SPDX-License-Identifier: ISC */
/* strv: views, and the words cut off their front. */
#include "base/strv.h"

#include "base/attr.h"
#include "unit.h"

/* Compare a view and a string, with a name for the message. */
#define CHECK_VIEW(v, s)                       \
	do {                                   \
		struct strv view_ = (v);       \
		char *copy_ = strv_dup(view_); \
		CHECK_STR(copy_, s);           \
		CHECK_INT(view_.n, strlen(s)); \
		free(copy_);                   \
	} while (0)

static void compare(void)
{
	struct strv abc = strv_make("abcdef", 3);

	CHECK(strv_eq(abc, "abc"));
	CHECK(!strv_eq(abc, "abcdef"));
	CHECK(!strv_eq(abc, "ab"));
	CHECK(!strv_eq(strv_make("ab\0", 3), "ab"));
	CHECK(strv_eq(strv_of(NULL), ""));
	CHECK(strv_eq(strv_make(NULL, 0), ""));
	CHECK(strv_starts(abc, ""));
	CHECK(strv_starts(abc, "abc"));
	CHECK(!strv_starts(abc, "abcd"));
	CHECK(!strv_starts(strv_of(NULL), "a"));
}

static void trim(void)
{
	CHECK_VIEW(strv_trim(strv_of(" \t a b\t ")), "a b");
	CHECK_VIEW(strv_trim(strv_of(" \t ")), "");
	CHECK_VIEW(strv_trim(strv_of("")), "");
	CHECK_VIEW(strv_trim(strv_of("a\n")), "a\n");
}

static void cut(void)
{
	struct strv rest = strv_of("a,,b");

	CHECK_VIEW(strv_cut(&rest, ','), "a");
	CHECK_VIEW(rest, ",b");
	CHECK_VIEW(strv_cut(&rest, ','), "");
	CHECK_VIEW(strv_cut(&rest, ','), "b");
	CHECK_VIEW(rest, "");
	CHECK_VIEW(strv_cut(&rest, ','), "");
	rest = strv_of("key=");
	CHECK_VIEW(strv_cut(&rest, '='), "key");
	CHECK_VIEW(rest, "");
	rest = strv_of(NULL);
	CHECK_VIEW(strv_cut(&rest, '='), "");
}

static void words(void)
{
	struct strv rest = strv_of("  one\t two ");

	CHECK_VIEW(strv_word(&rest), "one");
	CHECK_VIEW(strv_word(&rest), "two");
	CHECK_VIEW(strv_word(&rest), "");
	CHECK_VIEW(rest, "");
	rest = strv_of("a\nb");
	CHECK_VIEW(strv_word(&rest), "a\nb");
}

int main(void)
{
	static const struct unit_test tests[] = {
		{UNIT_TEST(compare)},
		{UNIT_TEST(trim)},
		{UNIT_TEST(cut)},
		{UNIT_TEST(words)},
	};

	return unit_run("strv", tests, ARRAY_LEN(tests));
}
