/* SPDX-License-Identifier: ISC */
/*
 * The environment, read in one place. Only the variables the manual lists are
 * ever looked at.
 */
#ifndef CLI_ENV_H
#define CLI_ENV_H

#include <stddef.h>

/* getenv(), for the commands. Empty values read as unset. */
const char *env_get(const char *name);

/*
 * The next entry "NAME=value" whose name begins with JQ_ and means nothing to
 * us or to a handler, likely a misspelling; NULL at the end. `*i` starts at 0.
 */
const char *env_unknown(size_t *i);

#endif
