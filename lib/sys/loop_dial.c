/* SPDX-License-Identifier: ISC */
/*
 * From a target to a connected socket: find the addresses, try them in turn,
 * each for its share of the time.
 */
#include "sys/loop_impl.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/clock.h"
#include "base/fd.h"

#ifdef SOCK_CLOEXEC
#define SOCKET_FLAGS (SOCK_CLOEXEC | SOCK_NONBLOCK)
#else
#define SOCKET_FLAGS 0
#endif

#define ALIVE_S	     10	 /* of silence that a dead peer is known by */
#define ATTEMPT_MS   250 /* the least that each address gets */
#define FULL_WAIT_MS 10

enum state {
	LOOKUP,	    /* the name */
	CONNECTING, /* to one of the addresses */
	FULL,	    /* the socket's queue is; again in a moment */
	OVER,
};

struct loop_dial {
	struct loop *loop; /* borrowed */
	loop_dial_fn *done;
	void *arg;
	enum state state;
	int64_t until;		    /* clock_boot_ms() to be done by */
	struct loop_timer *timer;   /* what `state` waits for at most */
	struct loop_dns *lookup;    /* in LOOKUP */
	struct evutil_addrinfo own; /* the address that needs no lookup */
	struct sockaddr_storage own_addr;
	struct evutil_addrinfo *list; /* all of them */
	struct evutil_addrinfo *at;   /* the one being tried */
	int fd;
	struct event *wr; /* in CONNECTING */
	struct loop_later soon;
	struct err why; /* of OVER without a socket */
};

static void attempt(struct loop_dial *d);

static void finish(struct loop_dial *d)
{
	d->state = OVER;
	loop_timer_clear(d->timer);
	loop_later_add(&d->loop->soon, &d->soon);
}

static void tell(void *arg)
{
	struct loop_dial *d = arg;
	struct err why = d->why; /* outlives the dial */
	int fd = d->fd;

	d->fd = -1; /* theirs now */
	d->done(d->arg, fd, &why);
}

static void fail(struct loop_dial *d, int errnum)
{
	enum status code = STATUS_UNAVAILABLE;

	if (errnum == EACCES || errnum == EPERM)
		code = STATUS_RIGHTS;
	else if (errnum == EMFILE || errnum == ENFILE || errnum == ENOMEM)
		code = STATUS_SYSTEM;
	err_set(&d->why, code, "%s", strerror(errnum));
	finish(d);
}

static void hang_up(struct loop_dial *d)
{
	if (d->wr)
		event_free(d->wr);
	d->wr = NULL;
	fd_close(&d->fd);
}

/* This address is no good; on to the next. */
static void next(struct loop_dial *d, int errnum)
{
	hang_up(d);
	d->at = d->at->ai_next;
	if (d->at)
		attempt(d);
	else
		fail(d, errnum);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct loop_dial *d = arg;
	int errnum = 0;
	socklen_t n = sizeof(errnum);

	(void)what;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &errnum, &n) < 0)
		errnum = errno;
	if (errnum)
		next(d, errnum);
	else
		finish(d);
}

static void on_timer(void *arg)
{
	struct loop_dial *d = arg;

	if (d->state == FULL) {
		attempt(d);
	} else if (d->state == CONNECTING) {
		next(d, ETIMEDOUT);
	} else {
		err_set(&d->why, STATUS_UNAVAILABLE,
			"the name servers do not answer in time");
		finish(d);
	}
}

static void set(int fd, int level, int option, int value)
{
	/* at worst a dead peer is noticed later */
	(void)setsockopt(fd, level, option, &value, sizeof(value));
}

static void tune(int fd, int family)
{
#ifdef SO_NOSIGPIPE
	set(fd, SOL_SOCKET, SO_NOSIGPIPE, 1);
#endif
	if (family == AF_UNIX)
		return;
	set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
#ifdef TCP_KEEPIDLE
	set(fd, IPPROTO_TCP, TCP_KEEPIDLE, ALIVE_S);
#endif
#ifdef TCP_KEEPINTVL
	set(fd, IPPROTO_TCP, TCP_KEEPINTVL, 3);
	set(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
#endif
#ifdef TCP_USER_TIMEOUT
	set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, ALIVE_S * 1000);
#endif
}

