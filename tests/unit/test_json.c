/* SPDX-License-Identifier: ISC */
/* json: what goes out, what is refused (failure catalogue B61, B107). */
#include "sys/json.h"

#include <math.h>

#include "unit.h"

static struct err err;

/* The text of `j`, which is freed; valid until the next call. */
static const char *written(struct json *j)
{
	static struct buf b = BUF_INIT;

	buf_clear(&b);
	json_write(j, &b);
	json_free(j);
	return b.p;
}

static void values(void)
{
	struct json *j = json_new_object(), *list = json_new_array();

	json_put_int(j, "z", INT64_MIN);
	json_put_int(j, "a", INT64_MAX);
	json_put_num(j, "n", 4.2);
	json_put_num(j, "clock", 1795478261.492);
	json_put_num(j, "whole", 3);
	json_put_num(j, "tiny", 0.1 + 0.2);
	json_put_num(j, "nan", NAN);
	json_put_num(j, "inf", -INFINITY);
	json_put_bool(j, "yes", true);
	json_put_bool(j, "no", false);
	json_put_null(j, "none");
	json_put_str(j, "text", "a\"b\\c/\n\x1b");
	json_put_str(j, "", "");
	json_put_int(list, NULL, 1);
	json_put_str(list, NULL, "grün");
	json_put(j, "list", list);
	CHECK_STR(written(j),
		  "{\"z\":-9223372036854775808,\"a\":9223372036854775807,"
		  "\"n\":4.2,\"clock\":1795478261.492,\"whole\":3.0,"
		  "\"tiny\":0.3,\"nan\":null,\"inf\":null,\"yes\":true,"
		  "\"no\":false,\"none\":null,"
		  "\"text\":\"a\\\"b\\\\c/\\n\\u001B\",\"\":\"\","
		  "\"list\":[1,\"grün\"]}");
}

static void times(void)
{
	struct json *j = json_new_object();

	json_put_time(j, "at", 1795478261492);
	json_put_time(j, "never", 0);
	CHECK_STR(written(j), "{\"at\":\"2026-11-23T23:57:41.492Z\","
			      "\"never\":null}");
}

static void any_bytes(void)
{
	static const struct {
		struct strv in;
		const char *want;
	} rows[] = {
		{{"plain", 5}, "{\"p\":\"plain\"}"},
		{{"", 0}, "{\"p\":\"\"}"},
		{{NULL, 0}, "{\"p\":\"\"}"},
		{{"\xf0\x9f\x98\x80", 4}, "{\"p\":\"\xf0\x9f\x98\x80\"}"},
		{{"a\0b", 3}, "{\"p_b64\":\"YQBi\"}"},
		{{"\xff", 1}, "{\"p_b64\":\"/w==\"}"},
		{{"\xc0\x80", 2}, "{\"p_b64\":\"wIA=\"}"},
		{{"\xed\xa0\x80", 3}, "{\"p_b64\":\"7aCA\"}"},
		{{"\xf4\x90\x80\x80", 4}, "{\"p_b64\":\"9JCAgA==\"}"},
		{{"cut \xe2\x82", 6}, "{\"p_b64\":\"Y3V0IOKC\"}"},
		/* what a terminal might obey */
		{{"\x7f", 1}, "{\"p\":\"\\u007f\"}"},
		{{"\xc2\x9b"
		  "31m",
		  5},
		 "{\"p\":\"\\u009b31m\"}"},
		{{"\xc2\xa0", 2}, "{\"p\":\"\xc2\xa0\"}"},
		{{"x\xe2\x80\xaey", 5}, "{\"p\":\"x\\u202ey\"}"},
		{{"\xe2\x81\xa6\xe2\x81\xa9", 6}, "{\"p\":\"\\u2066\\u2069\"}"},
		{{"\xd8\x9c", 2}, "{\"p\":\"\\u061c\"}"},
		{{"\xe2\x82\xac", 3}, "{\"p\":\"\xe2\x82\xac\"}"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct json *j = json_new_object(), *back;
		const char *text;

		unit_row = rows[i].want;
		json_put_bytes(j, "p", rows[i].in);
		text = written(j);
		CHECK_STR(text, rows[i].want);
		back = json_parse(strv_of(text), &err);
		CHECK(back != NULL);
		if (back && json_kind(back, "p") == JSON_KIND_TEXT) {
			struct strv v = json_get_str(back, "p");

			CHECK_INT(v.n, rows[i].in.n);
			CHECK(!v.n || memcmp(v.p, rows[i].in.p, v.n) == 0);
		}
		json_free(back);
	}
}

static void any_bytes_elsewhere(void)
{
	struct json *j = json_new_object(), *list = json_new_array();

	json_put_str(list, NULL, "\xff");
	json_put_str(j, "name", "\xfe");
	json_put_int(j, "\xff", 1);
	json_put(j, "list", list);
	CHECK_STR(written(j), "{\"name_b64\":\"/g==\",\"\\\\xff\":1,"
			      "\"list\":[{\"b64\":\"/w==\"}]}");
}

static void refused(void)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{"", "not a JSON object"},
		{" ", "not a JSON object"},
		{"null", "not a JSON object"},
		{"1", "not a JSON object"},
		{"\"a\"", "not a JSON object"},
		{"[]", "begins with '['"},
		{"{", "at byte 1"},
		{"{}x", "end of file expected"},
		{"{} {}", "end of file expected"},
		{"{\"a\":1,\"a\":2}", "duplicate"},
		{"{\"a\":1,}", "at byte 8"},
		{"{'a':1}", "at byte 2"},
		{"{\"a\":01}", "not a JSON object"},
		{"{\"a\":NaN}", "not a JSON object"},
		{"{\"a\":1e999}", "real number overflow"},
		{"{\"a\":123456789012345678901234567890}", "too big integer"},
		{"{\"a\":\"\\ud800\"}", "not a JSON object"},
		{"{\"a\":\"\xff\"}", "byte 0xff"},
		{"{\"a\":\"\n\"}", "not a JSON object"},
		{"{\"a\":\"\033[31m", "not a JSON object"},
		{"{\"a\\u0000b\":1}", "NUL"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		unit_row = rows[i].text;
		err.msg[0] = '\0';
		CHECK(json_parse(strv_of(rows[i].text), &err) == NULL);
		CHECK_INT(err.code, STATUS_DATA);
		CHECK_HAS(err.msg, rows[i].says);
		CHECK(!strpbrk(err.msg, "\033\n\xff"));
	}
	CHECK(json_parse(strv_make(NULL, 0), &err) == NULL);
	CHECK(json_parse(strv_make("{\"a\":1}\0", 8), &err) == NULL);
}

