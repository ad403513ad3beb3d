/* SPDX-License-Identifier: ISC */
/*
 * Schedule files as a person wrote them: read, and what is wrong with them
 * said as "FILE:LINE:COLUMN: what: why (hint)".
 */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include <stdbool.h>

#include "base/err.h"
#include "cli/opt.h"
#include "queue/schedule.h"

struct report {
	const char *zone; /* borrowed; of schedules that name none, or NULL */
	bool json;	  /* an object a line */
	bool trusted;	  /* the files are about to be applied, so that others
			     may not write them */
	bool answer;	  /* to stdout, for it was asked for; else stderr */
	bool failed;	  /* stdout could not be written, because of `why` */
	struct err why;
	const char *path; /* borrowed; set by report_load() */
};

/* Tell of one thing; `arg` is a report whose path was set. */
void report_tell(void *arg, const struct schedule_report *r);

/* schedule_load(), telling of every error and warning. Blocks. */
int report_load(struct report *r, struct schedule_file *f, const char *path,
		struct err *e) must_check;

/* All of them, zeroed before and released by the caller; errors of all files
 * are told. -1: one could not be loaded; with the status of the first of these.
 */
int report_load_all(struct report *r, const struct opt_command *command,
		    struct schedule_file *f, char *const *path, size_t n,
		    struct err *e) must_check;

#endif
