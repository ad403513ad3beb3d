/* SPDX-License-Identifier: ISC */
/* What became of a schedule, as the server has it on record. Pure. */
#ifndef CRON_HISTORY_H
#define CRON_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/strv.h"

struct history {
	int64_t at; /* ms since the epoch */
	/* added changed pause resume; fired run backfill; of dropped
	 * ticks why: missed paused bounds limit overlap known */
	struct strv event;
	int64_t tick;	   /* Unix seconds; -1 = none is meant */
	int64_t count;	   /* dropped ticks; of a job, those missed before it */
	struct strv stamp; /* of the job, or of the one in the way; or empty */
	struct strv by;	   /* who did it, or empty */
};

/* Cut the oldest entry off the front of `text`; false when there is none.
 * What cannot be read is passed over. */
bool history_next(struct strv *text, struct history *out);

/* Whether a job came of it. */
bool history_has_job(const struct history *h);

#endif
