/* SPDX-License-Identifier: ISC */
/*
 * What a handler says on descriptor 3, line by line. Pure: bytes in, words
 * remembered, the caller is told of those that need something done.
 */
#ifndef WORK_CONTROL_H
#define WORK_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/strv.h"

#define CONTROL_LINE_MAX 4096 /* with its newline */

/* Who is told while lines are read. */
struct control_events {
	/* "extend DUR": the attempt may take that long from now. */
	void (*extend)(void *arg, int64_t ms);
	/* "progress …" changed what jq-stat shows. */
	void (*progress)(void *arg);
	/* A line that is "ignored" or "cut"; `why` says what is wrong with it.
	 */
	void (*strange)(void *arg, struct strv line, const char *is,
			const char *why);
	/* Of a batch: "done ID …", "retry ID …", "dead ID …"; `rest` is what
	 * stands behind the word. Returns NULL, or why it is not understood. */
	const char *(*decide)(void *arg, struct strv word, struct strv rest);
};

struct control {
	struct buf partial;	/* a line that has not ended */
	bool skipping;		/* the rest of an over-long line */
	bool batch;		/* words are about one job of many */
	int64_t progress;	/* -1 = never told */
	int64_t total;		/* 0 = open-ended */
	int64_t retry_after_ms; /* -1 = not said */
	int64_t defer_ms;	/* -1 = not said */
	bool dead;		/* said, with or without a text */
	struct buf text;	/* of progress */
	struct buf dead_text, error_text, result;
};

void control_init(struct control *c, bool batch);
void control_release(struct control *c);
void control_clear(struct control *c); /* for the next handler */

/* Take in what was read. */
void control_feed(struct control *c, struct strv bytes,
		  const struct control_events *events, void *arg);

/* The channel is closed: a last line without newline counts as well. */
void control_end(struct control *c, const struct control_events *events,
		 void *arg);

#endif
