/* SPDX-License-Identifier: ISC */
/* How the minutes of a queue's history are listed. */
#include <inttypes.h>
#include <stdio.h>

#include "base/num.h"
#include "cli/chart.h"
#include "cli/show.h"

static const struct output_column columns[] = {
	{"MINUTE", OUTPUT_LEFT, 0},    {"QUEUE", OUTPUT_LEFT, 0},
	{"PUSHED", OUTPUT_RIGHT, 0},   {"DONE", OUTPUT_RIGHT, 0},
	{"FAILED", OUTPUT_RIGHT, 0},   {"WAIT p50", OUTPUT_RIGHT, 3},
	{"WAIT p95", OUTPUT_RIGHT, 1}, {"RUN p50", OUTPUT_RIGHT, 4},
	{"RUN p95", OUTPUT_RIGHT, 2},  {"RUN p99", OUTPUT_RIGHT, 5},
};

static int64_t quantile_ms(const struct spans *s, double q)
{
	return (int64_t)(spans_quantile(s, q) + 0.5 * (spans_count(s) > 0));
}

static void fields(struct show_row *r, const void *thing)
{
	const struct show_minute *m = thing;
	const struct minute *h = m->counted;

	show_put_time(r, "minute", m->at_ms);
	show_put_text(r, "queue", strv_of(m->queue));
	show_put_int(r, "pushed", h->pushed);
	show_put_int(r, "done", h->done);
	show_put_int(r, "failed", h->failed);
	show_put_int(r, "first_starts", spans_count(&h->wait));
	show_put_span(r, "wait_p50_s", quantile_ms(&h->wait, 0.5));
	show_put_span(r, "wait_p95_s", quantile_ms(&h->wait, 0.95));
	show_put_span(r, "wait_p99_s", quantile_ms(&h->wait, 0.99));
	show_put_int(r, "attempts_ended", spans_count(&h->run));
	show_put_span(r, "run_p50_s", quantile_ms(&h->run, 0.5));
	show_put_span(r, "run_p95_s", quantile_ms(&h->run, 0.95));
	show_put_span(r, "run_p99_s", quantile_ms(&h->run, 0.99));
}

static void count_cell(struct output_table *t, int64_t n, enum output_hue hue)
{
	output_table_cell(t, n ? hue : OUTPUT_DIM, "%" PRId64, n);
}

static void span_cell(struct output_table *t, const struct spans *s, double q)
{
	struct buf text = BUF_INIT;

	if (spans_count(s) > 0)
		chart_number(spans_quantile(s, q), true, &text);
	output_table_cell(t, text.len ? OUTPUT_PLAIN : OUTPUT_DIM, "%s",
			  text.len ? text.p : "-");
	buf_release(&text);
}

static void cells(struct output_table *t, const void *thing)
{
	const struct show_minute *m = thing;
	const struct minute *h = m->counted;
	char time[32];

	num_format_time(m->at_ms, time);
	output_table_cell(t, OUTPUT_PLAIN, "%.16sZ", time);
	output_table_cell(t, OUTPUT_BOLD, "%s", m->queue);
	count_cell(t, h->pushed, OUTPUT_PLAIN);
	count_cell(t, h->done, OUTPUT_GOOD);
	count_cell(t, h->failed, OUTPUT_BAD);
	span_cell(t, &h->wait, 0.5);
	span_cell(t, &h->wait, 0.95);
	span_cell(t, &h->run, 0.5);
	span_cell(t, &h->run, 0.95);
	span_cell(t, &h->run, 0.99);
}

static const struct minute nothing;
static const struct show_minute example = {.queue = "", .counted = &nothing};

const struct show_kind show_minutes = {
	.one = "minute",
	.columns = columns,
	.n_columns = ARRAY_LEN(columns),
	.example = &example,
	.fields = fields,
	.cells = cells,
};
