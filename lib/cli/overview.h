/* SPDX-License-Identifier: ISC */
/*
 * jq-ctl config: what the options of all commands are set to, and by whom, as
 * each of them says with --show-config.
 */
#ifndef CLI_OVERVIEW_H
#define CLI_OVERVIEW_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "cli/opt.h"

/*
 * Ask the commands of those names, or all when `n` is 0, found beside this one
 * or else in PATH, and append a table to `out`; with --json one document. They
 * get our --config. Returns the exit status: that of the first which failed,
 * and has said so on stderr, or 0; -1 when one cannot be run, and with
 * STATUS_USAGE for a name that is none of theirs.
 */
int overview_run(const struct opt_command *cmd, char *const *names, size_t n,
		 struct buf *out, struct err *e) must_check;

#endif
