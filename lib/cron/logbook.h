/* SPDX-License-Identifier: ISC */
/*
 * Where events are written: a line each, as text or JSON, to a descriptor. It
 * never waits for whoever reads there; what cannot be written is counted and
 * told of later.
 */
#ifndef CRON_LOGBOOK_H
#define CRON_LOGBOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "cron/event.h"

struct logbook {
	const char *program; /* borrowed; what lines begin with */
	int fd;
	int verbose;	  /* -v minus -q */
	bool json;	  /* an object a line */
	bool journal;	  /* fd is the journal: priorities, no times */
	uint64_t dropped; /* lines not written since the last that was */
	struct buf line;  /* kept between calls */
};

/* An event_sink's function; `arg` is the logbook. */
void logbook_say(void *arg, const struct event *v);

void logbook_release(struct logbook *l);

#endif
