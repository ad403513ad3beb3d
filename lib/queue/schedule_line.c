/* SPDX-License-Identifier: ISC */
/*
 * A line of a schedule file that holds a schedule: expression, queue, name,
 * options, payload.
 */
#include "queue/schedule_parser.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "queue/key.h"
#include "queue/schedule_option.h"

enum {
	FIELDS = 5,
};

void schedule_parser_release(struct schedule *s)
{
	free(s->name);
	free(s->queue);
	free(s->text);
	free(s->tz);
	buf_release(&s->payload);
	free((char *)s->job.backoff);
	free((char *)s->job.name);
	for (size_t i = 0; i < s->job.n_meta; i++)
		free((char *)s->job.meta[i]);
	free((void *)s->job.meta);
}

/* The words of the expression, as one view of the line. */
static struct strv cut_expression(struct strv *rest)
{
	struct strv word = strv_word(rest);
	struct strv all = word;
	int more = FIELDS - 1;

	if (strv_eq(word, "@seconds"))
		more = FIELDS + 1;
	else if (strv_eq(word, "@every"))
		more = 1;
	else if (strv_starts(word, "@"))
		more = 0;
	for (; more > 0; more--) {
		word = strv_word(rest);
		if (word.n)
			all.n = (size_t)(word.p + word.n - all.p);
	}
	return all;
}

static char *single_blanks(struct strv text)
{
	struct buf out = BUF_INIT;

	for (;;) {
		struct strv word = strv_word(&text);

		if (!word.n)
			return buf_detach(&out);
		if (out.len)
			buf_addch(&out, ' ');
		buf_add(&out, word.p, word.n);
	}
}

static void parse_expression(struct schedule_parser *p, struct schedule *s,
			     struct strv text, const char *name)
{
	size_t column;
	struct err e;

	s->text = single_blanks(text);
	if (cron_parse(&s->cron, text, name, &column, &e))
		schedule_parser_fault(p, text.p + column - 1, "%s", e.msg);
	else if (s->cron.vixie_differs)
		schedule_parser_warn(
			p, text.p,
			"day of month and day of week: fires on either; Vixie "
			"cron would require both (write + before the day of "
			"week for both)");
}

/* A '*' or the like where the queue belongs is a sixth field. */
static bool looks_like_field(struct strv word)
{
	char c = word.n ? word.p[0] : 'a';

	if (c == '*' || c == '?' || c == '+')
		return true;
	for (size_t i = 0; c >= '0' && c <= '9' && i < word.n; i++)
		if (strchr("*/,#", word.p[i]))
			return true;
	return false;
}

static void parse_queue(struct schedule_parser *p, struct schedule *s,
			struct strv word)
{
	struct err e;

	if (!word.n)
		schedule_parser_fault(
			p, word.p,
			"queue: missing (write: schedule queue name options -- "
			"payload)");
	else if (looks_like_field(word))
		schedule_parser_refuse(p, "queue", word, "a sixth field",
				       "write @seconds in front of six fields");
	else if (key_check_queue(word, &e))
		schedule_parser_fault(p, word.p, "queue: %s", e.msg);
	s->queue = strv_dup(word);
}

static void parse_name(struct schedule_parser *p, struct schedule *s,
		       struct strv word)
{
	struct err e;

	if (!word.n)
		schedule_parser_fault(
			p, word.p,
			"name: missing (write: schedule queue name options -- "
			"payload)");
	else if (schedule_check_name(word, &e))
		schedule_parser_fault(p, word.p, "%s", e.msg);
	s->name = strv_dup(word);
}

static void apply_defaults(struct schedule_parser *p, struct schedule *s,
			   struct schedule_options *o)
{
	struct strv rest = strv_make(p->defaults.p, p->defaults.len);
	struct schedule_options defaults = {.to = s};
	struct err e;

	for (;;) {
		struct strv word = strv_word(&rest);

		if (!word.n)
			break;
		/* they were tried when they were set */
		if (schedule_option_parse(&defaults, word, &e))
			schedule_parser_fault(p, p->start, "%s", e.msg);
	}
	o->payload_file = defaults.payload_file;
}

static void read_payload(struct schedule_parser *p, struct schedule *s,
			 const char *at, struct strv name)
{
	struct err e;
	int rc = p->in->read_file(p->in->arg, name, &s->payload, &e);

	if (rc != 0)
		err_prefix(&e, "payload-file");
	if (rc < 0)
		schedule_parser_fault(p, at, "%s", e.msg);
	else if (rc > 0)
		schedule_parser_warn(p, at, e.msg);
}

static void parse_payload(struct schedule_parser *p, struct schedule *s,
			  const struct schedule_options *o,
			  const struct strv *inline_payload)
{
	/* without a value it was refused already; a word of DEFAULTS is not on
	 * the line */
	bool named =
		schedule_option_given(o, "payload-file") && o->payload_file.n;
	const char *at = named ? o->payload_file.p : p->start;
	char shown[64];

	if (inline_payload && named) {
		schedule_parser_refuse(p, "payload-file", o->payload_file,
				       "a payload stands on the line too",
				       "keep one of them");
		return;
	}
	if (inline_payload) {
		buf_add(&s->payload, inline_payload->p, inline_payload->n);
		return;
	}
	if (!o->payload_file.n)
		return;
	if (!p->in->read_file)
		schedule_parser_fault(
			p, at,
			"payload-file '%s': not to be had here (write the "
			"payload after ' -- ')",
			text_show(o->payload_file, shown, sizeof(shown)));
	else
		read_payload(p, s, at, o->payload_file);
}

