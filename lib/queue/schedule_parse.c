/* SPDX-License-Identifier: ISC */
/*
 * A schedule file, line by line. A line with an error is left out and the next
 * one is looked at, so that one run shows all that is wrong.
 */
#include "queue/schedule_parser.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static void report(struct schedule_parser *p, const char *at, bool warning,
		   const char *text)
{
	struct schedule_report r = {
		.warning = warning,
		.line = p->line,
		.column = (size_t)(at - p->start) + 1,
		.text = text,
	};

	p->errors += !warning;
	if (p->in->report)
		p->in->report(p->in->arg, &r);
}

void schedule_parser_warn(struct schedule_parser *p, const char *at,
			  const char *text)
{
	report(p, at, true, text);
}

void schedule_parser_fault(struct schedule_parser *p, const char *at,
			   const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	report(p, at, false, text);
}

void schedule_parser_refuse(struct schedule_parser *p, const char *what,
			    struct strv word, const char *why, const char *hint)
{
	char shown[64];

	schedule_parser_fault(p, word.p, "%s '%s': %s (%s)", what,
			      text_show(word, shown, sizeof(shown)), why, hint);
}

/* Each zone is loaded once. */
const struct zone *schedule_parser_zone(struct schedule_parser *p,
					struct strv name, struct err *e)
{
	struct schedule_file *f = p->f;
	struct zone *z;

	for (size_t i = 0; i < f->n_zones; i++)
		if (strv_eq(name, f->zones[i]->name))
			return f->zones[i];
	z = zone_load(p->in->zone_dir, name, e);
	if (!z)
		return NULL;
	f->zones =
		buf_realloc(f->zones, (f->n_zones + 1) * sizeof(struct zone *));
	f->zones[f->n_zones++] = z;
	return z;
}

/* Length of a name of capitals at the front, which only settings have. */
static size_t capitals(struct strv word)
{
	size_t n = 0;

	while (n < word.n &&
	       ((word.p[n] >= 'A' && word.p[n] <= 'Z') || word.p[n] == '_'))
		n++;
	return n;
}

/* Where the line stops being UTF-8, or NULL. */
static const char *bad_utf8(struct strv line)
{
	size_t i = 0;

	if (text_is_utf8(line.p, line.n))
		return NULL;
	while (i < line.n) {
		size_t n = 1;

		if ((unsigned char)line.p[i] >= 0x80)
			for (n = 2; n <= 4; n++)
				if (i + n <= line.n &&
				    text_is_utf8(line.p + i, n))
					break;
		if (n > 4)
			break;
		i += n;
	}
	return line.p + i;
}

static bool line_is_text(struct schedule_parser *p, struct strv line)
{
	const char *bad = line.n ? memchr(line.p, '\0', line.n) : NULL;

	if (line.n > SCHEDULE_LINE_MAX)
		schedule_parser_fault(p, line.p,
				      "line: longer than %d bytes (use "
				      "payload-file=)",
				      SCHEDULE_LINE_MAX);
	else if (bad)
		schedule_parser_fault(
			p, bad, "line: a NUL byte (schedule files are text)");
	else if ((bad = bad_utf8(line)))
		schedule_parser_fault(
			p, bad, "line: not UTF-8 (save the file as UTF-8)");
	else
		return true;
	return false;
}

static void parse_line(struct schedule_parser *p, struct strv line)
{
	struct strv rest = line;
	struct strv word;
	size_t n;

	if (!line_is_text(p, line))
		return;
	word = strv_word(&rest);
	n = capitals(word);
	if (!word.n || word.p[0] == '#')
		return;
	if (n > 0 && n < word.n && word.p[n] == '=')
		schedule_parser_setting(p, line, strv_make(word.p, n));
	else if (n > 1 && n == word.n && strv_starts(strv_trim(rest), "="))
		schedule_parser_refuse(p, "setting", word, "blanks around '='",
				       "write NAME=VALUE, without blanks");
	else
		schedule_parser_schedule(p, line);
}

/* For finding names that come twice. */
struct named {
	const char *name;
	size_t index;
};

static int by_name(const void *a, const void *b)
{
	const struct named *x = a;
	const struct named *y = b;
	int order = strcmp(x->name, y->name);

	if (order)
		return order;
	return x->index < y->index ? -1 : x->index > y->index;
}

static void check_duplicates(struct schedule_parser *p)
{
	const struct schedule_file *f = p->f;
	struct named *list = buf_alloc((f->n + 1) * sizeof(*list));

	for (size_t i = 0; i < f->n; i++)
		list[i] = (struct named){f->v[i].name, i};
	qsort(list, f->n, sizeof(*list), by_name);
	for (size_t i = 1; i < f->n; i++) {
		const struct schedule *s = &f->v[list[i].index];

		if (strcmp(list[i - 1].name, list[i].name) != 0)
			continue;
		p->line = s->line;
		schedule_parser_fault(
			p, p->start + p->name_column[list[i].index] - 1,
			"name '%s': line %d has it too (give each schedule a "
			"name of its own)",
			s->name, f->v[list[i - 1].index].line);
	}
	free(list);
}

static void parse_lines(struct schedule_parser *p, struct strv text)
{
	if (strv_starts(text, "\xef\xbb\xbf"))
		text = strv_make(text.p + 3, text.n - 3);
	while (text.n) {
		struct strv line = strv_cut(&text, '\n');

		if (line.n && line.p[line.n - 1] == '\r')
			line.n--;
		p->line++;
		p->start = line.p;
		parse_line(p, line);
	}
	check_duplicates(p);
}

static void check_file(struct schedule_parser *p, struct strv text)
{
	struct err e;

	p->line = 1;
	p->start = text.p;
	if (p->f->source)
		return;
	if (!p->in->source || schedule_check_name(strv_of(p->in->source), &e))
		schedule_parser_fault(
			p, text.p,
			"SOURCE: missing (write SOURCE=NAME, which "
			"names this set of schedules)");
	else
		p->f->source = buf_strdup(p->in->source);
}

int schedule_parse(struct schedule_file *f, struct strv text,
		   const struct schedule_input *in, struct err *e)
{
	struct schedule_parser p = {.f = f, .in = in};

	memset(f, 0, sizeof(*f));
	buf_init(&p.tz);
	buf_init(&p.defaults);
	parse_lines(&p, text);
	check_file(&p, text);
	if (!p.errors && !f->n && !f->allow_empty)
		report(&p, p.start, true,
		       "file: lists no schedule (removing all that its source "
		       "has needs ALLOW_EMPTY=1)");
	buf_release(&p.tz);
	buf_release(&p.defaults);
	free(p.name_column);
	if (!p.errors)
		return 0;
	schedule_file_release(f);
	return err_set(e, STATUS_CONFIG, "%d error%s, nothing is applied",
		       p.errors, p.errors == 1 ? "" : "s");
}

void schedule_file_release(struct schedule_file *f)
{
	for (size_t i = 0; i < f->n; i++)
		schedule_parser_release(&f->v[i]);
	for (size_t i = 0; i < f->n_zones; i++)
		zone_free(f->zones[i]);
	free(f->v);
	free(f->zones);
	free(f->source);
	memset(f, 0, sizeof(*f));
}
