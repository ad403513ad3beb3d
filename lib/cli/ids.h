/* SPDX-License-Identifier: ISC */
/*
 * Job names as commands take them: QUEUE/ID as operands or, for the operand
 * "-", one per line of stdin; bare ids with --queue. They come in the order
 * given, gathered into runs of one queue, because a call of a script serves
 * one queue and up to a thousand jobs.
 */
#ifndef CLI_IDS_H
#define CLI_IDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/strv.h"

#define IDS_MOST 1000 /* ids in one run */

/* Where ids come from and who takes them. */
struct ids {
	char *const *operands; /* borrowed */
	size_t n;
	const char *queue; /* of bare ids; borrowed; NULL = none was given */
	char separator;	   /* between the names on stdin: '\n' or NUL */
	/* A run of ids of one queue; -1 stops and is returned. */
	int (*run)(void *arg, const char *queue, const struct strv *v, size_t n,
		   struct err *e);
	/* A line of stdin that names no job; `why` says so with its number.
	 * The lines after it are still read. */
	void (*bad)(void *arg, const struct err *why);
	void *arg;
};

/*
 * Read all names and hand them on. Operands are checked before anything is
 * handed on: -1 with STATUS_USAGE. An operand "-" stands for all of stdin;
 * empty lines are skipped. Blocks while it reads stdin; STATUS_IO or
 * STATUS_NOINPUT when that fails.
 */
int ids_each(const struct ids *ids, struct err *e) must_check;

#endif
