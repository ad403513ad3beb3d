/* SPDX-License-Identifier: ISC */
/*
 * Options: getopt_long over the command's table and the common one, then the
 * environment and the configuration for what was not given.
 */
#include "cli/opt.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/num.h"
#include "base/text.h"
#include "cli/config.h"
#include "cli/env.h"
#include "cli/opt_help.h"
#include "queue/key.h"

enum {
	MOST = 80
}; /* options of one command, the common ones included */

/* One run of the parser. */
struct parser {
	const struct opt_command *cmd;
	struct opt all[MOST]; /* the command's, then the common ones */
	size_t n;
	const char *given[MOST]; /* the text of each that came; NULL = none */
};

static void check_text_choice(struct parser *p);

/* The common options write into the command's struct opt_common. */
static void add_common(struct parser *p)
{
	struct opt_common *c = p->cmd->common;
	const struct opt *table = opt_help_common_table(c);

	for (size_t i = 0; table[i].name && p->n < MOST; i++)
		p->all[p->n++] = table[i];
	memset(c, 0, sizeof(*c));
	c->namespace = "jq";
	c->connect_timeout = 5000;
	c->color = "auto";
}

static bool takes_value(const struct opt *o)
{
	return o->kind != OPT_FLAG && o->kind != OPT_COUNT;
}

static void append(struct opt_list *list, const char *value)
{
	list->v = buf_realloc(list->v, (list->n + 1) * sizeof(*list->v));
	list->v[list->n++] = value;
}

/* Store a value; a flag's is "yes" or "no" from a configuration file. */
static int store(const struct opt *o, const char *value, struct err *e)
{
	struct strv v = strv_of(value);
	int64_t max = o->max ? o->max : INT64_MAX;
	uint64_t size;

	if (o->given)
		*o->given = true;
	switch (o->kind) {
	case OPT_FLAG:
		if (o->at)
			*(bool *)o->at = true;
		return 0;
	case OPT_COUNT:
		++*(int *)o->at;
		return 0;
	case OPT_TEXT:
		*(const char **)o->at = value;
		return 0;
	case OPT_LIST:
		append(o->at, value);
		return 0;
	case OPT_INT:
		return num_int(v, o->min, max, o->at, e);
	case OPT_DURATION:
		return num_duration(v, o->min, max, o->at, e);
	case OPT_SIZE:
		if (num_size(v, (uint64_t)max, &size, e) < 0)
			return -1;
		if ((int64_t)size < o->min)
			return err_set(e, STATUS_USAGE,
				       "'%s' is too small (at least %lld)",
				       value, (long long)o->min);
		*(int64_t *)o->at = (int64_t)size;
		return 0;
	case OPT_TIME:
		return num_time(v, clock_real_ms(), o->at, e);
	case OPT_CALL:
		return o->fn(v, o->at, e);
	}
	return 0;
}

/* "option '--delay'" as a prefix of what is wrong with its value. */
static no_return void bad_value(struct parser *p, const struct opt *o,
				const struct err *e)
{
	opt_usage(p->cmd, "option '--%s': %s", o->name, e->msg);
}

static void take(struct parser *p, size_t i, const char *value)
{
	const struct opt *o = &p->all[i];
	const char *text = value ? value : "";
	struct err e;

	if (p->given[i] && strcmp(p->given[i], text) != 0 &&
	    o->kind != OPT_LIST)
		opt_usage(p->cmd,
			  "option '--%s' was given twice, with '%s' and '%s'",
			  o->name, p->given[i], text);
	if (p->given[i] && o->kind != OPT_LIST && o->kind != OPT_COUNT)
		return;
	p->given[i] = text;
	if (store(o, value, &e) < 0)
		bad_value(p, o, &e);
}

/* The argv element that getopt_long has just read an option from. */
static const char *element(char **argv)
{
	return argv[optarg && optarg == argv[optind - 1] ? optind - 2
							 : optind - 1];
}

