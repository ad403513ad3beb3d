/* SPDX-License-Identifier: ISC */
/*
 * How jobs stand one behind the other on a handler's standard input. Pure.
 */
#ifndef QUEUE_FRAME_H
#define QUEUE_FRAME_H

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

/* Whether a payload can be one record: -1 with STATUS_DATA when it holds what
 * ends one. A final newline of its own ends its line. */
int frame_check(enum frame f, struct strv payload, struct err *e) must_check;

/*
 * Append a payload as one record; `job` (NULL = none) and a tab go before it.
 * -1 as frame_check(), and nothing is appended.
 */
int frame_add(enum frame f, const char *job, struct strv payload,
	      struct buf *out, struct err *e) must_check;

#endif
