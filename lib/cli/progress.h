/* SPDX-License-Identifier: ISC */
/*
 * How far a long command has come, as one line on a terminal:
 *
 *   putting back  [########            ]  40 %  400000/1000000  12 s left
 *
 * Shown on stderr once the work takes longer than a second, redrawn ten times
 * a second at most, and gone at the end. Never with -q, where stderr is no
 * terminal or a dumb one, or where the answer scrolls by on it.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/opt.h"

struct progress {
	const char *what; /* "putting back"; borrowed */
	uint64_t total;	  /* 0 = not known; the bar is left out */
	uint64_t done;
	/* the rest is progress.c's */
	bool able;		    /* there is somebody to look at it */
	bool shown;		    /* the line is there */
	int64_t begun_ms, drawn_ms; /* clock_boot_ms() */
};

/* Begin. With `prints` the command writes its answer to stdout as it goes,
 * and when that is a terminal too it says enough. */
void progress_init(struct progress *p, const struct opt_common *common,
		   const char *what, uint64_t total, bool prints);

/* So much has been done in all; draws when it is time to. */
void progress_at(struct progress *p, uint64_t done);

/* Take the line away, so that something else can be written; before the end
 * of the command, too. progress_at() brings it back. */
void progress_hide(struct progress *p);

/* The line as it is drawn `elapsed_ms` after the begin, `width` columns at
 * most. Returns its length. Pure. */
size_t progress_format(const struct progress *p, int64_t elapsed_ms,
		       size_t width, char *to, size_t size);

#endif
