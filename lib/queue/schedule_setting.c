/* SPDX-License-Identifier: ISC */
/*
 * The settings of a schedule file: lines NAME=VALUE.
 */
#include "queue/schedule_parser.h"

#include <string.h>

#include "base/num.h"
#include "queue/schedule_option.h"

/* Lua counts exactly up to here. */
#define GENERATION_MAX 9007199254740992LL

static void set_source(struct schedule_parser *p, struct strv value)
{
	struct err e;

	if (p->f->source)
		schedule_parser_refuse(p, "SOURCE", value, "given twice",
				       "a file is one source");
	else if (schedule_check_name(value, &e))
		schedule_parser_fault(p, value.p, "SOURCE: %s", e.msg);
	else
		p->f->source = strv_dup(value);
}

static void set_zone(struct schedule_parser *p, struct strv value)
{
	struct err e;

	buf_clear(&p->tz);
	if (!schedule_parser_zone(p, value, &e))
		schedule_parser_fault(p, value.p, "%s", e.msg);
	else
		buf_add(&p->tz, value.p, value.n);
}

static void set_generation(struct schedule_parser *p, struct strv value)
{
	struct err e;

	if (p->has_generation)
		schedule_parser_refuse(p, "GENERATION", value, "given twice",
				       "say it once");
	else if (num_int(value, 1, GENERATION_MAX, &p->f->generation, &e))
		schedule_parser_fault(p, value.p, "GENERATION: %s", e.msg);
	p->has_generation = true;
}

static void set_allow_empty(struct schedule_parser *p, struct strv value)
{
	if (p->has_allow_empty)
		schedule_parser_refuse(p, "ALLOW_EMPTY", value, "given twice",
				       "say it once");
	else if (!strv_eq(value, "1") && !strv_eq(value, "0"))
		schedule_parser_refuse(p, "ALLOW_EMPTY", value,
				       "neither 1 nor 0",
				       "write ALLOW_EMPTY=1");
	p->f->allow_empty = strv_eq(value, "1");
	p->has_allow_empty = true;
}

/* Words up to a comment; they are tried here, so that what is wrong with them
 * is told once. */
static void set_defaults(struct schedule_parser *p, struct strv rest)
{
	struct schedule s;
	struct schedule_options o = {.to = &s};
	struct err e;

	buf_clear(&p->defaults);
	schedule_option_defaults(&s);
	for (;;) {
		struct strv word = strv_word(&rest);

		if (!word.n || word.p[0] == '#')
			break;
		if (strv_starts(word, "tz="))
			schedule_parser_refuse(p, "DEFAULTS", word,
					       "has a setting of its own",
					       "write CRON_TZ=ZONE");
		else if (schedule_option_parse(&o, word, &e))
			schedule_parser_fault(p, word.p, "%s", e.msg);
		else
			buf_addf(&p->defaults, "%.*s ", (int)word.n, word.p);
	}
	schedule_parser_release(&s);
}

static const struct setting {
	const char *name;
	void (*set)(struct schedule_parser *p, struct strv value);
} settings[] = {
	{"SOURCE", set_source},
	{"CRON_TZ", set_zone},
	{"GENERATION", set_generation},
	{"ALLOW_EMPTY", set_allow_empty},
};

static const char settings_hint[] =
	"there are SOURCE, CRON_TZ, DEFAULTS, GENERATION, ALLOW_EMPTY";

void schedule_parser_setting(struct schedule_parser *p, struct strv line,
			     struct strv name)
{
	struct strv rest = line;
	struct strv value;
	struct strv more;

	strv_cut(&rest, '=');
	if (strv_eq(name, "DEFAULTS")) {
		set_defaults(p, rest);
		return;
	}
	value = strv_word(&rest);
	more = strv_word(&rest);
	if (value.p != name.p + name.n + 1)
		value = strv_make(name.p + name.n + 1, 0);
	for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
		if (!strv_eq(name, settings[i].name))
			continue;
		if (!value.n)
			schedule_parser_refuse(
				p, "setting", name, "no value",
				"write NAME=VALUE, without blanks");
		else if (more.n && more.p[0] != '#')
			schedule_parser_refuse(
				p, "setting", more, "text after the value",
				"in a file, tz= sets one schedule's zone");
		else
			settings[i].set(p, value);
		return;
	}
	if (strv_eq(name, "TZ"))
		schedule_parser_refuse(p, "setting", name, "unknown",
				       "write CRON_TZ=ZONE");
	else
		schedule_parser_refuse(p, "setting", name, "unknown",
				       settings_hint);
}
