/* SPDX-License-Identifier: ISC */
/*
 * Numbers as bars of text: U+2581 to U+2588, eight steps a row. A negative
 * number is a gap. Pure.
 */
#ifndef CLI_CHART_H
#define CLI_CHART_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "cli/output.h"

/* Columns that the scale left of the bars takes. */
#define CHART_SCALE 9

struct chart {
	const double *v; /* borrowed; a column each */
	size_t n;
	size_t rows;
	bool span; /* milliseconds, not counts */
	enum output_hue hue;
	bool color;
};

/* Append the bars, a line for each row, with the highest number and 0 at their
 * left. */
void chart_write(const struct chart *c, struct buf *out);

/* Append one row of bars, n columns, no scale: what is above 0 shows. */
void chart_spark(const double *v, size_t n, double most, struct buf *out);

/* The highest of them, 0 if there is none. */
double chart_most(const double *v, size_t n);

/* Append 1904, 12k, 3.4M; or 4ms, 1.5s, 2h. At most seven columns. */
void chart_number(double v, bool span, struct buf *out);

#endif
