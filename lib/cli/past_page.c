/* SPDX-License-Identifier: ISC */
/*
 * The history as a page for a browser: one file with all in it, that forbids
 * itself to load anything. Lines differ in dash and colour, and the numbers
 * stand below each queue's charts.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "cli/chart.h"
#include "cli/past.h"

/* Of a drawing, in its own units; the plot has room for labels around it. */
#define WIDTH	  960
#define HEIGHT	  200
#define LEFT	  64
#define RIGHT	  12
#define TOP	  10
#define BOTTOM	  24
#define TICKS	  6 /* times below it */
#define MINUTE_MS 60000

static const struct {
	const char *name, *class;
} lines[PAST_LINES] = {
	[PAST_PUSHED] = {"pushed", "a"},
	[PAST_DONE] = {"done", "b"},
	[PAST_FAILED] = {"failed", "c"},
	[PAST_WAIT_50] = {"median", "a"},
	[PAST_WAIT_95] = {"95th percentile", "b"},
	[PAST_RUN_50] = {"median", "a"},
	[PAST_RUN_95] = {"95th percentile", "b"},
	[PAST_RUN_99] = {"99th percentile", "c"},
};

/* What stands in one drawing: lines [first, last]. */
static const struct drawing {
	const char *title;
	enum past_line first, last;
} drawings[] = {
	{"Jobs a minute", PAST_PUSHED, PAST_FAILED},
	{"Waiting time", PAST_WAIT_50, PAST_WAIT_95},
	{"Run time of attempts", PAST_RUN_50, PAST_RUN_99},
};

static const char head[] =
	"<!doctype html>\n"
	"<html lang=\"en\">\n"
	"<head>\n"
	"<meta charset=\"utf-8\">\n"
	"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
	"'none'; style-src 'unsafe-inline'\">\n"
	"<meta name=\"viewport\" content=\"width=device-width, "
	"initial-scale=1\">\n"
	"<title>jobq history</title>\n"
	"<style>\n"
	":root { color-scheme: light dark; --back: #ffffff; --text: #1d2126;\n"
	"  --dim: #5d6670; --grid: #dde1e6; --a: #0066b3; --b: #00795a;\n"
	"  --c: #b93815 }\n"
	"@media (prefers-color-scheme: dark) {\n"
	"  :root { --back: #15181c; --text: #e8eaed; --dim: #a3acb6;\n"
	"    --grid: #343a41; --a: #62b5f0; --b: #3ccf9b; --c: #ff8a5c }\n"
	"}\n"
	"body { background: var(--back); color: var(--text); margin: 2rem auto;\n"
	"  max-width: 62rem; padding: 0 1rem; font: 1rem/1.5 system-ui, "
	"sans-serif }\n"
	"h1 { font-size: 1.5rem } h2 { font-size: 1.25rem; margin-top: 2.5rem }\n"
	"p, figcaption, summary { color: var(--dim) }\n"
	"figure { margin: 1rem 0 } figcaption b { color: var(--text) }\n"
	"svg { width: 100%; height: auto; display: block }\n"
	"svg.key { width: 2.2em; height: .8em; display: inline; "
	"margin-left: 1em }\n"
	"svg text { fill: var(--dim); font-size: 12px }\n"
	"path { fill: none; stroke-width: 2; stroke-linejoin: round;\n"
	"  stroke-linecap: round }\n"
	".grid { stroke: var(--grid); stroke-width: 1 }\n"
	".a { stroke: var(--a) } .b { stroke: var(--b); "
	"stroke-dasharray: 7 5 }\n"
	".c { stroke: var(--c); stroke-dasharray: 1.5 5 }\n"
	".dot { stroke-width: 6; stroke-dasharray: none }\n"
	"table { border-collapse: collapse; font-variant-numeric: "
	"tabular-nums }\n"
	"th, td { text-align: right; padding: .1rem .7rem; "
	"border-bottom: 1px solid var(--grid) }\n"
	"th:first-child, td:first-child { text-align: left; padding-left: 0 }\n"
	"</style>\n"
	"</head>\n"
	"<body>\n";

static void add_time(struct buf *out, int64_t ms, bool day)
{
	char time[32];

	num_format_time(ms, time);
	if (day)
		buf_addf(out, "%.10s ", time);
	buf_addf(out, "%.5s", time + 11);
}

void past_page_begin(struct buf *out, int64_t now_ms)
{
	buf_addstr(out, head);
	buf_addstr(out, "<h1>History of queues</h1>\n<p>As of ");
	add_time(out, now_ms, true);
	buf_addstr(out, ", all times in UTC.</p>\n");
}

void past_page_end(struct buf *out)
{
	buf_addstr(out, "</body>\n</html>\n");
}

/* The next of 1, 2, 5, 10 … that is no less than `v`: the top of the scale. */
static double round_up(double v)
{
	double unit = 1;

	while (v > unit * 10)
		unit *= 10;
	return v <= unit       ? unit
	       : v <= unit * 2 ? unit * 2
	       : v <= unit * 5 ? unit * 5
			       : unit * 10;
}

static double x_of(const struct past *p, double step)
{
	double room = WIDTH - LEFT - RIGHT;

	return LEFT + room * step / (double)(p->n > 1 ? p->n - 1 : 1);
}

static double y_of(double v, double top)
{
	double room = HEIGHT - TOP - BOTTOM;

	return TOP + room * (1 - v / top);
}

