/* SPDX-License-Identifier: ISC */
/*
 * jq-stat --check and jq-ctl check: a line on stdout for each violation, or
 * for each thing that was mended and then for each violation that is left.
 */
#ifndef CLI_CHECKUP_H
#define CLI_CHECKUP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "cli/connect.h"
#include "cli/opt.h"

struct checkup {
	const struct opt_command *command; /* for messages; borrowed */
	struct connect *server;		   /* open; borrowed */
	char *const *queues;		   /* named ones, checked; borrowed */
	size_t n_queues; /* 0 = all there are, also unannounced ones */
	bool repair;	 /* mend what can be mended */
};

/* Returns the exit status: 0 = in order, 1 = a violation is left; that of a
 * queue that does not exist or cannot be checked; or -1 when nothing more can
 * be learned or written. */
int checkup_run(const struct checkup *u, struct err *e) must_check;

/* The same for jq-stat, with its exit status in `l`. */
struct look;
int checkup_look(struct look *l, struct err *e) must_check;

#endif
