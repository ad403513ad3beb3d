/* SPDX-License-Identifier: ISC */
/*
 * From a crontab to a schedule file, line by line. A setting holds for the
 * lines below it, as cron has it, and becomes part of their commands.
 */
#include "cron/import.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cron/import_line.h"
#include "cron/names.h"
#include "queue/cron.h"
#include "queue/key.h"
#include "sys/zone.h"

struct variable {
	char *name, *value; /* owned */
};

struct import {
	const struct import_options *o;
	struct buf *out;
	struct names names; /* of the schedules, to have each once */
	struct variable *env;
	size_t n_env;
	bool zone_bad; /* a zone that is unknown holds */
	int line;      /* at hand, from 1 */
	struct strv text;
	int left_out;
};

bool import_is_system(const char *path)
{
	return strcmp(path, "/etc/crontab") == 0 ||
	       strncmp(path, "/etc/cron.d/", 12) == 0;
}

/* End the line that began at `begin`; of one that is longer than a schedule
 * file may have, the front. */
static void end_comment(struct import *m, size_t begin)
{
	static const char more[] = " ...";
	size_t len = begin + SCHEDULE_LINE_MAX - strlen(more);

	if (m->out->len > begin + SCHEDULE_LINE_MAX) {
		/* not inside a character */
		while (((unsigned char)m->out->p[len] & 0xc0) == 0x80)
			len--;
		buf_cut(m->out, len);
		buf_addstr(m->out, more);
	}
	buf_addch(m->out, '\n');
}

/* A comment, as one line of text whatever it holds. */
static void add_comment(struct import *m, const char *before, struct strv v)
{
	size_t begin = m->out->len;

	buf_addf(m->out, "# %s", before);
	text_escape(m->out, v);
	end_comment(m, begin);
}

static void keep_comment(struct import *m)
{
	size_t begin = m->out->len;

	buf_add(m->out, m->text.p, m->text.n);
	end_comment(m, begin);
}

static void say(struct import *m, bool left_out, const char *at,
		const char *text)
{
	const struct schedule_report r = {
		.warning = !left_out,
		.line = m->line,
		.column = (size_t)(at - m->text.p) + 1,
		.text = text,
	};

	m->left_out += left_out;
	m->o->report(m->o->arg, &r);
}

/* The line stays as a comment. */
static void leave_out(struct import *m, const char *at, const char *fmt, ...)
	printf_like(3, 4);
static void leave_out(struct import *m, const char *at, const char *fmt, ...)
{
	char text[320];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	say(m, true, at, text);
	add_comment(m, "left out: ", strv_of(text));
	add_comment(m, "", m->text);
}

static void note(struct import *m, struct strv name, const char *why)
{
	char shown[64], text[320];

	text_show(name, shown, sizeof(shown));
	snprintf(text, sizeof(text), "setting '%s': not carried over: %s",
		 shown, why);
	say(m, false, name.p, text);
	snprintf(text, sizeof(text), "not carried over: %s", why);
	add_comment(m, text, strv_of(""));
	add_comment(m, "", m->text);
}

static void set_zone(struct import *m, struct strv name, struct strv zone)
{
	struct err e;
	struct zone *z = zone_load(m->o->zone_dir, zone, &e);

	m->zone_bad = !z;
	if (z)
		buf_addf(m->out, "CRON_TZ=%s\n", z->name);
	else
		leave_out(m, name.p, "%.250s", e.msg);
	zone_free(z);
}

static void set_variable(struct import *m, struct strv name, struct strv value)
{
	struct variable *v = NULL;

	for (size_t i = 0; i < m->n_env && !v; i++)
		if (strv_eq(name, m->env[i].name))
			v = &m->env[i];
	if (!v) {
		m->env = buf_realloc(m->env, (m->n_env + 1) * sizeof(*v));
		v = &m->env[m->n_env++];
		v->name = strv_dup(name);
		v->value = NULL;
	}
	free(v->value);
	v->value = strv_dup(value);
	add_comment(m, "in the commands below: ", m->text);
}

