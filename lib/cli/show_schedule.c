/* SPDX-License-Identifier: ISC */
/* Rows and documents of schedules. */
#include "cli/show_schedule.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/text.h"
#include "cron/due.h"
#include "cron/preview.h"
#include "queue/cron.h"

/* Ticks, and entries of the history, in what people get to see of one. */
enum {
	NEXT_SHOWN = 3,
	HISTORY_SHOWN = 10,
	PAYLOAD_SHOWN = 2048
};

static bool runs(const struct show_schedule *t)
{
	return !t->state->paused && !t->state->finished;
}

static int64_t behind(const struct show_schedule *t)
{
	return runs(t) ? due_behind(t->schedule, t->state->watermark, t->now)
		       : 0;
}

bool show_schedule_is_behind(const struct show_schedule *t)
{
	return behind(t) > 0;
}

/* The next tick that lies ahead, Unix seconds; 0 = none. */
static int64_t next_tick(const struct show_schedule *t)
{
	int64_t after = t->now / 1000;
	struct cron_tick tick;

	if (t->state->watermark > after)
		after = t->state->watermark;
	if (t->state->finished || !schedule_next(t->schedule, after, &tick))
		return 0;
	return tick.at;
}

static int64_t dropped(const struct state *s)
{
	return s->missed + s->blocked + s->while_paused + s->known;
}

static struct strv source_of(const struct show_schedule *t)
{
	return strv_eq(t->state->source, STATE_NO_SOURCE) ? strv_of("")
							  : t->state->source;
}

static void note(const struct show_schedule *t, struct buf *out)
{
	char span[24];

	if (t->state->finished)
		buf_addstr(out, "finished");
	else if (t->state->paused)
		buf_addstr(out, "paused");
	else if (behind(t)) {
		num_format_span(behind(t), span);
		buf_addf(out, "behind %s", span);
	}
}

static void fields(struct show_row *r, const void *thing)
{
	const struct show_schedule *t = thing;
	const struct schedule *s = t->schedule;
	const struct state *st = t->state;
	size_t n;

	buf_addf(&r->scratch, "%s/%s", t->queue, s->name ? s->name : "");
	n = r->scratch.len;
	if (s->name)
		note(t, &r->scratch);
	show_put_text(r, "schedule", strv_make(r->scratch.p, n));
	show_put_text(r, "queue", strv_of(t->queue));
	show_put_text(r, "name", strv_of(s->name));
	show_put_text(r, "source", source_of(t));
	show_put_text(r, "expression", strv_of(s->text));
	show_put_text(r, "kind", strv_of(cron_kind_name(s->cron.kind)));
	show_put_text(r, "zone", strv_of(s->tz));
	show_put_time(r, "next", s->name ? next_tick(t) * 1000 : 0);
	show_put_time(r, "last_tick", st->watermark * 1000);
	show_put_time(r, "last_enqueued", st->enqueued);
	show_put_span(r, "behind_s", s->name ? behind(t) : -1);
	show_put_bool(r, "paused", st->paused);
	show_put_bool(r, "finished", st->finished);
	show_put_time(r, "created", st->created);
	show_put_time(r, "changed", st->edited);
	show_put_int(r, "fired_total", st->fired);
	show_put_int(r, "missed_total", st->missed);
	show_put_int(r, "overlap_total", st->blocked);
	show_put_int(r, "paused_total", st->while_paused);
	show_put_int(r, "known_total", st->known);
	show_put_text(r, "note",
		      strv_make(r->scratch.p + n, r->scratch.len - n));
}

static const struct output_column columns[] = {
	{"SCHEDULE", OUTPUT_LEFT, 0}, {"WHEN", OUTPUT_LEFT, 0},
	{"ZONE", OUTPUT_LEFT, 1},     {"NEXT", OUTPUT_RIGHT, 0},
	{"LAST", OUTPUT_RIGHT, 2},    {"FIRED", OUTPUT_RIGHT, 4},
	{"DROPPED", OUTPUT_RIGHT, 3}, {"SOURCE", OUTPUT_LEFT, 5},
	{"NOTE", OUTPUT_LEFT, 0},
};

