/* SPDX-License-Identifier: ISC */
/*
 * The answer in a file instead of on stdout, all of it or none: written beside
 * the file under a name of its own and then renamed, so that whoever reads
 * the file meanwhile finds the old one or the new one.
 */
#ifndef CLI_OUTPUT_FILE_H
#define CLI_OUTPUT_FILE_H

#include <stdbool.h>

#include "base/err.h"
#include "cli/opt.h"

/*
 * Make a file beside `path` (borrowed) and let stdout be that. What is no
 * regular file, as /dev/null or a pipe, is written to itself. -1 with
 * STATUS_CANTCREATE.
 */
int output_file_begin(const char *path, struct err *e) must_check;

/*
 * The end of a program: close stdout and put the new file, if one was begun,
 * in its place, unless it is not to be kept or was not written in full.
 * Returns `status`, or that of what went wrong, which is said.
 */
int output_file_finish(const struct opt_command *cmd, int status, bool keep);

#endif
