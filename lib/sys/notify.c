/* SPDX-License-Identifier: ISC */
/* Speaks the service manager's datagram protocol. */
#include "sys/notify.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/num.h"
#include "base/strv.h"

static int64_t watchdog(const char *usec, const char *pid, pid_t us)
{
	int64_t n, who;

	if (num_int(strv_of(usec), 1, INT64_MAX, &n, NULL) < 0)
		return 0;
	/* meant for another process of the service */
	if (pid &&
	    (num_int(strv_of(pid), 1, INT64_MAX, &who, NULL) < 0 || who != us))
		return 0;
	/* twice as often as asked for, as sd_watchdog_enabled(3) advises */
	n /= 2000;
	return n > 0 ? n : 1;
}

static void init(struct notify *n, int ready_fd)
{
	memset(n, 0, sizeof(*n));
	buf_init(&n->status);
	n->ready_fd = ready_fd;
	n->fd = -1;
	if (ready_fd != -1)
		fd_cloexec(ready_fd);
}

void notify_init_link(struct notify *n, int link, const char *watchdog_usec,
		      const char *watchdog_pid, pid_t main_pid, int ready_fd)
{
	init(n, ready_fd);
	n->fd = link;
	n->watchdog_ms = watchdog(watchdog_usec, watchdog_pid, main_pid);
}

void notify_init(struct notify *n, const char *socket_path,
		 const char *watchdog_usec, const char *watchdog_pid,
		 int ready_fd)
{
	init(n, ready_fd);
	if (!socket_path || (*socket_path != '/' && *socket_path != '@') ||
	    strlen(socket_path) >= sizeof(((struct sockaddr_un *)0)->sun_path))
		return;
	n->path = buf_strdup(socket_path);
	n->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	n->watchdog_ms = watchdog(watchdog_usec, watchdog_pid, getpid());
}

void notify_release(struct notify *n)
{
	if (n->path)
		fd_close(&n->fd);
	n->fd = -1;
	free(n->path);
	n->path = NULL;
	buf_release(&n->status);
}

void notify_relay(struct notify *n, const char *text, size_t size)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	socklen_t len;

	if (n->fd == -1)
		return;
	if (!n->path) {
		(void)!send(n->fd, text, size, MSG_NOSIGNAL | MSG_DONTWAIT);
		return;
	}
	memcpy(to.sun_path, n->path, strlen(n->path) + 1);
	len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
			  strlen(n->path));
	if (to.sun_path[0] == '@')
		to.sun_path[0] = '\0';
	else
		len++;
	/* nothing could be done if it failed */
	(void)!sendto(n->fd, text, size, MSG_NOSIGNAL | MSG_DONTWAIT,
		      (struct sockaddr *)&to, len);
}

static void tell(struct notify *n, const char *text)
{
	notify_relay(n, text, strlen(text));
}

void notify_ready(struct notify *n)
{
	if (n->ready)
		return;
	n->ready = true;
	tell(n, "READY=1");
	if (n->ready_fd == -1)
		return;
	(void)!write(n->ready_fd, "\n", 1);
	fd_close(&n->ready_fd);
}

void notify_status(struct notify *n, const char *fmt, ...)
{
	char text[256] = "STATUS=";
	va_list ap;

	if (n->fd == -1)
		return;
	va_start(ap, fmt);
	if (vsnprintf(text + 7, sizeof(text) - 7, fmt, ap) < 0)
		text[7] = '\0';
	va_end(ap);
	if (strcmp(n->status.p, text) == 0)
		return;
	buf_clear(&n->status);
	buf_addstr(&n->status, text);
	tell(n, text);
}

void notify_alive(struct notify *n)
{
	tell(n, "WATCHDOG=1");
}

void notify_reloading(struct notify *n)
{
	char text[64];

	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
		 clock_mono_us());
	tell(n, text);
}

void notify_reloaded(struct notify *n)
{
	tell(n, "READY=1");
}

void notify_stopping(struct notify *n)
{
	tell(n, "STOPPING=1");
}

void notify_extend(struct notify *n, int64_t ms)
{
	char text[64];

	snprintf(text, sizeof(text), "EXTEND_TIMEOUT_USEC=%" PRId64, ms * 1000);
	tell(n, text);
}
