/* SPDX-License-Identifier: ISC */
/* lines: cutting, and keeping the end. */
#include "work/lines.h"

#include "unit.h"

static char seen[512];

static void note(void *arg, struct strv line)
{
	size_t n = strlen(seen);

	(void)arg;
	snprintf(seen + n, sizeof(seen) - n, "[%.*s]", (int)line.n, line.p);
}

static void whole_lines(void)
{
	struct lines l;

	lines_init(&l, 100);
	lines_feed(&l, strv_of("one\ntwo\n\nthr"), note, NULL);
	CHECK_STR(seen, "[one][two][]");
	lines_feed(&l, strv_of("ee\nfour"), note, NULL);
	CHECK_STR(seen, "[one][two][][three]");
	lines_end(&l, note, NULL);
	CHECK_STR(seen, "[one][two][][three][four]");
	lines_end(&l, note, NULL);
	CHECK_STR(seen, "[one][two][][three][four]");
	lines_release(&l);
}

static void cut_anywhere(void)
{
	static const char text[] = "ab\ncdef\n\ng";

	for (size_t cut = 0; cut < sizeof(text); cut++) {
		struct lines l;

		seen[0] = '\0';
		lines_init(&l, 100);
		lines_feed(&l, strv_make(text, cut), note, NULL);
		lines_feed(&l, strv_make(text + cut, sizeof(text) - 1 - cut),
			   note, NULL);
		lines_end(&l, note, NULL);
		CHECK_STR(seen, "[ab][cdef][][g]");
		lines_release(&l);
	}
}

static void too_long(void)
{
	struct lines l;

	lines_init(&l, 4);
	lines_feed(&l, strv_of("abcdefghij\nxyz\nabcd\n"), note, NULL);
	CHECK_STR(seen, "[abcd][efgh][ij][xyz][abcd]");
	/* full, and the newline comes with the next bytes */
	seen[0] = '\0';
	lines_feed(&l, strv_of("ab"), note, NULL);
	lines_feed(&l, strv_of("cd"), note, NULL);
	lines_feed(&l, strv_of("\nabcdefgh\n"), note, NULL);
	lines_end(&l, note, NULL);
	CHECK_STR(seen, "[abcd][abcd][efgh]");
	lines_release(&l);
}

static void tail(void)
{
	struct lines_tail t;
	struct strv v;

	lines_tail_init(&t, 4);
	lines_tail_add(&t, strv_of("ab"));
	v = lines_tail_view(&t, 4);
	CHECK_INT((long long)v.n, 2);
	for (int i = 0; i < 100; i++)
		lines_tail_add(&t, strv_of("cde"));
	v = lines_tail_view(&t, 4);
	CHECK(strv_eq(v, "ecde"));
	CHECK(strv_eq(lines_tail_view(&t, 2), "de"));
	CHECK(strv_eq(lines_tail_view(&t, 100), "ecde"));
	CHECK(t.b.len <= 8);
	lines_tail_add(&t, strv_of("0123456789"));
	CHECK(strv_eq(lines_tail_view(&t, 4), "6789"));
	lines_tail_clear(&t);
	CHECK_INT((long long)lines_tail_view(&t, 4).n, 0);
	lines_tail_release(&t);
	lines_tail_init(&t, 0);
	lines_tail_add(&t, strv_of("abc"));
	CHECK_INT((long long)lines_tail_view(&t, 4).n, 0);
	lines_tail_release(&t);
}

static void last(void)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{"", ""},
		{"\n\n", ""},
		{"one", "one"},
		{"one\n", "one"},
		{"one\ntwo\n", "two"},
		{"one\n  two \r\n \n\t\n", "two"},
		{" \n", ""},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		unit_row = rows[i].text;
		CHECK(strv_eq(lines_last(strv_of(rows[i].text)), rows[i].want));
	}
}

int main(void)
{
	static const struct unit_test tests[] = {
		{UNIT_TEST(whole_lines)}, {UNIT_TEST(cut_anywhere)},
		{UNIT_TEST(too_long)},	  {UNIT_TEST(tail)},
		{UNIT_TEST(last)},
	};

	return unit_run("lines", tests, ARRAY_LEN(tests));
}