static void span_cell(struct output_table *table, int64_t ms, bool known)
{
	char text[24] = "-";

	if (known)
		num_format_span(ms > 0 ? ms : 0, text);
	output_table_cell(table, known ? OUTPUT_PLAIN : OUTPUT_DIM, "%s", text);
}

static void cells(struct output_table *table, const void *thing)
{
	const struct show_schedule *t = thing;
	const struct state *st = t->state;
	int64_t next = next_tick(t), n = dropped(st);
	struct strv source = source_of(t);
	struct buf why = BUF_INIT;

	note(t, &why);
	output_table_cell(table, OUTPUT_BOLD, "%s/%s", t->queue,
			  t->schedule->name);
	output_table_cell(table, OUTPUT_PLAIN, "%s", t->schedule->text);
	output_table_cell(table, OUTPUT_PLAIN, "%s", t->schedule->tz);
	span_cell(table, next * 1000 - t->now, next > 0);
	span_cell(table, t->now - st->enqueued, st->enqueued > 0);
	output_table_cell(table, st->fired ? OUTPUT_PLAIN : OUTPUT_DIM,
			  "%" PRId64, st->fired);
	output_table_cell(table, n ? OUTPUT_WARN : OUTPUT_DIM, "%" PRId64, n);
	output_table_cell(table, OUTPUT_PLAIN, "%.*s",
			  source.n ? (int)source.n : 1,
			  source.n ? source.p : "-");
	output_table_cell(table, behind(t) ? OUTPUT_BAD : OUTPUT_WARN, "%s",
			  why.p);
	buf_release(&why);
}

static const struct schedule no_schedule;
static const struct state no_state;
static const struct show_schedule example = {
	.queue = "",
	.schedule = &no_schedule,
	.state = &no_state,
};

const struct show_kind show_schedules = {
	.one = "schedule",
	.many = "schedules",
	.columns = columns,
	.n_columns = ARRAY_LEN(columns),
	.example = &example,
	.fields = fields,
	.cells = cells,
};

static void history_fields(struct show_row *r, const void *thing)
{
	const struct show_history *t = thing;
	const struct history *h = t->entry;

	show_put_text(r, "queue", strv_of(t->queue));
	show_put_text(r, "name", strv_of(t->name));
	show_put_time(r, "time", h->at);
	show_put_text(r, "event", h->event);
	show_put_time(r, "tick", h->tick < 0 ? 0 : h->tick * 1000);
	show_put_int(r, "count", h->count);
	if (h->stamp.n)
		buf_addf(&r->scratch, "%s/cron:%s:%.*s", t->queue, t->name,
			 (int)h->stamp.n, h->stamp.p);
	show_put_text(r, "job", strv_make(r->scratch.p, r->scratch.len));
	show_put_text(r, "by", h->by);
}

static const struct output_column history_columns[] = {
	{"TIME", OUTPUT_LEFT, 0}, {"EVENT", OUTPUT_LEFT, 0},
	{"TICK", OUTPUT_LEFT, 0}, {"COUNT", OUTPUT_RIGHT, 1},
	{"WHAT", OUTPUT_LEFT, 0},
};

/* The job, the one in the way, or who did it. */
static void add_what(const struct history *h, const char *name, struct buf *out)
{
	if (h->stamp.n)
		buf_addf(out, "cron:%s:%.*s", name, (int)h->stamp.n,
			 h->stamp.p);
	if (h->by.n)
		buf_addf(out, "%sby %.*s", h->stamp.n ? " " : "", (int)h->by.n,
			 h->by.p);
}

