/* SPDX-License-Identifier: ISC */
/*
 * opt: option rules, precedence, what a wrong use prints. Each case is a run
 * of a small command in a process of its own, as opt_parse() may exit.
 */
#include "cli/opt.h"

#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fd.h"
#include "unit.h"

static struct {
	bool lines, null, at_given;
	int64_t priority, delay, size, at;
	struct opt_list meta;
	const char *key;
} args;
static struct opt_common common;

static int even(struct strv v, void *at, struct err *e)
{
	if (v.n % 2)
		return err_set(e, STATUS_DATA, "'%.*s' is odd", (int)v.n, v.p);
	*(const char **)at = v.p;
	return 0;
}

/* clang-format off */
static const char *called;
static const struct opt table[] = {
	{'l', "lines", NULL, "flag", OPT_FLAG, &args.lines, 0, 0, NULL, NULL},
	{'0', "null", NULL, "flag", OPT_FLAG, &args.null, 0, 0, NULL, NULL},
	{'J', "json", NULL, "own meaning", OPT_FLAG, &common.json, 0, 0, NULL, NULL},
	{'p', "priority", "N", "int", OPT_INT, &args.priority, -9, 9, NULL, NULL},
	{'d', "delay", "DUR", "duration", OPT_DURATION, &args.delay, 0, 0, NULL, NULL},
	{'a', "at", "TIME", "time", OPT_TIME, &args.at, 0, 0, NULL, &args.at_given},
	{256, "max", "SIZE", "size", OPT_SIZE, &args.size, 16, 1 << 20, NULL, NULL},
	{'M', "meta", "NAME=VALUE", "list", OPT_LIST, &args.meta, 0, 0, NULL, NULL},
	{'k', "key", "KEY", "text", OPT_TEXT, &args.key, 0, 0, NULL, NULL},
	{256, "even", "TEXT", "call", OPT_CALL, &called, 0, 0, even, NULL},
	{0, NULL, NULL, NULL, OPT_FLAG, NULL, 0, 0, NULL, NULL},
};
/* clang-format on */

static struct opt_command command = {
	"jq-push", "[-l] QUEUE [PAYLOAD ...]\n--other FORM",
	"Push.",   table,
	false,	   &common,
};

static struct buf out = BUF_INIT, err = BUF_INIT;
static int status;

static const char *or_dash(const char *s)
{
	return s ? s : "-";
}

/* What the options came to, for comparison as text. */
static void report(int argc, char **argv, int first)
{
	printf("url=%s file=%s from=%s ns=%s q%d v%d %s %s%" PRId64 "\n",
	       or_dash(common.url), or_dash(common.url_file),
	       or_dash(common.url_from), common.namespace, common.quiet,
	       common.verbose, common.color, common.json ? "json " : "",
	       common.connect_timeout);
	printf("%s%sp=%" PRId64 " d=%" PRId64 " s=%" PRId64 " at=%" PRId64
	       "%s k=%s e=%s m=",
	       args.lines ? "lines " : "", args.null ? "null " : "",
	       args.priority, args.delay, args.size, args.at,
	       args.at_given ? "!" : "", or_dash(args.key), or_dash(called));
	for (size_t i = 0; i < args.meta.n; i++)
		printf("[%s]", args.meta.v[i]);
	printf(" ops=");
	for (int i = first; i < argc; i++)
		printf("[%s]", argv[i]);
	printf("\n");
}

static void child(int argc, char **argv)
{
	int first;

	opt_parse(&command, argc, argv, &first);
	report(argc, argv, first);
	/* argv as others see it */
	for (int i = 1; i < argc && common.url; i++)
		printf("<%s>", argv[i]);
	free(args.meta.v);
	exit(0);
}

static void slurp(FILE *from, struct buf *to)
{
	buf_clear(to);
	lseek(fileno(from), 0, SEEK_SET);
	CHECK_INT(fd_read_all(fileno(from), "file", 1 << 20, to, NULL), 0);
	fclose(from);
}

static void run_argv(int argc, char **argv)
{
	FILE *o = tmpfile(), *e = tmpfile();
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		dup2(fileno(o), STDOUT_FILENO);
		dup2(fileno(e), STDERR_FILENO);
		child(argc, argv);
	}
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	status = WEXITSTATUS(status);
	slurp(o, &out);
	slurp(e, &err);
}

