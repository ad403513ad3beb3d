/* SPDX-License-Identifier: ISC */
/*
 * Lines of crontabs, in the dialects of Vixie cron: ISC's, Debian's, cronie,
 * those of the BSDs.
 */
#include "cron/import_line.h"

#include <stdio.h>
#include <string.h>

#include "base/attr.h"
#include "base/num.h"
#include "base/text.h"

enum {
	FIELDS = 5,
	DAY = 2,
	WEEKDAY = 4,
	NAME_MAX_BYTES = 60,
};

static const struct {
	int low, high, span;
} fields[FIELDS] = {
	{0, 59, 60}, {0, 23, 24}, {1, 31, 31}, {1, 12, 12}, {0, 7, 7}};

/* A step that leaves the field is one value to cron, whatever its size. */
static void add_step(struct strv step, int field, struct buf *out)
{
	int64_t n;

	if (num_int(step, 1, INT32_MAX, &n, NULL) == 0 &&
	    n > fields[field].span)
		buf_addf(out, "/%d", fields[field].span);
	else
		buf_addf(out, "/%.*s", (int)step.n, step.p);
}

/* cronie and OpenBSD: a random value, drawn when the file is read. */
static void add_random(struct strv from, struct strv to, int field,
		       struct buf *out)
{
	if (!from.n && !to.n) {
		buf_addch(out, 'H');
		return;
	}
	buf_addstr(out, "H(");
	if (from.n)
		buf_add(out, from.p, from.n);
	else
		buf_addf(out, "%d", fields[field].low);
	buf_addch(out, '-');
	if (to.n)
		buf_add(out, to.p, to.n);
	else
		buf_addf(out, "%d", fields[field].high);
	buf_addch(out, ')');
}

static void add_item(struct strv item, int field, struct buf *out)
{
	bool stepped = item.n && memchr(item.p, '/', item.n);
	struct strv rest = item, from;
	struct strv range = strv_cut(&rest, '/');
	struct strv to = range;

	if (range.n && memchr(range.p, '~', range.n)) {
		from = strv_cut(&to, '~');
		add_random(from, to, field, out);
	} else {
		buf_add(out, range.p, range.n);
		/* without an end it is the highest value, Sunday being 7 */
		if (stepped && field == WEEKDAY && range.n &&
		    range.p[0] != '*' && !memchr(range.p, '-', range.n))
			buf_addstr(out, "-7");
	}
	if (stepped)
		add_step(rest, field, out);
}

static void add_field(struct strv text, int field, struct buf *out)
{
	for (;;) {
		bool more = text.n && memchr(text.p, ',', text.n);

		add_item(strv_cut(&text, ','), field, out);
		if (!more)
			return;
		buf_addch(out, ',');
	}
}

/* Here such a field says nothing, so only the other one matters. */
static bool open_day(struct strv field)
{
	return strv_eq(field, "*") || strv_eq(field, "*/1");
}

/* A day has to match both where one of the fields begins with a star. */
static bool both_days(const struct strv *word)
{
	return !open_day(word[DAY]) && !open_day(word[WEEKDAY]) &&
	       (strv_starts(word[DAY], "*") || strv_starts(word[WEEKDAY], "*"));
}

void import_line_fields(struct strv *line, struct buf *out)
{
	struct strv word[FIELDS];
	struct strv rest = *line;
	int n = 0;

	if (strv_starts(strv_trim(rest), "@")) {
		word[0] = strv_word(&rest);
		if (strv_eq(word[0], "@every_minute"))
			buf_addstr(out, "* * * * *");
		else
			buf_add(out, word[0].p, word[0].n);
		*line = rest;
		return;
	}
	/* so that cron does not log it; SUSE and Debian */
	if (strv_starts(strv_trim(rest), "-")) {
		rest = strv_trim(rest);
		rest = strv_make(rest.p + 1, rest.n - 1);
	}
	while (n < FIELDS) {
		word[n] = strv_word(&rest);
		if (!word[n].n)
			break;
		n++;
	}
	for (int i = 0; i < n; i++) {
		if (i)
			buf_addch(out, ' ');
		if (i == WEEKDAY && both_days(word))
			buf_addch(out, '+');
		add_field(word[i], i, out);
	}
	*line = rest;
}

