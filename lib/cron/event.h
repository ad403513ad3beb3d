/* SPDX-License-Identifier: ISC */
/*
 * What the scheduler has to tell: an event with named values, one line as text
 * (key=value) or JSON. Whoever is told renders and prints it.
 */
#ifndef CRON_EVENT_H
#define CRON_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"

/* How bad it is, and how much -v it takes to be shown. */
enum event_level {
	EVENT_ERROR, /* shown even with -q -q */
	EVENT_WARN,  /* shown with -q */
	EVENT_NOTE,  /* shown by default */
	EVENT_FINE,  /* shown with -v */
};

struct json;

struct event {
	enum event_level level;
	const char *name;  /* "fire"; borrowed */
	struct buf text;   /* "fire name=poll …" */
	struct json *json; /* the values, under "event" the name */
};

/* Told of each event, which is borrowed for the call. */
struct event_sink {
	void (*fn)(void *arg, const struct event *v);
	void *arg;
};

void event_begin(struct event *v, enum event_level level, const char *name);
void event_str(struct event *v, const char *key, const char *value);
void event_int(struct event *v, const char *key, int64_t value);
void event_time(struct event *v, const char *key, int64_t ms);
void event_span(struct event *v, const char *key, int64_t ms); /* seconds */
void event_release(struct event *v);
/* Hand it over and release it. */
void event_end(struct event *v, const struct event_sink *to);

/* The values as one line of text, or of JSON with time and level. */
void event_render_text(const struct event *v, struct buf *out);
void event_render_json(const struct event *v, int64_t now, struct buf *out);

/* "error" with the words of `e`, about `what` (may be NULL). */
void event_error(const struct event_sink *to, const char *what,
		 const struct err *e);

#endif
