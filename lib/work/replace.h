/* SPDX-License-Identifier: ISC */
/*
 * -I STR: the payload takes the place of STR in the arguments of COMMAND. Only
 * ever as (part of) one argument, never as an option. Pure.
 */
#ifndef WORK_REPLACE_H
#define WORK_REPLACE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/strv.h"

/* What execve() takes as one argument on Linux, with its NUL. */
#define REPLACE_ARG_MAX	    (128UL * 1024)
#define REPLACE_PAYLOAD_MAX REPLACE_ARG_MAX

struct replace {
	const char *str;	 /* borrowed; not empty */
	const char *const *argv; /* borrowed; COMMAND and ARGs, NULL at the end
				  */
	size_t n;
	const char **v; /* owned array: the last result */
	size_t *at;	/* owned array */
	struct buf text;
};

void replace_init(struct replace *r, const char *str, const char *const *argv);
void replace_release(struct replace *r);

/*
 * The arguments for one payload, its final newline removed; valid until the
 * next call. NULL with STATUS_DATA and the reason why this payload cannot be
 * an argument: a NUL byte, too long, or a leading '-' that COMMAND would take
 * for an option.
 */
const char *const *replace_build(struct replace *r, struct strv payload,
				 struct err *e) must_check;

#endif
