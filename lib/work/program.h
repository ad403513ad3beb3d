/* SPDX-License-Identifier: ISC */
/*
 * What a worker runs for each job, looked up once: one that is missing is told
 * of before any job is taken.
 */
#ifndef WORK_PROGRAM_H
#define WORK_PROGRAM_H

#include "base/err.h"
#include "work/settings.h"

struct program {
	char *found;	     /* owned: COMMAND, as found in PATH */
	const char *line[4]; /* of the shell, with -c */
};

/*
 * Fill path and argv of the settings, unless they name a directory of handlers:
 * with `shell`, a line for /bin/sh, else with `command`, a NULL-terminated
 * array whose first word is looked for in `search`, a PATH. All borrowed; `p`
 * and they have to stay. Errors are those of child_find().
 */
int program_find(struct program *p, struct settings *s, const char *shell,
		 char *const *command, const char *search,
		 struct err *e) must_check;

void program_release(struct program *p); /* zeroed is fine */

#endif
