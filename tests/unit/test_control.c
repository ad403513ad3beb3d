/* SPDX-License-Identifier: ISC */
/* control: lines of descriptor 3, whole, cut up, and wrong. */
#include "work/control.h"

#include "unit.h"

static int64_t extended;
static int progressed, strangers;
static char last_why[128], last_line[128];

static void on_extend(void *arg, int64_t ms)
{
	(void)arg;
	extended = ms;
}

static void on_progress(void *arg)
{
	(void)arg;
	progressed++;
}

static char decided[64];

static void on_strange(void *arg, struct strv line, const char *is,
		       const char *why)
{
	(void)arg;
	strangers++;
	snprintf(last_why, sizeof(last_why), "%s: %s", is, why);
	snprintf(last_line, sizeof(last_line), "%.*s", (int)line.n, line.p);
}

static const char *on_decide(void *arg, struct strv word, struct strv rest)
{
	(void)arg;
	rest = strv_trim(rest);
	snprintf(decided, sizeof(decided), "%.*s <%.*s>", (int)word.n, word.p,
		 (int)rest.n, rest.p);
	return rest.n ? NULL : "no job is named";
}

static const struct control_events events = {on_extend, on_progress, on_strange,
					     on_decide};

static void feed(struct control *c, const char *text)
{
	control_feed(c, strv_of(text), &events, NULL);
}

static void every_word(void)
{
	struct control c;

	control_init(&c, false);
	CHECK_INT(c.progress, -1);
	CHECK_INT(c.retry_after_ms, -1);
	CHECK_INT(c.defer_ms, -1);
	feed(&c, "progress 3/10 fetched it\nextend 90\nretry-after 5m\n"
		 "defer 1h30m\ndead  bad file \nerror disk full\n"
		 "result 42 rows\n");
	CHECK_INT(c.progress, 3);
	CHECK_INT(c.total, 10);
	CHECK_STR(c.text.p, "fetched it");
	CHECK_INT(progressed, 1);
	CHECK_INT(extended, 90000);
	CHECK_INT(c.retry_after_ms, 300000);
	CHECK_INT(c.defer_ms, 5400000);
	CHECK(c.dead);
	CHECK_STR(c.dead_text.p, "bad file");
	CHECK_STR(c.error_text.p, "disk full");
	CHECK_STR(c.result.p, "42 rows");
	CHECK_INT(strangers, 0);
	control_clear(&c);
	CHECK_INT(c.progress, -1);
	CHECK(!c.dead);
	CHECK_STR(c.result.p, "");
	control_release(&c);
}

static void progress_forms(void)
{
	struct control c;

	control_init(&c, false);
	feed(&c, "progress 7\n");
	CHECK_INT(c.progress, 7);
	CHECK_INT(c.total, 0);
	feed(&c, "progress 8/9\n");
	CHECK_INT(c.progress, 8);
	CHECK_INT(c.total, 9);
	CHECK_STR(c.text.p, "");
	feed(&c, "progress 9 almost\n");
	CHECK_INT(c.total, 0);
	CHECK_STR(c.text.p, "almost");
	CHECK_INT(progressed, 3);
	control_release(&c);
}

/* The last word of a kind counts. */
static void said_twice(void)
{
	struct control c;

	control_init(&c, false);
	feed(&c, "retry-after 1s\nretry-after 2s\nerror a\nerror b\n"
		 "retry-after 0\n");
	CHECK_INT(c.retry_after_ms, 0);
	CHECK_STR(c.error_text.p, "b");
	control_release(&c);
}

static void cut_anywhere(void)
{
	static const char text[] = "progress 1/2 x\nerror some text\n";

	for (size_t cut = 0; cut <= sizeof(text) - 1; cut++) {
		struct control c;

		control_init(&c, false);
		control_feed(&c, strv_make(text, cut), &events, NULL);
		control_feed(&c, strv_make(text + cut, sizeof(text) - 1 - cut),
			     &events, NULL);
		CHECK_INT(c.total, 2);
		CHECK_STR(c.text.p, "x");
		CHECK_STR(c.error_text.p, "some text");
		control_release(&c);
	}
	CHECK_INT(strangers, 0);
}

static void byte_by_byte(void)
{
	struct control c;

	control_init(&c, false);
	for (const char *p = "dead no such user\n"; *p; p++)
		control_feed(&c, strv_make(p, 1), &events, NULL);
	CHECK(c.dead);
	CHECK_STR(c.dead_text.p, "no such user");
	control_release(&c);
}

