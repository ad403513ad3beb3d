/* SPDX-License-Identifier: ISC */
/*
 * The history of queues as people see it: a queue's minutes put together in as
 * many steps as there is room for, and drawn.
 */
#ifndef CLI_PAST_H
#define CLI_PAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "queue/minutes.h"

/* A line of a chart: numbers a minute, or milliseconds. */
enum past_line {
	PAST_PUSHED,
	PAST_DONE,
	PAST_FAILED,
	PAST_WAIT_50,
	PAST_WAIT_95,
	PAST_RUN_50,
	PAST_RUN_95,
	PAST_RUN_99,
	PAST_LINES,
};

struct past {
	const char *queue;	  /* borrowed */
	int64_t from_ms;	  /* when it begins */
	size_t step;		  /* minutes put together */
	size_t n;		  /* steps */
	double *line[PAST_LINES]; /* owned; -1 = nothing was counted */
	struct minute all;	  /* the sum */
};

/* Put the minutes of `h` together in at most `most` steps. */
void past_init(struct past *p, const char *queue, const struct minutes *h,
	       size_t most);
void past_release(struct past *p); /* zeroed is fine */

/* Whether it is a span of time. */
bool past_is_span(enum past_line line);

/* Append the charts of a queue for a terminal. */
void past_plot(const struct past *p, bool color, struct buf *out);

/* A page for a browser: nothing is loaded from elsewhere. Begin it, add the
 * charts of each queue, end it. `now_ms` is when this is. */
void past_page_begin(struct buf *out, int64_t now_ms);
void past_page_add(const struct past *p, struct buf *out);
void past_page_end(struct buf *out);

#endif