/* Words that stand before the command that matters. */
static bool is_wrapper(struct strv word)
{
	static const char *const words[] = {
		"(",	"{",	"!",	 "exec",   "nice",    "ionice",
		"sudo", "env",	"nohup", "time",   "timeout", "chronic",
		"if",	"then", "flock", "setsid", "eval",
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strv_eq(word, words[i]))
			return true;
	return word.p[0] == '-' || (word.p[0] >= '0' && word.p[0] <= '9') ||
	       memchr(word.p, '=', word.n);
}

/* Commands that only prepare. */
static bool is_preparation(struct strv word)
{
	static const char *const words[] = {
		"cd",  "test",	"[",	 "[[",	 "command", "export",
		"set", "umask", "sleep", "true", ":",	    ".",
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strv_eq(word, words[i]))
			return true;
	return false;
}

static struct strv next_segment(struct strv *rest)
{
	size_t n = 0;
	struct strv segment;

	while (n < rest->n && !strchr(";&|%", rest->p[n]))
		n++;
	segment = strv_make(rest->p, n);
	*rest = strv_make(rest->p + n, rest->n - n);
	while (rest->n && strchr(";&|%", rest->p[0]))
		*rest = strv_make(rest->p + 1, rest->n - 1);
	return segment;
}

/* The first word that names a program, or an empty one. */
static struct strv program(struct strv command)
{
	while (command.n) {
		struct strv segment = next_segment(&command);
		struct strv word = strv_word(&segment);

		while (word.n && is_wrapper(word))
			word = strv_word(&segment);
		if (word.n && !is_preparation(word))
			return word;
	}
	return command;
}

static bool letter_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9');
}

void import_line_name(struct strv command, struct buf *out)
{
	struct strv word = program(command);
	size_t begin = out->len;

	for (size_t i = word.n; i > 0; i--)
		if (word.p[i - 1] == '/' && i < word.n) {
			word = strv_make(word.p + i, word.n - i);
			break;
		}
	for (size_t i = 0; i < word.n && i < NAME_MAX_BYTES; i++) {
		bool first = out->len == begin;
		char c = word.p[i];

		if (letter_or_digit(c) || (!first && strchr("._-", c) && c))
			buf_addch(out, c);
	}
	if (out->len == begin)
		buf_addstr(out, "job");
}

void import_line_quote(struct strv v, struct buf *out)
{
	buf_addch(out, '\'');
	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] == '\'')
			buf_addstr(out, "'\\''");
		else
			buf_addch(out, v.p[i]);
	}
	buf_addch(out, '\'');
}

/* Cut up to the next '%' that no backslash stands before; the backslashes of
 * the others go. False at the end. */
static bool cut_percent(struct strv *rest, struct buf *out)
{
	for (size_t i = 0; i < rest->n; i++) {
		char c = rest->p[i];

		if (c == '\\' && i + 1 < rest->n && rest->p[i + 1] == '%') {
			buf_addch(out, '%');
			i++;
		} else if (c == '%') {
			*rest = strv_make(rest->p + i + 1, rest->n - i - 1);
			return true;
		} else {
			buf_addch(out, c);
		}
	}
	*rest = strv_make(rest->p + rest->n, 0);
	return false;
}

void import_line_command(struct strv command, struct buf *out)
{
	struct buf text = BUF_INIT, line = BUF_INIT;
	bool more = cut_percent(&command, &text);

	if (!more) {
		buf_add(out, text.p, text.len);
	} else {
		buf_addstr(out, "printf '%s\\n'");
		while (more) {
			buf_clear(&line);
			more = cut_percent(&command, &line);
			buf_addch(out, ' ');
			import_line_quote(strv_make(line.p, line.len), out);
		}
		buf_addstr(out, " | sh -c ");
		import_line_quote(strv_make(text.p, text.len), out);
	}
	buf_release(&text);
	buf_release(&line);
}

/* Take off quotes that are alike at both ends. */
static struct strv unquote(struct strv v)
{
	v = strv_trim(v);
	if (v.n >= 2 && (v.p[0] == '"' || v.p[0] == '\'') &&
	    v.p[v.n - 1] == v.p[0])
		return strv_make(v.p + 1, v.n - 2);
	return v;
}

bool import_line_setting(struct strv line, struct strv *name,
			 struct strv *value)
{
	char c;

	line = strv_trim(line);
	c = line.n ? line.p[0] : '\0';
	if (!c || !strchr("'\"_", c))
		if (!letter_or_digit(c) || (c >= '0' && c <= '9'))
			return false;
	if (!memchr(line.p, '=', line.n))
		return false;
	*name = unquote(strv_cut(&line, '='));
	*value = unquote(line);
	return true;
}
