/* SPDX-License-Identifier: ISC */
/*
 * The value of one option from its text, by its kind and range. The same for
 * command line, environment and configuration files. Reads the clock for
 * OPT_TIME only.
 */
#ifndef CLI_OPT_VALUE_H
#define CLI_OPT_VALUE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/strv.h"
#include "cli/opt.h"

/*
 * Store `text` where `o` says; it has to live as long as the value. NULL is a
 * flag or a count that came as an option: set, or one more. As a line of a
 * file these are true, false, yes, no, and 0 to 9. -1 with STATUS_USAGE, or
 * what the entry's own parser says.
 */
int opt_value_store(const struct opt *o, const char *text,
		    struct err *e) must_check;

/* Append what the place of `o` holds, so that opt_value_store() would read it;
 * nothing for what was never set. Not for OPT_CALL. */
void opt_value_write(const struct opt *o, struct buf *out);

/* Parsers for OPT_CALL. `at` is a const char **, which will point at the
 * text, or at the word. */
int opt_value_name(struct strv v, void *at, struct err *e) must_check;
int opt_value_color(struct strv v, void *at, struct err *e) must_check;

#endif
