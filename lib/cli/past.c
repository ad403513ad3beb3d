/* SPDX-License-Identifier: ISC */
/* Minutes become steps, steps become charts of a terminal. */
#include "cli/past.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "cli/chart.h"

#define ROWS	  4 /* of a chart */
#define MINUTE_MS 60000

bool past_is_span(enum past_line line)
{
	return line >= PAST_WAIT_50;
}

void past_init(struct past *p, const char *queue, const struct minutes *h,
	       size_t most)
{
	*p = (struct past){.queue = queue, .step = (h->n + most - 1) / most};
	if (p->step == 0)
		p->step = 1;
	p->n = (h->n + p->step - 1) / p->step;
	/* the newest step is whole, the oldest one what is left */
	p->from_ms = (h->first + (int64_t)h->n - (int64_t)(p->n * p->step)) *
		     MINUTE_MS;
	for (size_t i = 0; i < PAST_LINES; i++)
		p->line[i] = buf_zalloc((p->n + 1) * sizeof(*p->line[i]));
	minutes_sum(h, 0, h->n, &p->all);
	for (size_t i = 0; i < p->n; i++) {
		size_t end = h->n - (p->n - 1 - i) * p->step;
		size_t n = end < p->step ? end : p->step;
		double minutes = (double)n;
		struct minute m;

		minutes_sum(h, end - n, n, &m);
		p->line[PAST_PUSHED][i] = (double)m.pushed / minutes;
		p->line[PAST_DONE][i] = (double)m.done / minutes;
		p->line[PAST_FAILED][i] = (double)m.failed / minutes;
		p->line[PAST_WAIT_50][i] = spans_quantile(&m.wait, 0.5);
		p->line[PAST_WAIT_95][i] = spans_quantile(&m.wait, 0.95);
		p->line[PAST_RUN_50][i] = spans_quantile(&m.run, 0.5);
		p->line[PAST_RUN_95][i] = spans_quantile(&m.run, 0.95);
		p->line[PAST_RUN_99][i] = spans_quantile(&m.run, 0.99);
	}
}

void past_release(struct past *p)
{
	for (size_t i = 0; i < PAST_LINES; i++)
		free(p->line[i]);
	memset(p, 0, sizeof(*p));
}

/* "2026-11-26T19:05:00.000Z" to the minute. */
static void add_minute(struct buf *out, int64_t ms)
{
	char time[32];

	num_format_time(ms, time);
	buf_addf(out, "%.16sZ", time);
}

static void add_chart(const struct past *p, enum past_line line,
		      const char *title, enum output_hue hue, bool color,
		      struct buf *out)
{
	const struct chart c = {
		.v = p->line[line],
		.n = p->n,
		.rows = ROWS,
		.span = past_is_span(line),
		.hue = hue,
		.color = color,
	};

	if (chart_most(c.v, c.n) <= 0) {
		buf_addf(out, "%s: none\n", title);
		return;
	}
	buf_addf(out, "%s\n", title);
	chart_write(&c, out);
}

/* From when to when, below the charts. */
static void add_axis(const struct past *p, struct buf *out)
{
	int64_t end = p->from_ms + (int64_t)(p->n * p->step) * MINUTE_MS;
	struct buf last = BUF_INIT;
	size_t from = out->len, width = p->n + CHART_SCALE;

	buf_addf(out, "%*s", CHART_SCALE, "");
	add_minute(out, p->from_ms);
	add_minute(&last, end);
	while (out->len - from + last.len < width)
		buf_addch(out, ' ');
	if (out->len - from + last.len > width)
		buf_addstr(out, " to ");
	buf_addf(out, "%s\n", last.p);
	buf_release(&last);
}

void past_plot(const struct past *p, bool color, struct buf *out)
{
	output_paint(out, OUTPUT_BOLD, color, strv_of(p->queue));
	buf_addf(out,
		 ": %" PRId64 " pushed, %" PRId64 " done, %" PRId64
		 " failed; a column is %zum\n",
		 p->all.pushed, p->all.done, p->all.failed, p->step);
	add_chart(p, PAST_PUSHED, "pushed a minute", OUTPUT_PLAIN, color, out);
	add_chart(p, PAST_DONE, "done a minute", OUTPUT_GOOD, color, out);
	add_chart(p, PAST_FAILED, "failed a minute", OUTPUT_BAD, color, out);
	add_chart(p, PAST_WAIT_95, "waited, 95th percentile", OUTPUT_WARN,
		  color, out);
	add_chart(p, PAST_RUN_95, "ran, 95th percentile", OUTPUT_PLAIN, color,
		  out);
	add_axis(p, out);
}
