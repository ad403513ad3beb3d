/* SPDX-License-Identifier: ISC */
/*
 * The verbs of jq-cron that ask the server, each the `run` of a verb: `with`
 * is a struct schedules. What concerns one schedule alone (there is none of
 * that name) is said on stderr and becomes the status that is returned; the
 * others still have their turn. -1 when nothing more can be done or written.
 */
#ifndef CLI_SCHEDULES_H
#define CLI_SCHEDULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "cli/connect.h"
#include "cli/opt.h"
#include "queue/schedule.h"

/* All texts are borrowed. */
struct schedules {
	const struct opt_command *command; /* parsed */
	const char *by;			   /* user@host, for the history */
	char *const *operand;		   /* after the verb */
	size_t n;
	const char *queue;  /* of names without one; or NULL */
	const char *tz;	    /* of what names no zone; NULL = UTC */
	const char *fields; /* of a listing; NULL = a table */
	bool no_header;
	bool behind; /* list only those that are */
	bool dry_run;
	bool with_jobs;		  /* of a removal */
	const char *payload;	  /* of what is set; or NULL, as the next */
	const char *payload_file; /* "-" = stdin */
	int64_t limit;		  /* of a listing, the latest; 0 = all */
	int64_t from, to;	  /* of ticks, ms since the epoch; or: */
#define SCHEDULES_NO_TIME INT64_MIN
	/* The rest is schedules.c's. */
	struct connect server;
	bool open;
	int status; /* the first failure, or 0 */
};

/* Bring files into force, or say what would change. */
int schedules_sync(struct schedules *s, const struct schedule_file *f, size_t n,
		   struct err *e) must_check;

int schedules_ls(void *with, struct err *e) must_check;
int schedules_show(void *with, struct err *e) must_check;
int schedules_history(void *with, struct err *e) must_check;

/* Of NAME EXPRESSION [KEY=VALUE ...]. */
int schedules_set(void *with, struct err *e) must_check;

int schedules_rm(void *with, struct err *e) must_check;
int schedules_pause(void *with, struct err *e) must_check;
int schedules_resume(void *with, struct err *e) must_check;

/* Jobs by hand, whose names go to stdout. */
int schedules_run(void *with, struct err *e) must_check;
int schedules_backfill(void *with, struct err *e) must_check;

/* Close what they opened. */
void schedules_release(struct schedules *s);

#endif
