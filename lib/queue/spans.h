/* SPDX-License-Identifier: ISC */
/*
 * Histograms of spans of time, as the scripts keep them: how long jobs waited
 * from their push, or from when they were due, to their first start, and how
 * long attempts ran. Percentiles come from them without a scan. Pure.
 */
#ifndef QUEUE_SPANS_H
#define QUEUE_SPANS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strv.h"

#define SPANS_BUCKETS 23

/* Upper bounds in ms, rising, those of share/lua/part/count.lua; the last one,
 * INT64_MAX, takes what is above all others. */
extern const int64_t spans_bound_ms[SPANS_BUCKETS];

struct spans {
	int64_t n[SPANS_BUCKETS]; /* spans above the bound before, up to this */
	int64_t sum_ms;		  /* of all of them */
};

/* Take "50" or "inf" (a bucket) or "sum" and its value; false for any other
 * name. */
bool spans_set(struct spans *s, struct strv name, int64_t value);

void spans_add(struct spans *to, const struct spans *more);

/* How many spans were counted. */
int64_t spans_count(const struct spans *s);

/* The span in ms that a share `q` (0.5: the median) did not exceed, linear
 * within its bucket; -1 when none was counted. Above the last bound but one
 * that bound is returned. */
double spans_quantile(const struct spans *s, double q);

/* The mean in ms; -1 when none was counted. */
double spans_mean(const struct spans *s);

#endif
