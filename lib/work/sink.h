/* SPDX-License-Identifier: ISC */
/*
 * Our own stdout or stderr, which others share and may be slow to read:
 * written without ever blocking and without touching the flags of the shared
 * description.
 */
#ifndef WORK_SINK_H
#define WORK_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "sys/loop.h"

/* What may wait before those who write should stop. */
#define SINK_FULL (256UL * 1024)

enum sink_way {
	SINK_PLAIN,   /* a file: never blocks for long */
	SINK_OWN,     /* opened anew, so that O_NONBLOCK is ours alone */
	SINK_SOCKET,  /* MSG_DONTWAIT */
	SINK_CAREFUL, /* asked before each small write */
};

struct sink {
	struct loop *loop; /* borrowed */
	int fd;
	enum sink_way way;
	struct buf queue;	  /* bytes not written yet, from `sent` on */
	size_t sent;		  /* of queue */
	struct loop_watch *watch; /* while blocked */
	bool was_full;		  /* since `room` was called last */
	loop_fn *room; /* called when it was full and is no more, from
		  within a flush; may be NULL */
	void *arg;
	int error;	  /* errno of the write that ended it, or 0 */
	uint64_t dropped; /* bytes that came after that */
};

void sink_init(struct sink *s, struct loop *l, int fd, loop_fn *room,
	       void *arg);
void sink_release(struct sink *s); /* what waits is lost */

/* Queue bytes; they are copied. sink_flush() writes what can be written. */
void sink_add(struct sink *s, const void *p, size_t n);
void sink_flush(struct sink *s);

/* Add and flush, without copying what can be written at once. */
void sink_write(struct sink *s, const void *p, size_t n);

bool sink_full(const struct sink *s);
bool sink_empty(const struct sink *s);

#endif
