/* SPDX-License-Identifier: ISC */
/*
 * What the parts of the schedule file parser share: the state while a file is
 * parsed, and the ways to say what is wrong.
 */
#ifndef QUEUE_SCHEDULE_PARSER_H
#define QUEUE_SCHEDULE_PARSER_H

#include "queue/schedule.h"

struct schedule_parser {
	struct schedule_file *f;	 /* filled in */
	const struct schedule_input *in; /* borrowed */
	size_t cap;			 /* of f->v */
	size_t *name_column;		 /* owned; of each schedule in f->v */
	int line;			 /* at hand, from 1 */
	const char *start;		 /* of the line, for columns */
	struct buf tz;			 /* CRON_TZ in force; empty = none */
	struct buf defaults;		 /* words of DEFAULTS in force */
	bool has_generation;		 /* GENERATION came */
	bool has_allow_empty;		 /* ALLOW_EMPTY came */
	int errors;			 /* reported so far */
};

/* Report a warning at the byte `at` of the line. */
void schedule_parser_warn(struct schedule_parser *p, const char *at,
			  const char *text);

/* Report an error: "what: why (hint)". */
void schedule_parser_fault(struct schedule_parser *p, const char *at,
			   const char *fmt, ...) printf_like(3, 4);

/* Report "WHAT 'WORD': WHY (HINT)" at the word. */
void schedule_parser_refuse(struct schedule_parser *p, const char *what,
			    struct strv word, const char *why,
			    const char *hint);

/* The zone of that name, loaded once a file. NULL with `e`. */
const struct zone *schedule_parser_zone(struct schedule_parser *p,
					struct strv name,
					struct err *e) must_check;

/* Take a line "NAME=VALUE"; `name` is its name. */
void schedule_parser_setting(struct schedule_parser *p, struct strv line,
			     struct strv name);

/* Take a line with a schedule. */
void schedule_parser_schedule(struct schedule_parser *p, struct strv line);

/* Free what a schedule owns. */
void schedule_parser_release(struct schedule *s);

#endif
