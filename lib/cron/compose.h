/* SPDX-License-Identifier: ISC */
/*
 * A schedule from what stands on a command line, where it has no file: the
 * same words as on a line of one. Pure but for the zone database.
 */
#ifndef CRON_COMPOSE_H
#define CRON_COMPOSE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strv.h"
#include "queue/schedule.h"

/* All borrowed. */
struct compose {
	struct strv queue, name;
	const char *expression; /* "CRON_TZ=ZONE" may stand before it */
	char *const *option;	/* "key=value" */
	size_t n;
	const char *tz; /* unless the expression or an option says; NULL: UTC */
	struct strv payload;
	int64_t now; /* Unix seconds */
	/* Told of what is odd, but no error. */
	void (*warn)(void *arg, const char *text);
	void *arg;
};

/* Make it the one schedule of `f`, whose source is no file's. STATUS_DATA. `f`
 * is released by the caller in any case. */
int compose_schedule(struct schedule_file *f, const struct compose *c,
		     struct err *e) must_check;

#endif
