/* SPDX-License-Identifier: ISC */
/*
 * Options from argv, environment and configuration into the places the table
 * names. Each source has a rank; what a better one has set stays.
 */
#include "cli/opt.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/auxv.h>
#endif
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/text.h"
#include "cli/config.h"
#include "cli/env.h"
#include "cli/opt_help.h"
#include "cli/opt_value.h"

/* Long options have no letter; getopt_long() reports them from here on. */
#define LONG_BASE 256

/* Sources, best first; each variable and each part of a file has a rank of its
 * own from there on. */
#define RANK_ARGV 1
#define RANK_ENV  2
#define RANK_FILE 10

/* One option, and which source has set it with what. */
struct slot {
	const struct opt *opt;
	int rank;	  /* 0 = none has */
	const char *text; /* borrowed; NULL for a flag in argv */
};

struct parser {
	const struct opt_command *cmd;
	const struct opt *common; /* table of all commands */
	struct slot *slots;	  /* the command's own, then the common ones */
	size_t n, own;
	struct option *longs;
	struct buf letters;
	bool password; /* there was one in argv */
	bool again;    /* opt_parse_again() */
};

/* What OPT_TEXT values from files and a scrubbed URL point into, for the life
 * of the process. */
static struct config files[2], files_again[2];
static char *kept_url, *kept_path;

/* The command line as it was, but for what is blotted out in it. */
static char **kept_argv;
static int kept_argc;

/* Untrusted text may be in `msg`, part of it escaped already: escape the rest,
 * so that it stays one line and a backslash is not doubled twice. */
static void say(const char *name, const char *kind, const char *msg)
{
	struct buf line = BUF_INIT;
	struct strv rest = strv_of(msg);

	buf_addf(&line, "%s: %s", name, kind);
	while (rest.n) {
		struct strv part = rest;

		text_escape(&line, strv_cut(&rest, '\\'));
		if (rest.p > part.p && rest.p[-1] == '\\')
			buf_addch(&line, '\\');
	}
	buf_addch(&line, '\n');
	fputs(line.p, stderr);
	buf_release(&line);
}

static printf_like(1, 0) char *text_of(const char *fmt, va_list ap)
{
	char *text;

	if (vasprintf(&text, fmt, ap) < 0)
		err_nomem();
	return text;
}

void opt_usage(const struct opt_command *cmd, const char *fmt, ...)
{
	struct buf usage = BUF_INIT;
	va_list ap;
	char *msg;

	va_start(ap, fmt);
	msg = text_of(fmt, ap);
	va_end(ap);
	if (cmd->refuse)
		cmd->refuse(msg);
	say(cmd->name, "", msg);
	free(msg);
	opt_help_usage(cmd, false, &usage);
	fprintf(stderr, "%sTry '%s --help' or 'man %s'.\n", usage.p, cmd->name,
		cmd->name);
	buf_release(&usage);
	exit(STATUS_USAGE);
}

int opt_fail(const struct opt_command *cmd, const struct err *e)
{
	say(cmd->name, "", e->msg);
	return e->code;
}

int opt_end(const struct opt_command *cmd, const struct err *e)
{
	if (e->code == STATUS_USAGE)
		opt_usage(cmd, "%s", e->msg);
	return opt_fail(cmd, e);
}

void opt_warn(const struct opt_command *cmd, const char *fmt, ...)
{
	va_list ap;
	char *msg;

	if (cmd->common->quiet)
		return;
	va_start(ap, fmt);
	msg = text_of(fmt, ap);
	va_end(ap);
	say(cmd->name, "warning: ", msg);
	free(msg);
}

static no_return void die(const struct parser *p, const struct err *e)
{
	if (p->cmd->refuse)
		p->cmd->refuse(e->msg);
	exit(opt_end(p->cmd, e));
}

