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
#include "cli/opt.h"
#include "cli/since.h"
#include "queue/walk.h"

/* As the options of a table fill it. */
struct filter {
	char exit[16], signal[16]; /* "exit:1", "signal:9" or "" */
	const char *error, *name, *worker;
	int64_t since_ms, before_ms;
	bool has_since, has_before, has_other; /* which were given */
};

enum {
	FILTER_KEY_EXIT = 400,
	FILTER_KEY_SIGNAL,
	FILTER_KEY_ERROR,
	FILTER_KEY_SINCE,
	FILTER_KEY_BEFORE,
	FILTER_KEY_WORKER
};

/* Rows of a command's table, for its struct filter `f`. `since_help` is that
 * of --since, which may have a second meaning. */
/* clang-format off */
#define FILTER_OPTIONS(f, since_help) \
	{FILTER_KEY_EXIT, "exit", "CODE", "whose last attempt exited so", \
	 OPT_CALL, .at = (f).exit, .fn = filter_exit, .given = &(f).has_other}, \
	{FILTER_KEY_SIGNAL, "signal", "SIGNAL", \
	 "whose last attempt a signal ended", \
	 OPT_CALL, .at = (f).signal, .fn = filter_signal, \
	 .given = &(f).has_other}, \
	{FILTER_KEY_ERROR, "error", "TEXT", "whose reason contains it", \
	 OPT_TEXT, .at = &(f).error, .given = &(f).has_other}, \
	{'N', "name", "NAME", "that have this name", \
	 OPT_TEXT, .at = &(f).name, .given = &(f).has_other}, \
	{FILTER_KEY_WORKER, "worker", "NAME", "that this worker ran last", \
	 OPT_TEXT, .at = &(f).worker, .given = &(f).has_other}, \
	{FILTER_KEY_SINCE, "since", "TIME", since_help, \
	 OPT_CALL, .at = &(f).since_ms, .fn = since_parse, \
	 .given = &(f).has_since}, \
	{FILTER_KEY_BEFORE, "before", "TIME", "that ended earlier", \
	 OPT_CALL, .at = &(f).before_ms, .fn = since_parse, \
	 .given = &(f).has_before}
/* clang-format on */

/* OPT_CALL: an exit status, 0 to 255; a signal by number or name (9, KILL,
 * SIGKILL). STATUS_USAGE. */
int filter_exit(struct strv value, void *at, struct err *e);
int filter_signal(struct strv value, void *at, struct err *e);

/* Whether any was given. */
bool filter_any(const struct filter *f);

/* Check what options cannot say of each other, and fill `out`, which borrows
 * from `f`. STATUS_USAGE. */
int filter_make(const struct filter *f, struct walk_filter *out,
		struct err *e) must_check;

/* Times are those of jobs that ended: in other states (`state`, or NULL where
 * none is listed) they narrow nothing. STATUS_USAGE. */
int filter_check_state(const struct filter *f, const char *state,
		       struct err *e) must_check;

#endif