static void last_line_without_newline(void)
{
	struct control c;

	control_init(&c, false);
	feed(&c, "error a\nerror b");
	CHECK_STR(c.error_text.p, "a");
	control_end(&c, &events, NULL);
	CHECK_STR(c.error_text.p, "b");
	control_end(&c, &events, NULL);
	control_release(&c);
}

static void strange_lines(void)
{
	static const struct {
		const char *line, *why;
	} rows[] = {
		{"hello world", "unknown word"},
		{"Progress 1", "unknown word"},
		{"progress", "not a number"},
		{"progress x", "not a number"},
		{"progress -1", "not a number"},
		{"progress 1/x", "not a number"},
		{"progress 99999999999999999999", "not a number"},
		{"extend", "not a duration"},
		{"extend 0", "not a duration"},
		{"extend 5 m", "not a duration"},
		{"retry-after soon", "not a duration"},
		{"defer 400d", "not a duration"},
		{"\x1b[31m", "unknown word"},
	};
	struct control c;

	control_init(&c, false);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		unit_row = rows[i].line;
		strangers = 0;
		feed(&c, rows[i].line);
		feed(&c, "\n");
		CHECK_INT(strangers, 1);
		CHECK_HAS(last_why, rows[i].why);
		CHECK_STR(last_line, rows[i].line);
	}
	CHECK_INT(c.progress, -1);
	CHECK_INT(c.retry_after_ms, -1);
	CHECK_INT(extended, 0);
	/* these are nothing at all */
	strangers = 0;
	feed(&c, "\n\n   \n\r\n");
	CHECK_INT(strangers, 0);
	control_release(&c);
}

static void too_long(void)
{
	char text[3 * CONTROL_LINE_MAX];
	struct control c;

	control_init(&c, false);
	memset(text, 'x', sizeof(text));
	for (size_t i = 0; i < 6; i++)
		text[i] = "error "[i];
	for (int pieces = 1; pieces <= 3; pieces++) {
		strangers = 0;
		for (int i = 0; i < pieces; i++)
			control_feed(
				&c,
				strv_make(text + i * (int)sizeof(text) / pieces,
					  sizeof(text) / (size_t)pieces),
				&events, NULL);
		feed(&c, "x\nresult after\n");
		CHECK_INT(strangers, 1);
		CHECK_HAS(last_why, "cut: longer than 4096");
		CHECK_INT((long long)c.error_text.len, CONTROL_LINE_MAX - 7);
		CHECK_STR(c.result.p, "after");
	}
	/* the longest that is taken: 4096 bytes with the newline */
	strangers = 0;
	text[CONTROL_LINE_MAX - 1] = '\n';
	control_feed(&c, strv_make(text, CONTROL_LINE_MAX), &events, NULL);
	CHECK_INT(strangers, 0);
	CHECK_INT((long long)c.error_text.len, CONTROL_LINE_MAX - 7);
	control_release(&c);
}

static void words_about_one_of_many(void)
{
	struct control c;

	control_init(&c, true);
	feed(&c, "done 01a r\n");
	CHECK_STR(decided, "done <01a r>");
	feed(&c, "retry 01b 5s no\n");
	CHECK_STR(decided, "retry <01b 5s no>");
	feed(&c, "dead 01c\n");
	CHECK_STR(decided, "dead <01c>");
	CHECK(!c.dead);
	strangers = 0;
	feed(&c, "done\n");
	CHECK_INT(strangers, 1);
	CHECK_STR(last_why, "ignored: no job is named");
	/* the others are what they are for one */
	feed(&c, "error broken\n");
	CHECK_STR(c.error_text.p, "broken");
	control_release(&c);

	control_init(&c, false);
	decided[0] = '\0';
	feed(&c, "dead 01c\n");
	CHECK(c.dead && !decided[0]);
	control_release(&c);
}

int main(void)
{
	static const struct unit_test tests[] = {
		{UNIT_TEST(every_word)},
		{UNIT_TEST(progress_forms)},
		{UNIT_TEST(said_twice)},
		{UNIT_TEST(cut_anywhere)},
		{UNIT_TEST(byte_by_byte)},
		{UNIT_TEST(last_line_without_newline)},
		{UNIT_TEST(strange_lines)},
		{UNIT_TEST(too_long)},
		{UNIT_TEST(words_about_one_of_many)},
	};

	return unit_run("control", tests, ARRAY_LEN(tests));
}
