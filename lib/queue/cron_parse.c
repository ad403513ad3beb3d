/* SPDX-License-Identifier: ISC */
/*
 * From the text of a cron expression to its sets: which form it has, what
 * kind of schedule it is, and whether it can fire at all.
 */
#include "queue/cron.h"

#include <string.h>

#include "base/civil.h"
#include "base/err.h"
#include "base/num.h"
#include "base/text.h"
#include "queue/cron_field.h"
#include "queue/cron_walk.h"

/* Where the text of a refusal begins, and where it goes. */
struct place {
	const char *start;
	size_t *column;
	struct err *e;
};

static const struct macro {
	const char *name;
	const char *fields;
} macros[] = {
	{"@yearly", "0 0 1 1 *"},  {"@annually", "0 0 1 1 *"},
	{"@monthly", "0 0 1 * *"}, {"@weekly", "0 0 * * 0"},
	{"@daily", "0 0 * * *"},   {"@midnight", "0 0 * * *"},
	{"@hourly", "0 * * * *"},
};

static int refuse(const struct place *at, struct strv what, const char *why,
		  const char *hint)
{
	char shown[48];

	*at->column = (size_t)(what.p - at->start) + 1;
	return err_set(at->e, STATUS_DATA, "expression '%s': %s (%s)",
		       text_show(what, shown, sizeof(shown)), why, hint);
}

static bool has_pattern(struct strv field)
{
	return memchr(field.p, '*', field.n) || memchr(field.p, '/', field.n);
}

static void judge_kind(struct cron *c, const struct strv *word)
{
	c->kind = CRON_FIXED;
	for (int p = CRON_SECOND; p <= CRON_HOUR; p++)
		if (has_pattern(word[p]))
			c->kind = CRON_INTERVAL;
}

/* Vixie cron lets a day field that begins with a star count as open. */
static void judge_days(struct cron *c, const struct strv *word)
{
	if (c->day_open || c->weekday_open || c->both)
		return;
	c->vixie_differs = strv_starts(word[CRON_DAY], "*") ||
			   strv_starts(word[CRON_WEEKDAY], "*");
}

static int parse_fields(struct cron *c, const struct strv *word,
			const char *name, const struct place *at)
{
	struct cron_field f = {
		.to = c,
		.start = at->start,
		.name = name,
		.column = at->column,
		.e = at->e,
	};

	for (int p = CRON_SECOND; p < CRON_PLACES; p++) {
		f.place = (enum cron_place)p;
		f.text = word[p];
		if (cron_field_parse(&f))
			return -1;
	}
	judge_kind(c, word);
	judge_days(c, word);
	if (!cron_walk_possible(c))
		return refuse(at, word[CRON_DAY],
			      "no month in question has such a day, so it "
			      "would never fire",
			      "change the day or the month");
	return 0;
}

/* Split into six words, the second being 0 when five are written. */
static int split_fields(struct cron *c, struct strv text, bool seconds,
			struct strv *word, const struct place *at)
{
	struct strv rest = text;
	struct strv more;
	int n = 0;

	while (n < CRON_PLACES) {
		word[n] = strv_word(&rest);
		if (!word[n].n)
			break;
		n++;
	}
	more = strv_word(&rest);
	if (more.n)
		return refuse(at, more, "more than six fields",
			      "a year belongs in end=");
	if (n < 5)
		return refuse(at, strv_trim(text), "too few fields",
			      "write five: minute hour day month weekday");
	if (n == 5 && seconds)
		return refuse(at, strv_trim(text), "five fields",
			      "@seconds wants six, the second first");
	c->seconds = n == CRON_PLACES;
	if (!c->seconds) {
		memmove(word + 1, word, 5 * sizeof(*word));
		word[CRON_SECOND] = strv_of("0");
	}
	return 0;
}

