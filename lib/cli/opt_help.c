/* SPDX-License-Identifier: ISC */
/* Lays out --help, and guesses what a misspelt option meant. */
#include "cli/opt_help.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cli/opt_value.h"
#include "version.h"

#define WIDTH	   80
#define COLUMN_MAX 30 /* where the help begins at the latest */
#define LONGEST	   40 /* longest option name worth comparing */

const struct opt *opt_help_common_table(struct opt_common *c)
{
	static struct opt table[13];
	/* clang-format off */
	const struct opt rows[] = {
		{'u', "url", "URL", "server: redis://[USER[:PASSWORD]@]HOST"
			"[:PORT][/DB], rediss:// (TLS) or "
			"unix:///PATH[?db=N]; default: a private server",
			OPT_TEXT, &c->url, 0, 0, NULL, NULL, NULL},
		{0, "url-file", "FILE", "read the URL from the first line of "
			"FILE", OPT_TEXT, &c->url_file, 0, 0, NULL, NULL, NULL},
		{0, "namespace", "NAME", "prefix of all keys (default jq)",
			OPT_CALL, &c->namespace, 0, 0, opt_value_name, NULL,
			"jq"},
		{0, "config", "FILE", "read FILE instead of the default "
			"configuration files",
			OPT_TEXT, &c->config_file, 0, 0, NULL, NULL, NULL},
		{0, "connect-timeout", "DUR", "give up connecting after DUR "
			"(default 5s)", OPT_DURATION, &c->connect_timeout,
			1, 3600000, NULL, NULL, NULL},
		{'J', "json", NULL, "machine-readable output",
			OPT_FLAG, &c->json, 0, 0, NULL, NULL, NULL},
		{'q', "quiet", NULL, "say less; may be repeated",
			OPT_COUNT, &c->quiet, 0, 0, NULL, NULL, NULL},
		{'v', "verbose", NULL, "say more on stderr; may be repeated",
			OPT_COUNT, &c->verbose, 0, 0, NULL, NULL, NULL},
		{0, "color", "WHEN", "auto, always or never (default auto)",
			OPT_CALL, &c->color, 0, 0, opt_value_color, NULL,
			"auto"},
		{0, "show-config", NULL, "print all options, their values and "
			"who set them", OPT_CALL, NULL, 0, 0, NULL, NULL, NULL},
		{'h', "help", NULL, "print this help",
			OPT_CALL, NULL, 0, 0, NULL, NULL, NULL},
		{'V', "version", NULL, "print the version",
			OPT_CALL, NULL, 0, 0, NULL, NULL, NULL},
		{0, NULL, NULL, NULL, OPT_FLAG, NULL, 0, 0, NULL, NULL, NULL},
	};
	/* clang-format on */

	memcpy(table, rows, sizeof(rows));
	return table;
}

const struct opt *opt_help_find(const struct opt *table, struct strv name)
{
	for (const struct opt *o = table; o->name; o++)
		if (strv_eq(name, o->name))
			return o;
	return NULL;
}

void opt_help_usage(const struct opt_command *cmd, bool all, struct buf *out)
{
	struct strv forms = strv_of(cmd->synopsis);
	const char *before = "usage: ";

	do {
		struct strv form = strv_cut(&forms, '\n');

		buf_addf(out, "%s%s%s%.*s\n", before, cmd->name,
			 form.n ? " " : "", (int)form.n, form.p);
		before = "       ";
	} while (all && forms.n);
}

/* "  -p, --priority N" */
static void head(struct buf *out, const struct opt *o)
{
	if (o->key > 0 && o->key < 256)
		buf_addf(out, "  -%c, --%s", o->key, o->name);
	else
		buf_addf(out, "      --%s", o->name);
	if (o->arg)
		buf_addf(out, " %s", o->arg);
}

static size_t head_width(const struct opt *o)
{
	return 8 + strlen(o->name) + (o->arg ? 1 + strlen(o->arg) : 0);
}

