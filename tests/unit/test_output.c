/* SPDX-License-Identifier: ISC */
/* output: tables, colour, and writes that fail. */
#include "cli/output.h"

#include <fcntl.h>

#include "unit.h"

static const struct output_column columns[] = {
	{"QUEUE", OUTPUT_LEFT, 0},
	{"READY", OUTPUT_RIGHT, 0},
	{"NOTE", OUTPUT_LEFT, 0},
};

static struct output_table *filled(void)
{
	struct output_table *t = output_table_new(columns, ARRAY_LEN(columns));

	output_table_cell(t, OUTPUT_PLAIN, "mail");
	output_table_cell(t, OUTPUT_PLAIN, "%d", 12);
	output_table_cell(t, OUTPUT_PLAIN, "%s", "");
	output_table_cell(t, OUTPUT_BOLD, "größer");
	output_table_cell(t, OUTPUT_BAD, "%d", 1234567);
	output_table_cell(t, OUTPUT_WARN, "no worker");
	return t;
}

static void check(const struct output_table *t, bool no_header, bool color,
		  const char *want)
{
	struct buf out = BUF_INIT;

	buf_addstr(&out, ">\n");
	output_table_write(t, no_header, color, &out);
	CHECK_STR(out.p + 2, want);
	buf_release(&out);
}

static void plain(void)
{
	struct output_table *t = filled();

	check(t, false, false,
	      "QUEUE     READY  NOTE\n"
	      "mail         12\n"
	      "größer  1234567  no worker\n");
	check(t, true, false,
	      "mail         12\n"
	      "größer  1234567  no worker\n");
	output_table_free(t);
}

/* Colour is around the text alone, so that columns stay where they are. */
static void colored(void)
{
	struct output_table *t = filled();

	check(t, true, true,
	      "mail         12\n"
	      "\033[1mgrößer\033[0m  \033[31m1234567\033[0m  "
	      "\033[33mno worker\033[0m\n");
	output_table_free(t);
}

/* What a job brought along must not reach the terminal as it is. */
static void escaped(void)
{
	struct output_table *t = output_table_new(columns, ARRAY_LEN(columns));

	output_table_cell(t, OUTPUT_PLAIN, "%s", "a\nb");
	output_table_cell(t, OUTPUT_PLAIN, "1");
	output_table_cell(t, OUTPUT_PLAIN, "%s", "\033[2J\xff");
	check(t, true, false, "a\\x0ab  1  \\x1b[2J\\xff\n");
	output_table_free(t);
}

static void empty(void)
{
	struct output_table *t = output_table_new(columns, ARRAY_LEN(columns));

	check(t, false, false, "QUEUE  READY  NOTE\n");
	check(t, true, false, "");
	output_table_free(t);
	output_table_free(NULL);
}

/* 300 rows, so that the cells move in memory. */
static void many(void)
{
	struct output_table *t = output_table_new(columns, ARRAY_LEN(columns));
	struct buf out = BUF_INIT;
	struct strv rest;
	size_t lines = 0;

	for (int i = 0; i < 300; i++) {
		output_table_cell(t, OUTPUT_PLAIN, "queue%d", i);
		output_table_cell(t, OUTPUT_PLAIN, "%d", i);
		output_table_cell(t, OUTPUT_PLAIN, "x");
	}
	output_table_write(t, true, false, &out);
	rest = strv_make(out.p, out.len);
	for (; rest.n; lines++)
		CHECK_INT(strv_cut(&rest, '\n').n, 8 + 2 + 3 + 2 + 1);
	CHECK_INT(lines, 300);
	buf_release(&out);
	output_table_free(t);
}

/* First goes what says nothing, then what can be spared, then the end of the
 * text, of which twenty characters stay. */