/* Run with words that are parted by blanks. */
static void run(const char *line)
{
	static char name[] = "jq-push", text[256];
	char *argv[32] = {name};
	int argc = 1;

	unit_row = line;
	snprintf(text, sizeof(text), "%s", line);
	for (char *at = text; *at && argc < 31;) {
		size_t n = strcspn(at, " ");

		argv[argc++] = at;
		at += n;
		if (*at)
			*at++ = '\0';
	}
	run_argv(argc, argv);
}

/* Nothing of the machine's may matter. */
static void clean(void)
{
	static const char *const names[] = {
		"JQ_URL",    "JQ_URL_FILE", "REDIS_URL",       "JQ_NAMESPACE",
		"JQ_CONFIG", "HOME",	    "XDG_CONFIG_HOME", "JQ_QUEU"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		unsetenv(names[i]);
	setenv("JQ_CONFIG", "/dev/null", 1);
}

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

static void environment(void)
{
	clean();
	setenv("REDIS_URL", "redis://third", 1);
	run("q");
	CHECK_HAS(out.p, "url=redis://third file=- from=REDIS_URL ");
	setenv("JQ_URL_FILE", "second", 1);
	run("q");
	CHECK_HAS(out.p, "url=- file=second from=JQ_URL_FILE ");
	setenv("JQ_URL", "redis://first", 1);
	run("q");
	CHECK_HAS(out.p, "url=redis://first file=- from=JQ_URL ");
	run("--url-file f");
	CHECK_HAS(out.p, "url=- file=f from=--url-file ");
	setenv("JQ_URL", "", 1);
	run("q");
	CHECK_HAS(out.p, "url=- file=second from=JQ_URL_FILE ");

	setenv("JQ_NAMESPACE", "env", 1);
	run("q");
	CHECK_HAS(out.p, " ns=env ");
	run("--namespace jq");
	CHECK_HAS(out.p, " ns=jq ");
	setenv("JQ_NAMESPACE", "a b", 1);
	run("q");
	CHECK_INT(status, STATUS_CONFIG);
	CHECK_HAS(err.p, "jq-push: JQ_NAMESPACE: 'a b' cannot be a namespace");
	CHECK(!strstr(err.p, "usage"));
}

static void misspelt_variable(void)
{
	clean();
	setenv("JQ_QUEU", "secret", 1);
	setenv("JQ_META_TENANT", "x", 1);
	setenv("JQ_ID", "x", 1);
	run("q");
	CHECK_STR(err.p, "");
	run("q -v");
	CHECK_STR(err.p, "jq-push: warning: variable 'JQ_QUEU' means nothing "
			 "here\n");
}

/* A directory of the test's own, and a file in it. */
static char dir[] = "/tmp/jobq-unit.XXXXXX";
static char path[64];

static void write_file(const char *name, const char *text)
{
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	CHECK(f != NULL);
	fputs(text, f);
	fclose(f);
	chmod(path, 0600);
}

static int remove_one(const char *name, const struct stat *st, int type,
		      struct FTW *at)
{
	(void)st, (void)type, (void)at;
	return remove(name);
}

static void with_dir(void (*test)(void))
{
	clean();
	CHECK(mkdtemp(dir) != NULL);
	test();
	CHECK_INT(nftw(dir, remove_one, 4, FTW_DEPTH | FTW_PHYS), 0);
}

static void file_values(void)
{
	write_file("c", "url = redis://file\nnamespace=all\nverbose = 2\n"
			"json = true\ncolor=never\n"
			"[jq-work]\njobs = 3\n"
			"[jq-push]\nnamespace = own\nlines = yes\nnull = no\n"
			"priority = -3\ndelay = 1m\nmeta = a=1\nmeta = b=2\n");
	setenv("JQ_CONFIG", path, 1);
	run("q");
	CHECK_INT(status, 0);
	CHECK_HAS(out.p, "url=redis://file ");
	/* --json has a meaning of its own in this command */
	CHECK_HAS(out.p, " ns=own q0 v2 never 5000\n");
	CHECK_HAS(out.p, "\nlines p=-3 d=60000 ");
	CHECK_HAS(out.p, "m=[a=1][b=2] ");
	/* each is beaten by the command line, lists as a whole */
	run("-p 4 -v -M c=3 --url-file f --namespace jq --color auto");
	CHECK_HAS(out.p, "url=- file=f from=--url-file ns=jq q0 v1 auto");
	CHECK_HAS(out.p, "\nlines p=4 ");
	CHECK_HAS(out.p, "m=[c=3] ");
	/* and by the environment */
	setenv("JQ_NAMESPACE", "env", 1);
	setenv("REDIS_URL", "redis://env", 1);
	run("q");
	CHECK_HAS(out.p, "url=redis://env file=- from=REDIS_URL ns=env ");
}

static void file(void)
{
	with_dir(file_values);
}

static void user_file_values(void)
{
	char name[64];

	unsetenv("JQ_CONFIG");
	snprintf(name, sizeof(name), "%s/.config", dir);
	mkdir(name, 0700);
	snprintf(name, sizeof(name), "%s/.config/jobq", dir);
	mkdir(name, 0700);
	write_file(".config/jobq/config", "namespace = home\n");
	setenv("HOME", dir, 1);
	run("q");
	CHECK_HAS(out.p, " ns=home ");
	/* a relative base directory is to be ignored */
	setenv("XDG_CONFIG_HOME", "relative", 1);
	run("q");
	CHECK_HAS(out.p, " ns=home ");
	setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
	run("q");
	CHECK_HAS(out.p, " ns=jq ");
	run("--config /dev/null q");
	CHECK_INT(status, 0);
}

static void user_file(void)
{
	with_dir(user_file_values);
}

static void bad_file_values(void)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{"prority = 1\n", ":1: unknown key 'prority'"},
		{"[jq-push]\nprority = 1\n",
		 ":2: unknown key 'prority' (did you mean 'priority'?)"},
		{"# x\n\npriority = 1\n",
		 ":3: 'priority' belongs below [jq-push"},
		{"[jq-push]\npriority = 10\n", ":2: priority: '10' is out of"},
		{"[jq-push]\ndelay = 400d\n", ":2: delay: '400d' is too long"},
		{"[jq-push]\nlines = 1\n", "lines: '1' is neither true nor"},
		{"verbose = 10\n",
		 ":1: verbose: '10' is out of range (0 to 9)"},
		{"config = x\n", ":1: 'config' is for the command line alone"},
		{"help = yes\n", ":1: 'help' is for the command line alone"},
		{"namespace = a\nnamespace = b\n",
		 ":2: namespace: given twice with different values"},
		{"url = a\nurl-file = b\n", ":2: url-file: excludes url"},
		{"namespace = a b\n", ":1: namespace: 'a b' cannot be"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		write_file("c", rows[i].text);
		setenv("JQ_CONFIG", path, 1);
		run("q");
		unit_row = rows[i].text;
		CHECK_INT(status, STATUS_CONFIG);
		CHECK(strncmp(err.p, "jq-push: /tmp/jobq-unit.", 24) == 0);
		CHECK_HAS(err.p, rows[i].want);
		CHECK(strchr(err.p, '\n') == err.p + err.len - 1);
		CHECK_STR(out.p, "");
	}
	/* an unknown key is one even where a better source has spoken */
	run("-p 1 --namespace x");
	CHECK_INT(status, 0);
	setenv("JQ_CONFIG", "/nonexistent", 1);
	run("q");
	CHECK_INT(status, STATUS_CONFIG);
	CHECK_HAS(err.p, "cannot read configuration '/nonexistent': No such");
}

static void bad_file(void)
{
	with_dir(bad_file_values);
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
		{UNIT_TEST(good)},	  {UNIT_TEST(common_options)},
		{UNIT_TEST(bad)},	  {UNIT_TEST(own_status)},
		{UNIT_TEST(at_now)},	  {UNIT_TEST(permuting_is_ours)},
		{UNIT_TEST(no_argv)},	  {UNIT_TEST(password)},
		{UNIT_TEST(questions)},	  {UNIT_TEST(question_unanswered)},
		{UNIT_TEST(environment)}, {UNIT_TEST(misspelt_variable)},
		{UNIT_TEST(file)},	  {UNIT_TEST(user_file)},
		{UNIT_TEST(bad_file)},	  {UNIT_TEST(messages)},
	};

	return unit_run("opt", tests, ARRAY_LEN(tests));
}