static no_return void unknown(struct parser *p, char **argv)
{
	const char *text = argv[optind - 1], *near;
	char shown[64];
	struct strv name;

	if (optopt && optopt < 256) {
		char letter = (char)optopt;

		opt_usage(
			p->cmd, "unknown option '-%s'",
			text_show(strv_make(&letter, 1), shown, sizeof(shown)));
	}
	if (optopt)
		opt_usage(p->cmd, "option '--%s' takes no value",
			  p->all[optopt - 256].name);
	name = strv_of(text + strspn(text, "-"));
	name = strv_cut(&name, '=');
	near = opt_help_nearest(name, p->all, p->n);
	text_show(name, shown, sizeof(shown));
	if (near)
		opt_usage(p->cmd,
			  "unknown option '--%s' (did you mean '--%s'?)", shown,
			  near);
	opt_usage(p->cmd, "unknown option '--%s'", shown);
}

/* getopt_long takes abbreviations; a script must not depend on them. */
static void check_spelling(struct parser *p, size_t i, char **argv)
{
	struct strv text = strv_of(element(argv)), name;

	if (!strv_starts(text, "--"))
		return;
	text = strv_make(text.p + 2, text.n - 2);
	name = strv_cut(&text, '=');
	if (!strv_eq(name, p->all[i].name))
		opt_usage(p->cmd,
			  "unknown option '--%.*s' (did you mean '--%s'?)",
			  (int)name.n, name.p, p->all[i].name);
}

static void fill_tables(const struct parser *p, struct option *longs,
			char *shorts)
{
	if (p->cmd->stop_at_operand)
		*shorts++ = '+';
	*shorts++ = ':';
	for (size_t i = 0; i < p->n; i++) {
		const struct opt *o = &p->all[i];

		longs[i].name = o->name;
		longs[i].has_arg = takes_value(o);
		longs[i].flag = NULL;
		longs[i].val = (int)i + 256;
		if (o->key <= 0 || o->key >= 256)
			continue;
		*shorts++ = (char)o->key;
		if (takes_value(o))
			*shorts++ = ':';
	}
	memset(&longs[p->n], 0, sizeof(*longs));
	*shorts = '\0';
}

static size_t by_letter(const struct parser *p, int key)
{
	size_t i = 0;

	while (p->all[i].key != key)
		i++;
	return i;
}

