/* SPDX-License-Identifier: ISC */
/*
 * How long a failed job waits: "exp:5s,1h" (doubling from 5 s up to an hour),
 * "fixed:30s", "list:10s,1m,10m" (the last one goes on). Pure: the chance for
 * the jitter of ±20 % is an argument.
 */
#ifndef QUEUE_BACKOFF_H
#define QUEUE_BACKOFF_H

#include <stdint.h>

#include "base/err.h"
#include "base/strv.h"

#define BACKOFF_DEFAULT	 "exp:5s,1h"
#define BACKOFF_LIST_MAX 32

struct backoff {
	enum {
		BACKOFF_EXP,
		BACKOFF_FIXED,
		BACKOFF_LIST
	} kind;
	int64_t ms[BACKOFF_LIST_MAX]; /* EXP: first and cap */
	size_t n;
};

/* -1 with STATUS_USAGE. */
int backoff_parse(struct strv spec, struct backoff *out,
		  struct err *e) must_check;

/* Wait in ms after the `failed`-th failed attempt (1 = the first); `chance` is
 * evenly distributed in [0, 1). Never under 1 ms or over 366 days. */
int64_t backoff_delay(const struct backoff *b, int64_t failed, double chance);

#endif