static void history_cells(struct output_table *table, const void *thing)
{
	const struct show_history *t = thing;
	const struct history *h = t->entry;
	bool good = history_has_job(h);
	char time[32], tick[32] = "-";
	struct buf what = BUF_INIT;

	add_what(h, t->name, &what);
	if (h->tick >= 0)
		num_format_second(h->tick, tick);
	num_format_time(h->at, time);
	output_table_cell(table, OUTPUT_PLAIN, "%s", time);
	output_table_cell(table, good ? OUTPUT_GOOD : OUTPUT_PLAIN, "%.*s",
			  (int)h->event.n, h->event.p);
	output_table_cell(table, OUTPUT_PLAIN, "%s", tick);
	output_table_cell(table, OUTPUT_PLAIN, "%" PRId64, h->count);
	output_table_cell(table, OUTPUT_PLAIN, "%s", what.p);
	buf_release(&what);
}

static const struct history no_history;
static const struct show_history example_history = {"", "", &no_history};

const struct show_kind show_histories = {
	.one = "history",
	.columns = history_columns,
	.n_columns = ARRAY_LEN(history_columns),
	.example = &example_history,
	.fields = history_fields,
	.cells = history_cells,
};

static void put_next(struct json *o, const struct show_schedule *t)
{
	struct json *list = json_new_array();
	struct cron_tick tick = {.at = next_tick(t) - 1};

	for (int i = 0; tick.at >= 0 && i < NEXT_SHOWN; i++)
		if (schedule_next(t->schedule, tick.at, &tick))
			json_put_time(list, NULL, tick.at * 1000);
		else
			break;
	json_put(o, "ticks", list);
}

static void put_jobs(struct json *o, const struct show_schedule *t)
{
	struct json *list = json_new_array();
	struct strv rest = strv_make(t->full->stamps.p, t->full->stamps.len);
	struct buf job = BUF_INIT;

	for (;;) {
		struct strv stamp = strv_word(&rest);

		if (!stamp.n)
			break;
		buf_clear(&job);
		buf_addf(&job, "%s/cron:%s:%.*s", t->queue, t->schedule->name,
			 (int)stamp.n, stamp.p);
		json_put_str(list, NULL, job.p);
	}
	json_put(o, "jobs", list);
	buf_release(&job);
}

static void put_history(struct json *o, const struct show_schedule *t)
{
	struct json *list = json_new_array();
	struct strv rest = strv_make(t->full->history.p, t->full->history.len);
	struct history h;

	while (history_next(&rest, &h)) {
		struct json *one = json_new_object();

		json_put_time(one, "time", h.at);
		json_put_bytes(one, "event", h.event);
		if (h.tick >= 0)
			json_put_time(one, "tick", h.tick * 1000);
		json_put_int(one, "count", h.count);
		if (h.stamp.n)
			json_put_bytes(one, "stamp", h.stamp);
		if (h.by.n)
			json_put_bytes(one, "by", h.by);
		json_put(list, NULL, one);
	}
	json_put(o, "history", list);
}

static void more(struct json *o, const void *thing)
{
	const struct show_schedule *t = thing;

	json_put_bytes(
		o, "definition",
		strv_make(t->full->definition.p, t->full->definition.len));
	json_put_bytes(o, "payload",
		       strv_make(t->full->payload.p, t->full->payload.len));
	put_next(o, t);
	put_jobs(o, t);
	put_history(o, t);
}

const struct show_kind show_schedule_full = {
	.one = "schedule",
	.example = &example,
	.fields = fields,
	.more = more,
};

static void line(struct buf *out, const char *name, const char *fmt, ...)
	printf_like(3, 4);

/* A line with a label; what `fmt` makes is escaped. */
static void line(struct buf *out, const char *name, const char *fmt, ...)
{
	va_list ap;
	char *raw;

	va_start(ap, fmt);
	if (vasprintf(&raw, fmt, ap) < 0)
		err_nomem();
	va_end(ap);
	buf_addf(out, "%-10s", name);
	text_escape(out, strv_of(raw));
	buf_addch(out, '\n');
	free(raw);
}