static void fitting(void)
{
	static const struct output_column some[] = {
		{"QUEUE", OUTPUT_LEFT, 0},
		{"RUN", OUTPUT_RIGHT, 2},
		{"DEAD", OUTPUT_RIGHT, 1},
		{"NOTE", OUTPUT_LEFT, 0},
	};
	static const char note[] = "a note of twenty-six chars";
	static const struct {
		size_t width;
		const char *run, *dead, *note, *want;
	} rows[] = {
		{44, "1", "0", note,
		 "QUEUE  RUN  DEAD  NOTE\n"
		 "mail     1     0  a note of twenty-six chars\n"},
		{43, "1", "0", note,
		 "QUEUE  RUN  NOTE\n"
		 "mail     1  a note of twenty-six chars\n"},
		{43, "1", "2", note,
		 "QUEUE  RUN  DEAD  NOTE\n"
		 "mail     1     2  a note of twenty-six cha…\n"},
		{38, "1", "2", note,
		 "QUEUE  RUN  DEAD  NOTE\n"
		 "mail     1     2  a note of twenty-si…\n"},
		{37, "1", "2", note,
		 "QUEUE  DEAD  NOTE\n"
		 "mail      2  a note of twenty-six ch…\n"},
		{1, "1", "2", note,
		 "QUEUE  NOTE\n"
		 "mail   a note of twenty-si…\n"},
		{21, "-", "", "",
		 "QUEUE  DEAD  NOTE\n"
		 "mail\n"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct output_table *t =
			output_table_new(some, ARRAY_LEN(some));

		output_table_cell(t, OUTPUT_PLAIN, "mail");
		output_table_cell(t, OUTPUT_PLAIN, "%s", rows[i].run);
		output_table_cell(t, OUTPUT_PLAIN, "%s", rows[i].dead);
		output_table_cell(t, OUTPUT_PLAIN, "%s", rows[i].note);
		output_table_fit(t, rows[i].width);
		check(t, false, false, rows[i].want);
		output_table_free(t);
	}
}

/* A number at the end of a line is shown in full or not at all. */
static void fitting_numbers(void)
{
	static const struct output_column some[] = {
		{"MINUTE", OUTPUT_LEFT, 0},
		{"p50", OUTPUT_RIGHT, 1},
		{"p99", OUTPUT_RIGHT, 2},
	};
	const char *number = "0123456789012345678901234567890";
	struct output_table *t = output_table_new(some, ARRAY_LEN(some));

	output_table_cell(t, OUTPUT_PLAIN, "14:30");
	output_table_cell(t, OUTPUT_PLAIN, "7");
	output_table_cell(t, OUTPUT_PLAIN, "%s", number);
	output_table_fit(t, 40);
	check(t, true, false, "14:30  7\n");
	output_table_free(t);
}

static void colour_rules(void)
{
	struct opt_common common = {.color = "auto"};
	FILE *file = tmpfile();

	setenv("TERM", "xterm", 1);
	CHECK(!output_color(&common, file));
	common.color = "always";
	setenv("NO_COLOR", "1", 1);
	CHECK(output_color(&common, file));
	common.color = "never";
	CHECK(!output_color(&common, file));
	fclose(file);
}

/* On a terminal it depends on the variables. */
static void colour_on_terminal(void)
{
	struct opt_common common = {.color = "auto"};
	int master = posix_openpt(O_RDWR | O_NOCTTY), slave;
	FILE *tty;

	CHECK(master != -1 && grantpt(master) == 0 && unlockpt(master) == 0);
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	CHECK(slave != -1);
	tty = fdopen(slave, "w");
	setenv("TERM", "xterm", 1);
	unsetenv("NO_COLOR");
	CHECK(output_color(&common, tty));
	setenv("NO_COLOR", "", 1); /* empty is unset */
	CHECK(output_color(&common, tty));
	setenv("NO_COLOR", "1", 1);
	CHECK(!output_color(&common, tty));
	unsetenv("NO_COLOR");
	setenv("TERM", "dumb", 1);
	CHECK(!output_color(&common, tty));
	unsetenv("TERM");
	CHECK(!output_color(&common, tty));
	fclose(tty);
	close(master);
}

/* stdout as the child of this test has it; its exit is the test's. */
static int with_stdout(const char *name, int flags, int (*fn)(struct err *e))
{
	int status, fd = open(name, flags);
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		struct err e = {.msg = ""};

		dup2(fd, STDOUT_FILENO);
		if (fn(&e) == 0)
			_exit(0);
		_exit(e.code == STATUS_IO && strstr(e.msg, "cannot write to "
							   "standard output: ")
			      ? 1
			      : 2);
	}
	close(fd);
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status)
		       ? WEXITSTATUS(status)
		       : -1;
}

static int nothing(struct err *e)
{
	return output_finish(e);
}

static int little(struct err *e)
{
	return output_write("x", 1, e) || output_finish(e);
}

static int flushed(struct err *e)
{
	return output_write("x", 1, e) || output_flush(e);
}

/* The failure of an early block is not forgotten at the end. */
static int remembered(struct err *e)
{
	static char block[1 << 17];

	if (output_write(block, sizeof(block), NULL) == 0)
		return 0;
	return output_finish(e);
}

static void failures(void)
{
	CHECK_INT(with_stdout("/dev/null", O_WRONLY, little), 0);
	CHECK_INT(with_stdout("/dev/null", O_WRONLY, flushed), 0);
	CHECK_INT(with_stdout("/dev/full", O_WRONLY, nothing), 0);
	CHECK_INT(with_stdout("/dev/full", O_WRONLY, little), 1);
	CHECK_INT(with_stdout("/dev/full", O_WRONLY, flushed), 1);
	CHECK_INT(with_stdout("/dev/full", O_WRONLY, remembered), 1);
	/* as fd_fill_standard() leaves a closed stdout */
	CHECK_INT(with_stdout("/dev/null", O_RDONLY, nothing), 0);
	CHECK_INT(with_stdout("/dev/null", O_RDONLY, little), 1);
}

int main(void)
{
	static const struct unit_test tests[] = {
		{UNIT_TEST(plain)},
		{UNIT_TEST(colored)},
		{UNIT_TEST(escaped)},
		{UNIT_TEST(empty)},
		{UNIT_TEST(many)},
		{UNIT_TEST(fitting)},
		{UNIT_TEST(fitting_numbers)},
		{UNIT_TEST(colour_rules)},
		{UNIT_TEST(colour_on_terminal)},
		{UNIT_TEST(failures)},
	};

	return unit_run("output", tests, ARRAY_LEN(tests));
}
