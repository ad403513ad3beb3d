/* SPDX-License-Identifier: ISC */
/*
 * One field of a cron expression, for cron_parse.c. Pure.
 */
#ifndef QUEUE_CRON_FIELD_H
#define QUEUE_CRON_FIELD_H

#include "queue/cron.h"

/* What is known of the expression while its fields are parsed. */
struct cron_field {
	struct cron *to;       /* filled in */
	enum cron_place place; /* which field */
	struct strv text;      /* the field, or the rest of it */
	const char *start;     /* of the whole expression, for columns */
	const char *name;      /* of the schedule, for H; or NULL */
	size_t *column;	       /* where it was refused */
	struct err *e;
};

/* Parse the field into `to`. */
int cron_field_parse(struct cron_field *f) must_check;

/* Lowest and highest value as the field is written (a weekday goes to 7). */
int cron_field_low(enum cron_place place);
int cron_field_high(enum cron_place place);

#endif