/* `text` from column `indent` on, wrapped; `at` is where the line stands. */
static void wrap(struct buf *out, const char *text, size_t indent, size_t at)
{
	struct strv rest = strv_of(text), word = strv_word(&rest);

	if (at + 2 > indent) {
		buf_addch(out, '\n');
		at = 0;
	}
	buf_addf(out, "%*s", (int)(indent - at), "");
	at = indent;
	while (word.n) {
		if (at > indent && at + 1 + word.n > WIDTH) {
			buf_addf(out, "\n%*s", (int)indent, "");
			at = indent;
		} else if (at > indent) {
			buf_addch(out, ' ');
			at++;
		}
		buf_add(out, word.p, word.n);
		at += word.n;
		word = strv_word(&rest);
	}
	buf_addch(out, '\n');
}

static size_t column(const struct opt *table, size_t least)
{
	for (; table->name; table++) {
		size_t w = head_width(table) + 2;

		if (w > least && w <= COLUMN_MAX)
			least = w;
	}
	return least;
}

void opt_help_write(const struct opt_command *cmd, struct buf *out)
{
	const struct opt *common = opt_help_common_table(cmd->common);
	size_t indent = column(cmd->table, column(common, 0));

	opt_help_usage(cmd, true, out);
	buf_addf(out, "%s\n", cmd->summary);
	if (cmd->table->name)
		buf_addstr(out, "\nOptions:\n");
	for (const struct opt *o = cmd->table; o->name; o++) {
		head(out, o);
		wrap(out, o->help, indent, head_width(o));
	}
	buf_addstr(out, "\nCommon options:\n");
	for (const struct opt *o = common; o->name; o++) {
		if (opt_help_find(cmd->table, strv_of(o->name)))
			continue;
		head(out, o);
		wrap(out, o->help, indent, head_width(o));
	}
	buf_addf(out, "\nSee man %s and man 7 jobq.\n", cmd->name);
}

void opt_help_version(const struct opt_command *cmd, struct buf *out)
{
	buf_addf(out, "%s (jobq) %s\n", cmd->name, JOBQ_VERSION);
}

static size_t least3(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

/* Edits from `a` to `b`, a swap of neighbours counting as one. */
static size_t edits(struct strv a, struct strv b)
{
	size_t d[LONGEST + 1][LONGEST + 1];

	if (a.n > LONGEST || b.n > LONGEST)
		return SIZE_MAX;
	for (size_t i = 0; i <= a.n; i++) {
		for (size_t j = 0; j <= b.n; j++) {
			if (i == 0 || j == 0) {
				d[i][j] = i + j;
				continue;
			}
			d[i][j] = least3(d[i - 1][j] + 1, d[i][j - 1] + 1,
					 d[i - 1][j - 1] +
						 (a.p[i - 1] != b.p[j - 1]));
			if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] &&
			    a.p[i - 2] == b.p[j - 1] &&
			    d[i - 2][j - 2] + 1 < d[i][j])
				d[i][j] = d[i - 2][j - 2] + 1;
		}
	}
	return d[a.n][b.n];
}

const char *opt_help_nearest_word(struct strv typed, const char *const *words,
				  size_t n)
{
	const char *best = NULL;
	/* one slip in three letters is a slip; more is another word */
	size_t limit = typed.n / 3 + 1;

	for (size_t i = 0; i < n; i++) {
		struct strv word = strv_of(words[i]);
		size_t slips;

		if (typed.n && typed.n < word.n &&
		    memcmp(typed.p, word.p, typed.n) == 0)
			return words[i];
		slips = edits(typed, word);
		if (slips < limit) {
			best = words[i];
			limit = slips;
		}
	}
	return best;
}

static size_t length(const struct opt *table)
{
	size_t n = 0;

	while (table && table[n].name)
		n++;
	return n;
}

const char *opt_help_nearest(struct strv typed, const struct opt *table,
			     const struct opt *more)
{
	size_t n = length(table), m = length(more);
	const char **words = buf_alloc((n + m) * sizeof(*words)), *best;

	for (size_t i = 0; i < n + m; i++)
		words[i] = i < n ? table[i].name : more[i - n].name;
	best = opt_help_nearest_word(typed, words, n + m);
	free(words);
	return best;
}

const char *opt_version(void)
{
	return JOBQ_VERSION;
}
