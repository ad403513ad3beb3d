/* SPDX-License-Identifier: ISC */
/* How events are shown: as fields, as JSON, or as a line for people. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "cli/show.h"
#include "queue/events.h"

static void fields(struct show_row *r, const void *thing)
{
	const struct event *v = thing;

	buf_reserve(&r->scratch, strlen(v->queue) + v->job.n + 2);
	if (v->job.n)
		buf_addf(&r->scratch, "%s/%.*s", v->queue, (int)v->job.n,
			 v->job.p);
	show_put_text(r, "event_id", v->id);
	show_put_time(r, "time", v->time_ms);
	show_put_text(r, "event", v->event);
	show_put_text(r, "queue", strv_of(v->queue));
	show_put_text(r, "id", v->job);
	show_put_text(r, "job", strv_make(r->scratch.p, r->scratch.len));
	show_put_text(r, "name", v->name);
	show_put_text(r, "worker", v->worker);
	r->unknown = v->start < 0;
	show_put_int(r, "start", v->start);
	r->unknown = false;
	show_put_time(r, "at", v->at_ms > 0 ? v->at_ms : 0);
	show_put_text(r, "last", v->last);
	show_put_span(r, "run_s", v->run_ms);
	show_put_text(r, "error", v->error);
}

static const struct event nothing = {
	.queue = "", .at_ms = -1, .start = -1, .run_ms = -1};

const struct show_kind show_events = {
	.one = "event",
	.sparse = true,
	.example = &nothing,
	.fields = fields,
};

static enum output_hue hue_of(const struct event *v)
{
	static const struct {
		const char *event;
		enum output_hue hue;
	} hues[] = {
		{"done", OUTPUT_GOOD},	  {"dead", OUTPUT_BAD},
		{"failed", OUTPUT_BAD},	  {"lost", OUTPUT_BAD},
		{"retry", OUTPUT_WARN},	  {"released", OUTPUT_WARN},
		{"paused", OUTPUT_WARN},  {"stopping", OUTPUT_WARN},
		{"dropped", OUTPUT_WARN}, {"cancelled", OUTPUT_BAD},
		{"expired", OUTPUT_BAD},
	};

	for (size_t i = 0; i < ARRAY_LEN(hues); i++)
		if (strv_eq(v->event, hues[i].event))
			return hues[i].hue;
	return OUTPUT_PLAIN;
}

/* What belongs to the event, in the words of people. */
static void add_rest(struct buf *b, const struct event *v)
{
	char how[SHOW_HOW_SIZE], span[24];
	const char *told = v->last.n ? show_how(v->last, how) : "";
	bool more = show_says_more(v->error, v->last);

	if (v->name.n)
		buf_addf(b, " %.*s", (int)v->name.n, v->name.p);
	if (*told)
		buf_addf(b, " %s", told);
	if (v->run_ms >= 0) {
		num_format_span(v->run_ms, span);
		buf_addf(b, " after %s", span);
	}
	if (v->worker.n)
		buf_addf(b, " on %.*s", (int)v->worker.n, v->worker.p);
	if (v->start > 1)
		buf_addf(b, ", start %" PRId64, v->start);
	if (v->at_ms >= 0) {
		num_format_span(v->at_ms > v->time_ms ? v->at_ms - v->time_ms
						      : 0,
				span);
		buf_addf(b, " in %s", span);
	}
	if (more && !strv_eq(v->error, "-"))
		buf_addf(b, "%s%.*s", *told ? ": " : " ", (int)v->error.n,
			 v->error.p);
}

void show_event_line(const struct event *v, bool color, bool brief,
		     struct buf *out)
{
	char time[32], word[16];
	struct buf rest = BUF_INIT, job = BUF_INIT;

	num_format_time(v->time_ms, time);
	snprintf(word, sizeof(word), "%-8.*s", (int)v->event.n, v->event.p);
	buf_addf(&job, "%s%s%.*s", v->queue, v->job.n ? "/" : "", (int)v->job.n,
		 v->job.p);
	output_paint(out, OUTPUT_DIM, color,
		     brief ? strv_make(time + 11, 12) : strv_of(time));
	buf_addch(out, ' ');
	output_paint(out, hue_of(v), color, strv_of(word));
	buf_addch(out, ' ');
	output_paint(out, OUTPUT_PLAIN, color, strv_make(job.p, job.len));
	add_rest(&rest, v);
	output_paint(out, OUTPUT_PLAIN, color, strv_make(rest.p, rest.len));
	buf_addch(out, '\n');
	buf_release(&rest);
	buf_release(&job);
}