static void next_lines(const struct show_schedule *t, struct buf *out)
{
	struct schedule nameless = *t->schedule;
	const struct preview p = {
		.schedule = &nameless,
		.after = t->now / 1000,
		.most = next_tick(t) ? NEXT_SHOWN : 0,
	};
	struct buf ticks = BUF_INIT;
	struct strv rest;

	nameless.name = NULL;
	preview_write(&p, &ticks);
	rest = strv_make(ticks.p, ticks.len);
	while (rest.n) {
		struct strv one = strv_cut(&rest, '\n');

		line(out, "Next", "%.*s", (int)one.n, one.p);
	}
	buf_release(&ticks);
}

static void history_lines(const struct show_schedule *t, struct buf *out)
{
	struct strv rest = strv_make(t->full->history.p, t->full->history.len);
	struct strv count = rest;
	struct history h;
	int n = 0;

	while (history_next(&count, &h))
		n++;
	for (; history_next(&rest, &h); n--) {
		char time[32], tick[32] = "";
		struct buf what = BUF_INIT;

		if (n > HISTORY_SHOWN)
			continue;
		add_what(&h, t->schedule->name, &what);
		num_format_time(h.at, time);
		if (h.tick >= 0)
			num_format_second(h.tick, tick);
		line(out, "History", "%s  %.*s %s%s%s", time, (int)h.event.n,
		     h.event.p, tick, *tick ? " " : "", what.p);
		buf_release(&what);
	}
}

static void payload_lines(const struct show_schedule *t, struct buf *out)
{
	size_t n = t->full->payload.len;
	struct strv rest = strv_make(t->full->payload.p, n);

	if (n == 0)
		return;
	line(out, "Payload", "%zu bytes", n);
	while (n <= PAYLOAD_SHOWN && rest.n) {
		struct strv one = strv_cut(&rest, '\n');

		buf_addstr(out, "  | ");
		text_escape(out, one);
		buf_addch(out, '\n');
	}
}

static bool has_hash(const char *expression)
{
	for (const char *at = expression; (at = strchr(at, 'H')); at++)
		if (at == expression || strchr(" ,", at[-1]))
			return true;
	return false;
}

/* The expression, and what H stands for in it. */
static void when_line(const struct schedule *s, struct buf *out)
{
	struct buf spelt = BUF_INIT;

	if (has_hash(s->text))
		cron_format(&s->cron, &spelt);
	line(out, "When", "%s%s%s  (%s, %s)", s->text, spelt.len ? " = " : "",
	     spelt.p, cron_kind_name(s->cron.kind), s->tz);
	buf_release(&spelt);
}

void show_schedule_text(const struct show_schedule *t, struct buf *out)
{
	const struct state *st = t->state;
	struct strv source = source_of(t);
	struct buf why = BUF_INIT;
	char time[32], span[24];

	note(t, &why);
	line(out, "Schedule", "%s/%s%s%s", t->queue, t->schedule->name,
	     why.len ? "  " : "", why.p);
	when_line(t->schedule, out);
	if (source.n)
		line(out, "Source", "%.*s", (int)source.n, source.p);
	line(out, "Line", "%s", t->full->definition.p);
	next_lines(t, out);
	if (st->enqueued) {
		num_format_time(st->enqueued, time);
		num_format_span(t->now - st->enqueued, span);
		line(out, "Last job", "%s (%s ago)", time, span);
	}
	line(out, "Ticks",
	     "%" PRId64 " fired; dropped: %" PRId64 " missed, %" PRId64
	     " overlap, %" PRId64 " paused, %" PRId64 " known",
	     st->fired, st->missed, st->blocked, st->while_paused, st->known);
	payload_lines(t, out);
	history_lines(t, out);
	buf_release(&why);
}
