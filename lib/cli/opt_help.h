/* SPDX-License-Identifier: ISC */
/*
 * What is said about options: --help, usage lines, suggestions, and the table
 * of the options all commands share.
 */
#ifndef CLI_OPT_HELP_H
#define CLI_OPT_HELP_H

#include "base/buf.h"
#include "cli/opt.h"

/* The common options, their values going to `c`; ended by a name of NULL.
 * Valid until the next call. */
const struct opt *opt_help_common_table(struct opt_common *c);

/* Print to stdout and exit: 0, or 74 when it cannot be written. */
no_return void opt_help_print(const struct opt_command *cmd);
no_return void opt_help_version(const struct opt_command *cmd);

/* Append the usage lines. */
void opt_help_usage(const struct opt_command *cmd, struct buf *out);

/* The name among `table` that was likely meant, or NULL. */
const char *opt_help_nearest(struct strv name, const struct opt *table,
			     size_t n);

/* The same among `n` words. */
const char *opt_help_nearest_word(struct strv name, const char *const *words,
				  size_t n);

#endif
