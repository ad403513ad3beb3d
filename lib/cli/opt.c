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
#include "cli/opt_impl.h"
#include "cli/opt_value.h"

/* What OPT_TEXT values from files point into, for the life of the process. */
static struct config files[2], files_again[2];
static char *kept_path;

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

void opt_die(const struct opt_command *cmd, const struct err *e)
{
	if (cmd->refuse)
		cmd->refuse(e->msg);
	exit(opt_end(cmd, e));
}

static void add_slot(struct opt_parser *p, const struct opt *o)
{
	size_t i = p->n++;

	p->slots[i] = (struct opt_slot){.opt = o};
	p->longs[i] = (struct option){o->name,
				      o->arg ? required_argument : no_argument,
				      NULL, OPT_LONG_BASE + (int)i};
	if (o->key > 0 && o->key < OPT_LONG_BASE) {
		buf_addch(&p->letters, (char)o->key);
		if (o->arg)
			buf_addch(&p->letters, ':');
	}
}

static size_t count(const struct opt *table)
{
	size_t n = 0;

	while (table[n].name)
		n++;
	return n;
}

static void parser_init(struct opt_parser *p, const struct opt_command *cmd)
{
	size_t most;

	*p = (struct opt_parser){.cmd = cmd, .letters = BUF_INIT};
	/* stop at operands, so that the order they are in is dealt with here
	 * and POSIXLY_CORRECT changes nothing; report missing values as ':' */
	buf_addstr(&p->letters, "+:");
	*cmd->common = (struct opt_common){
		.namespace = "jq", .connect_timeout = 5000, .color = "auto"};
	p->common = opt_help_common_table(cmd->common);
	most = count(cmd->table) + count(p->common);
	p->slots = buf_alloc(most * sizeof(*p->slots));
	/* ends with an option of zeros */
	p->longs = buf_zalloc((most + 1) * sizeof(*p->longs));
	for (const struct opt *o = cmd->table; o->name; o++)
		add_slot(p, o);
	p->own = p->n;
	for (const struct opt *o = p->common; o->name; o++)
		if (!opt_help_find(cmd->table, strv_of(o->name)))
			add_slot(p, o);
}

static void parser_release(struct opt_parser *p)
{
	free(p->slots);
	free(p->longs);
	buf_release(&p->letters);
}

static struct opt_slot *find_slot(struct opt_parser *p, const char *name)
{
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->slots[i].opt->name, name) == 0)
			return &p->slots[i];
	return NULL;
}

/* --url and --url-file answer the same question: one of them, from the best
 * source that has either. */
static const struct opt_slot *rival(struct opt_parser *p,
				    const struct opt_slot *s)
{
	if (strcmp(s->opt->name, "url") == 0)
		return find_slot(p, "url-file");
	return strcmp(s->opt->name, "url-file") == 0 ? find_slot(p, "url")
						     : NULL;
}

int opt_give(struct opt_parser *p, struct opt_slot *s, struct opt_source from,
	     const char *text, struct err *e)
{
	const struct opt *o = s->opt;
	const struct opt_slot *other = rival(p, s);
	bool again = s->from.rank == from.rank;

	if ((s->from.rank && s->from.rank < from.rank) ||
	    (other && other->from.rank && other->from.rank < from.rank))
		return 0;
	if (other && other->from.rank == from.rank)
		return err_set(e, STATUS_USAGE, "excludes %s%s",
			       from.rank == OPT_ARGV ? "--" : "",
			       other->opt->name);
	if (again && o->kind != OPT_LIST && o->kind != OPT_COUNT) {
		if (!text || !s->text || strcmp(text, s->text) == 0)
			return 0;
		return err_set(e, STATUS_USAGE,
			       "given twice with different values");
	}
	s->from = from;
	s->text = text;
	if (other)
		p->cmd->common->url_from = from.name;
	if (o->given)
		*o->given = true;
	return opt_value_store(o, text, e);
}

bool opt_is_question(const struct opt *o)
{
	return o->kind == OPT_CALL && !o->fn;
}

void opt_answer(const struct opt_command *cmd, const struct buf *text)
{
	int status = cmd->answer_status;
	struct err e;

	if (fd_write_all(STDOUT_FILENO, text->p, text->len)) {
		err_sys(&e, STATUS_IO, errno,
			"cannot write to standard output");
		status = opt_fail(cmd, &e);
	}
	exit(status);
}

static int parse_env(struct opt_parser *p, struct err *e)
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
		struct opt_slot *s = find_slot(p, rows[i].option);
		struct opt_source from = {.rank = OPT_ENV + (int)i,
					  .name = rows[i].variable};

		if (!value || !opt_give(p, s, from, value, e))
			continue;
		e->code = STATUS_CONFIG;
		return err_prefix(e, "%s", rows[i].variable);
	}
	return 0;
}

/* The option an entry names; NULL with `e` when there is none it may set. */
static struct opt_slot *slot_of_entry(struct opt_parser *p,
				      const struct config_entry *at,
				      struct err *e)
{
	struct opt_slot *s = find_slot(p, at->key);
	const char *meant;
	char shown[64];
	bool common = opt_help_find(p->common, strv_of(at->key)) != NULL;

	if (s && (at->own || common) && !opt_is_question(s->opt) &&
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
static int apply_part(struct opt_parser *p, const struct config *c, bool own,
		      int rank, struct err *e)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct config_entry *at = &c->list[i];
		const struct opt_source from = {rank, c->path, at->line};
		struct opt_slot *s;

		if (at->own != own)
			continue;
		s = slot_of_entry(p, at, e);
		/* an option the command gives a meaning of its own, as
		 * jq-push does --json, is not meant by a line for all */
		if (s && !own && s < p->slots + p->own)
			continue;
		if (s && !opt_give(p, s, from, at->value, e))
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

static int parse_config(struct opt_parser *p, struct config to[2],
			struct err *e)
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
		if (apply_part(p, &to[i], true, OPT_FILE + 2 * (int)i, e) ||
		    apply_part(p, &to[i], false, OPT_FILE + 2 * (int)i + 1, e))
			return -1;
	}
	return 0;
}

/* All sources; `to` will hold the files, which values point into. */
static int parse_all(struct opt_parser *p, char **argv, int *first,
		     struct config to[2], struct err *e)
{
	if (kept_argc > 0)
		opt_argv_parse(p, kept_argc, argv, first);
	if (parse_env(p, e))
		return -1;
	config_release(&to[0]);
	config_release(&to[1]);
	return parse_config(p, to, e);
}

/* With rights that its caller lacks a program must not trust argv, variables
 * or files, and all of ours do. */
static void refuse_raised_rights(const struct opt_parser *p)
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
	opt_die(p->cmd, &e);
}

static void warn(const struct opt_parser *p)
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
	struct opt_parser p;
	struct err e;

	fd_fill_standard();
	parser_init(&p, cmd);
	refuse_raised_rights(&p);
	*first = 0;
	free(kept_argv);
	kept_argc = argc;
	kept_argv = copy_argv(argv);
	if (parse_all(&p, argv, first, files, &e))
		opt_die(p.cmd, &e);
	warn(&p);
	if (p.show) {
		struct buf text = BUF_INIT;

		opt_show_write(&p, &text);
		opt_answer(cmd, &text);
	}
	parser_release(&p);
}

int opt_parse_again(const struct opt_command *cmd, struct err *e)
{
	struct opt_parser p;
	char **argv = copy_argv(kept_argv);
	int first, rc;

	parser_init(&p, cmd);
	p.again = true;
	rc = parse_all(&p, argv, &first, files_again, e);
	parser_release(&p);
	free(argv);
	return rc;
}
