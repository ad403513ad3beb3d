/* SPDX-License-Identifier: ISC */
/*
 * Thresholds as monitoring plugins write them: "10" is from 0 to 10, "10:" is
 * 10 and more, "~:10" up to 10, "10:20" between; a value outside alerts, after
 * '@' one inside. Pure.
 */
#ifndef CLI_RANGE_H
#define CLI_RANGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "cli/measure.h"

struct range {
	const struct measure *measure;
	double low, high; /* HUGE_VAL and its negative are no bound */
	bool inside;	  /* alerts inside and not outside */
};

/* A list of them, "ready=1000,oldest=10m,workers=1:". */
struct range_list {
	struct range *v; /* owned */
	size_t n;
};

/* Append those of `text`; STATUS_USAGE. For a table of options: `at` is a
 * struct range_list. */
int range_parse_list(struct strv text, void *at, struct err *e) must_check;
void range_list_release(struct range_list *l); /* zeroed is fine */

bool range_alerts(const struct range *r, double value);

/* The one of a measure; NULL if there is none. */
const struct range *range_find(const struct range_list *l,
			       const struct measure *m);

/* Append it as performance data have it, in plain numbers; nothing for NULL. */
void range_format(const struct range *r, struct buf *out);

#endif