static void add_grid(const struct past *p, double top, bool span,
		     struct buf *out)
{
	for (int i = 0; i <= 2; i++) {
		double v = top * i / 2, y = y_of(v, top);

		buf_addf(out,
			 "<path class=\"grid\" d=\"M%d %.1fH%d\"/>"
			 "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">",
			 LEFT, y, WIDTH - RIGHT, LEFT - 8, y + 4);
		chart_number(v, span && v > 0, out);
		buf_addstr(out, "</text>\n");
	}
	for (size_t i = 0; i < TICKS && p->n > 1; i++) {
		size_t at = (p->n - 1) * i / (TICKS - 1);

		buf_addf(out, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"%s\">",
			 x_of(p, (double)at), HEIGHT - 6,
			 i == 0		  ? "start"
			 : i == TICKS - 1 ? "end"
					  : "middle");
		add_time(out, p->from_ms + (int64_t)(at * p->step) * MINUTE_MS,
			 i == 0);
		buf_addstr(out, "</text>\n");
	}
}

static bool is_counted(const struct past *p, enum past_line line, size_t i)
{
	return i < p->n && p->line[line][i] >= 0;
}

/* A step alone is no line, and of its width a dot can hardly be seen. */
static void add_dots(const struct past *p, enum past_line line, double top,
		     struct buf *out)
{
	for (size_t i = 0; i < p->n; i++)
		if (is_counted(p, line, i) && !is_counted(p, line, i + 1) &&
		    (i == 0 || !is_counted(p, line, i - 1)))
			buf_addf(out,
				 "<path class=\"%s dot\" "
				 "d=\"M%.1f %.1fh.01\"/>\n",
				 lines[line].class, x_of(p, (double)i),
				 y_of(p->line[line][i], top));
}

/* Where nothing was counted the line has a gap. */
static void add_line(const struct past *p, enum past_line line, double top,
		     struct buf *out)
{
	bool down = false;

	buf_addf(out, "<path class=\"%s\" d=\"", lines[line].class);
	for (size_t i = 0; i < p->n; i++) {
		double v = p->line[line][i];

		if (v >= 0)
			buf_addf(out, down ? "L%.1f %.1f" : "M%.1f %.1fh.01",
				 x_of(p, (double)i), y_of(v, top));
		down = v >= 0;
	}
	buf_addf(out, "\"><title>%s</title></path>\n", lines[line].name);
}

static void add_drawing(const struct past *p, const struct drawing *d,
			struct buf *out)
{
	bool span = past_is_span(d->first);
	double most = 0;

	for (size_t i = d->first; i <= d->last; i++) {
		double of_line = chart_most(p->line[i], p->n);

		most = of_line > most ? of_line : most;
	}
	buf_addf(out, "<figure>\n<figcaption><b>%s</b>", d->title);
	for (size_t i = d->first; i <= d->last; i++)
		buf_addf(out,
			 "<svg class=\"key\" viewBox=\"0 0 36 12\" "
			 "aria-hidden=\"true\"><path class=\"%s\" "
			 "d=\"M2 6H34\"/></svg> %s",
			 lines[i].class, lines[i].name);
	buf_addf(out,
		 "</figcaption>\n<svg viewBox=\"0 0 %d %d\" role=\"img\" "
		 "aria-label=\"%s of queue %s, highest ",
		 WIDTH, HEIGHT, d->title, p->queue);
	chart_number(most, span, out);
	buf_addstr(out, "\">\n");
	add_grid(p, round_up(most), span, out);
	for (size_t i = d->first; i <= d->last; i++) {
		add_line(p, (enum past_line)i, round_up(most), out);
		add_dots(p, (enum past_line)i, round_up(most), out);
	}
	buf_addstr(out, "</svg>\n</figure>\n");
}

static void add_table(const struct past *p, struct buf *out)
{
	buf_addstr(out, "<details>\n<summary>The numbers</summary>\n<table>\n"
			"<tr><th>From<th>pushed/m<th>done/m<th>failed/m"
			"<th>wait p50<th>wait p95<th>run p50<th>run p95"
			"<th>run p99</tr>\n");
	for (size_t i = 0; i < p->n; i++) {
		buf_addstr(out, "<tr><td>");
		add_time(out, p->from_ms + (int64_t)(i * p->step) * MINUTE_MS,
			 true);
		for (size_t j = 0; j < PAST_LINES; j++) {
			buf_addstr(out, "<td>");
			if (p->line[j][i] < 0)
				buf_addstr(out, "–");
			else
				chart_number(p->line[j][i],
					     past_is_span((enum past_line)j),
					     out);
		}
		buf_addstr(out, "</tr>\n");
	}
	buf_addstr(out, "</table>\n</details>\n");
}

void past_page_add(const struct past *p, struct buf *out)
{
	buf_addf(out,
		 "<section>\n<h2>%s</h2>\n<p>%" PRId64 " pushed, %" PRId64
		 " done, %" PRId64 " failed; a point is %zu minute%s.</p>\n",
		 p->queue, p->all.pushed, p->all.done, p->all.failed, p->step,
		 p->step == 1 ? "" : "s");
	for (size_t i = 0; i < ARRAY_LEN(drawings); i++)
		add_drawing(p, &drawings[i], out);
	add_table(p, out);
	buf_addstr(out, "</section>\n");
}
