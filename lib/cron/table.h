/* SPDX-License-Identifier: ISC */
/*
 * The schedules that feed one queue, as the server has them: read back, not
 * remembered, so that every copy works from the same ones.
 */
#ifndef CRON_TABLE_H
#define CRON_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "cron/due.h"
#include "cron/event.h"
#include "cron/state.h"
#include "queue/key.h"
#include "queue/schedule.h"
#include "sys/redis.h"

struct table;

struct table_entry {
	void *keeper;			 /* borrowed; who sent the step */
	struct table *table;		 /* borrowed; where it stands */
	const struct schedule *schedule; /* borrowed from the table's file */
	char *source;			 /* owned; STATE_NO_SOURCE: no file's */
	struct state state;  /* kept up with what the server answers */
	int64_t settled;     /* see due_plan() */
	bool busy;	     /* a step is on its way */
	struct due due;	     /* that step */
	uint64_t connection; /* on which its last job was answered */
	int64_t wake_at;  /* nothing to do before, server's ms; 0 = plan it */
	int64_t retry_at; /* not before, ms since boot, after an error */
	int64_t backoff;  /* ms of the last wait; 0 = no error */
	int64_t told_at;  /* last complaint, ms since boot; 0 = none */
};

struct table {
	struct key_set keys;
	char *version;	/* owned; of what was read; "" = nothing yet */
	bool brief;	/* without payloads: nothing can be enqueued */
	bool stale;	/* has to be read anew whatever the version says */
	void *keeper;	/* keeper.c's: borrowed; who looks */
	bool changed;	/* keeper.c's: the server has another version */
	bool announced; /* the queue was named to the server */
	size_t busy;	/* entries that are */
	struct schedule_file file; /* the definitions */
	struct table_entry *v;	   /* owned, file.n of them */
	int64_t now;		   /* the server's clock when last read, ms */
};

struct table *table_new(const char *space, struct strv queue);
void table_free(struct table *t); /* none may be busy */

/*
 * Read it anew if it has changed. A schedule that cannot be understood (a
 * newer program wrote it) is told of and left out. Waits. -1: it stays as it
 * was. Not while an entry is busy.
 */
int table_look(struct table *t, struct redis *r, const struct event_sink *to,
	       struct err *e) must_check;

/*
 * One schedule from its definition, told on its own; `f` is released by the
 * caller. -1 with STATUS_PROTOCOL: it cannot be understood.
 */
int table_parse(struct schedule_file *f, struct strv definition, int64_t now,
		struct err *e) must_check;

#endif