static bool variable_name(struct strv name)
{
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];

		if (c != '_' && !(c >= 'a' && c <= 'z') &&
		    !(c >= 'A' && c <= 'Z') && !(i && c >= '0' && c <= '9'))
			return false;
	}
	return name.n > 0;
}

static void setting(struct import *m, struct strv name, struct strv value)
{
	static const struct {
		const char *name;
		const char *why;
	} others[] = {
		{"MAILTO", "output is kept with each job, see jq-stat(1)"},
		{"MAILFROM", "nothing is mailed"},
		{"CONTENT_TYPE", "nothing is mailed"},
		{"CONTENT_TRANSFER_ENCODING", "nothing is mailed"},
		{"LOGNAME", "commands run as the user of jq-work"},
		{"USER", "commands run as the user of jq-work"},
		{"RANDOM_DELAY", "write jitter=DURATION on the lines below"},
	};

	if (strv_eq(name, "CRON_TZ")) {
		set_zone(m, name, value);
		return;
	}
	if (strv_eq(name, "SHELL")) {
		if (!strv_eq(value, "/bin/sh"))
			note(m, name, "run jq-work with that shell, not sh");
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		if (strv_eq(name, others[i].name)) {
			note(m, name, others[i].why);
			return;
		}
	}
	if (variable_name(name))
		set_variable(m, name, value);
	else
		note(m, name, "not a name that sh can export");
}

/* The queue of the line: with a user, one of its own. */
static int find_queue(struct import *m, struct strv *rest, struct buf *queue,
		      struct err *e)
{
	struct strv user;

	buf_addstr(queue, m->o->queue);
	if (!m->o->system)
		return 0;
	user = strv_word(rest);
	if (!user.n)
		return err_set(e, STATUS_DATA, "no user and no command");
	buf_addf(queue, "-%.*s", (int)(user.n < 200 ? user.n : 200), user.p);
	return key_check_queue(strv_make(queue->p, queue->len), e);
}

/* A name that no line above has; in doubt with the number of the line. */
static void find_name(const struct import *m, struct strv command,
		      struct buf *name)
{
	size_t base;

	import_line_name(command, name);
	base = name->len;
	for (int n = m->line;
	     names_has(&m->names, strv_make(name->p, name->len)); n++) {
		buf_cut(name, base);
		buf_addf(name, "-%d", n);
	}
}

static void add_payload(struct import *m, struct strv command, struct buf *out)
{
	for (size_t i = 0; i < m->n_env; i++) {
		const struct variable *v = &m->env[i];
		struct strv value = strv_of(v->value);

		if (strcmp(v->name, "HOME") == 0) {
			buf_addstr(out, "cd ");
			import_line_quote(value, out);
			buf_addstr(out, "; ");
		}
		buf_addf(out, "export %s=", v->name);
		import_line_quote(value, out);
		buf_addstr(out, "; ");
	}
	import_line_command(command, out);
}

static struct strv skip_blanks(struct strv v)
{
	while (v.n && (v.p[0] == ' ' || v.p[0] == '\t'))
		v = strv_make(v.p + 1, v.n - 1);
	return v;
}

/* Whether it would fire under that name; NULL, or what is to be said. */
static const char *refused(struct strv text, const char *name, struct err *e)
{
	struct cron c;
	size_t column;

	if (strv_eq(text, "@reboot"))
		return "@reboot: a cluster has no boot "
		       "(fire-on-create=yes pushes one job)";
	if (strv_eq(text, "@every") || strv_eq(text, "@seconds"))
		return "not a macro of cron";
	return cron_parse(&c, text, name, &column, e) < 0 ? e->msg : NULL;
}

static void add_schedule(struct import *m, const char *expression,
			 const char *queue, const char *name,
			 struct strv command)
{
	size_t begin = m->out->len;

