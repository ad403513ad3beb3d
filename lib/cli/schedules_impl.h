/* SPDX-License-Identifier: ISC */
/* What the files of schedules.h share. */
#ifndef CLI_SCHEDULES_IMPL_H
#define CLI_SCHEDULES_IMPL_H

#include "base/buf.h"
#include "cli/schedules.h"
#include "cli/show.h"
#include "cron/find.h"

/* Connect, unless it was done. */
int schedules_open(struct schedules *s, struct err *e) must_check;

/* Go on after a failure that concerns one schedule alone. */
void schedules_complain(struct schedules *s, const struct err *e);

const char *schedules_space(const struct schedules *s);

/* What was changed, a line each, before it is written. */
struct schedules_change {
	bool json;
	struct buf out;
};
void schedules_changed(void *change, const char *word, const char *queue,
		       const char *name);

/* apply_files(), and the changes to stdout; the status, or -1. */
int schedules_apply(struct schedules *s, const struct schedule_file *f,
		    size_t n, bool keep, struct err *e) must_check;

/* For show_begin(): the kind, and the options of a listing. */
void schedules_show_begin(const struct schedules *s,
			  const struct show_kind *kind, struct show *show);

/* Call `fn` for the schedule of each operand; the status, or -1. `fn` fails
 * with STATUS_NO when the others are to have their turn. */
int schedules_each(struct schedules *s,
		   int (*fn)(struct schedules *s, struct find *f, void *arg,
			     struct err *e),
		   void *arg, struct err *e) must_check;

/* Find it once more: it has changed. */
int schedules_look_again(const struct schedules *s, struct find *f,
			 struct err *e) must_check;

#endif
