/* SPDX-License-Identifier: ISC */
/*
 * The options of one schedule, "key=value", for schedule_parse.c.
 */
#ifndef QUEUE_SCHEDULE_OPTION_H
#define QUEUE_SCHEDULE_OPTION_H

#include <stdint.h>

#include "queue/schedule.h"

/* What a line says besides its schedule. */
struct schedule_options {
	struct schedule *to;
	uint64_t given;		  /* bit i: option i of the table came */
	struct strv tz;		  /* value of tz=; empty when not said */
	struct strv payload_file; /* likewise */
};

/* A schedule before any option. */
void schedule_option_defaults(struct schedule *s);

/* Take one word. -1, STATUS_DATA: not an option, unknown, given twice, or a
 * value that does not parse. */
int schedule_option_parse(struct schedule_options *o, struct strv word,
			  struct err *e) must_check;

/* Whether an option came, by name. */
bool schedule_option_given(const struct schedule_options *o, const char *name);

#endif
