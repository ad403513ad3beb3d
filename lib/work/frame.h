/* SPDX-License-Identifier: ISC */
/*
 * How jobs stand one behind the other on a handler's standard input. Pure.
 */
#ifndef WORK_FRAME_H
#define WORK_FRAME_H

#include "base/buf.h"
#include "base/err.h"
#include "base/strv.h"

enum frame {
	FRAME_LINE,	 /* ended by a newline */
	FRAME_NUL,	 /* ended by a NUL byte */
	FRAME_NETSTRING, /* LENGTH:bytes, */
};

/* "line", "nul" or "netstring"; -1 with STATUS_USAGE. */
int frame_parse(struct strv name, enum frame *out, struct err *e) must_check;

/*
 * Append a payload as one record; `job` (NULL = none) and a tab go before it.
 * A payload's own final newline ends its line. -1 with STATUS_DATA, and nothing
 * appended, when the payload holds what ends a record.
 */
int frame_add(enum frame f, const char *job, struct strv payload,
	      struct buf *out, struct err *e) must_check;

#endif
