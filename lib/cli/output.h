/* SPDX-License-Identifier: ISC */
/*
 * stdout as the answer: checked writes, columns, colour.
 */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/strv.h"
#include "cli/opt.h"

/* Flush and close stdout; -1 with STATUS_IO when anything was not written
 * (a full disk, a closed descriptor). Call once, last. */
int output_finish(struct err *e) must_check;

/* Write and check now: for tools that stream. */
int output_write(const void *p, size_t n, struct err *e) must_check;
int output_flush(struct err *e) must_check;

/* The answer of a command that changes jobs: the name of one on a line; with
 * --json an object of it and a word for what became of it; with --quiet
 * nothing. */
int output_job(const struct opt_common *common, const char *what,
	       const char *queue, struct strv id, struct err *e) must_check;

/* Whether stdout (or stderr) gets colour: --color, NO_COLOR, TERM, tty. */
bool output_color(const struct opt_common *common, FILE *stream);

/* Columns of the terminal that `stream` is; 0 when it is none. */
size_t output_width(FILE *stream);

/* A table whose columns are as wide as their widest cell. */
struct output_table;
enum output_align {
	OUTPUT_LEFT,
	OUTPUT_RIGHT
};
struct output_column {
	const char *title;
	enum output_align align;
	int spare; /* the higher, the sooner it is left out; 0 = it stays */
};
/* Colours by meaning; plain when colour is off. */
enum output_hue {
	OUTPUT_PLAIN,
	OUTPUT_GOOD,
	OUTPUT_WARN,
	OUTPUT_BAD,
	OUTPUT_DIM,
	OUTPUT_BOLD
};
/* Append `text`, escaped, in the colour of its meaning if `color`. */
void output_paint(struct buf *out, enum output_hue hue, bool color,
		  struct strv text);

struct output_table *output_table_new(const struct output_column *columns,
				      size_t n);
/* Add the next cell, row by row; `text` is copied and escaped. */
void output_table_cell(struct output_table *t, enum output_hue hue,
		       const char *fmt, ...) printf_like(3, 4);
/* Make the lines fit into `width` columns of a terminal: leave out what can be
 * spared, first where no cell says anything, and cut the text at the end, of
 * which twenty characters stay. Call after the last cell. */
void output_table_fit(struct output_table *t, size_t width);
/* Append the rendered table to `out`: two blanks between columns, no blank at
 * the end of a line, a header line unless `no_header`. */
void output_table_write(const struct output_table *t, bool no_header,
			bool color, struct buf *out);
void output_table_free(struct output_table *t);

#endif
