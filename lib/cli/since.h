/* SPDX-License-Identifier: ISC */
/* How far back: a span before now ("2h"), or a time that has been. */
#ifndef CLI_SINCE_H
#define CLI_SINCE_H

#include <stdint.h>

#include "base/err.h"
#include "base/strv.h"

/* For a table of options: `at` is an int64_t, ms since the epoch. A time of
 * day is the last such time. STATUS_USAGE. */
int since_parse(struct strv text, void *at, struct err *e) must_check;

/* The same at a given time. Pure. */
int since_parse_at(struct strv text, int64_t now_ms, int64_t *out_ms,
		   struct err *e) must_check;

#endif
