/* SPDX-License-Identifier: ISC */
/*
 * Words to whoever started us: sd_notify(3) without its library, and the
 * newline on --ready-fd. Nothing here fails or blocks; a supervisor that does
 * not listen misses it.
 */
#ifndef SYS_NOTIFY_H
#define SYS_NOTIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attr.h"
#include "base/buf.h"

struct notify {
	int fd;		     /* datagram socket or link, or -1 */
	char *path;	     /* owned; the socket's, "@" first = abstract;
				NULL = fd is a link, and borrowed */
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
/*
 * The same for a process that is not the one the service manager knows: it
 * speaks through that one, which is at the other end of `link` (a connected
 * socket that keeps messages apart, borrowed) and has the number `main_pid`.
 */
void notify_init_link(struct notify *n, int link, const char *watchdog_usec,
		      const char *watchdog_pid, pid_t main_pid, int ready_fd);

void notify_release(struct notify *n);

/* Pass on what the other end of the link said, `len` bytes. */
void notify_relay(struct notify *n, const char *text, size_t len);

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
