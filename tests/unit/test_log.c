/* SPDX-License-Identifier: ISC */
/* log: lines that nobody can forge and that do nothing to a terminal. */
#include "work/log.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "unit.h"

static struct loop *loop;
static struct sink sink;
static struct log ours;
static int pipe_fd[2];

static void nothing(void *arg)
{
	(void)arg;
}

static void begin(enum log_format format, int verbose)
{
	struct err e;

	loop = loop_new(&e);
	CHECK(loop != NULL);
	CHECK_INT(pipe2(pipe_fd, O_CLOEXEC), 0);
	sink_init(&sink, loop, pipe_fd[1], nothing, NULL);
	log_init(&ours, &sink, format, verbose);
}

/* What was written since the last call. */
static const char *said(void)
{
	static char text[8192];
	ssize_t n;

	sink_flush(&sink);
	fd_nonblock(pipe_fd[0]);
	n = read(pipe_fd[0], text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void end(void)
{
	log_release(&ours);
	sink_release(&sink);
	close(pipe_fd[0]);
	close(pipe_fd[1]);
	loop_free(loop);
}

/* "2026-11-24T10:00:00.000Z " goes before a line of ours. */
static const char *behind_time(const char *line)
{
	CHECK(strlen(line) > 25 && line[10] == 'T' && line[23] == 'Z');
	return strlen(line) > 25 ? line + 25 : line;
}

static void levels(void)
{
	static const struct {
		enum log_level level;
		int least; /* verbosity at which it is shown */
	} rows[] = {
		{LOG_ERROR, -2}, {LOG_WARN, -1}, {LOG_NOTE, 0},
		{LOG_SOFT, 0},	 {LOG_INFO, 1},	 {LOG_FINE, 2},
	};

	begin(LOG_TEXT, 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		for (int v = -3; v <= 3; v++) {
			ours.verbose = v;
			log_say(&ours, rows[i].level, "hello");
			CHECK_INT(*said() != '\0', v >= rows[i].least);
		}
	}
	end();
}

static void text(void)
{
	begin(LOG_TEXT, 0);
	log_say(&ours, LOG_WARN, "%d things", 3);
	CHECK_STR(behind_time(said()), "jq-work: 3 things\n");
	ours.journal = true;
	log_say(&ours, LOG_WARN, "x");
	CHECK_STR(said(), "<4>jq-work: x\n");
	log_say(&ours, LOG_ERROR, "x");
	CHECK_STR(said(), "<3>jq-work: x\n");
	end();
}

static struct log_attempt attempt(void)
{
	struct log_attempt a = {
		.queue = "mail",
		.id = "01jd",
		.attempt = 2,
		.max_attempts = 5,
		.outcome = "retry",
		.how = "exit:1",
		.took_us = 314159,
		.next_ms = 10000,
		.level = LOG_WARN,
	};

	return a;
}

static void attempts(void)
{
	struct log_attempt a = attempt();

	begin(LOG_TEXT, 0);
	log_attempt(&ours, &a);
	CHECK_STR(behind_time(said()),
		  "jq-work: id=01jd queue=mail attempt=2/5 outcome=retry "
		  "exit=1 took=0.31s next=10s\n");
	a.name = "welcome";
	a.how = "signal:9";
	a.next_ms = 250;
	a.reason = strv_of("it \"said\" \x1b[31mred\x1b[0m \\ \nid=forged");
	log_attempt(&ours, &a);
	CHECK_STR(behind_time(said()),
		  "jq-work: id=01jd queue=mail name=welcome attempt=2/5 "
		  "outcome=retry signal=SIGKILL took=0.31s next=250ms "
		  "reason=\"it \\\"said\\\" \\x1b[31mred\\x1b[0m \\\\ "
		  "\\x0aid=forged\"\n");
	a = attempt();
	a.how = "timeout";
	a.next_ms = 0;
	log_attempt(&ours, &a);
	CHECK_STR(behind_time(said()),
		  "jq-work: id=01jd queue=mail attempt=2/5 outcome=retry "
		  "took=0.31s\n");
	a.level = LOG_INFO;
	log_attempt(&ours, &a);
	CHECK_STR(said(), "");
	end();
}

static void json(void)
{
	struct log_attempt a = attempt();
	const char *line;

	begin(LOG_JSON, 0);
	a.reason = strv_of("it \"said\"\n");
	log_attempt(&ours, &a);
	line = said();
	CHECK_HAS(line, "\"level\":\"warning\"");
	CHECK_HAS(line, "\"event\":\"attempt\"");
	CHECK_HAS(line, "\"id\":\"01jd\"");
	CHECK_HAS(line, "\"exit\":1");
	CHECK_HAS(line, "\"next_s\":10");
	CHECK_HAS(line, "\"reason\":\"it \\\"said\\\"\\n\"");
	log_say(&ours, LOG_NOTE, "hi");
	line = said();
	CHECK_HAS(line, "\"message\":\"hi\"}\n");
	log_handler(&ours, "mail/01jd", false, strv_of("{\"level\":\"x\"}"));
	line = said();
	CHECK_HAS(line, "\"event\":\"stderr\"");
	CHECK_HAS(line, "\"job\":\"mail/01jd\"");
	CHECK_HAS(line, "\"line\":\"{\\\"level\\\":\\\"x\\\"}\"");
	end();
}

static void handlers_lines(void)
{
	static const struct {
		const char *line, *want;
	} rows[] = {
		{"plain text", "plain text\n"},
		{"", "\n"},
		{"tab\there, back\\slash", "tab\there, back\\slash\n"},
		{"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f\n"},
		{"dos line\r", "dos line\n"},
		{"bad \xff utf", "bad \\xff utf\n"},
		{"\x1b]0;title\x07", "\\x1b]0;title\\x07\n"},
		{"a\rb", "a\\x0db\n"},
		{"jq-work: id=1 outcome=done",
		 "| jq-work: id=1 outcome=done\n"},
		{"2026-11-24T10:00:00.000Z jq-work: id=1",
		 "| 2026-11-24T10:00:00.000Z jq-work: id=1\n"},
		{"<3>jq-work: x", "| <3>jq-work: x\n"},
	};

	begin(LOG_TEXT, -9);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		unit_row = rows[i].line;
		log_handler(&ours, "q/1", false, strv_of(rows[i].line));
		CHECK_STR(said(), rows[i].want);
	}
	log_handler(&ours, "q/1", true, strv_of("x"));
	CHECK_STR(said(), "q/1\tx\n");
	ours.journal = true;
	log_handler(&ours, "q/1", false, strv_of("<0>emergency"));
	CHECK_STR(said(), "<6><0>emergency\n");
	end();
}

/* Nobody reads: what is said is dropped and counted, and told later. */
static void full(void)
{
	static char block[65536];
	bool seen = false;

	memset(block, 'x', sizeof(block));
	begin(LOG_TEXT, 0);
	while (!sink_full(&sink))
		sink_write(&sink, block, sizeof(block));
	for (int i = 0; i < 7; i++)
		log_say(&ours, LOG_ERROR, "lost");
	CHECK_INT((long long)ours.dropped, 7);
	for (int i = 0; i < 1000 && !sink_empty(&sink); i++)
		said();
	log_say(&ours, LOG_ERROR, "back");
	for (int i = 0; i < 1000 && !seen; i++)
		seen = strstr(said(), "7 lines of log were dropped") != NULL;
	CHECK(seen);
	end();
}

static void journal(void)
{
	struct stat st;
	char stream[64];

	CHECK_INT(fstat(0, &st), 0);
	snprintf(stream, sizeof(stream), "%llu:%llu",
		 (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
	CHECK(log_is_journal(stream, 0));
	CHECK(!log_is_journal("1:1", 0));
	CHECK(!log_is_journal(NULL, 0));
	CHECK(!log_is_journal("x", 0));
	CHECK(!log_is_journal("", 0));
}

int main(void)
{
	static const struct unit_test tests[] = {
		{UNIT_TEST(levels)},	     {UNIT_TEST(text)},
		{UNIT_TEST(attempts)},	     {UNIT_TEST(json)},
		{UNIT_TEST(handlers_lines)}, {UNIT_TEST(full)},
		{UNIT_TEST(journal)},
	};

	return unit_run("log", tests, ARRAY_LEN(tests));
}
