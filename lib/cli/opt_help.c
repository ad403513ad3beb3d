/* SPDX-License-Identifier: ISC */
/* --help, --version, usage lines and suggestions. */
#include "cli/opt_help.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/text.h"

#include "version.h"

const struct opt *opt_help_common_table(struct opt_common *c)
{
	static struct opt table[16];
	const struct opt fresh[] = {
		{'u', "url", "URL", "server: redis://, rediss://, unix://",
		 OPT_TEXT, &c->url, 0, 0, NULL, NULL},
		{256, "url-file", "FILE", "read the server's address from FILE",
		 OPT_TEXT, &c->url_file, 0, 0, NULL, NULL},
		{256, "namespace", "NAME", "prefix of all keys (jq)", OPT_TEXT,
		 &c->namespace, 0, 0, NULL, NULL},
		{256, "config", "FILE", "configuration file", OPT_TEXT,
		 &c->config_file, 0, 0, NULL, NULL},
		{256, "connect-timeout", "DUR", "time to reach the server (5s)",
		 OPT_DURATION, &c->connect_timeout, 1, 86400000, NULL, NULL},
		{'J', "json", NULL, "machine-readable", OPT_FLAG, &c->json, 0,
		 0, NULL, NULL},
		{'q', "quiet", NULL, "say less", OPT_COUNT, &c->quiet, 0, 0,
		 NULL, NULL},
		{'v', "verbose", NULL, "say more on stderr", OPT_COUNT,
		 &c->verbose, 0, 0, NULL, NULL},
		{256, "color", "WHEN", "auto, always or never", OPT_TEXT,
		 &c->color, 0, 0, NULL, NULL},
		{'h', "help", NULL, "print this", OPT_FLAG, NULL, 0, 0, NULL,
		 NULL},
		{'V', "version", NULL, "print the version", OPT_FLAG, NULL, 0,
		 0, NULL, NULL},
		{0, NULL, NULL, NULL, OPT_FLAG, NULL, 0, 0, NULL, NULL},
	};

	memcpy(table, fresh, sizeof(fresh));
	return table;
}

/* Each form of the synopsis on a line of its own. */
void opt_help_usage(const struct opt_command *cmd, struct buf *out)
{
	struct strv rest = strv_of(cmd->synopsis);
	const char *head = "usage:";

	while (rest.n > 0) {
		struct strv form = strv_cut(&rest, '\n');

		buf_addf(out, "%s %s %.*s\n", head, cmd->name, (int)form.n,
			 form.p);
		head = "      ";
	}
}

enum {
	HELP_COLUMN = 30
};

static void add_option(const struct opt *o, struct buf *out)
{
	size_t start = out->len;

	if (o->key > 0 && o->key < 256)
		buf_addf(out, "  -%c, --%s", o->key, o->name);
	else
		buf_addf(out, "      --%s", o->name);
	if (o->arg)
		buf_addf(out, " %s", o->arg);
	if (out->len - start > HELP_COLUMN - 2) {
		buf_addch(out, '\n');
		start = out->len;
	}
	while (out->len - start < HELP_COLUMN)
		buf_addch(out, ' ');
	buf_addf(out, "%s\n", o->help);
}

static no_return void print(const struct opt_command *cmd,
			    const struct buf *text)
{
	struct err e;

	if (fd_write_all(STDOUT_FILENO, text->p, text->len) == 0)
		exit(STATUS_OK);
	err_sys(&e, STATUS_IO, errno, "cannot write to standard output");
	exit(opt_fail(cmd, &e));
}

void opt_help_print(const struct opt_command *cmd)
{
	struct buf out = BUF_INIT;

	opt_help_usage(cmd, &out);
	buf_addf(&out, "%s\n\nOptions:\n", cmd->summary);
	for (const struct opt *o = cmd->table; o->name; o++)
		add_option(o, &out);
	buf_addstr(&out, "\nCommon options:\n");
	for (const struct opt *o = opt_help_common_table(cmd->common); o->name;
	     o++)
		add_option(o, &out);
	buf_addf(&out, "\nSee man %s and man 7 jobq.\n", cmd->name);
	print(cmd, &out);
}

void opt_help_version(const struct opt_command *cmd)
{
	struct buf out = BUF_INIT;

	buf_addf(&out, "%s (jobq) %s\n", cmd->name, JOBQ_VERSION);
	print(cmd, &out);
}

/* Edits from one word to another: insert, delete, replace a letter. */
static size_t distance(struct strv a, const char *b)
{
	size_t row[64], nb = strlen(b);

	if (a.n >= 64 || nb >= 64)
		return 64;
	for (size_t j = 0; j <= nb; j++)
		row[j] = j;
	for (size_t i = 1; i <= a.n; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= nb; j++) {
			size_t best = diagonal + (a.p[i - 1] != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[nb];
}

static size_t strangeness(struct strv name, const char *word)
{
	if (name.n >= 2 && strncmp(name.p, word, name.n) == 0)
		return 0; /* an abbreviation */
	return distance(name, word);
}

const char *opt_help_nearest_word(struct strv name, const char *const *words,
				  size_t n)
{
	const char *best = NULL;
	size_t least = name.n < 4 ? 2 : 3;

	for (size_t i = 0; i < n; i++) {
		size_t d = strangeness(name, words[i]);

		if (d < least) {
			least = d;
			best = words[i];
		}
	}
	return best;
}

const char *opt_help_nearest(struct strv name, const struct opt *table,
			     size_t n)
{
	const char **words = buf_alloc(n * sizeof(*words));
	const char *best;

	for (size_t i = 0; i < n; i++)
		words[i] = table[i].name;
	best = opt_help_nearest_word(name, words, n);
	free(words);
	return best;
}
