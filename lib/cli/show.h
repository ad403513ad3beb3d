/* SPDX-License-Identifier: ISC */
/*
 * Queues, jobs and workers on stdout: as a table for people, as chosen fields
 * for cut and awk, as JSON. One list of fields a kind serves both machine
 * formats, so that a name means the same after -F as in JSON.
 *
 * Fields are only ever added: their names are part of the interface.
 */
#ifndef CLI_SHOW_H
#define CLI_SHOW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/strv.h"
#include "cli/output.h"
#include "queue/minutes.h"
#include "queue/stats.h"
#include "sys/json.h"

#define SHOW_MAX_FIELDS 48
#define SHOW_HOW_SIZE	64 /* room for show_how() */

/* A field of one thing; without a value it is null in JSON, empty after -F. */
struct show_field {
	const char *name;
	enum {
		SHOW_NULL,
		SHOW_TEXT,
		SHOW_WORDS, /* text for -F; JSON has an object instead */
		SHOW_INT,
		SHOW_NUM,
		SHOW_BOOL,
		SHOW_TIME, /* ms since the epoch: RFC 3339 */
		SHOW_SPAN, /* ms: seconds */
	} kind;
	struct strv text; /* borrowed */
	int64_t n;
	double num;
};

/* All fields of one thing, in the order they are listed. */
struct show_row {
	struct show_field field[SHOW_MAX_FIELDS];
	size_t n;
	bool unknown; /* what is put while this is set has no value */
	struct buf scratch;
};

void show_put_text(struct show_row *r, const char *name, struct strv v);
void show_put_words(struct show_row *r, const char *name, struct strv v);
void show_put_int(struct show_row *r, const char *name, int64_t v);
void show_put_num(struct show_row *r, const char *name, double v);
void show_put_bool(struct show_row *r, const char *name, bool v);
/* 0 is no time; a negative span is no span. */
void show_put_time(struct show_row *r, const char *name, int64_t ms);
void show_put_span(struct show_row *r, const char *name, int64_t ms);

/* A kind of thing and how it is shown. */
struct show_kind {
	const char *one; /* "queue", for messages */
	/* The name of the array in the JSON document; NULL: no document, but
	 * an object a line. */
	const char *many;
	bool sparse; /* JSON leaves out what has no value */
	const struct output_column *columns;
	size_t n_columns;
	const void *example; /* a thing without values, for the names */
	void (*fields)(struct show_row *r, const void *thing);
	void (*cells)(struct output_table *t, const void *thing);
	/* What only JSON has: bytes and lists. NULL = nothing. */
	void (*more)(struct json *j, const void *thing);
};

/* A queue. */
struct show_queue {
	const char *name;
	const struct stats_queue *stats; /* NULL = it cannot be read */
	struct strv note;		 /* why nothing happens, or empty */
};
extern const struct show_kind show_queues;

/* Append what is unusual about a queue, most of all why nothing happens. */
void show_note(const struct stats_queue *s, struct buf *out);

/* Whether the queue grows although it is served: its oldest job has been ready
 * for a minute, and more come in than go out. */
bool show_is_behind(const struct stats_queue *s);

/* A job: in a list, or in full. */
struct show_job {
	const char *queue;
	const struct stats_job *job;
	const struct stats_detail *detail; /* NULL in lists */
	struct strv worker;		   /* that runs it, if known */
};
extern const struct show_kind show_jobs;     /* an object a line */
extern const struct show_kind show_job_full; /* one document */

/* Append all there is to say about one job, for people. */
void show_detail(const struct show_job *j, bool color, struct buf *out);

/* "exit:1" as "exit 1", "signal:9" as "SIGKILL", "-" as "". Returns `to`. */
const char *show_how(struct strv how, char to[SHOW_HOW_SIZE]);

/* Why a job does not run, or what became of it. */
struct show_explained {
	struct show_job job;
	const char *cause;  /* one word, for programs */
	struct strv text;   /* the sentence, not escaped */
	int64_t ahead;	    /* ready jobs that come first; -1 = does not wait */
	double rate;	    /* jobs and attempts that end, a minute */
	int64_t start_ms;   /* when it may start; 0 = there is no telling */
	int64_t workers;    /* that serve the queue */
	struct strv paused; /* "MS WHY", or empty */
};
extern const struct show_kind show_explanations;

/* "MS WHY" of a paused queue: since when (0 = unknown), and why. */
struct strv show_paused(struct strv paused, int64_t *since_ms);

/* Whether a reason tells more than how the attempt ended does. */
bool show_says_more(struct strv reason, struct strv how);

/* An event (struct event of queue/events.h): an object a line. */
extern const struct show_kind show_events;

/* Append it as a line for people; `brief`: with the time of day alone. */
struct event;
void show_event_line(const struct event *v, bool color, bool brief,
		     struct buf *out);

/* A worker of a queue. */
struct show_worker {
	const char *queue;
	struct strv instance;
	int64_t age_ms; /* since its last beat */
	int64_t now_ms; /* the server's clock, as far as known here */
	const struct job_worker *worker;
};
extern const struct show_kind show_workers;

/* A minute of a queue's history. */
struct show_minute {
	const char *queue;
	int64_t at_ms; /* when it began */
	const struct minute *counted;
};
extern const struct show_kind show_minutes; /* an object a line */

enum show_format {
	SHOW_TABLE,
	SHOW_FIELDS,
	SHOW_JSON,
};

/* A listing being written. */
struct show {
	const struct show_kind
		*kind; /* set by the caller, with the next four */
	enum show_format format;
	const char *fields; /* SHOW_FIELDS: names, comma between; borrowed */
	bool no_header, color;
	size_t width; /* columns of the terminal; 0 = as wide as it gets */
	/* The rest is show.c's. */
	size_t pick[SHOW_MAX_FIELDS];
	size_t n_picks;
	struct output_table *table;
	size_t rows;	    /* in the table */
	struct json *json;  /* the document */
	struct json *array; /* in it */
	struct show_row row;
	struct buf out;
};

/* Begin; -1 with STATUS_USAGE for an unknown field (naming all there are). */
int show_begin(struct show *s, struct err *e) must_check;

/* Write one more; lists of any length take the same memory, but for JSON
 * documents. -1 when stdout fails. */
int show_add(struct show *s, const void *thing, struct err *e) must_check;

/* Write what is left. `now_ms` stands in a JSON document. */
int show_end(struct show *s, int64_t now_ms, struct err *e) must_check;
void show_release(struct show *s); /* zeroed is fine */

#endif
