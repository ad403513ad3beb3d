/* SPDX-License-Identifier: ISC */
/*
 * Zone data that change while the daemon runs: the zones of its tables are
 * loaded anew, and what comes next is reckoned from now on.
 */
#ifndef CRON_ZONEWATCH_H
#define CRON_ZONEWATCH_H

#include <stddef.h>
#include <stdint.h>

#include "cron/event.h"
#include "cron/table.h"

struct zonewatch {
	char *release;	 /* owned; of the data in use, see zone_release() */
	int64_t told_at; /* last complaint, ms since boot */
};

void zonewatch_init(struct zonewatch *w);
void zonewatch_release(struct zonewatch *w);

/*
 * Look at the files of all zones in use. `now` is the server's clock, ms. What
 * changed is told of as "zone", with the schedules whose next tick moved; what
 * can no longer be loaded stays as it is, and is complained of.
 */
void zonewatch_look(struct zonewatch *w, struct table *const *t, size_t n,
		    int64_t now, const struct event_sink *to);

#endif
