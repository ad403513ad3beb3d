/* SPDX-License-Identifier: ISC */
/*
 * What jq-work says on stderr: its log as text or JSON, and the handlers'
 * stderr, made harmless so that it can neither act on a terminal nor be taken
 * for a line of ours.
 */
#ifndef WORK_LOG_H
#define WORK_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/strv.h"
#include "work/sink.h"

/* How bad it is, and how much -v it takes to be shown. */
enum log_level {
	LOG_ERROR, /* shown even with -q -q */
	LOG_WARN,  /* shown with -q */
	LOG_NOTE,  /* shown by default */
	LOG_SOFT,  /* shown by default, but only information */
	LOG_INFO,  /* shown with -v */
	LOG_FINE,  /* shown with -v -v */
};

enum log_format {
	LOG_TEXT,
	LOG_JSON
};

struct log {
	struct sink *sink; /* borrowed */
	enum log_format format;
	bool journal;	  /* stderr is the journal: priorities, no times */
	int verbose;	  /* -v minus -q */
	uint64_t dropped; /* lines, because nobody read them; told later */
	struct buf line;  /* kept between calls */
};

void log_init(struct log *l, struct sink *sink, enum log_format format,
	      int verbose);
void log_release(struct log *l);

/* Whether descriptor `fd` is what JOURNAL_STREAM ("DEVICE:INODE", or NULL)
 * names. */
bool log_is_journal(const char *journal_stream, int fd);

void log_say(struct log *l, enum log_level level, const char *fmt, ...)
	printf_like(3, 4);

/* One attempt at a job, as it ended. Strings are borrowed for the call. */
struct log_attempt {
	const char *queue, *id;
	const char *name;	       /* of the job, or NULL */
	int64_t attempt, max_attempts; /* attempt counts from 1 */
	const char *outcome;	       /* "done", "retry" … */
	const char *how;	       /* "exit:1", "signal:9", "timeout" … */
	int64_t took_us;
	int64_t next_ms; /* until it runs again; 0 = not told */
	struct strv reason;
	enum log_level level;
};
void log_attempt(struct log *l, const struct log_attempt *a);

/* A line of the stderr of the handler of `job` ("QUEUE/ID", put before the line
 * when `tag`). Only queued: sink_flush() when there are no more. Never dropped;
 * whoever reads handlers stops when the sink is full. */
void log_handler(struct log *l, const char *job, bool tag, struct strv line);

#endif
