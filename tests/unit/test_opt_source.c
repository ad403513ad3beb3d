/* SPDX-License-Identifier: ISC */
/*
 * opt: values from the environment and from configuration files, which source
 * wins, what is said of a bad one.
 */
#include "cli/opt.h"

#include <ftw.h>
#include <sys/stat.h>

#include "opt_run.h"

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

/* All options with their values, as a file or the command line would have
 * them, and who said so. */
static void shown(void)
{
	clean();
	setenv("JQ_URL", "redis://me:secret@h/2", 1);
	run("--show-config -l -p -3 --delay 90s --max 65536 -M a=1 -M b=2");
	CHECK_INT(status, 0);
	CHECK_HAS(out.p, "lines\ttrue\tcommand line\n");
	CHECK_HAS(out.p, "null\tfalse\tdefault\n");
	CHECK_HAS(out.p, "priority\t-3\tcommand line\n");
	CHECK_HAS(out.p, "delay\t1m30s\tcommand line\n");
	CHECK_HAS(out.p, "max\t64k\tcommand line\n");
	CHECK_HAS(out.p, "meta\ta=1 b=2\tcommand line\n");
	CHECK_HAS(out.p, "at\t\tdefault\n");
	CHECK_HAS(out.p, "even\tnone\tdefault\n");
	CHECK_HAS(out.p, "url\tredis://me:***@h:6379/2\tJQ_URL\n");
	CHECK_HAS(out.p, "connect-timeout\t5s\tdefault\n");
	CHECK(!strstr(out.p, "secret"));
	CHECK(!strstr(out.p, "help"));
	run("--show-config -p 99");
	CHECK_INT(status, STATUS_USAGE);
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

int main(void)
{
	static const struct unit_test tests[] = {
		{UNIT_TEST(environment)},	{UNIT_TEST(shown)},
		{UNIT_TEST(misspelt_variable)}, {UNIT_TEST(file)},
		{UNIT_TEST(user_file)},		{UNIT_TEST(bad_file)},
	};

	return unit_run("opt source", tests, ARRAY_LEN(tests));
}
