/* SPDX-License-Identifier: ISC */
/*
 * Configuration files: lines "key = value" with the long names of options as
 * keys, and sections such as [jq-work] for one command.
 */
#ifndef CLI_CONFIG_H
#define CLI_CONFIG_H

#include <stdbool.h>

#include "base/err.h"
#include "base/strv.h"

/* Called for each line that concerns the command: its key and value, and
 * whether it stood in the command's own section (else: valid for all). Returns
 * -1 with the reason; the file and line are put before it. */
typedef int config_fn(void *arg, struct strv key, const char *value,
		      bool own_section, struct err *e);

/*
 * Read `path`. Unknown sections, lines that are neither, NUL bytes and lines
 * over 64 KiB are refused with STATUS_CONFIG and "file:line: ". A byte-order
 * mark and CR LF are fine. Values stay valid until the program ends. A missing
 * file is 0 unless `must_exist`.
 */
int config_read(const char *path, const char *command, bool must_exist,
		config_fn *fn, void *arg, struct err *e) must_check;

#endif
