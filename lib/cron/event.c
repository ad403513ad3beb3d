/* SPDX-License-Identifier: ISC */
/* Composes events; foreign bytes in them are escaped. */
#include "cron/event.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "base/text.h"
#include "sys/json.h"

static const char *const levels[] = {
	[EVENT_ERROR] = "error",
	[EVENT_WARN] = "warning",
	[EVENT_NOTE] = "notice",
	[EVENT_FINE] = "debug",
};

void event_begin(struct event *v, enum event_level level, const char *name)
{
	v->level = level;
	v->name = name;
	buf_init(&v->text);
	v->json = json_new_object();
}

/* In quotes where a reader that splits at blanks would go wrong. */
static void add_value(struct buf *out, const char *value)
{
	struct buf safe = BUF_INIT;
	bool quote = !*value || strpbrk(value, " \t\"=");

	text_escape(&safe, strv_of(value));
	if (quote)
		buf_addch(out, '"');
	for (size_t i = 0; i < safe.len; i++) {
		if (safe.p[i] == '"')
			buf_addch(out, '\\');
		buf_addch(out, safe.p[i]);
	}
	if (quote)
		buf_addch(out, '"');
	buf_release(&safe);
}

void event_str(struct event *v, const char *key, const char *value)
{
	buf_addf(&v->text, " %s=", key);
	add_value(&v->text, value);
	json_put_str(v->json, key, value);
}

void event_int(struct event *v, const char *key, int64_t value)
{
	buf_addf(&v->text, " %s=%" PRId64, key, value);
	json_put_int(v->json, key, value);
}

void event_time(struct event *v, const char *key, int64_t ms)
{
	char text[40];

	/* ticks are whole seconds */
	if (ms % 1000 == 0)
		num_format_second(ms / 1000, text);
	else
		num_format_time(ms, text);
	event_str(v, key, text);
}

void event_span(struct event *v, const char *key, int64_t ms)
{
	buf_addf(&v->text, " %s=%s%" PRId64 ".%03ds", key, ms < 0 ? "-" : "",
		 (ms < 0 ? -ms : ms) / 1000, (int)((ms < 0 ? -ms : ms) % 1000));
	json_put_num(v->json, key, (double)ms / 1000);
}

void event_release(struct event *v)
{
	buf_release(&v->text);
	json_free(v->json);
}

void event_end(struct event *v, const struct event_sink *to)
{
	to->fn(to->arg, v);
	event_release(v);
}

void event_render_text(const struct event *v, struct buf *out)
{
	buf_addf(out, "%s%.*s", v->name, (int)v->text.len, v->text.p);
}

void event_render_json(const struct event *v, int64_t now, struct buf *out)
{
	struct json *head = json_new_object();
	struct buf rest = BUF_INIT;

	json_put_time(head, "time", now);
	json_put_str(head, "level", levels[v->level]);
	json_put_str(head, "event", v->name);
	json_write(head, out);
	json_write(v->json, &rest);
	if (rest.len > 2) {
		buf_cut(out, out->len - 1);
		buf_addf(out, ",%s", rest.p + 1);
	}
	buf_release(&rest);
	json_free(head);
}

void event_error(const struct event_sink *to, const char *what,
		 const struct err *e)
{
	struct event v;

	event_begin(&v, EVENT_ERROR, "error");
	if (what)
		event_str(&v, "name", what);
	event_str(&v, "what", e->msg);
	event_end(&v, to);
}
