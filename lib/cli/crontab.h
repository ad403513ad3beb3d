/* SPDX-License-Identifier: ISC */
/* Crontabs on their way to schedule files: the verb `import` of jq-cron. */
#ifndef CLI_CRONTAB_H
#define CLI_CRONTAB_H

#include <stdbool.h>

#include "base/err.h"

/* All texts are borrowed. */
struct crontab {
	const char *path;  /* "-" = stdin */
	bool system;	   /* lines have a user; so they have in /etc */
	const char *queue; /* NULL = "cron" */
	const char *zone;  /* NULL = that of this host */
	bool json;	   /* what is said, an object a line */
};

/* Write the schedule file to stdout, and what it lacks to stderr. Blocks. -1
 * with STATUS_NO when a schedule was left out, STATUS_NOINPUT, STATUS_DATA,
 * STATUS_USAGE, STATUS_IO. */
int crontab_import(const struct crontab *c, struct err *e) must_check;

#endif
