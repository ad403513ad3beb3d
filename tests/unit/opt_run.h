/* SPDX-License-Identifier: ISC */
/*
 * What the tests of opt share: a small command with an option of each kind, run
 * in a process of its own, as opt_parse() may exit. What the options came to is
 * printed by it and compared as text.
 */
#ifndef TESTS_OPT_RUN_H
#define TESTS_OPT_RUN_H

#include <inttypes.h>

#include "base/buf.h"
#include "base/fd.h"
#include "cli/opt.h"
#include "unit.h"

static struct {
	bool lines, null, at_given;
	int64_t priority, delay, size, at;
	struct opt_list meta;
	const char *key;
} args;
static struct opt_common common;

static inline int even(struct strv v, void *at, struct err *e)
{
	if (v.n % 2)
		return err_set(e, STATUS_DATA, "'%.*s' is odd", (int)v.n, v.p);
	*(const char **)at = v.p;
	return 0;
}

/* clang-format off */
static const char *called;
static const struct opt table[] = {
	{'l', "lines", NULL, "flag", OPT_FLAG, &args.lines, 0, 0, NULL, NULL, NULL},
	{'0', "null", NULL, "flag", OPT_FLAG, &args.null, 0, 0, NULL, NULL, NULL},
	{'J', "json", NULL, "own meaning", OPT_FLAG, &common.json, 0, 0, NULL, NULL, NULL},
	{'p', "priority", "N", "int", OPT_INT, &args.priority, -9, 9, NULL, NULL, NULL},
	{'d', "delay", "DUR", "duration", OPT_DURATION, &args.delay, 0, 0, NULL, NULL, NULL},
	{'a', "at", "TIME", "time", OPT_TIME, &args.at, 0, 0, NULL, &args.at_given, NULL},
	{256, "max", "SIZE", "size", OPT_SIZE, &args.size, 16, 1 << 20, NULL, NULL, NULL},
	{'M', "meta", "NAME=VALUE", "list", OPT_LIST, &args.meta, 0, 0, NULL, NULL, NULL},
	{'k', "key", "KEY", "text", OPT_TEXT, &args.key, 0, 0, NULL, NULL, NULL},
	{256, "even", "TEXT", "call", OPT_CALL, &called, 0, 0, even, NULL, "none"},
	{0, NULL, NULL, NULL, OPT_FLAG, NULL, 0, 0, NULL, NULL, NULL},
};
/* clang-format on */

static struct opt_command command = {
	.name = "jq-push",
	.synopsis = "[-l] QUEUE [PAYLOAD ...]\n--other FORM",
	.summary = "Push.",
	.table = table,
	.common = &common,
};

static struct buf out = BUF_INIT, err = BUF_INIT;
static int status;

static inline const char *or_dash(const char *s)
{
	return s ? s : "-";
}

/* What the options came to, for comparison as text. */
static inline void report(int argc, char **argv, int first)
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

static inline void child(int argc, char **argv)
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

static inline void slurp(FILE *from, struct buf *to)
{
	buf_clear(to);
	lseek(fileno(from), 0, SEEK_SET);
	CHECK_INT(fd_read_all(fileno(from), "file", 1 << 20, to, NULL), 0);
	fclose(from);
}

static inline void run_argv(int argc, char **argv)
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
static inline void run(const char *line)
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

/* An environment of the test's own: nothing of the machine's may matter. */
static inline void clean(void)
{
	clearenv();
	setenv("JQ_CONFIG", "/dev/null", 1);
}

#endif
