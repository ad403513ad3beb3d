/* SPDX-License-Identifier: ISC */
/*
 * Conditions on queues, for cron jobs and timers that call somebody when one
 * holds: FIELD OP VALUE without blanks, as in dead>0, oldest>10m, fail_rate>5%.
 */
#ifndef CLI_ALERT_H
#define CLI_ALERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/strv.h"
#include "cli/look.h"
#include "cli/opt.h"
#include "queue/stats.h"

struct alert_field;

/* One condition, read. */
struct alert {
	const char *text;		 /* as written; borrowed */
	const struct alert_field *field; /* of alert.c */
	enum {
		ALERT_ABOVE,
		ALERT_AT_LEAST,
		ALERT_BELOW,
		ALERT_AT_MOST,
		ALERT_EQUAL,
		ALERT_OTHER,
	} op;
	double value; /* number, ms or percent */
};

/* Read a condition. STATUS_USAGE, with the fields there are. */
int alert_parse(const char *text, struct alert *out, struct err *e) must_check;

/* Whether it holds for a queue; then a line that says so is appended: "mail:
 * dead is 3 (dead>0)". */
bool alert_holds(const struct alert *a, const char *queue,
		 const struct stats_queue *s, struct buf *out);

/* End with the usage lines if one of them is no condition. */
void alert_check(const struct opt_command *command,
		 const struct opt_list *texts);

/* Look at the queues, print a line for each condition that holds; then the
 * status is 1. Texts were read before with alert_parse(). */
int alert_run(struct look *l, const struct opt_list *texts,
	      struct err *e) must_check;

#endif
