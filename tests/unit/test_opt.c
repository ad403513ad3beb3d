/* SPDX-License-Identifier: ISC */
/*
 * opt: the rules of the command line, what a wrong use prints, what asks for an
 * answer. Other sources of values are in test_opt_source.c.
 */
#include "cli/opt.h"

#include <fcntl.h>

#include "base/clock.h"
#include "opt_run.h"

#define NOTHING "url=- file=- from=- ns=jq q0 v0 auto 5000\n"

static void good(void)
{
	static const struct {
		const char *line, *want;
	} rows[] = {
		{"", "p=0 d=0 s=0 at=0 k=- e=- m= ops=\n"},
		{"q a -p 5 b", "p=5 d=0 s=0 at=0 k=- e=- m= ops=[q][a][b]\n"},
		{"-p-5 -", "p=-5 d=0 s=0 at=0 k=- e=- m= ops=[-]\n"},
		{"-l0p5 q", "lines null p=5 d=0 s=0 at=0 k=- e=- m= ops=[q]\n"},
		{"-lk0 q", "lines p=0 d=0 s=0 at=0 k=0 e=- m= ops=[q]\n"},
		{"q -- -x --y -- -p",
		 "p=0 d=0 s=0 at=0 k=- e=- m= ops=[q][-x][--y][--][-p]\n"},
		{"--delay=1h30m --max 64k",
		 "p=0 d=5400000 s=65536 at=0 k=- e=- m= ops=\n"},
		{"--key -- q", "p=0 d=0 s=0 at=0 k=-- e=- m= ops=[q]\n"},
		{"--key= q", "p=0 d=0 s=0 at=0 k= e=- m= ops=[q]\n"},
		{"-a @5 --even ab", "p=0 d=0 s=0 at=5000! k=- e=ab m= ops=\n"},
		{"-M a=1 --meta b=2 -M a=1",
		 "p=0 d=0 s=0 at=0 k=- e=- m=[a=1][b=2][a=1] ops=\n"},
		{"-p 5 --priority=5 -l -l",
		 "lines p=5 d=0 s=0 at=0 k=- e=- m= ops=\n"},
	};

	clean();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buf want = BUF_INIT;

		buf_addf(&want, "%s%s", NOTHING, rows[i].want);
		run(rows[i].line);
		CHECK_INT(status, 0);
		CHECK_STR(out.p, want.p);
		CHECK_STR(err.p, "");
		buf_release(&want);
	}
}

static void common_options(void)
{
	clean();
	run("-u redis://h -qvv --namespace x.y --color never -J "
	    "--connect-timeout 2s");
	CHECK_HAS(out.p,
		  "url=redis://h file=- from=-u ns=x.y q1 v2 never json 2000");
	run("--url redis://h");
	CHECK_HAS(out.p, "url=redis://h file=- from=--url ");
	run("--url-file f");
	CHECK_HAS(out.p, "url=- file=f from=--url-file ");
}

