/* SPDX-License-Identifier: ISC */
/* redis: answers read from bytes, however hostile (failure catalogue F85). */
#include "sys/redis.h"

#include <sys/resource.h>

#include "sys/redis_impl.h"
#include "unit.h"

/* An answer as text: +status -error :int "string" nil [of these]. */
static void flat(const struct redis_reply *r, struct buf *out)
{
	struct strv s = redis_str(r);

	if (redis_is_error(r)) {
		buf_addf(out, "-%.*s", (int)s.n, s.p);
		return;
	}
	switch (redis_type(r)) {
	case REDIS_NIL:
		buf_addstr(out, "nil");
		break;
	case REDIS_STATUS:
		buf_addf(out, "+%.*s", (int)s.n, s.p);
		break;
	case REDIS_INT:
		buf_addf(out, ":%lld", (long long)redis_int(r));
		break;
	case REDIS_STRING:
		buf_addf(out, "\"%.*s\"", (int)s.n, s.p);
		break;
	case REDIS_ARRAY:
		buf_addch(out, '[');
		for (size_t i = 0; i < redis_count(r); i++)
			flat(redis_at(r, i), out);
		buf_addch(out, ']');
		break;
	case REDIS_OTHER:
		buf_addch(out, '?');
		break;
	}
}

/* Read all of `in`, given in pieces of `piece` bytes; what came goes to `out`,
 * the end is "!" and the reason when the bytes are refused. */
static void read_all(struct strv in, size_t piece, struct buf *out)
{
	struct redis_parser *p = redis_parser_new();
	const char *why = NULL;

	buf_clear(out);
	while (in.n && !why) {
		struct strv part = {in.p, in.n < piece ? in.n : piece};
		struct redis_reply *reply;
		size_t used = 0;
		int rc = redis_parser_next(p, part, &used, &reply, &why);

		if (rc < 0) {
			CHECK(why != NULL);
			buf_addf(out, "!%s", why);
			break;
		}
		CHECK(used > 0 && used <= part.n);
		CHECK_INT(rc == 1, reply != NULL);
		if (rc == 1)
			flat(reply, out);
		else
			CHECK_INT(used, part.n);
		redis_reply_free(reply);
		in = strv_make(in.p + used, in.n - used);
	}
	redis_parser_free(p);
}

static void answers(void)
{
	static const struct {
		const char *in, *want;
	} rows[] = {
		{"+OK\r\n", "+OK"},
		{"+\r\n", "+"},
		{"-ERR no\r\n", "-ERR no"},
		{":-42\r\n", ":-42"},
		{":9223372036854775807\r\n", ":9223372036854775807"},
		{"$0\r\n\r\n", "\"\""},
		{"$5\r\na\r\nbc\r\n", "\"a\r\nbc\""},
		{"$-1\r\n", "nil"},
		{"*-1\r\n", "nil"},
		{"*0\r\n", "[]"},
		{"*3\r\n$1\r\na\r\n:1\r\n$-1\r\n", "[\"a\":1nil]"},
		{"*2\r\n*0\r\n*1\r\n*2\r\n+a\r\n+b\r\n+c\r\n",
		 "[[][[+a+b]]]+c"},
		{"*1\r\n-ERR in it\r\n", "[-ERR in it]"},
		{"+a\r\n+b\r\n$1\r\nc\r\n", "+a+b\"c\""},
		{"*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n",
		 "[[[[[[[:1]]]]]]]"},
		{"+split", ""},
	};
	struct buf got = BUF_INIT;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct strv in = strv_of(rows[i].in);

		unit_row = rows[i].in;
		for (size_t piece = 1; piece <= in.n; piece++) {
			read_all(in, piece, &got);
			CHECK_STR(got.p, rows[i].want);
		}
	}
	buf_release(&got);
}

