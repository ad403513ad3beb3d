/* SPDX-License-Identifier: ISC */
/*
 * The verb `next` of jq-cron: when an expression, the schedules of a file or
 * one in the server are due. Only the last asks the server.
 */
#ifndef CLI_FORECAST_H
#define CLI_FORECAST_H

#include <stdint.h>

#include "base/err.h"
#include "cli/opt.h"
#include "cli/schedules.h"

/* All is borrowed. One of `expression` and `file` is given, or `name` alone. */
struct forecast {
	const struct opt_command *command; /* parsed */
	struct schedules *with;		   /* for one in the server */
	const char *expression;		   /* or NULL, as the next */
	const char *file;
	const char *name; /* what H hashes; of a file or in the server, the
			     one to show */
	const char *tz;	  /* of what names no zone; NULL = UTC */
	int64_t after;	  /* ms since the epoch; or: */
#define FORECAST_NOW INT64_MIN
	int64_t most; /* lines a schedule */
};

/* Write the lines to stdout, what else there is to know to stderr. A schedule
 * that is not due any more is told of and becomes the status that is returned;
 * -1 with STATUS_DATA, STATUS_NO, those of schedule_load() and the server's. */
int forecast_show(const struct forecast *f, struct err *e) must_check;

#endif