/* The first line says what is wrong; the other two are the same always. */
static void bad(void)
{
	static const struct {
		const char *line, *want;
	} rows[] = {
		{"--priorty 5 q",
		 "unknown option '--priorty' (did you mean '--priority'?)"},
		{"--prio 5 q",
		 "unknown option '--prio' (did you mean '--priority'?)"},
		{"--l q", "unknown option '--l' (did you mean '--lines'?)"},
		{"--namspace=x",
		 "unknown option '--namspace' (did you mean '--namespace'?)"},
		{"--zebra", "unknown option '--zebra'"},
		{"--hel", "unknown option '--hel' (did you mean '--help'?)"},
		{"--=5", "unknown option '--'"},
		{"-x", "unknown option '-x'"},
		{"-lx", "unknown option '-x'"},
		{"-:", "unknown option '-:'"},
		{"-?", "unknown option '-?'"},
		{"q -5",
		 "unknown option '-5' (write '--' before operands that begin "
		 "with '-')"},
		{"-\xff", "unknown option '-\\xff'"},
		{"--a\033[31m", "unknown option '--a\\x1b[31m'"},
		{"-p", "option '-p' needs a value (N)"},
		{"q -lp", "option '-p' needs a value (N)"},
		{"--priority", "option '--priority' needs a value (N)"},
		{"--max", "option '--max' needs a value (SIZE)"},
		{"--lines=1", "option '--lines' takes no value"},
		{"--quiet=", "option '--quiet' takes no value"},
		{"-p 5 -p 6", "--priority: given twice with different values"},
		{"-p 5 --priority=05",
		 "--priority: given twice with different values"},
		{"--even ab --even cd",
		 "--even: given twice with different values"},
		{"-u redis://:secret@a -u redis://:hidden@b",
		 "--url: given twice with different values"},
		{"-u a --url-file b", "--url-file: excludes --url"},
		{"--url-file b --url a", "--url: excludes --url-file"},
		{"-p 10", "--priority: '10' is out of range (-9 to 9)"},
		{"-p 1e3", "--priority: '1e3' is not a whole number (-9 to 9)"},
		{"-d 367d", "--delay: '367d' is too long (at most 366d)"},
		{"-d -1s",
		 "--delay: '-1s' is not a duration (write 90, 30s, 5m, 1h30m)"},
		{"--max 15", "--max: '15' is too small (at least 16 bytes)"},
		{"--max 2M",
		 "--max: '2M' is too large (at most 1048576 bytes)"},
		{"-a tomorrow",
		 "--at: 'tomorrow' is not a time (write 2026-11-24T10:00:00Z, "
		 "'2026-11-24 10:00', 10:00 or @EPOCH)"},
		{"--connect-timeout 0",
		 "--connect-timeout: '0' is too short (at least 1ms)"},
		{"--color purple",
		 "--color: 'purple' is not auto, always or never"},
		{"--namespace a{b}",
		 "--namespace: 'a{b}' cannot be a namespace (1 to 64 letters, "
		 "digits, '.', '_' or '-', the first a letter or digit)"},
	};

	clean();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buf want = BUF_INIT;

		buf_addf(&want,
			 "jq-push: %s\n"
			 "usage: jq-push [-l] QUEUE [PAYLOAD ...]\n"
			 "Try 'jq-push --help' or 'man jq-push'.\n",
			 rows[i].want);
		run(rows[i].line);
		CHECK_INT(status, STATUS_USAGE);
		CHECK_STR(err.p, want.p);
		CHECK_STR(out.p, "");
		buf_release(&want);
	}
}

/* A parser of the command's own may say that it is the data. */
static void own_status(void)
{
	clean();
	run("--even abc");
	CHECK_INT(status, STATUS_DATA);
	CHECK_STR(err.p, "jq-push: --even: 'abc' is odd\n");
}

static void at_now(void)
{
	int64_t now = clock_real_ms();

	clean();
	setenv("TZ", "UTC", 1);
	run("-a 2026-02-30T00:00");
	CHECK_INT(status, STATUS_USAGE);
	run("-a 12:00");
	CHECK_INT(status, 0);
	CHECK_HAS(out.p, "! k=-");
	now = strtoll(strstr(out.p, "at=") + 3, NULL, 10) - now;
	CHECK(now > 0 && now <= 86400000);
}

static void permuting_is_ours(void)
{
	clean();
	setenv("POSIXLY_CORRECT", "1", 1);
	run("q -p 5 x");
	CHECK_HAS(out.p, "p=5 ");
	CHECK_HAS(out.p, "ops=[q][x]\n");
	unsetenv("POSIXLY_CORRECT");
	command.stop_at_operand = true;
	run("-p 5 q cmd -p 6 --zebra");
	CHECK_INT(status, 0);
	CHECK_HAS(out.p, "p=5 ");
	CHECK_HAS(out.p, "ops=[q][cmd][-p][6][--zebra]\n");
	run("-p 5 -- -q cmd");
	CHECK_HAS(out.p, "ops=[-q][cmd]\n");
}