static void add_slot(struct parser *p, const struct opt *o)
{
	size_t i = p->n++;

	p->slots = buf_realloc(p->slots, p->n * sizeof(*p->slots));
	p->longs = buf_realloc(p->longs, (p->n + 1) * sizeof(*p->longs));
	p->slots[i] = (struct slot){.opt = o};
	p->longs[i] = (struct option){o->name,
				      o->arg ? required_argument : no_argument,
				      NULL, LONG_BASE + (int)i};
	p->longs[p->n] = (struct option){NULL, 0, NULL, 0};
	if (o->key > 0 && o->key < LONG_BASE) {
		buf_addch(&p->letters, (char)o->key);
		if (o->arg)
			buf_addch(&p->letters, ':');
	}
}

static void parser_init(struct parser *p, const struct opt_command *cmd)
{
	*p = (struct parser){.cmd = cmd, .letters = BUF_INIT};
	/* stop at operands, so that the order they are in is dealt with here
	 * and POSIXLY_CORRECT changes nothing; report missing values as ':' */
	buf_addstr(&p->letters, "+:");
	*cmd->common = (struct opt_common){
		.namespace = "jq", .connect_timeout = 5000, .color = "auto"};
	p->common = opt_help_common_table(cmd->common);
	for (const struct opt *o = cmd->table; o->name; o++)
		add_slot(p, o);
	p->own = p->n;
	for (const struct opt *o = p->common; o->name; o++)
		if (!opt_help_find(cmd->table, strv_of(o->name)))
			add_slot(p, o);
}

static void parser_release(struct parser *p)
{
	free(p->slots);
	free(p->longs);
	buf_release(&p->letters);
}

static struct slot *find_slot(struct parser *p, const char *name)
{
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->slots[i].opt->name, name) == 0)
			return &p->slots[i];
	return NULL;
}

/* --url and --url-file answer the same question: one of them, from the best
 * source that has either. */
static const struct slot *rival(struct parser *p, const struct slot *s)
{
	if (strcmp(s->opt->name, "url") == 0)
		return find_slot(p, "url-file");
	return strcmp(s->opt->name, "url-file") == 0 ? find_slot(p, "url")
						     : NULL;
}

/* Set an option from the source of that rank, unless a better one has. `from`
 * names the source in messages. */
static int give(struct parser *p, struct slot *s, int rank, const char *from,
		const char *text, struct err *e)
{
	const struct opt *o = s->opt;
	const struct slot *other = rival(p, s);
	bool again = s->rank == rank;

	if ((s->rank && s->rank < rank) ||
	    (other && other->rank && other->rank < rank))
		return 0;
	if (other && other->rank == rank)
		return err_set(e, STATUS_USAGE, "excludes %s%s",
			       rank == RANK_ARGV ? "--" : "", other->opt->name);
	if (again && o->kind != OPT_LIST && o->kind != OPT_COUNT) {
		if (!text || !s->text || strcmp(text, s->text) == 0)
			return 0;
		return err_set(e, STATUS_USAGE,
			       "given twice with different values");
	}
	s->rank = rank;
	s->text = text;
	if (other)
		p->cmd->common->url_from = from;
	if (o->given)
		*o->given = true;
	return opt_value_store(o, text, e);
}

/* --help and --version set nothing. */
static bool is_question(const struct opt *o)
{
	return o->kind == OPT_CALL && !o->fn;
}

/* The answer to one of them, and the end. */
static no_return void answer(const struct parser *p, const struct opt *o)
{
	struct buf text = BUF_INIT;
	struct err e;
	int status = p->cmd->answer_status;

	if (strcmp(o->name, "help") == 0)
		opt_help_write(p->cmd, &text);
	else
		opt_help_version(p->cmd, &text);
	if (fd_write_all(STDOUT_FILENO, text.p, text.len)) {
		err_sys(&e, STATUS_IO, errno,
			"cannot write to standard output");
		status = opt_fail(p->cmd, &e);
	}
	buf_release(&text);
	exit(status);
}

