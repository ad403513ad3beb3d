/* SPDX-License-Identifier: ISC */
/*
 * What the parts of the private server share: server.c (its places, and who
 * starts it), server_start.c (starting it), server_ask.c (talking to it).
 */
#ifndef SYS_SERVER_IMPL_H
#define SYS_SERVER_IMPL_H

#include "base/buf.h"
#include "base/err.h"
#include "sys/server.h"

/* Descriptor by which the server holds its lock: the control descriptor of
 * child.h. */
#define SERVER_LOCK_FD 3

/* Whether something accepts on the Unix socket: 1 yes, 0 nobody does, -1 with
 * STATUS_RIGHTS when we may not ask. Does not block. */
int server_probe(const char *socket, struct err *e) must_check;

/* Whether `dir` is a directory of ours alone: 1 yes, 0 there is none, -1 with
 * STATUS_RIGHTS no. */
int server_check_dir(const char *dir, struct err *e) must_check;

/* Start the program, which inherits the locked `lock`, and wait until it
 * answers commands. */
int server_start(const struct server *s, int lock, struct err *e) must_check;

/*
 * Send one command and wait for its answer. `gone` is a descriptor that
 * becomes readable when the server has ended (-1 = none); that, and the loss
 * of the connection with `bye`, end the wait: the return is then 0 without an
 * answer. A string that comes goes to `out`, which may be NULL.
 */
struct server_question {
	const char *socket;
	const char *word[2]; /* the command; the second may be NULL */
	int gone;
	bool bye;
	int64_t patience; /* ms, while it is loading its data */
};
int server_ask(const struct server_question *q, struct buf *out,
	       struct err *e) must_check;

/* The path of the socket on which it runs, ours or the one its lock names:
 * 1 = found, 0 = it does not run. */
int server_locate(const struct server *s, struct buf *socket,
		  struct err *e) must_check;

#endif
