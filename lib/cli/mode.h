/* SPDX-License-Identifier: ISC */
/*
 * Options that choose what a command does, one at a time, and those that only
 * go with some of them: one table each instead of a line for each pair.
 */
#ifndef CLI_MODE_H
#define CLI_MODE_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/opt.h"

/* What can be asked for. */
struct mode {
	const char *option; /* as in messages: "-s", "--workers"; "" for what
			       is done when no other one was given */
	const bool *given;  /* NULL for that one, which comes last */
	const char *takes;  /* letters of the extras that go with it */
};

/* What can be said besides. */
struct mode_extra {
	char letter;	    /* in `takes` */
	const char *option; /* as in messages */
	const bool *given;
	const char *against; /* letters of extras that it excludes */
	const char *is_for;  /* "lists of jobs (-s)": said to who gives it
				without; NULL: it goes without */
};

/*
 * The mode that was asked for, its place in `modes`. Two of them, or an extra
 * that does not go with it, end the program as a bad invocation does. Both
 * tables end with an entry without option.
 */
size_t mode_choose(const struct opt_command *cmd, const struct mode *modes,
		   const struct mode_extra *extras);

#endif
