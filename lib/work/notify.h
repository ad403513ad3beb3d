/* SPDX-License-Identifier: ISC */
/*
 * Words to whoever started us: sd_notify(3) without its library, and the
 * newline on --ready-fd. Nothing here fails or blocks; a supervisor that does
 * not listen misses it.
 */
#ifndef WORK_NOTIFY_H
#define WORK_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"

struct notify {
	int fd;		     /* datagram socket, or -1 */
	char *path;	     /* owned; the socket's, "@" first = abstract */
	int ready_fd;	     /* -1 = none, or told */
	bool ready;	     /* told */
	int64_t watchdog_ms; /* tell this often that we live; 0 = never */
	struct buf status;   /* told last */
};

/* Values of NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, or NULL; ready_fd
 * -1 = none. */
void notify_init(struct notify *n, const char *socket,
		 const char *watchdog_usec, const char *watchdog_pid,
		 int ready_fd);
void notify_release(struct notify *n);

void notify_ready(struct notify *n); /* the first time only */
/* A line for `systemctl status`; sent when it changed. */
void notify_status(struct notify *n, const char *fmt, ...) printf_like(2, 3);
void notify_alive(struct notify *n);
void notify_reloading(struct notify *n); /* then notify_reloaded() */
void notify_reloaded(struct notify *n);
void notify_stopping(struct notify *n);
/* We need up to `ms` more than was allowed. */
void notify_extend(struct notify *n, int64_t ms);

#endif
