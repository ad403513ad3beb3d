/* SPDX-License-Identifier: ISC */
/*
 * The environment, read in one place. Only the variables the manual lists are
 * ever looked at.
 */
#ifndef CLI_ENV_H
#define CLI_ENV_H

/* getenv(), for the commands. Empty values read as unset. */
const char *env_get(const char *name);

#endif
