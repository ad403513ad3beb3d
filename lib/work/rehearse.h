/* SPDX-License-Identifier: ISC */
/*
 * A job's handler, run once here and now for a person at a terminal: with the
 * stdin, the environment and the descriptors that jq-work would give it if the
 * job were put back, and our stdout and stderr. The queue knows nothing of it.
 */
#ifndef WORK_REHEARSE_H
#define WORK_REHEARSE_H

#include <stdint.h>

#include "base/err.h"
#include "queue/stats.h"
#include "sys/child.h"

struct rehearsal {
	const char *queue;		/* all borrowed */
	const struct stats_detail *job; /* with its payload */
	const char *path;		/* of the handler */
	const char *const *argv;
	const char *const *environ; /* ours */
	const char *const *extra;   /* of connect_pass_on() */
	int64_t run_ms;		    /* answer: how long it took */
};

/* Run it to its end; words it writes to descriptor 3 appear on stderr. In the
 * meantime the terminal's ^C and ^\ are its, not ours. -1 as child_spawn(). */
int rehearse_run(struct rehearsal *r, struct child_end *end,
		 struct err *e) must_check;

#endif