static int parse_every(struct cron *c, struct strv rest, const struct place *at)
{
	struct strv span = strv_word(&rest);
	struct strv more = strv_word(&rest);
	struct err why;
	int64_t ms;

	if (!span.n)
		return refuse(at, span, "no duration",
			      "write @every 90s, @every 1h30m");
	if (more.n)
		return refuse(at, more, "text after the duration",
			      "write 1h30m in one word");
	if (num_duration(span, 1000, NUM_SPAN_MAX_MS, &ms, &why)) {
		*at->column = (size_t)(span.p - at->start) + 1;
		return err_set(at->e, STATUS_DATA, "@every %s", why.msg);
	}
	if (ms % 1000)
		return refuse(at, span, "a fraction of a second",
			      "@every counts whole seconds");
	c->kind = CRON_EVERY;
	c->every = ms / 1000;
	return 0;
}

static int parse_macro(struct cron *c, struct strv text, const char *name,
		       const struct place *at)
{
	struct strv rest = text;
	struct strv word = strv_word(&rest);
	struct strv fields[CRON_PLACES];

	if (strv_eq(word, "@every"))
		return parse_every(c, rest, at);
	if (strv_eq(word, "@seconds")) {
		if (split_fields(c, rest, true, fields, at))
			return -1;
		return parse_fields(c, fields, name, at);
	}
	if (strv_eq(word, "@reboot"))
		return refuse(at, word, "a cluster has no boot",
			      "use fire-on-create=yes");
	for (size_t i = 0; i < ARRAY_LEN(macros); i++) {
		if (!strv_eq(word, macros[i].name))
			continue;
		rest = strv_trim(rest);
		if (rest.n)
			return refuse(at, rest, "text after the macro",
				      "a macro stands alone");
		if (split_fields(c, strv_of(macros[i].fields), false, fields,
				 at))
			return -1;
		return parse_fields(c, fields, name, at);
	}
	return refuse(at, word, "not a macro",
		      "@yearly @annually @monthly @weekly @daily @midnight "
		      "@hourly @every @seconds, in lower case");
}

/* No byte that a terminal or a list would take for something else. */
static int check_bytes(struct strv text, const struct place *at)
{
	for (size_t i = 0; i < text.n; i++) {
		unsigned char b = (unsigned char)text.p[i];

		if ((b >= ' ' && b < 0x7f) || b == '\t')
			continue;
		return refuse(at, strv_make(text.p + i, 1),
			      b < 0x80 ? "a control character"
				       : "a character that is not ASCII",
			      "expressions are plain ASCII");
	}
	return 0;
}

int cron_parse(struct cron *c, struct strv text, const char *name,
	       size_t *column, struct err *e)
{
	const struct place at = {text.p, column, e};
	struct strv word[CRON_PLACES];
	struct strv trimmed = strv_trim(text);

	memset(c, 0, sizeof(*c));
	*column = 1;
	if (text.n > CRON_TEXT_MAX)
		return err_set(e, STATUS_DATA,
			       "expression: longer than %d bytes (split it)",
			       CRON_TEXT_MAX);
	if (check_bytes(text, &at))
		return -1;
	if (!trimmed.n)
		return refuse(&at, text, "empty",
			      "write five fields: minute hour day month "
			      "weekday");
	if (trimmed.p[0] == '@')
		return parse_macro(c, trimmed, name, &at);
	if (split_fields(c, trimmed, false, word, &at))
		return -1;
	return parse_fields(c, word, name, &at);
}

bool cron_cut_zone(struct strv *text, struct strv *zone)
{
	struct strv rest = *text;
	struct strv word = strv_word(&rest);

	if (!strv_starts(word, "CRON_TZ=") && !strv_starts(word, "TZ="))
		return false;
	strv_cut(&word, '=');
	*zone = word;
	*text = rest;
	return true;
}

const char *cron_kind_name(enum cron_kind kind)
{
	static const char *const names[] = {
		[CRON_FIXED] = "fixed-time",
		[CRON_INTERVAL] = "interval",
		[CRON_EVERY] = "every",
	};

	return names[kind];
}
