/* SPDX-License-Identifier: ISC */
/* The verb of a command line, and the help that fits it. */
#include "cli/verb.h"

#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "cli/opt_help.h"

#define MOST 24 /* verbs, and options of their own, of one command */

static const struct verb *find(const struct verb *verbs, size_t n,
			       const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (verbs[i].name && strcmp(name, verbs[i].name) == 0)
			return &verbs[i];
	for (size_t i = 0; i < n; i++)
		if (!verbs[i].name)
			return &verbs[i];
	return NULL;
}

/* Whether an element of argv takes the next one as its value. */
static bool takes_next(const struct opt *t, const char *word)
{
	for (; t->name; t++) {
		bool is_it = word[1] == '-' ? strcmp(word + 2, t->name) == 0
					    : word[strlen(word) - 1] == t->key;

		if (is_it && t->kind != OPT_FLAG && t->kind != OPT_COUNT)
			return true;
	}
	return false;
}

/* The first operand, found before the options are parsed: which of them there
 * are, and what --help says, depends on it. */
static const char *first_operand(const struct opt_command *cmd, int argc,
				 char **argv)
{
	const struct opt *common = opt_help_common_table(cmd->common);

	for (int i = 1; i < argc; i++) {
		if (argv[i][0] != '-')
			return argv[i];
		if (takes_next(cmd->table, argv[i]) ||
		    takes_next(common, argv[i]))
			i++;
	}
	return NULL;
}

static bool takes(const struct verb *v, const char *option)
{
	size_t n = strlen(option);

	for (const char *at = v->options; *at; at += strcspn(at, " ") + 1)
		if (strncmp(at, option, n) == 0 && at[n] == ' ')
			return true;
	return false;
}

static void describe_one(struct opt_command *cmd, const struct verb *v,
			 struct buf *summary)
{
	static struct opt own[MOST + 1];
	size_t n = 0;

	cmd->synopsis = v->synopsis;
	buf_addstr(summary, v->summary);
	if (v->notes)
		buf_addf(summary, "\n\n%s", v->notes);
	for (const struct opt *o = cmd->table; o->name && n < MOST; o++)
		if (takes(v, o->name))
			own[n++] = *o;
	own[n].name = NULL;
	cmd->table = own;
}

static void describe_all(struct opt_command *cmd, const struct verb *verbs,
			 size_t n, struct buf *summary)
{
	buf_addf(summary,
		 "%s\n\nVerbs ('%s VERB --help' says more):", cmd->summary,
		 cmd->name);
	for (size_t i = 0; i < n; i++)
		if (verbs[i].name)
			buf_addf(summary, "\n  %-8s  %s", verbs[i].name,
				 verbs[i].summary);
}

static no_return void unknown(const struct opt_command *cmd,
			      const struct verb *verbs, size_t n,
			      const char *name)
{
	const char *names[MOST], *near;
	char shown[64];

	for (size_t i = 0; i < n && i < MOST; i++)
		names[i] = verbs[i].name; /* no NULL where this is called */
	near = opt_help_nearest_word(strv_of(name), names, n < MOST ? n : MOST);
	text_show(strv_of(name), shown, sizeof(shown));
	if (near)
		opt_usage(cmd, "unknown verb '%s' (did you mean '%s'?)", shown,
			  near);
	opt_usage(cmd, "unknown verb '%s'", shown);
}

const struct verb *verb_parse(struct opt_command *cmd, const struct verb *verbs,
			      size_t n, int argc, char **argv, int *first)
{
	static struct buf summary = BUF_INIT;
	const char *name = first_operand(cmd, argc, argv);
	const struct verb *v = name ? find(verbs, n, name) : NULL;

	buf_clear(&summary);
	if (v)
		describe_one(cmd, v, &summary);
	else
		describe_all(cmd, verbs, n, &summary);
	cmd->summary = summary.p;
	opt_parse(cmd, argc, argv, first);
	v = find(verbs, n, *first < argc ? argv[*first] : "");
	if (!v && *first >= argc)
		opt_usage(cmd, "which verb?");
	if (!v)
		unknown(cmd, verbs, n, argv[*first]);
	*first += v->name != NULL;
	if (v->operand && *first >= argc && !strchr(v->operand, '?'))
		opt_usage(cmd, "which %s?", v->operand);
	if (!v->operand && *first < argc)
		opt_usage(cmd, "'%s' takes no operand", v->name);
	return v;
}
