/* SPDX-License-Identifier: ISC */
/*
 * Bytes cut into lines, and the last bytes of many: what is needed to pass a
 * handler's output on and to keep the end of it. Pure.
 */
#ifndef WORK_LINES_H
#define WORK_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/strv.h"

/* Called with each line, without its newline. */
typedef void lines_fn(void *arg, struct strv line);

struct lines {
	struct buf partial; /* a line that has not ended */
	size_t max;	    /* longer lines come in pieces of this size */
};

void lines_init(struct lines *l, size_t max);
void lines_release(struct lines *l);
void lines_feed(struct lines *l, struct strv bytes, lines_fn *fn, void *arg);
/* No more is coming: a last line without newline is a line as well. */
void lines_end(struct lines *l, lines_fn *fn, void *arg);

/* The last `max` bytes. */
struct lines_tail {
	struct buf b; /* up to twice `max`, so that moving is rare */
	size_t max;   /* 0 = keep nothing */
};

void lines_tail_init(struct lines_tail *t, size_t max);
void lines_tail_release(struct lines_tail *t);
void lines_tail_clear(struct lines_tail *t);
void lines_tail_add(struct lines_tail *t, struct strv bytes);
/* View of the last `most` bytes (or fewer); valid until the next call. */
struct strv lines_tail_view(const struct lines_tail *t, size_t most);

/* The last line of `text` that is not blank, trimmed. */
struct strv lines_last(struct strv text);

#endif
