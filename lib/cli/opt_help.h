/* SPDX-License-Identifier: ISC */
/*
 * What the option tables look like to people: the options all commands share,
 * --help, suggestions. Part of opt, apart from it for size. Pure.
 */
#ifndef CLI_OPT_HELP_H
#define CLI_OPT_HELP_H

#include <stddef.h>

#include "base/buf.h"
#include "base/strv.h"
#include "cli/opt.h"

/* The common options, their values going to `c`; ended by a name of NULL. The
 * table is valid until the next call. */
const struct opt *opt_help_common_table(struct opt_common *c);

/* Append --help: usage lines, summary, the command's options, then the common
 * ones without those that the command has redefined. */
void opt_help_write(const struct opt_command *cmd, struct buf *out);

/* Append "NAME (jobq) VERSION". */
void opt_help_version(const struct opt_command *cmd, struct buf *out);

/* Append the usage lines: only the first form, or all of them. */
void opt_help_usage(const struct opt_command *cmd, bool all, struct buf *out);

/* The entry of that long name, or NULL. */
const struct opt *opt_help_find(const struct opt *table, struct strv name);

/* The word that `typed` was likely meant for: one it abbreviates, else the
 * nearest by edits; NULL when none is near. */
const char *opt_help_nearest_word(struct strv typed, const char *const *words,
				  size_t n);

/* The same among the options of a table and, unless NULL, another. */
const char *opt_help_nearest(struct strv typed, const struct opt *table,
			     const struct opt *more);

#endif
