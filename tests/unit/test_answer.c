/* SPDX-License-Identifier: ISC */
/* answer: what handlers of many jobs say. */
#include "work/answer.h"

#include "base/buf.h"
#include "unit.h"

/* "KIND DELAY TEXT", or what is wrong. */
static const char *parse(const char *line)
{
	static const char *const kinds[] = {
		[ANSWER_OK] = "ok",
		[ANSWER_RETRY] = "retry",
		[ANSWER_DEAD] = "dead",
	};
	static struct buf b = BUF_INIT;
	struct answer a;
	struct err e;

	buf_clear(&b);
	if (answer_parse(strv_of(line), &a, &e) < 0) {
		CHECK_INT(e.code, STATUS_DATA);
		return "(none)";
	}
	buf_addf(&b, "%s %d '%.*s'", kinds[a.kind], (int)a.delay_ms,
		 (int)a.text.n, a.text.p);
	return b.p;
}

static void results(void)
{
	CHECK_STR(parse("ok"), "ok -1 ''");
	CHECK_STR(parse("ok "), "ok -1 ''");
	CHECK_STR(parse("ok a b "), "ok -1 'a b '");
	CHECK_STR(parse("ok  a"), "ok -1 ' a'");
	CHECK_STR(parse("ok\ta"), "ok -1 'a'");
	CHECK_STR(parse("ok a\r"), "ok -1 'a'");
}

static void delays_and_reasons(void)
{
	CHECK_STR(parse("retry"), "retry -1 ''");
	CHECK_STR(parse("retry 10s"), "retry 10000 ''");
	CHECK_STR(parse("retry 0"), "retry 0 ''");
	CHECK_STR(parse("retry 1h30m no luck "), "retry 5400000 'no luck'");
	CHECK_STR(parse("retry no luck"), "retry -1 'no luck'");
	CHECK_STR(parse("retry 10x"), "retry -1 '10x'");
	CHECK_STR(parse("retry 400d"), "retry -1 '400d'");
	CHECK_STR(parse("dead"), "dead -1 ''");
	CHECK_STR(parse("dead  bad data "), "dead -1 'bad data'");
}

static void none(void)
{
	static const char *const lines[] = {"",	    " ok",    "OK",	"okay",
					    "fine", "retry5", "deadly", "\r"};

	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		CHECK_STR(parse(lines[i]), "(none)");
}

int main(void)
{
	static const struct unit_test tests[] = {
		{UNIT_TEST(results)},
		{UNIT_TEST(delays_and_reasons)},
		{UNIT_TEST(none)},
	};

	return unit_run("answer", tests, ARRAY_LEN(tests));
}