	buf_addf(m->out, "%s  %s  %s  -- ", expression, queue, name);
	add_payload(m, command, m->out);
	if (m->out->len - begin > SCHEDULE_LINE_MAX) {
		buf_cut(m->out, begin);
		leave_out(m, m->text.p,
			  "line: longer than %d bytes (use payload-file=)",
			  SCHEDULE_LINE_MAX);
		return;
	}
	buf_addch(m->out, '\n');
	names_add(&m->names, strv_of(name));
}

static void entry(struct import *m)
{
	struct buf expression = BUF_INIT, queue = BUF_INIT, name = BUF_INIT;
	struct strv command = m->text;
	bool queue_bad;
	const char *why;
	struct err e, queue_e;

	import_line_fields(&command, &expression);
	queue_bad = find_queue(m, &command, &queue, &queue_e) < 0;
	command = skip_blanks(command);
	find_name(m, command, &name);
	why = refused(strv_make(expression.p, expression.len), name.p, &e);
	if (why)
		leave_out(m, m->text.p, "%.300s", why);
	else if (m->zone_bad)
		leave_out(m, m->text.p,
			  "its zone is unknown (see CRON_TZ above)");
	else if (queue_bad)
		leave_out(m, m->text.p, "user: %.280s", queue_e.msg);
	else if (!command.n)
		leave_out(m, m->text.p, "no command%s",
			  m->o->system ? " after the user" : "");
	else
		add_schedule(m, expression.p, queue.p, name.p, command);
	buf_release(&expression);
	buf_release(&queue);
	buf_release(&name);
}

static void one_line(struct import *m)
{
	struct strv trimmed = strv_trim(m->text), name, value;

	if (!text_is_utf8(m->text.p, m->text.n) ||
	    memchr(m->text.p, '\0', m->text.n))
		leave_out(m, m->text.p, "line: not UTF-8 text");
	else if (!trimmed.n)
		buf_addch(m->out, '\n');
	else if (trimmed.p[0] == '#')
		keep_comment(m);
	else if (import_line_setting(m->text, &name, &value))
		setting(m, name, value);
	else
		entry(m);
}

static int check_options(const struct import_options *o, struct err *e)
{
	struct zone *z = zone_load(o->zone_dir, strv_of(o->zone), e);

	zone_free(z);
	if (!z || key_check_queue(strv_of(o->queue), e) < 0) {
		e->code = STATUS_USAGE;
		return -1;
	}
	return 0;
}

static void add_head(const struct import_options *o, struct buf *out)
{
	buf_addf(out,
		 "# By jq-cron import. Each payload is a command for sh, run "
		 "by\n#   jq-work %s%s sh\n",
		 o->queue, o->system ? "-USER" : "");
	if (o->system)
		buf_addstr(out, "# as that user, for each user below.\n");
	buf_addf(out,
		 "# As under cron, what was missed or failed is not made up "
		 "for.\nDEFAULTS=missed=skip max-attempts=1 timeout=0\n"
		 "CRON_TZ=%s\n\n",
		 o->zone);
}

int import_crontab(struct strv text, const struct import_options *o,
		   struct buf *out, struct err *e)
{
	struct import m = {.o = o, .out = out};

	if (check_options(o, e) < 0)
		return -1;
	if (text.n > IMPORT_MAX)
		return err_set(e, STATUS_DATA,
			       "crontab: longer than %d bytes (split it)",
			       IMPORT_MAX);
	add_head(o, out);
	while (text.n) {
		m.text = strv_cut(&text, '\n');
		m.line++;
		if (m.text.n && m.text.p[m.text.n - 1] == '\r')
			m.text.n--;
		one_line(&m);
	}
	for (size_t i = 0; i < m.n_env; i++) {
		free(m.env[i].name);
		free(m.env[i].value);
	}
	free(m.env);
	names_release(&m.names);
	if (!m.left_out)
		return 0;
	return err_set(e, STATUS_NO, "%d line%s left out", m.left_out,
		       m.left_out == 1 ? " was" : "s were");
}