static void depth(void)
{
	struct buf b = BUF_INIT;
	struct json *j;

	for (int levels = 63; levels <= 65; levels++) {
		buf_clear(&b);
		buf_addstr(&b, "{\"[[{{\\\"[[\":");
		for (int i = 1; i < levels; i++)
			buf_addch(&b, '[');
		for (int i = 1; i < levels; i++)
			buf_addch(&b, ']');
		buf_addch(&b, '}');
		j = json_parse(strv_make(b.p, b.len), &err);
		CHECK_INT(j != NULL, levels <= 64);
		json_free(j);
	}
	CHECK_HAS(err.msg, "more than 64 levels");
	buf_clear(&b);
	for (int i = 0; i < 1000000; i++)
		buf_addch(&b, '[');
	CHECK(json_parse(strv_make(b.p, b.len), &err) == NULL);
	buf_release(&b);
}

static void getters(void)
{
	struct json *j = json_parse(
		strv_of("{\"s\":\"x\\u0000y\",\"i\":-7,\"r\":2.5,\"t\":true,"
			"\"f\":false,\"n\":null,\"o\":{\"k\":1},\"l\":[1]}"),
		&err);

	CHECK_INT(json_kind(j, "s"), JSON_KIND_TEXT);
	CHECK_INT(json_kind(j, "i"), JSON_KIND_INT);
	CHECK_INT(json_kind(j, "r"), JSON_KIND_REAL);
	CHECK_INT(json_kind(j, "t"), JSON_KIND_BOOL);
	CHECK_INT(json_kind(j, "f"), JSON_KIND_BOOL);
	CHECK_INT(json_kind(j, "n"), JSON_KIND_NULL);
	CHECK_INT(json_kind(j, "o"), JSON_KIND_OBJECT);
	CHECK_INT(json_kind(j, "l"), JSON_KIND_ARRAY);
	CHECK_INT(json_kind(j, "x"), JSON_KIND_MISSING);
	CHECK_INT(json_kind(j, NULL), JSON_KIND_OBJECT);
	CHECK_INT(json_get_str(j, "s").n, 3);
	CHECK(memcmp(json_get_str(j, "s").p, "x\0y", 3) == 0);
	CHECK_INT(json_get_str(j, "i").n, 0);
	CHECK_INT(json_get_str(j, "x").n, 0);
	CHECK(json_get_num(j, "r") == 2.5);
	CHECK(json_get_num(j, "i") == -7);
	CHECK(json_get_num(j, "s") == 0);
	json_free(j);
	json_free(NULL);
}

struct seen {
	struct buf text;
	int stop_after;
};

static int see(void *arg, const char *name, enum json_kind kind,
	       struct strv text)
{
	struct seen *s = arg;

	buf_addf(&s->text, "%s/%d/%.*s ", name, (int)kind, (int)text.n, text.p);
	return --s->stop_after == 0 ? -1 : 0;
}

static void each(void)
{
	struct json *j = json_parse(
		strv_of("{\"o\":{\"s\":\"x\",\"i\":7,\"r\":4.2,\"t\":true,"
			"\"n\":null,\"o\":{\"k\":[1, 2]}},\"i\":1}"),
		&err);
	struct seen s = {.text = BUF_INIT, .stop_after = 100};

	CHECK_INT(json_each(j, "o", see, &s), 0);
	CHECK_STR(s.text.p, "s/5/x i/3/7 r/4/4.2 t/2/true n/1/ "
			    "o/6/{\"k\":[1,2]} ");
	buf_clear(&s.text);
	s.stop_after = 1;
	CHECK_INT(json_each(j, NULL, see, &s), -1);
	CHECK_STR(s.text.p, "o/6/{\"s\":\"x\",\"i\":7,\"r\":4.2,\"t\":true,"
			    "\"n\":null,\"o\":{\"k\":[1,2]}} ");
	CHECK_INT(json_each(j, "i", see, &s), 0);
	CHECK_INT(json_each(j, "missing", see, &s), 0);
	buf_release(&s.text);
	json_free(j);
}

static const struct unit_test tests[] = {
	{UNIT_TEST(values)},	{UNIT_TEST(times)},
	{UNIT_TEST(any_bytes)}, {UNIT_TEST(any_bytes_elsewhere)},
	{UNIT_TEST(refused)},	{UNIT_TEST(depth)},
	{UNIT_TEST(getters)},	{UNIT_TEST(each)},
};

int main(void)
{
	return unit_run("json", tests, ARRAY_LEN(tests));
}