static void refused(void)
{
	static const struct {
		const char *in, *says;
	} rows[] = {
		{"HTTP/1.1 400 Bad Request\r\n\r\n", "!no such type"},
		{"SSH-2.0-OpenSSH_9.2\r\n", "!no such type"},
		{"\x15\x03\x01\x00\x02\x02\x46", "!no such type"},
		{"%1\r\n+a\r\n+b\r\n", "!no such type"}, /* RESP3 */
		{">1\r\n+a\r\n", "!no such type"},
		{"_\r\n", "!no such type"},
		{"\r\n", "!no such type"},
		{"+OK\r\n\0", "+OK"},
		{"+OK\n", "!a line without its end"},
		{"$4611686018427387904\r\n", "!a string of more than 576"},
		{"$18446744073709551617\r\n", "!a string of more than 576"},
		{"$603979777\r\n", "!a string of more than 576"},
		{"*2147483648\r\n", "!more than a million elements"},
		{"*1048577\r\n", "!more than a million elements"},
		{"*1\r\n*1048576\r\n", "!more than a million elements"},
		{"*8\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n",
		 "!more than 7 levels"},
		{"$-2\r\n", "!a length that is no number"},
		{"$-11\r\n", "!a length that is no number"},
		{"$\r\n", "!a length that is no number"},
		{"$-\r\n", "!a length that is no number"},
		{"$--1\r\n", "!a length that is no number"},
		{"$+1\r\n", "!a length that is no number"},
		{"$1-\r\n", "!a length that is no number"},
		{"$00", "!a length that is no number"}, /* and for ever */
		{"*01\r\n", "!a length that is no number"},
		{"$1 \r\n", "!a length that is no number"},
		{"*x\r\n", "!a length that is no number"},
		{"* OK IMAP4\r\n", "!a length that is no number"},
		{"$1\rx", "!a line without its end"},
		{"$1\r\nabc", "!a string that is longer"},
		{"$1\r\na\rb", "!a string that is longer"},
		{"$0\r\nx", "!a string that is longer"},
		{":abc\r\n", "!not to be understood"},
		{":99999999999999999999\r\n", "!not to be understood"},
	};
	struct buf got = BUF_INIT;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct strv in = strv_of(rows[i].in);

		unit_row = rows[i].in;
		for (size_t piece = 1; piece <= in.n; piece++) {
			read_all(in, piece, &got);
			CHECK_HAS(got.p, rows[i].says);
		}
	}
	buf_release(&got);
}

/* A level for each four bytes, a million times. */
static void nesting(void)
{
	struct buf in = BUF_INIT, got = BUF_INIT;

	for (int i = 0; i < 1000000; i++)
		buf_addstr(&in, "*1\r\n");
	read_all(strv_make(in.p, in.len), 65536, &got);
	CHECK_STR(got.p, "!more than 7 levels");
	buf_release(&in);
	buf_release(&got);
}

static long peak_kib(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return u.ru_maxrss;
}

/* What a server claims takes no memory; what it sends does. */
static void claims(void)
{
	static const char *const rows[] = {
		"$603979776\r\nx", /* the most: 576 MiB */
		"*1\r\n$603979776\r\nx",
	};
	struct buf got = BUF_INIT;
	long before = peak_kib();

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		read_all(strv_of(rows[i]), 1000, &got);
		CHECK_STR(got.p, "");
	}
	CHECK(peak_kib() - before < 64 * 1024);
	buf_release(&got);
}

/* Errors without an end, and lines that just fit. */
static void lines(void)
{
	struct buf in = BUF_INIT, got = BUF_INIT;

	buf_addf(&in, "-%065535d\r\n", 0);
	read_all(strv_make(in.p, in.len), 5000, &got);
	CHECK_INT(got.len, 65536);
	buf_cut(&in, in.len - 2);
	buf_addstr(&in, "00\r\n");
	read_all(strv_make(in.p, in.len), 5000, &got);
	CHECK_STR(got.p, "!a line of more than 64 KiB");
	buf_cut(&in, in.len - 2);
	read_all(strv_make(in.p, in.len), 5000, &got);
	CHECK_STR(got.p, "!a line of more than 64 KiB");
	buf_release(&in);
	buf_release(&got);
}

