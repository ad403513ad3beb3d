/* SPDX-License-Identifier: ISC */
/* key: names, ids and the keys made of them (failure catalogue B41 to B48). */
#include "queue/key.h"

#include "unit.h"

static struct err err;

struct row {
	const char *text;
	size_t n; /* 0 = strlen */
	int want;
};

static char long_text[200];

static void check_rows(const struct row *rows, size_t n,
		       int (*check)(struct strv v, struct err *e))
{
	for (size_t i = 0; i < n; i++) {
		const struct row *r = &rows[i];

		unit_row = r->text;
		CHECK_INT(
			check(strv_make(r->text, r->n ? r->n : strlen(r->text)),
			      &err),
			r->want);
		if (r->want < 0)
			CHECK_INT(err.code, STATUS_USAGE);
	}
}

static void queues(void)
{
	const struct row rows[] = {
		{"mail", 0, 0},
		{"A", 0, 0},
		{"0", 0, 0},
		{"a.b_c-d", 0, 0},
		{long_text, 64, 0},
		{long_text, 65, -1},
		{"", 0, -1},
		{"-q", 0, -1},
		{".hidden", 0, -1},
		{"..", 0, -1},
		{"a{b}", 0, -1},
		{"{}", 0, -1},
		{"}{", 0, -1},
		{"a b", 0, -1},
		{"a\tb", 0, -1},
		{"a\nb", 0, -1},
		{"a\0b", 3, -1},
		{"a\033[31m", 0, -1},
		{"a\xe2\x80\xae", 0, -1},
		{"a\xff", 0, -1},
		{"*", 0, -1},
		{"a?", 0, -1},
		{"[a-z]", 0, -1},
		{"/etc/passwd", 0, -1},
		{"a/b", 0, -1},
		{"a:b", 0, -1},
	};

	memset(long_text, 'a', sizeof(long_text));
	check_rows(rows, ARRAY_LEN(rows), key_check_queue);
	CHECK(key_check_queue(strv_of("a\033[31m"), &err) < 0);
	CHECK_HAS(err.msg, "'a\\x1b[31m' is not a queue name");
}

static void ids(void)
{
	const struct row rows[] = {
		{"invoice-17", 0, 0},
		{"cron:a.b:2026", 0, 0},
		{"9007199254740993", 0, 0},
		{"1e5", 0, 0},
		{"nan", 0, 0},
		{long_text, 128, 0},
		{long_text, 129, -1},
		{"", 0, -1},
		{"-a", 0, -1},
		{":a", 0, -1},
		{"a*", 0, -1},
		{"a/b", 0, -1},
		{"a b", 0, -1},
	};

	memset(long_text, 'a', sizeof(long_text));
	check_rows(rows, ARRAY_LEN(rows), key_check_id);
}

static void names(void)
{
	const struct row rows[] = {
		{"welcome", 0, 0},   {"a.b_c-1", 0, 0},	 {long_text, 64, 0},
		{long_text, 65, -1}, {"Welcome", 0, -1}, {"../x", 0, -1},
		{"a/b", 0, -1},	     {".", 0, -1},	 {"..", 0, -1},
		{"sh -c", 0, -1},    {"$(id)", 0, -1},
	};

	memset(long_text, 'a', sizeof(long_text));
	check_rows(rows, ARRAY_LEN(rows), key_check_name);
}

static void split(void)
{
	struct strv queue, id;

	CHECK_INT(key_split_job(strv_of("mail/a:1"), NULL, &queue, &id, &err),
		  0);
	CHECK(strv_eq(queue, "mail") && strv_eq(id, "a:1"));
	CHECK_INT(key_split_job(strv_of("x"), "mail", &queue, &id, &err), 0);
	CHECK(strv_eq(queue, "mail") && strv_eq(id, "x"));
	CHECK_INT(key_split_job(strv_of("x"), NULL, &queue, &id, &err), -1);
	CHECK_HAS(err.msg, "--queue");
	CHECK_INT(key_split_job(strv_of("a/b/c"), NULL, &queue, &id, &err), -1);
	CHECK_INT(key_split_job(strv_of("/c"), NULL, &queue, &id, &err), -1);
	CHECK_INT(key_split_job(strv_of("c/"), NULL, &queue, &id, &err), -1);
}

static void keys(void)
{
	struct key_set k;

	key_set_init(&k, "jq", strv_of("mail"));
	CHECK_STR(k.queue, "mail");
	CHECK_STR(k.key[0], "jq:{mail}:rdy");
	CHECK_STR(k.key[KEY_META], "jq:{mail}:meta");
	CHECK_STR(k.key[KEY_WAKE], "jq:{mail}:wake");
	CHECK_STR(k.channel, "jq:{mail}:end");
	memset(long_text, 'a', 64);
	long_text[64] = '\0';
	key_set_init(&k, long_text, strv_of(long_text));
	CHECK_INT(strlen(k.key[KEY_META]), 64 + 2 + 64 + 2 + 4);
}

static void ulids(void)
{
	static const unsigned char zero[10],
		ones[10] = {255, 255, 255, 255, 255, 255, 255, 255, 255, 255};
	char a[KEY_NEW_ID_SIZE], b[KEY_NEW_ID_SIZE];

	key_format_id(0, zero, a);
	CHECK_STR(a, "00000000000000000000000000");
	/* the largest ULID of the specification */
	key_format_id((1LL << 48) - 1, ones, a);
	CHECK_STR(a, "7zzzzzzzzzzzzzzzzzzzzzzzzz");
	/* its time example: 1469918176385 is 01ARYZ6S41 */
	key_format_id(1469918176385, zero, a);
	CHECK_STR(a, "01aryz6s410000000000000000");
	key_new_id(1000, a);
	for (int i = 0; i < 10000; i++) {
		key_new_id(i < 5000 ? 1000 : 999, b); /* the clock went back */
		if (strcmp(a, b) >= 0)
			break;
		memcpy(a, b, sizeof(a));
	}
	CHECK_STR(a, b);
	CHECK_INT(key_check_id(strv_of(a), &err), 0);
}

int main(void)
{
	static const struct unit_test tests[] = {
		{UNIT_TEST(queues)}, {UNIT_TEST(ids)},	{UNIT_TEST(names)},
		{UNIT_TEST(split)},  {UNIT_TEST(keys)}, {UNIT_TEST(ulids)},
	};

	return unit_run("key", tests, ARRAY_LEN(tests));
}
