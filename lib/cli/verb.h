/* SPDX-License-Identifier: ISC */
/*
 * A command of several verbs: its first operand says what to do, each verb
 * takes some of the command's options and has a help of its own.
 */
#ifndef CLI_VERB_H
#define CLI_VERB_H

#include <stddef.h>

#include "base/err.h"
#include "cli/opt.h"

struct verb {
	const char *name;     /* NULL: what is done when the first operand is
				 no verb, with all operands */
	const char *synopsis; /* after the command's name, with the verb */
	const char *summary;
	const char *options; /* long names of those it takes, each with a
				blank after it */
	const char *operand; /* what it works on, for messages; NULL = nothing,
				and then there must be none; with a '?'
				at its end there may be none */
	const char *notes;   /* more for its help; or NULL */
	int (*run)(void *with, struct err *e);
};

/*
 * Parse argv with opt_parse(): the synopsis, the summary and the table of
 * `cmd` are filled in for the verb at hand. Returns the verb, and the index of
 * its first operand; a missing or unknown one, operands that are missing or
 * too many end with the usage lines.
 */
const struct verb *verb_parse(struct opt_command *cmd, const struct verb *verbs,
			      size_t n, int argc, char **argv, int *first);

#endif
