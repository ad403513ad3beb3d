/* SPDX-License-Identifier: ISC */
/*
 * Numbers of a queue that thresholds can be set for, by name: for monitors.
 * Names are part of the interface.
 */
#ifndef CLI_MEASURE_H
#define CLI_MEASURE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/strv.h"
#include "queue/stats.h"

struct measure {
	const char *name; /* "oldest" */
	const char *what; /* for people: "ready", "oldest" */
	enum {
		MEASURE_COUNT,
		MEASURE_SPAN,	 /* seconds; written as durations */
		MEASURE_PERCENT, /* 0 to 100; may be written with a % */
	} unit;
	double (*of)(const struct stats_queue *s);
};

/* All there are; the last one has no name. */
extern const struct measure measure_all[];

/* The one of that name; NULL with STATUS_USAGE and all names. */
const struct measure *measure_find(struct strv name, struct err *e) must_check;

/* A number as it is written for a measure, "10m", "5%", "1000"; STATUS_USAGE.
 */
int measure_read(const struct measure *m, struct strv text, double *out,
		 struct err *e) must_check;

/* Append "1904 ready", "oldest 1h12m", "failed 5%". */
void measure_tell(const struct measure *m, double value, struct buf *out);

#endif