/* Options up to "--" or the end; the payload is what follows one blank. */
static void parse_options(struct schedule_parser *p, struct schedule *s,
			  struct schedule_options *o, struct strv rest)
{
	struct strv payload = {0};
	bool has_payload = false;
	struct err e;

	apply_defaults(p, s, o);
	while (!has_payload) {
		struct strv word = strv_word(&rest);

		if (!word.n)
			break;
		if (strv_eq(word, "--")) {
			has_payload = true;
			payload = rest;
			if (payload.n)
				payload = strv_make(rest.p + 1, rest.n - 1);
		} else if (word.p[0] == '#') {
			schedule_parser_refuse(
				p, "option", word, "not key=value",
				"a comment has a line of its own");
			break;
		} else if (schedule_option_parse(o, word, &e)) {
			schedule_parser_fault(p, word.p, "%s", e.msg);
			/* if it was that one, the file of DEFAULTS is not meant
			 * and not on the line */
			if (schedule_option_given(o, "payload-file"))
				o->payload_file = strv_of("");
		}
	}
	parse_payload(p, s, o, has_payload ? &payload : NULL);
}

static void find_zone(struct schedule_parser *p, struct schedule *s,
		      struct strv tz)
{
	const char *at = tz.n ? tz.p : p->start;
	struct err e;

	if (!tz.n && p->tz.len)
		tz = strv_make(p->tz.p, p->tz.len);
	if (!tz.n)
		tz = strv_of(p->in->zone ? p->in->zone : "UTC");
	s->zone = schedule_parser_zone(p, tz, &e);
	if (s->zone)
		s->tz = buf_strdup(s->zone->name);
	else
		schedule_parser_fault(p, at, "%s", e.msg);
}

/* What no single option can tell. */
static void check_together(struct schedule_parser *p, struct schedule *s,
			   const struct schedule_options *o)
{
	const char *at = p->start;
	struct cron_tick tick;

	if (s->start && s->end && s->start >= s->end)
		schedule_parser_fault(
			p, at, "end: not after start (nothing would fire)");
	if (schedule_option_given(o, "anchor") && s->cron.kind != CRON_EVERY)
		schedule_parser_fault(
			p, at,
			"anchor: only @every counts from one (leave it "
			"out, or use start=)");
	if (s->max_live && s->overlap != SCHEDULE_ALLOW)
		schedule_parser_fault(
			p, at,
			"max-live: overlap=%s allows one at a time "
			"(leave one of them out)",
			s->overlap == SCHEDULE_FORBID ? "forbid" : "replace");
	if (s->jitter > cron_shortest(&s->cron) * 1000)
		schedule_parser_fault(
			p, at,
			"jitter: longer than the %lld seconds between two ticks "
			"(make it shorter)",
			(long long)cron_shortest(&s->cron));
	if (s->zone && !cron_next(&s->cron, s->zone, p->in->now, &tick))
		schedule_parser_fault(
			p, at,
			"expression '%.40s': never fires in %s: its times fall "
			"into a gap of the clock (choose another hour)",
			s->text, s->tz);
	else if (s->zone && s->start && s->end && !schedule_next(s, 0, &tick))
		schedule_parser_warn(p, at,
				     "end: no tick is due from start to end "
				     "(nothing will fire)");
	if (s->overlap == SCHEDULE_FORBID && s->missed == SCHEDULE_ALL)
		schedule_parser_warn(
			p, at,
			"missed=all with overlap=forbid: of all missed ticks "
			"only the first is enqueued (use missed=once)");
}

static void keep(struct schedule_parser *p, const struct schedule *s,
		 struct strv name)
{
	struct schedule_file *f = p->f;

	if (f->n == p->cap) {
		p->cap = p->cap ? p->cap * 2 : 16;
		f->v = buf_realloc(f->v, p->cap * sizeof(*f->v));
		p->name_column = buf_realloc(p->name_column,
					     p->cap * sizeof(*p->name_column));
	}
	p->name_column[f->n] = (size_t)(name.p - p->start) + 1;
	f->v[f->n++] = *s;
}

void schedule_parser_schedule(struct schedule_parser *p, struct strv line)
{
	struct strv rest = line;
	struct strv text = cut_expression(&rest);
	struct strv queue = strv_word(&rest);
	struct strv name = strv_word(&rest);
	struct schedule_options o = {0};
	struct schedule s;
	int before = p->errors;

	schedule_option_defaults(&s);
	o.to = &s;
	s.line = p->line;
	parse_queue(p, &s, queue);
	parse_name(p, &s, name);
	parse_expression(p, &s, text, s.name);
	parse_options(p, &s, &o, rest);
	find_zone(p, &s, o.tz);
	s.cron.anchor = s.anchor / 1000;
	if (p->errors == before)
		check_together(p, &s, &o);
	if (p->errors == before)
		keep(p, &s, name);
	else
		schedule_parser_release(&s);
}
