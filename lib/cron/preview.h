/* SPDX-License-Identifier: ISC */
/*
 * When a schedule is due next, for people and for programs. Pure.
 */
#ifndef CRON_PREVIEW_H
#define CRON_PREVIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "queue/schedule.h"

struct preview {
	const struct schedule *schedule; /* borrowed; name NULL = none */
	int64_t after; /* later than this, Unix seconds; distances count from
			  here too */
	int64_t most;  /* lines */
	bool json;     /* one object a line */
};

/*
 * A schedule of an expression alone ("CRON_TZ=ZONE" may stand before it), in
 * zone `tz` (NULL: UTC). `name` is what H hashes, or NULL. STATUS_DATA. `f` is
 * released by the caller.
 */
int preview_parse(struct schedule_file *f, const char *text, const char *tz,
		  const char *name, struct err *e) must_check;

/* Append a line for each of the next ticks; how many there were. */
int64_t preview_write(const struct preview *p, struct buf *out);

/* Append kind and zone, "fixed-time, Europe/Berlin". */
void preview_about(const struct schedule *s, struct buf *out);

/* What `s` means otherwise than under Vixie cron, or NULL. */
const char *preview_warning(const struct schedule *s);

#endif