static void large(void)
{
	size_t n = 8 << 20, used;
	struct redis_parser *p = redis_parser_new();
	struct redis_reply *reply = NULL;
	struct buf in = BUF_INIT;
	const char *why;
	size_t at = 0;

	buf_addf(&in, "*2\r\n$%zu\r\n", n);
	for (size_t i = 0; i < n; i++)
		buf_addch(&in, (char)(i * 31 + i / 253));
	buf_addstr(&in, "\r\n:7\r\n");
	while (!reply && at < in.len) {
		size_t k = in.len - at < 100000 ? in.len - at : 100000;

		CHECK(redis_parser_next(p, strv_make(in.p + at, k), &used,
					&reply, &why) >= 0);
		at += used;
	}
	CHECK_INT(at, in.len);
	CHECK_INT(redis_str(redis_at(reply, 0)).n, n);
	CHECK(memcmp(redis_str(redis_at(reply, 0)).p, in.p + in.len - 6 - n,
		     n) == 0);
	CHECK_INT(redis_int(redis_at(reply, 1)), 7);
	redis_reply_free(reply);
	redis_parser_free(p);
	buf_release(&in);
}

/* Bytes by chance: whatever comes, it is read or refused. */
static void chance(void)
{
	static const char letters[] = "*$+-:0123456789\r\n\r\n\r\n-ax";
	struct buf got = BUF_INIT;
	unsigned seed = 7;
	char in[64];

	for (int i = 0; i < 200000; i++) {
		size_t n = 1 + (size_t)i % (sizeof(in) - 1);

		for (size_t k = 0; k < n; k++) {
			seed = seed * 1103515245 + 12345;
			in[k] = letters[(seed >> 16) % (sizeof(letters) - 1)];
		}
		read_all(strv_make(in, n), 1 + (seed >> 8) % n, &got);
	}
	buf_release(&got);
}

/* Of the wrong type everything is empty, and nothing is out of reach. */
static void readers(void)
{
	static const char in[] = "*4\r\n$2\r\n17\r\n:5\r\n$-1\r\n$2\r\n1x\r\n";
	struct redis_parser *p = redis_parser_new();
	struct redis_reply *r;
	const char *why;
	size_t used;

	CHECK_INT(redis_parser_next(p, strv_of(in), &used, &r, &why), 1);
	CHECK_INT(redis_count(r), 4);
	CHECK_INT(redis_str(r).n, 0);
	CHECK_INT(redis_int(r), 0);
	CHECK_INT(redis_int(redis_at(r, 0)), 17);
	CHECK(strv_eq(redis_str(redis_at(r, 0)), "17"));
	CHECK_INT(redis_int(redis_at(r, 1)), 5);
	CHECK_INT(redis_str(redis_at(r, 1)).n, 0);
	CHECK_INT(redis_type(redis_at(r, 2)), REDIS_NIL);
	CHECK_INT(redis_int(redis_at(r, 2)), 0);
	CHECK_INT(redis_int(redis_at(r, 3)), 0);
	CHECK(redis_at(r, 4) == NULL);
	CHECK(redis_at(r, SIZE_MAX) == NULL);
	CHECK(redis_at(redis_at(r, 0), 0) == NULL);
	CHECK_INT(redis_type(NULL), REDIS_NIL);
	CHECK_INT(redis_count(NULL), 0);
	CHECK_INT(redis_int(NULL), 0);
	CHECK_INT(redis_str(NULL).n, 0);
	redis_reply_free(r);
	redis_parser_free(p);
}

int main(void)
{
	static const struct unit_test tests[] = {
		{UNIT_TEST(answers)}, {UNIT_TEST(refused)},
		{UNIT_TEST(nesting)}, {UNIT_TEST(claims)},
		{UNIT_TEST(lines)},   {UNIT_TEST(large)},
		{UNIT_TEST(chance)},  {UNIT_TEST(readers)},
	};

	return unit_run("redis_parser", tests, ARRAY_LEN(tests));
}