/* Copy a URL and overwrite the user and password that argv holds, which every
 * user of the machine may read. */
static const char *scrub_url(struct parser *p, char *arg)
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
static void check_long(const struct parser *p, const char *arg)
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

static struct slot *slot_of_key(struct parser *p, int key)
{
	if (key >= LONG_BASE)
		return &p->slots[key - LONG_BASE];
	for (size_t i = 0; i < p->n; i++)
		if (p->slots[i].opt->key == key)
			return &p->slots[i];
	return NULL;
}

/* What getopt_long() said about the argument `arg`. */
static void take(struct parser *p, int key, const char *arg, bool operands)
{
	struct slot *s = slot_of_key(p, key == ':' ? optopt : key);
	char letter = (char)optopt, shown[16];
	const char *text, *from = key < LONG_BASE ? "-u" : "--url";
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
	if (is_question(s->opt))
		answer(p, s->opt);
	text = s->opt->arg ? optarg : NULL;
	if (s->opt->at == &p->cmd->common->url)
		text = scrub_url(p, optarg);
	if (s->opt->at == &p->cmd->common->url_file)
		from = "--url-file";
	if (give(p, s, RANK_ARGV, from, text, &e)) {
		err_prefix(&e, "--%s", s->opt->name);
		die(p, &e);
	}
}

/* Options wherever they stand, operands moved behind them. */
static void parse_argv(struct parser *p, int argc, char **argv, int *first)
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

static int parse_env(struct parser *p, struct err *e)
{
	static const struct {
		const char *variable, *option;
	} rows[] = {
		{"JQ_URL", "url"},	 {"JQ_URL_FILE", "url-file"},
		{"REDIS_URL", "url"},	 {"JQ_NAMESPACE", "namespace"},
		{"JQ_CONFIG", "config"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *value = env_get(rows[i].variable);
		struct slot *s = find_slot(p, rows[i].option);

		if (!value ||
		    !give(p, s, RANK_ENV + (int)i, rows[i].variable, value, e))
			continue;
		e->code = STATUS_CONFIG;
		return err_prefix(e, "%s", rows[i].variable);
	}
	return 0;
}

/* The option an entry names; NULL with `e` when there is none it may set. */
static struct slot *slot_of_entry(struct parser *p,
				  const struct config_entry *at, struct err *e)
{
	struct slot *s = find_slot(p, at->key);
	const char *meant;
	char shown[64];
	bool common = opt_help_find(p->common, strv_of(at->key)) != NULL;

	if (s && (at->own || common) && !is_question(s->opt) &&
	    s->opt->at != &p->cmd->common->config_file)
		return s;
	text_show(strv_of(at->key), shown, sizeof(shown));
	meant = opt_help_nearest(strv_of(at->key), p->common,
				 at->own ? p->cmd->table : NULL);
	if (s && (at->own || common))
		err_set(e, STATUS_CONFIG, "'%s' is for the command line alone",
			shown);
	else if (s)
		err_set(e, STATUS_CONFIG, "'%s' belongs below [%s]", shown,
			p->cmd->name);
	else if (meant)
		err_set(e, STATUS_CONFIG,
			"unknown key '%s' (did you mean '%s'?)", shown, meant);
	else
		err_set(e, STATUS_CONFIG, "unknown key '%s'", shown);
	return NULL;
}

/* The lines of the command's own section, or those for all commands. */
static int apply_part(struct parser *p, const struct config *c, bool own,
		      int rank, struct err *e)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct config_entry *at = &c->list[i];
		struct slot *s;

		if (at->own != own)
			continue;
		s = slot_of_entry(p, at, e);
		/* an option the command gives a meaning of its own, as
		 * jq-push does --json, is not meant by a line for all */
		if (s && !own && s < p->slots + p->own)
			continue;
		if (s && !give(p, s, rank, c->path, at->value, e))
			continue;
		if (s)
			err_prefix(e, "%s", at->key);
		return config_blame(c, at, e);
	}
	return 0;
}

