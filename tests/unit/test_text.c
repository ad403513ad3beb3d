/* SPDX-License-Identifier: ISC */
/* text: UTF-8, escaping for terminals, percent-encoding. */
#include "base/text.h"

#include "unit.h"

/* A string literal with its length, so that it may hold NUL. */
#define V(s) strv_make("" s, sizeof(s) - 1)

static void utf8(void)
{
	static const struct {
		const char *name;
		struct strv v;
		bool good;
	} rows[] = {
		{"empty", {"", 0}, true},
		{"ascii", {"abc\0\x7f", 5}, true},
		{"2 bytes, least", {"\xc2\x80", 2}, true},
		{"3 bytes, least", {"\xe0\xa0\x80", 3}, true},
		{"before the surrogates", {"\xed\x9f\xbf", 3}, true},
		{"behind the surrogates", {"\xee\x80\x80", 3}, true},
		{"4 bytes, least", {"\xf0\x90\x80\x80", 4}, true},
		{"U+10FFFF", {"\xf4\x8f\xbf\xbf", 4}, true},
		{"U+110000", {"\xf4\x90\x80\x80", 4}, false},
		{"surrogate", {"\xed\xa0\x80", 3}, false},
		{"last surrogate", {"\xed\xbf\xbf", 3}, false},
		{"overlong /", {"\xc0\xaf", 2}, false},
		{"overlong U+7F", {"\xc1\xbf", 2}, false},
		{"overlong 3", {"\xe0\x9f\xbf", 3}, false},
		{"overlong 4", {"\xf0\x8f\xbf\xbf", 4}, false},
		{"5 bytes", {"\xf8\x88\x80\x80\x80", 5}, false},
		{"0xff", {"\xff", 1}, false},
		{"lone continuation", {"\x80", 1}, false},
		{"cut 2", {"\xc3", 1}, false},
		{"cut 3", {"\xe2\x82", 2}, false},
		{"cut 4", {"\xf0\x9f\x98", 3}, false},
		{"broken inside", {"\xe2(\x82", 3}, false},
		{"bad at the end", {"abc\xfe", 4}, false},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		unit_row = rows[i].name;
		CHECK_INT(text_is_utf8(rows[i].v.p, rows[i].v.n), rows[i].good);
	}
}

static void escape(void)
{
	static const struct {
		struct strv v;
		const char *want;
	} rows[] = {
		{{"plain text", 10}, "plain text"},
		{{"", 0}, ""},
		{{"a\\b", 3}, "a\\\\b"},
		{{"a\0b", 3}, "a\\x00b"},
		{{"\t\r\n", 3}, "\\x09\\x0d\\x0a"},
		{{"\033[31m", 5}, "\\x1b[31m"},
		{{"\x7f", 1}, "\\x7f"},
		{{"\xc2\x85", 2}, "\\xc2\\x85"},	  /* C1 as UTF-8 */
		{{"\x9b", 1}, "\\x9b"},			  /* C1 as a byte */
		{{"\xe2\x80\xae", 3}, "\\xe2\\x80\\xae"}, /* U+202E */
		{{"\xe2\x81\xa6", 3}, "\\xe2\\x81\\xa6"}, /* U+2066 */
		{{"\xd8\x9c", 2}, "\\xd8\\x9c"},	  /* U+061C */
		{{"\xe2\x80\xa8", 3}, "\\xe2\\x80\\xa8"}, /* a line end */
		{{"\xe2\x80\xa6", 3}, "…"},
		{{"é😀", 6}, "é😀"},
		{{"\xc3(", 2}, "\\xc3("},
		{{"\xff\xfe", 2}, "\\xff\\xfe"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buf out = BUF_INIT;

		unit_row = rows[i].want;
		buf_addstr(&out, ">");
		text_escape(&out, rows[i].v);
		CHECK_STR(out.p + 1, rows[i].want);
		CHECK_INT(out.len, strlen(out.p));
		buf_release(&out);
	}
}

/* Cut only between what belongs together, and always marked. */
static void show(void)
{
	static const struct {
		const char *text;
		size_t size;
		const char *want;
	} rows[] = {
		{"1234567", 8, "1234567"},
		{"12345678", 8, "1234…"},
		{"", 4, ""},
		{"123", 4, "123"},
		{"1234", 4, "…"},
		{"héllo wörld", 8, "hél…"},
		{"123\n", 8, "123\\x0a"},
		{"1234\n", 8, "1234…"},
		{"12\\\\\\", 8, "12\\\\…"},
		{"\n\n", 8, "\\x0a…"},
	};
	char to[16];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		unit_row = rows[i].text;
		memset(to, 'x', sizeof(to));
		CHECK(text_show(strv_of(rows[i].text), to, rows[i].size) == to);
		CHECK_STR(to, rows[i].want);
		CHECK(to[rows[i].size] == 'x');
	}
}

static void percent(void)
{
	struct buf out = BUF_INIT, back = BUF_INIT;
	char all[256];

	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (char)i;
	text_percent_encode(&out, strv_make(all, sizeof(all)));
	CHECK_INT(text_percent_decode(&back, strv_make(out.p, out.len)), 0);
	CHECK_INT(back.len, sizeof(all));
	CHECK(memcmp(back.p, all, sizeof(all)) == 0);
	buf_clear(&out);
	text_percent_encode(&out, V("aZ9-._~:/@+, %\0ü"));
	CHECK_STR(out.p, "aZ9-._~:/@+,%20%25%00%C3%BC");
	buf_release(&out);
	buf_release(&back);
}

static void percent_bad(void)
{
	static const char *const rows[] = {"%",	  "a%",	  "%1",	  "%zz", "%1g",
					   "%g1", "ok%4", "%%41", "% 1"};
	struct buf out = BUF_INIT;

	buf_addstr(&out, "kept");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		unit_row = rows[i];
		CHECK_INT(text_percent_decode(&out, strv_of(rows[i])), -1);
		CHECK_STR(out.p, "kept");
	}
	unit_row = "lower case";
	CHECK_INT(text_percent_decode(&out, strv_of("%2f%2F+")), 0);
	CHECK_STR(out.p, "kept//+");
	/* the view ends before the digits do */
	CHECK_INT(text_percent_decode(&out, strv_make("%41", 2)), -1);
	buf_release(&out);
}

int main(void)
{
	static const struct unit_test tests[] = {
		{UNIT_TEST(utf8)},	  {UNIT_TEST(escape)},
		{UNIT_TEST(show)},	  {UNIT_TEST(percent)},
		{UNIT_TEST(percent_bad)},
	};

	return unit_run("text", tests, ARRAY_LEN(tests));
}
