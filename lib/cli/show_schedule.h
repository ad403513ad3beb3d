/* SPDX-License-Identifier: ISC */
/* Schedules, and what became of them, as cli/show.h shows things. */
#ifndef CLI_SHOW_SCHEDULE_H
#define CLI_SHOW_SCHEDULE_H

#include "base/buf.h"
#include "cli/show.h"
#include "cron/find.h"
#include "cron/history.h"
#include "cron/state.h"
#include "queue/schedule.h"

struct show_schedule {
	const char *queue;
	const struct schedule *schedule;
	const struct state *state;
	int64_t now;		 /* the server's clock, ms */
	const struct find *full; /* for the one document; NULL in lists */
};
/* Whether a tick should have been dealt with long ago. */
bool show_schedule_is_behind(const struct show_schedule *t);

extern const struct show_kind show_schedules;	  /* one document */
extern const struct show_kind show_schedule_full; /* an object a line */

/* An entry of a schedule's history. */
struct show_history {
	const char *queue, *name;
	const struct history *entry;
};
extern const struct show_kind show_histories; /* an object a line */

/* Append all there is to say about a schedule, for people. */
void show_schedule_text(const struct show_schedule *t, struct buf *out);

#endif