static const char *user_config(void)
{
	const char *base = env_get("XDG_CONFIG_HOME"), *home = env_get("HOME");
	struct buf path = BUF_INIT;

	/* sources are known by it */
	if (kept_path)
		return kept_path;
	/* a relative one is to be ignored, says the base directory rule */
	if (base && base[0] == '/')
		buf_addf(&path, "%s/jobq/config", base);
	else if (home && home[0] == '/')
		buf_addf(&path, "%s/.config/jobq/config", home);
	else
		return NULL;
	kept_path = buf_detach(&path);
	return kept_path;
}

static int parse_config(struct parser *p, struct config to[2], struct err *e)
{
	const char *named = p->cmd->common->config_file;
	const char *paths[] = {named ? named : user_config(),
			       named ? NULL : "/etc/jobq.conf"};

	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		if (!paths[i])
			continue;
		if (config_read(&to[i], paths[i], p->cmd->name, !named, e))
			return -1;
		/* its own section first: it is the more exact */
		if (apply_part(p, &to[i], true, RANK_FILE + 2 * (int)i, e) ||
		    apply_part(p, &to[i], false, RANK_FILE + 2 * (int)i + 1, e))
			return -1;
	}
	return 0;
}

/* All sources; `to` will hold the files, which values point into. */
static int parse_all(struct parser *p, char **argv, int *first,
		     struct config to[2], struct err *e)
{
	if (kept_argc > 0)
		parse_argv(p, kept_argc, argv, first);
	if (parse_env(p, e))
		return -1;
	config_release(&to[0]);
	config_release(&to[1]);
	return parse_config(p, to, e);
}

/* With rights that its caller lacks a program must not trust argv, variables
 * or files, and all of ours do. */
static void refuse_raised_rights(const struct parser *p)
{
#ifdef __linux__
	bool raised = getauxval(AT_SECURE) != 0;
#else
	bool raised = issetugid() != 0;
#endif
	struct err e;

	if (!raised)
		return;
	err_set(&e, STATUS_RIGHTS,
		"refusing to run setuid, setgid or with file capabilities "
		"(use sudo -u USER)");
	die(p, &e);
}

static void warn(const struct parser *p)
{
	const char *entry;
	size_t i = 0;

	if (p->password)
		opt_warn(p->cmd, "a password on the command line may be seen "
				 "by other users (use JQ_URL, --url-file or "
				 "REDISCLI_AUTH)");
	while (p->cmd->common->verbose && (entry = env_unknown(&i))) {
		struct strv rest = strv_of(entry), name = strv_cut(&rest, '=');

		opt_warn(p->cmd, "variable '%.*s' means nothing here",
			 (int)name.n, name.p);
	}
}

static char **copy_argv(char **argv)
{
	size_t size = ((size_t)kept_argc + 1) * sizeof(*argv);
	char **copy = buf_alloc(size);

	memcpy(copy, argv, size);
	return copy;
}

void opt_parse(const struct opt_command *cmd, int argc, char **argv, int *first)
{
	struct parser p;
	struct err e;

	fd_fill_standard();
	parser_init(&p, cmd);
	refuse_raised_rights(&p);
	*first = 0;
	free(kept_argv);
	kept_argc = argc;
	kept_argv = copy_argv(argv);
	if (parse_all(&p, argv, first, files, &e))
		die(&p, &e);
	warn(&p);
	parser_release(&p);
}

int opt_parse_again(const struct opt_command *cmd, struct err *e)
{
	struct parser p;
	char **argv = copy_argv(kept_argv);
	int first, rc;

	parser_init(&p, cmd);
	p.again = true;
	rc = parse_all(&p, argv, &first, files_again, e);
	parser_release(&p);
	free(argv);
	return rc;
}
