/* SPDX-License-Identifier: ISC */
/*
 * Options that narrow a list of jobs, the same in every command that has them.
 */
#ifndef CLI_FILTER_H
#define CLI_FILTER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strv.h"
#include "queue/select.h"

/* As the options of a table fill it. */
struct filter {
	char exit[16], signal[16]; /* OPT_CALL: "exit:1", "signal:9" or "" */
	const char *error, *name, *worker;
	int64_t since_ms, before_ms;
};

/* OPT_CALL: an exit status, 0 to 255; a signal by number or name (9, KILL,
 * SIGKILL). STATUS_USAGE. */
int filter_exit(struct strv value, void *at, struct err *e);
int filter_signal(struct strv value, void *at, struct err *e);

/* Whether any was given. */
bool filter_any(const struct filter *f);

/* Check what options cannot say of each other, and fill `out`, which borrows
 * from `f`. STATUS_USAGE. */
int filter_make(const struct filter *f, struct select_filter *out,
		struct err *e) must_check;

#endif
