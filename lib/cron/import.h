/* SPDX-License-Identifier: ISC */
/*
 * A crontab, as cron(8) reads it, turned into a schedule file that does the
 * same: each command becomes the payload of jobs that `jq-work QUEUE sh`
 * runs. What cannot be carried over is said, and stands as a comment where it
 * was. Pure but for the zone database.
 */
#ifndef CRON_IMPORT_H
#define CRON_IMPORT_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/strv.h"
#include "queue/schedule.h"

/* Largest crontab, in bytes. */
#define IMPORT_MAX (256 << 10)

struct import_options {
	const char *queue;    /* for the jobs; with `system` QUEUE-USER */
	const char *zone_dir; /* NULL: that of the system */
	const char *zone;     /* the one cron works in */
	bool system;	      /* lines have a user, as in /etc/crontab */
	/* Told of what is left out (an error) or only told of (a warning). */
	void (*report)(void *arg, const struct schedule_report *r);
	void *arg;
};

/* Whether cron reads the file `path` as a system's: it is /etc/crontab or lies
 * in /etc/cron.d. */
bool import_is_system(const char *path);

/*
 * Append the schedule file to `out`; it passes `jq-cron check`. STATUS_NO when
 * a schedule was left out, STATUS_DATA when the crontab is too large,
 * STATUS_USAGE when `zone` or `queue` is not one.
 */
int import_crontab(struct strv text, const struct import_options *o,
		   struct buf *out, struct err *e) must_check;

#endif