/* The part of the time left that one address may take; the last gets all. */
static int64_t share(const struct loop_dial *d)
{
	int64_t left = d->until - clock_boot_ms(), n = 1, part;

	if (left < 0)
		left = 0;
	for (const struct evutil_addrinfo *a = d->at->ai_next; a;
	     a = a->ai_next)
		n++;
	part = left / n;
	if (part < ATTEMPT_MS)
		part = left < ATTEMPT_MS ? left : ATTEMPT_MS;
	return part;
}

static int open_socket(int family)
{
	int fd = socket(family, SOCK_STREAM | SOCKET_FLAGS, 0);

	if (fd >= 0 && SOCKET_FLAGS == 0) {
		fd_cloexec(fd);
		fd_nonblock(fd);
	}
	if (fd >= 0)
		tune(fd, family);
	return fd;
}

/* Try the address `at`. */
static void attempt(struct loop_dial *d)
{
	d->state = CONNECTING;
	d->fd = open_socket(d->at->ai_family);
	if (d->fd >= 0 &&
	    connect(d->fd, d->at->ai_addr, d->at->ai_addrlen) == 0) {
		finish(d);
	} else if (errno == EINPROGRESS) {
		d->wr = event_new(d->loop->base, d->fd, EV_WRITE, on_writable,
				  d);
		if (!d->wr)
			err_nomem();
		event_add(d->wr, NULL);
		loop_timer_set(d->timer, share(d));
	} else if (errno == EAGAIN && share(d) > 0) {
		/* a Unix socket with too many waiting to be accepted */
		hang_up(d);
		d->state = FULL;
		loop_timer_set(d->timer, FULL_WAIT_MS);
	} else {
		next(d, errno);
	}
}

static void on_lookup(void *arg, struct evutil_addrinfo *list, const char *why)
{
	struct loop_dial *d = arg;

	d->lookup = NULL;
	if (!list) {
		err_set(&d->why, STATUS_UNAVAILABLE, "%s", why);
		finish(d);
		return;
	}
	loop_timer_clear(d->timer);
	d->list = d->at = list;
	attempt(d);
}

/* An address in digits, perhaps with a zone. */
static bool numeric(struct loop_dial *d, const char *host, int port)
{
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST,
				 .ai_socktype = SOCK_STREAM};
	struct addrinfo *found;

	if (getaddrinfo(host, NULL, &hints, &found) != 0)
		return false;
	memcpy(&d->own_addr, found->ai_addr, found->ai_addrlen);
	d->own.ai_family = found->ai_family;
	d->own.ai_addrlen = found->ai_addrlen;
	if (found->ai_family == AF_INET6)
		((struct sockaddr_in6 *)&d->own_addr)->sin6_port =
			htons((uint16_t)port);
	else
		((struct sockaddr_in *)&d->own_addr)->sin_port =
			htons((uint16_t)port);
	freeaddrinfo(found);
	return true;
}

static void local(struct loop_dial *d, const char *path)
{
	struct sockaddr_un *un = (struct sockaddr_un *)&d->own_addr;

	un->sun_family = AF_UNIX;
	/* all zero before; url_parse() refuses what does not fit */
	memcpy(un->sun_path, path, strnlen(path, sizeof(un->sun_path) - 1));
	d->own.ai_family = AF_UNIX;
	d->own.ai_addrlen = sizeof(*un);
}

struct loop_dial *loop_dial_start(struct loop *l,
				  const struct loop_stream_target *t,
				  loop_dial_fn *done, void *arg)
{
	struct loop_dial *d = buf_zalloc(sizeof(*d));

	d->loop = l;
	d->done = done;
	d->arg = arg;
	d->fd = -1;
	d->until = clock_boot_ms() + t->connect_timeout;
	d->timer = loop_timer_new(l, on_timer, d);
	d->soon = (struct loop_later){.fn = tell, .arg = d};
	d->own.ai_addr = (struct sockaddr *)&d->own_addr;
	if (t->unix_path) {
		local(d, t->unix_path);
	} else if (!numeric(d, t->host, t->port)) {
		d->state = LOOKUP;
		loop_timer_set(d->timer, t->connect_timeout);
		d->lookup = loop_dns_start(l, t->host, t->port, on_lookup, d);
		return d;
	}
	d->list = d->at = &d->own;
	attempt(d);
	return d;
}

void loop_dial_free(struct loop_dial *d)
{
	if (!d)
		return;
	loop_later_cancel(&d->soon);
	loop_dns_cancel(d->lookup);
	loop_timer_free(d->timer);
	hang_up(d);
	if (d->list && d->list != &d->own)
		evutil_freeaddrinfo(d->list);
	free(d);
}
