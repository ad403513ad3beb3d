/* SPDX-License-Identifier: ISC */
/* Bars made of block characters. */
#include "cli/chart.h"

#include <stdio.h>
#include <string.h>

static const char *const blocks[] = {" ", "▁", "▂", "▃", "▄",
				     "▅", "▆", "▇", "█"};

double chart_most(const double *v, size_t n)
{
	double most = 0;

	for (size_t i = 0; i < n; i++)
		most = v[i] > most ? v[i] : most;
	return most;
}

/* Eighths of a column that is `rows` high; what is above 0 has one at least. */
static int eighths(double v, double most, size_t rows)
{
	double n = most > 0 ? v / most * (double)rows * 8 : 0;

	if (v <= 0 || most <= 0)
		return 0;
	return n < 1 ? 1 : (int)(n + 0.5);
}

void chart_spark(const double *v, size_t n, double most, struct buf *out)
{
	for (size_t i = 0; i < n; i++) {
		int full = eighths(v[i], most, 1);

		buf_addstr(out, blocks[full > 8 ? 8 : full]);
	}
}

void chart_number(double v, bool span, struct buf *out)
{
	static const struct {
		double from, unit;
		const char *name;
	} counts[] = {{1e9, 1e9, "G"}, {1e6, 1e6, "M"}, {1e4, 1e3, "k"}},
	  spans[] = {{172800000, 86400000, "d"},
		     {7200000, 3600000, "h"},
		     {120000, 60000, "m"},
		     {1000, 1000, "s"}};
	const char *plain = span ? "ms" : "";

	for (size_t i = 0; span && i < ARRAY_LEN(spans); i++)
		if (v >= spans[i].from) {
			buf_addf(out, "%.3g%s", v / spans[i].unit,
				 spans[i].name);
			return;
		}
	for (size_t i = 0; !span && i < ARRAY_LEN(counts); i++)
		if (v >= counts[i].from) {
			buf_addf(out, "%.3g%s", v / counts[i].unit,
				 counts[i].name);
			return;
		}
	buf_addf(out, v < 10 && v > (double)(int)v ? "%.1f%s" : "%.0f%s", v,
		 plain);
}

static void scale(struct buf *out, const struct chart *c, size_t row,
		  double most)
{
	struct buf label = BUF_INIT;

	if (row == 0)
		chart_number(most, c->span, &label);
	else if (row + 1 == c->rows)
		buf_addch(&label, '0');
	buf_addf(out, "%*s ", CHART_SCALE - 1, label.p);
	buf_release(&label);
}

void chart_write(const struct chart *c, struct buf *out)
{
	double most = chart_most(c->v, c->n);

	for (size_t row = 0; row < c->rows; row++) {
		int below = (int)(c->rows - row - 1) * 8;
		struct buf line = BUF_INIT;
		size_t end = 0;

		scale(out, c, row, most);
		for (size_t i = 0; i < c->n; i++) {
			int here = eighths(c->v[i], most, c->rows) - below;

			here = here < 0 ? 0 : here > 8 ? 8 : here;
			buf_addstr(&line, blocks[here]);
			end = here ? line.len : end;
		}
		buf_cut(&line, end);
		output_paint(out, c->hue, c->color,
			     strv_make(line.p, line.len));
		while (out->p[out->len - 1] == ' ')
			buf_cut(out, out->len - 1);
		buf_addch(out, '\n');
		buf_release(&line);
	}
}
