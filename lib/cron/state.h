/* SPDX-License-Identifier: ISC */
/*
 * What the server keeps of a schedule besides its definition: the state line
 * of share/lua/part/cron.lua. Pure.
 */
#ifndef CRON_STATE_H
#define CRON_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/strv.h"

/* The source of schedules that no file lists. */
#define STATE_NO_SOURCE "-"

struct state {
	int64_t rev;   /* of the definition */
	bool paused;   /* by hand or by paused=yes */
	bool create;   /* the job of its creation is due */
	bool finished; /* no tick comes any more */
	struct strv
		source; /* view into the line; STATE_NO_SOURCE = no file's */
	int64_t created, edited; /* ms since the epoch */
	int64_t watermark;	 /* last tick dealt with, Unix seconds */
	int64_t fired;		 /* ticks that became jobs */
	/* ticks that did not: too late, while another was live, while paused,
	 * because a job of the id was there */
	int64_t missed, blocked, while_paused, known;
	int64_t enqueued; /* the last job, ms since the epoch; 0 = none yet */
};

/* False for a line that was changed by hand. */
bool state_parse(struct strv line, struct state *out);

#endif
