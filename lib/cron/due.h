/* SPDX-License-Identifier: ISC */
/*
 * What is to be done about a schedule now: which of its ticks are due, which
 * of these become jobs and which are dropped. Pure.
 *
 * Due ticks are those after the watermark and up to now. While none of them is
 * late (older than the schedule's grace) nothing was missed: they fire one
 * after the other. Otherwise `missed` decides:
 *
 *   once   the latest fires, the others are dropped
 *   skip   late ones are dropped, the others fire
 *   all    the latest `missed_max` fire, oldest first
 *
 * Under once and all what is older than `missed_window` is dropped too.
 */
#ifndef CRON_DUE_H
#define CRON_DUE_H

#include <stdbool.h>
#include <stdint.h>

#include "queue/cron.h"
#include "queue/schedule.h"

/* No tick comes any more. */
#define DUE_NEVER INT64_MAX

enum due_act {
	DUE_WAIT, /* nothing is due before `tick` */
	DUE_FIRE, /* `tick` becomes a job */
	DUE_DROP, /* all ticks up to `tick` are dropped */
};

struct due {
	enum due_act act;
	struct cron_tick tick; /* .at is DUE_NEVER for DUE_WAIT with no end */
	int64_t missed;	       /* ticks dropped by this step */
	bool more;	       /* of these there are more than `missed` */
	int64_t settled;       /* see due_plan() */
	/* Until when this is what has to be done, server's ms: later a tick
	 * would be late that counts as on time. INT64_MAX: always. */
	int64_t until;
};

/*
 * Plan the next step. `watermark` is the last tick dealt with, Unix seconds;
 * `now` the server's clock, ms. `settled` comes from the plan before, or is
 * INT64_MIN: ticks up to there were judged already and fire without being
 * judged, and counted, again.
 */
void due_plan(const struct schedule *s, int64_t watermark, int64_t settled,
	      int64_t now, struct due *out);

/*
 * How late the oldest tick is that should have been dealt with, ms: 0 unless
 * one is older than the schedule's grace, and than the time that a scheduler
 * may take to try again after an error.
 */
int64_t due_behind(const struct schedule *s, int64_t watermark, int64_t now);

#endif