static void no_argv(void)
{
	char *none[] = {NULL};

	clean();
	run_argv(0, none);
	CHECK_INT(status, 0);
	CHECK_HAS(out.p, "ops=\n");
}

static void password(void)
{
	clean();
	run("-u redis://joe:secret@h/1 q");
	CHECK_INT(status, 0);
	CHECK_HAS(out.p, "url=redis://joe:secret@h/1 ");
	CHECK_HAS(out.p, "<-u><redis://**********@h/1><q>");
	CHECK_HAS(err.p, "jq-push: warning: a password on the command line");
	CHECK(!strstr(err.p, "secret"));
	run("--url=redis://joe:secret@h q");
	CHECK_HAS(out.p, "<--url=redis://**********@h>");
	run("-q -u redis://joe:se@cret@h");
	CHECK_STR(err.p, "");
	CHECK_HAS(out.p, "<redis://***********@h>");
	run("-u redis://h:6379/1");
	CHECK_STR(err.p, "");
	CHECK_HAS(out.p, "<redis://h:6379/1>");
}

static void questions(void)
{
	clean();
	/* before anything else is looked at: works with a broken set-up */
	setenv("JQ_NAMESPACE", "{", 1);
	setenv("JQ_CONFIG", "/nonexistent/file", 1);
	run("--help");
	CHECK_INT(status, 0);
	CHECK_STR(err.p, "");
	CHECK(strncmp(out.p, "usage: jq-push [-l] QUEUE", 25) == 0);
	run("q -h");
	CHECK_INT(status, 0);
	CHECK_HAS(out.p, "\n       jq-push --other FORM\n");
	run("--version");
	CHECK_INT(status, 0);
	CHECK(strncmp(out.p, "jq-push (jobq) ", 15) == 0);
	run("-V");
	CHECK_INT(status, 0);
	run("--help=1");
	CHECK_INT(status, STATUS_USAGE);
}

/* A full disk is not success. */
static void question_unanswered(void)
{
	char *argv[] = {(char *)"jq-push", (char *)"-h", NULL};
	int full = open("/dev/full", O_WRONLY);
	pid_t pid = fork();

	clean();
	if (pid == 0) {
		dup2(full, STDOUT_FILENO);
		close(STDERR_FILENO);
		child(2, argv);
	}
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	CHECK_INT(WEXITSTATUS(status), STATUS_IO);
	close(full);
}

static void messages(void)
{
	struct err e;
	FILE *to = tmpfile();
	int saved = dup(STDERR_FILENO);

	fflush(NULL);
	dup2(fileno(to), STDERR_FILENO);
	err_set(&e, STATUS_LATER, "a\nb \\x1b \033[2J \\");
	CHECK_INT(opt_fail(&command, &e), STATUS_LATER);
	common.quiet = 0;
	opt_warn(&command, "%s", "careful\r");
	common.quiet = 1;
	opt_warn(&command, "%s", "silence");
	dup2(saved, STDERR_FILENO);
	close(saved);
	slurp(to, &err);
	CHECK_STR(err.p, "jq-push: a\\x0ab \\x1b \\x1b[2J \\\n"
			 "jq-push: warning: careful\\x0d\n");
}

int main(void)
{
	static const struct unit_test tests[] = {
		{UNIT_TEST(good)},	{UNIT_TEST(common_options)},
		{UNIT_TEST(bad)},	{UNIT_TEST(own_status)},
		{UNIT_TEST(at_now)},	{UNIT_TEST(permuting_is_ours)},
		{UNIT_TEST(no_argv)},	{UNIT_TEST(password)},
		{UNIT_TEST(questions)}, {UNIT_TEST(question_unanswered)},
		{UNIT_TEST(messages)},
	};

	return unit_run("opt", tests, ARRAY_LEN(tests));
}
