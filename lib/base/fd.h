/* SPDX-License-Identifier: ISC */
/*
 * File descriptors: whole reads and writes, and sane standard streams.
 */
#ifndef BASE_FD_H
#define BASE_FD_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * Fill descriptors 0, 1 and 2 where they are closed, so that no socket of ours
 * becomes one of them. What is put there refuses use: reading a closed stdin
 * and writing a closed stdout still fail, and are still noticed.
 */
void fd_fill_standard(void);

/* Write all `n` bytes, going on after EINTR and short writes. Blocks. Returns
 * 0, or -1 with errno. */
int fd_write_all(int fd, const void *p, size_t n) must_check;

/*
 * Append all of `fd` up to its end to `b`. Blocks. Stops with STATUS_DATA as
 * soon as more than `limit` bytes have come; a read error is STATUS_NOINPUT
 * for a descriptor that cannot be read at all (closed, a directory), else
 * STATUS_IO. `name` names the stream in the message.
 */
int fd_read_all(int fd, const char *name, size_t limit, struct buf *b,
		struct err *e) must_check;

/* Set close-on-exec and O_NONBLOCK. */
void fd_nonblock(int fd);
void fd_cloexec(int fd);

/*
 * Give a descriptor that stays ours a high number, if there is one. Children
 * are started the sooner the lower the numbers are of what they are given
 * (child_spawn()).
 */
void fd_move_up(int *fd);

/* Close `*fd` unless it is -1, and set it to -1. */
void fd_close(int *fd);

#endif