static void read_options(struct parser *p, int argc, char **argv)
{
	struct option longs[MOST + 1];
	char shorts[2 * MOST + 3];
	int key;

	fill_tables(p, longs, shorts);
	opterr = 0;
	while ((key = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		size_t i;

		if (key == '?')
			unknown(p, argv);
		if (key == ':')
			opt_usage(p->cmd, "option '%s' needs a value",
				  argv[optind - 1]);
		i = key >= 256 ? (size_t)key - 256 : by_letter(p, key);
		if (key >= 256)
			check_spelling(p, i, argv);
		if (p->all[i].key == 'h')
			opt_help_print(p->cmd);
		if (p->all[i].key == 'V')
			opt_help_version(p->cmd);
		take(p, i, takes_value(&p->all[i]) ? optarg : NULL);
	}
}

/*
 * With POSIXLY_CORRECT, or another libc, options behind an operand would come
 * out as operands; better refuse than push "-p" and "5".
 */
static void check_operands(struct parser *p, int argc, char **argv)
{
	char shown[64];

	if (p->cmd->stop_at_operand ||
	    (optind > 1 && strcmp(argv[optind - 1], "--") == 0))
		return;
	for (int i = optind; i < argc; i++)
		if (argv[i][0] == '-' && argv[i][1] != '\0')
			opt_usage(p->cmd,
				  "option '%s' stands behind an operand (put "
				  "options first, or '--' before operands)",
				  text_show(strv_of(argv[i]), shown,
					    sizeof(shown)));
}

/* The server may be named by one of several; the first source that names it
 * silences the ones below. */
static bool server_is_named(const struct parser *p)
{
	const struct opt_common *c = p->cmd->common;

	return c->url || c->url_file || env_get("JQ_URL") ||
	       env_get("JQ_URL_FILE") || env_get("REDIS_URL");
}

static int configure(void *arg, struct strv key, const char *value,
		     bool own_section, struct err *e)
{
	struct parser *p = arg;
	size_t first = 0;
	char shown[64];

	/* for all commands there are only the options all have */
	while (!own_section && p->all[first].at != &p->cmd->common->url)
		first++;
	for (size_t i = first; i < p->n; i++) {
		const struct opt *o = &p->all[i];
		bool server = strcmp(o->name, "url") == 0 ||
			      strcmp(o->name, "url-file") == 0;

		if (!strv_eq(key, o->name) || !o->at)
			continue;
		if (p->given[i] || (server && server_is_named(p)))
			return 0;
		if (!takes_value(o) && strcmp(value, "no") == 0)
			return 0;
		if (!takes_value(o) && strcmp(value, "yes") != 0)
			return err_set(e, STATUS_CONFIG, "'%.*s' is yes or no",
				       (int)key.n, key.p);
		p->given[i] = value;
		return store(o, value, e);
	}
	return err_set(e, STATUS_CONFIG, "unknown key '%s'",
		       text_show(key, shown, sizeof(shown)));
}

/* User's file before system's: what was set once stays. */
static int read_files(struct parser *p, struct err *e)
{
	const char *one = p->cmd->common->config_file;
	const char *base = env_get("XDG_CONFIG_HOME"), *home = env_get("HOME");
	const char *name = p->cmd->name;
	struct buf path = BUF_INIT;
	int rc = 0;

	if (!one)
		one = env_get("JQ_CONFIG");
	if (one)
		return config_read(one, name, true, configure, p, e);
	if (base)
		buf_addf(&path, "%s/jobq/config", base);
	else if (home)
		buf_addf(&path, "%s/.config/jobq/config", home);
	if (path.len)
		rc = config_read(path.p, name, false, configure, p, e);
	if (rc == 0)
		rc = config_read("/etc/jobq.conf", name, false, configure, p,
				 e);
	buf_release(&path);
	return rc;
}

static void check_common(struct parser *p)
{
	struct opt_common *c = p->cmd->common;
	struct err e;

	if (c->url && c->url_file)
		opt_usage(p->cmd, "options '--url' and '--url-file' exclude "
				  "each other");
	if (key_check_queue(strv_of(c->namespace), &e) < 0)
		opt_usage(p->cmd, "option '--namespace': %s", e.msg);
	check_text_choice(p);
}

static void check_text_choice(struct parser *p)
{
	const char *color = p->cmd->common->color;

	if (strcmp(color, "auto") != 0 && strcmp(color, "always") != 0 &&
	    strcmp(color, "never") != 0)
		opt_usage(p->cmd,
			  "option '--color': '%s' is not auto, always or "
			  "never",
			  color);
}

void opt_parse(const struct opt_command *cmd, int argc, char **argv, int *first)
{
	struct parser p = {.cmd = cmd};
	const char *space = env_get("JQ_NAMESPACE");
	struct err e;

	fd_fill_standard();
	if (getauxval(AT_SECURE)) {
		err_set(&e, STATUS_RIGHTS,
			"refusing to run with the rights of another user "
			"(remove the set-user-ID bit)");
		exit(opt_fail(cmd, &e));
	}
	for (; cmd->table[p.n].name; p.n++)
		p.all[p.n] = cmd->table[p.n];
	add_common(&p);
	*first = 0;
	if (argc > 0) {
		optind = 1;
		read_options(&p, argc, argv);
		check_operands(&p, argc, argv);
		*first = optind;
	}
	if (space && strcmp(cmd->common->namespace, "jq") == 0)
		cmd->common->namespace = space;
	if (read_files(&p, &e) < 0)
		exit(opt_fail(cmd, &e));
	check_common(&p);
}

void opt_usage(const struct opt_command *cmd, const char *fmt, ...)
{
	struct buf out = BUF_INIT;
	va_list ap;

	fprintf(stderr, "%s: ", cmd->name);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	opt_help_usage(cmd, &out);
	fprintf(stderr, "\n%sTry '%s --help' or 'man %s'.\n", out.p, cmd->name,
		cmd->name);
	buf_release(&out);
	exit(STATUS_USAGE);
}

int opt_fail(const struct opt_command *cmd, const struct err *e)
{
	fprintf(stderr, "%s: %s\n", cmd->name, e->msg);
	return (int)e->code;
}

void opt_warn(const struct opt_command *cmd, const char *fmt, ...)
{
	va_list ap;

	if (cmd->common->quiet)
		return;
	fprintf(stderr, "%s: warning: ", cmd->name);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}
