/* SPDX-License-Identifier: ISC */
/* Options and operands of the command line. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/opt_help.h"
#include "cli/opt_impl.h"

/* For the life of the process: argv holds it no more. */
static char *kept_url;

/* Copy a URL and overwrite the user and password that argv holds, which every
 * user of the machine may read. */
static const char *scrub_url(struct opt_parser *p, char *arg)
{
	char *start = strstr(arg, "://"), *end = strrchr(arg, '@');

	if (p->again)
		return kept_url;
	/* a second, other one will be refused, compared with the first */
	if (!kept_url || strcmp(kept_url, arg) != 0)
		kept_url = buf_strdup(arg);
	if (!start || !end || end < start + 3)
		return kept_url;
	p->password |=
		memchr(start + 3, ':', (size_t)(end - start - 3)) != NULL;
	memset(start + 3, '*', (size_t)(end - start - 3));
	return kept_url;
}

/* getopt_long() would take an abbreviation, which a later option can make
 * ambiguous; so names are looked up in full before it sees them. */
static void check_long(const struct opt_parser *p, const char *arg)
{
	struct strv rest = strv_of(arg + 2), name = strv_cut(&rest, '=');
	const struct opt *o = opt_help_find(p->cmd->table, name);
	const char *meant;
	char shown[64];

	if (!o)
		o = opt_help_find(p->common, name);
	if (o && !o->arg && name.n < strlen(arg + 2))
		opt_usage(p->cmd, "option '--%s' takes no value", o->name);
	if (o)
		return;
	text_show(name, shown, sizeof(shown));
	meant = opt_help_nearest(name, p->cmd->table, p->common);
	if (meant)
		opt_usage(p->cmd,
			  "unknown option '--%s' (did you mean '--%s'?)", shown,
			  meant);
	opt_usage(p->cmd, "unknown option '--%s'", shown);
}

static struct opt_slot *slot_of_key(struct opt_parser *p, int key)
{
	if (key >= OPT_LONG_BASE)
		return &p->slots[key - OPT_LONG_BASE];
	for (size_t i = 0; i < p->n; i++)
		if (p->slots[i].opt->key == key)
			return &p->slots[i];
	return NULL;
}

/* A question is answered at once, but for what is known at the end alone. */
static void ask(struct opt_parser *p, const struct opt *o)
{
	struct buf text = BUF_INIT;

	if (strcmp(o->name, "show-config") == 0) {
		p->show = true;
		return;
	}
	if (strcmp(o->name, "help") == 0)
		opt_help_write(p->cmd, &text);
	else
		opt_help_version(p->cmd, &text);
	opt_answer(p->cmd, &text);
}

/* What getopt_long() said about the argument `arg`. */
static void take(struct opt_parser *p, int key, const char *arg, bool operands)
{
	struct opt_slot *s = slot_of_key(p, key == ':' ? optopt : key);
	char letter = (char)optopt, shown[16];
	struct opt_source from = {.rank = OPT_ARGV};
	const char *text;
	struct err e;

	if (key == '?' || !s)
		opt_usage(
			p->cmd, "unknown option '-%s'%s",
			text_show(strv_make(&letter, 1), shown, sizeof(shown)),
			operands ? " (write '--' before operands that begin "
				   "with '-')"
				 : "");
	if (key == ':' && arg[1] == '-')
		opt_usage(p->cmd, "option '--%s' needs a value (%s)",
			  s->opt->name, s->opt->arg);
	if (key == ':')
		opt_usage(p->cmd, "option '-%c' needs a value (%s)", optopt,
			  s->opt->arg);
	if (opt_is_question(s->opt)) {
		ask(p, s->opt);
		return;
	}
	from.name = key < OPT_LONG_BASE ? "-u" : "--url";
	text = s->opt->arg ? optarg : NULL;
	if (s->opt->at == &p->cmd->common->url)
		text = scrub_url(p, optarg);
	if (s->opt->at == &p->cmd->common->url_file)
		from.name = "--url-file";
	if (opt_give(p, s, from, text, &e)) {
		err_prefix(&e, "--%s", s->opt->name);
		opt_die(p->cmd, &e);
	}
}

void opt_argv_parse(struct opt_parser *p, int argc, char **argv, int *first)
{
	char **operands = buf_alloc((size_t)argc * sizeof(*operands));
	bool inside = false; /* "-lr0": more letters of one argument to come */
	int n = 0;

	optind = 1;
	opterr = 0;
	while (optind < argc) {
		char *arg = argv[optind];
		int at = optind;

		if (!inside && strcmp(arg, "--") == 0) {
			optind++;
			break;
		}
		if (!inside && (arg[0] != '-' || !arg[1])) {
			if (p->cmd->stop_at_operand)
				break;
			operands[n++] = arg;
			optind++;
			continue;
		}
		if (!inside && arg[1] == '-')
			check_long(p, arg);
		take(p, getopt_long(argc, argv, p->letters.p, p->longs, NULL),
		     arg, n > 0);
		inside = optind == at;
	}
	while (optind < argc)
		operands[n++] = argv[optind++];
	*first = argc - n;
	memcpy(argv + *first, operands, (size_t)n * sizeof(*operands));
	free(operands);
}
