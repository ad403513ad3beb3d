/* SPDX-License-Identifier: ISC */
/* Non-blocking writes to descriptors that are not ours alone. */
#include "work/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

/* A pipe that poll() calls writable takes this much without blocking. */
#define CAREFUL_MOST 512

/* The same pipe or terminal under a description of our own; -1 when it cannot
 * be had (no /proc, another user's terminal). */
static int open_anew(int fd)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

void sink_init(struct sink *s, struct loop *l, int fd, loop_fn *room, void *arg)
{
	struct stat st;
	int own = -1;

	memset(s, 0, sizeof(*s));
	buf_init(&s->queue);
	s->loop = l;
	s->fd = fd;
	s->room = room;
	s->arg = arg;
	s->way = SINK_PLAIN;
	if (fstat(fd, &st) == -1)
		return;
	if (S_ISSOCK(st.st_mode))
		s->way = SINK_SOCKET;
	if (!S_ISFIFO(st.st_mode) && !isatty(fd))
		return;
	own = open_anew(fd);
	s->way = own == -1 ? SINK_CAREFUL : SINK_OWN;
	if (own != -1)
		s->fd = own;
}

void sink_release(struct sink *s)
{
	loop_watch_free(s->watch);
	s->watch = NULL;
	buf_release(&s->queue);
	if (s->way == SINK_OWN)
		fd_close(&s->fd);
}

static ssize_t attempt(struct sink *s, const char *p, size_t n)
{
	struct pollfd ready = {.fd = s->fd, .events = POLLOUT};

	if (s->way == SINK_SOCKET)
		return send(s->fd, p, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (s->way == SINK_CAREFUL) {
		if (poll(&ready, 1, 0) == 0) {
			errno = EAGAIN;
			return -1;
		}
		if (n > CAREFUL_MOST)
			n = CAREFUL_MOST;
	}
	return write(s->fd, p, n);
}

/* How much of it was taken now. After an error all of it is, and dropped. */
static size_t put(struct sink *s, const char *p, size_t n)
{
	size_t done = 0;

	while (done < n && !s->error) {
		ssize_t k = attempt(s, p + done, n - done);

		if (k >= 0)
			done += (size_t)k;
		else if (errno == EAGAIN || errno == EWOULDBLOCK)
			return done;
		else if (errno != EINTR)
			s->error = errno;
	}
	if (s->error)
		s->dropped += n - done;
	return n;
}

static void writable(void *arg)
{
	sink_flush(arg);
}

/* Whoever made room by writing, those who stopped have to be told. */
static void tell_room(struct sink *s)
{
	if (!s->was_full || sink_full(s))
		return;
	s->was_full = false;
	if (s->room)
		s->room(s->arg);
}

void sink_flush(struct sink *s)
{
	if (s->queue.len > s->sent)
		s->sent += put(s, s->queue.p + s->sent, s->queue.len - s->sent);
	tell_room(s);
	if (s->sent == s->queue.len) {
		if (s->queue.cap > SINK_FULL)
			buf_release(&s->queue);
		buf_clear(&s->queue);
		s->sent = 0;
		if (s->watch)
			loop_watch_pause(s->watch);
		return;
	}
	/* moving the rest down is paid for by what has gone before it */
	if (s->sent > s->queue.len / 2) {
		buf_drop(&s->queue, s->sent);
		s->sent = 0;
	}
	if (!s->watch)
		s->watch = loop_watch_new_write(s->loop, s->fd, writable, s);
	else
		loop_watch_resume(s->watch);
}

void sink_add(struct sink *s, const void *p, size_t n)
{
	buf_add(&s->queue, p, n);
	s->was_full = s->was_full || sink_full(s);
}

void sink_write(struct sink *s, const void *p, size_t n)
{
	size_t done = 0;

	if (sink_empty(s))
		done = put(s, p, n);
	if (done == n)
		return;
	sink_add(s, (const char *)p + done, n - done);
	sink_flush(s);
}

bool sink_full(const struct sink *s)
{
	return s->queue.len - s->sent >= SINK_FULL;
}

bool sink_empty(const struct sink *s)
{
	return s->queue.len == s->sent;
}
