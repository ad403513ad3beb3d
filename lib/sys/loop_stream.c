/* SPDX-License-Identifier: ISC */
/*
 * Byte streams over a socket that loop_dial.c connects. Writes are gathered
 * until the loop is about to wait, so that a burst of requests is one system
 * call; the program is told of everything from loop_turn(), never from within
 * its own call.
 */
#include "sys/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/clock.h"
#include "base/fd.h"
#include "sys/loop_impl.h"

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

#define READ_MIN    16384
#define READ_MAX    (256 * 1024)
#define CRYPT_CHUNK 65536
#define SEND_ONCE   (1024 * 1024) /* then others have their turn */
#define IOV	    64

enum state {
	DIALLING,
	SHAKING, /* hands, for TLS */
	UP,
	DEAD,
};

struct loop_stream {
	struct loop *loop; /* borrowed */
	struct loop_stream_events on;
	enum state state;
	int64_t until;		  /* clock_boot_ms() to be up by */
	struct loop_dial *dial;	  /* in DIALLING */
	struct loop_timer *timer; /* in SHAKING */
	int fd;
	struct event *rd, *wr;
	struct loop_tls *tls;  /* or NULL */
	struct evbuffer *out;  /* what the program wrote */
	struct evbuffer *wire; /* what goes out: `out`, or encrypted */
	int64_t sent_ms;       /* since boot: the system took bytes last */
	struct buf in;
	size_t used;  /* bytes of `in` that were consumed */
	size_t chunk; /* to read at once */
	struct loop_later soon, flush;
	bool announced; /* `up` was called */
	bool fresh;	/* `data` has to be called */
	int broken;	/* errno of a failed write */
	struct err why; /* of DEAD */
};

static void die(struct loop_stream *s)
{
	s->state = DEAD;
	loop_timer_clear(s->timer);
	if (s->rd)
		event_del(s->rd);
	if (s->wr)
		event_del(s->wr);
	loop_later_cancel(&s->flush);
	loop_later_add(&s->loop->soon, &s->soon);
}

static void die_of(struct loop_stream *s, int errnum)
{
	err_set(&s->why, STATUS_UNAVAILABLE, "%s",
		errnum == EPIPE ? "connection closed by the server"
				: strerror(errnum));
	die(s);
}

/* Shake hands or decrypt with what has come. Both may have something to send,
 * also long after the handshake (new keys). */
static void decrypt(struct loop_stream *s)
{
	int rc = 1;

	if (s->state == SHAKING) {
		rc = loop_tls_shake(s->tls, &s->why);
		if (rc == 1) {
			s->state = UP;
			loop_timer_clear(s->timer);
			loop_later_add(&s->loop->soon, &s->soon);
		}
	}
	if (rc == 1)
		rc = loop_tls_read(s->tls, &s->in, &s->why);
	if (rc < 0)
		die(s);
	else
		loop_later_add(&s->loop->flush, &s->flush);
}

/* One read. */
static void pull(struct loop_stream *s)
{
	struct buf raw = BUF_INIT, *to = s->tls ? &raw : &s->in;
	size_t had = s->in.len;
	ssize_t n;

	do {
		n = recv(s->fd, buf_reserve(to, s->chunk), s->chunk, 0);
	} while (n < 0 && errno == EINTR);
	if (n > 0) {
		to->len += (size_t)n;
		if (n < READ_MIN)
			s->chunk = READ_MIN;
		else if ((size_t)n == s->chunk && s->chunk < READ_MAX)
			s->chunk *= 2;
		if (s->tls) {
			loop_tls_feed(s->tls, raw.p, raw.len);
			decrypt(s);
		}
		s->fresh = s->fresh || s->in.len > had;
	} else if (n == 0) {
		die_of(s, EPIPE);
	} else if (errno != EAGAIN) {
		die_of(s, errno);
	} else if (s->broken) {
		die_of(s, s->broken);
	}
	buf_release(&raw);
}

/* All calls into the program are the last thing done: it may free the stream
 * in them. */
static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct loop_stream *s = arg;

	(void)fd;
	(void)what;
	pull(s);
	if (s->fresh && s->announced) {
		s->fresh = false;
		s->on.data(s->on.arg);
	}
}

static void on_soon(void *arg)
{
	struct loop_stream *s = arg;

	if (s->state == UP && !s->announced) {
		s->announced = true;
		if (s->fresh)
			loop_later_add(&s->loop->soon, &s->soon);
		s->on.up(s->on.arg);
		return;
	}
	if (s->state == UP && s->broken) {
		pull(s);
		loop_later_add(&s->loop->soon, &s->soon);
	}
	if (s->fresh && s->announced) {
		s->fresh = false;
		if (s->state == DEAD)
			loop_later_add(&s->loop->soon, &s->soon);
		s->on.data(s->on.arg);
		return;
	}
	if (s->state == DEAD && !s->soon.in) {
		struct err why = s->why; /* outlives the stream */

		s->on.down(s->on.arg, &why);
	}
}

/* Encrypt a little more of what waits. */
static bool encrypt(struct loop_stream *s)
{
	struct evbuffer_iovec v;

	loop_tls_take(s->tls, s->wire);
	while (s->state == UP && evbuffer_get_length(s->wire) < CRYPT_CHUNK &&
	       evbuffer_peek(s->out, -1, NULL, &v, 1) > 0) {
		size_t n = v.iov_len < CRYPT_CHUNK ? v.iov_len : CRYPT_CHUNK;

		if (loop_tls_write(s->tls, v.iov_base, n, &s->why) < 0) {
			die(s);
			return false;
		}
		evbuffer_drain(s->out, n);
		loop_tls_take(s->tls, s->wire);
	}
	return true;
}

/* Send as much as the system takes; -1 with errno. */
static ssize_t push(struct loop_stream *s)
{
	struct evbuffer_iovec v[IOV];
	int n = evbuffer_peek(s->wire, -1, NULL, v, IOV);
	struct iovec iov[IOV];
	struct msghdr m = {.msg_iov = iov};
	ssize_t sent;

	m.msg_iovlen = (size_t)(n < IOV ? n : IOV);
	for (size_t i = 0; i < m.msg_iovlen; i++) {
		iov[i].iov_base = v[i].iov_base;
		iov[i].iov_len = v[i].iov_len;
	}
	do {
		sent = sendmsg(s->fd, &m, MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR);
	if (sent > 0) {
		evbuffer_drain(s->wire, (size_t)sent);
		s->sent_ms = clock_boot_ms();
	}
	return sent;
}

static void on_flush(void *arg)
{
	struct loop_stream *s = arg;
	size_t total = 0;

	if ((s->state != UP && s->state != SHAKING) || s->broken)
		return;
	for (;;) {
		ssize_t n;

		if (s->tls && !encrypt(s))
			return;
		if (!evbuffer_get_length(s->wire))
			return;
		n = total < SEND_ONCE ? push(s) : 0;
		if (n <= 0)
			break;
		total += (size_t)n;
	}
	if (total >= SEND_ONCE || errno == EAGAIN) {
		event_add(s->wr, NULL);
		return;
	}
	/* What the server said before it left may still be read. */
	s->broken = errno;
	loop_later_add(&s->loop->soon, &s->soon);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	on_flush(arg);
}

static void on_timer(void *arg)
{
	struct loop_stream *s = arg;

	err_set(&s->why, STATUS_UNAVAILABLE,
		"no TLS handshake in time; does the server speak TLS?");
	die(s);
}

static void on_dialled(void *arg, int fd, const struct err *why)
{
	struct loop_stream *s = arg;
	struct event_base *base = s->loop->base;
	int64_t left = s->until - clock_boot_ms();

	if (fd < 0) {
		s->state = DEAD;
		s->on.down(s->on.arg, why);
		return;
	}
	s->fd = fd;
	s->rd = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, s);
	s->wr = event_new(base, fd, EV_WRITE, on_writable, s);
	if (!s->rd || !s->wr)
		err_nomem();
	event_add(s->rd, NULL);
	if (evbuffer_get_length(s->out))
		loop_later_add(&s->loop->flush, &s->flush);
	if (s->tls) {
		s->state = SHAKING;
		loop_timer_set(s->timer, left > 0 ? left : 0);
		decrypt(s);
	} else {
		s->state = UP;
		s->announced = true;
		s->on.up(s->on.arg);
	}
}

/* With TLS `out` is encrypted into a buffer of its own. */
static void secure(struct loop_stream *s, const struct loop_stream_target *t)
{
	s->tls = loop_tls_new(t->host, t->tls_ca_file, &s->why);
	s->wire = evbuffer_new();
	if (!s->wire)
		err_nomem();
	if (!s->tls)
		die(s);
}

struct loop_stream *loop_stream_open(struct loop *l,
				     const struct loop_stream_target *target,
				     const struct loop_stream_events *events)
{
	struct loop_stream *s = buf_zalloc(sizeof(*s));

	s->loop = l;
	s->on = *events;
	s->fd = -1;
	s->chunk = READ_MIN;
	s->until = clock_boot_ms() + target->connect_timeout;
	s->timer = loop_timer_new(l, on_timer, s);
	s->out = s->wire = evbuffer_new();
	if (!s->out)
		err_nomem();
	buf_init(&s->in);
	s->soon = (struct loop_later){.fn = on_soon, .arg = s};
	s->flush = (struct loop_later){.fn = on_flush, .arg = s};
	if (target->tls)
		secure(s, target);
	if (s->state == DIALLING)
		s->dial = loop_dial_start(l, target, on_dialled, s);
	return s;
}

void loop_stream_write(struct loop_stream *s, const void *p, size_t n)
{
	if (s->state == DEAD || n == 0)
		return;
	if (evbuffer_add(s->out, p, n) < 0)
		err_nomem();
	loop_later_add(&s->loop->flush, &s->flush);
}

struct borrowed {
	loop_fn *release;
	void *arg;
};

static void give_back(const void *p, size_t n, void *arg)
{
	struct borrowed *b = arg;

	(void)p;
	(void)n;
	b->release(b->arg);
	free(b);
}

void loop_stream_write_ref(struct loop_stream *s, const void *p, size_t n,
			   loop_fn *release, void *arg)
{
	struct borrowed *b = buf_alloc(sizeof(*b));

	b->release = release;
	b->arg = arg;
	if (evbuffer_add_reference(s->out, p, n, give_back, b) < 0)
		err_nomem();
	if (s->state != DEAD)
		loop_later_add(&s->loop->flush, &s->flush);
}

void loop_stream_flush(struct loop_stream *s)
{
	on_flush(s);
}

size_t loop_stream_unsent(const struct loop_stream *s)
{
	size_t n = evbuffer_get_length(s->out);

	return s->tls ? n + evbuffer_get_length(s->wire) : n;
}

int64_t loop_stream_sent_ms(const struct loop_stream *s)
{
	return s->sent_ms;
}

struct strv loop_stream_input(struct loop_stream *s)
{
	return strv_make(s->in.p + s->used, s->in.len - s->used);
}

void loop_stream_consume(struct loop_stream *s, size_t n)
{
	s->used += n;
	if (s->used < s->in.len) {
		if (s->used >= READ_MAX) {
			buf_drop(&s->in, s->used);
			s->used = 0;
		}
		return;
	}
	s->used = 0;
	buf_clear(&s->in);
	/* an idle connection keeps no room for the largest answer */
	if (s->in.cap > 2 * s->chunk)
		buf_release(&s->in);
}

void loop_stream_free(struct loop_stream *s)
{
	if (!s)
		return;
	loop_later_cancel(&s->soon);
	loop_later_cancel(&s->flush);
	loop_dial_free(s->dial);
	loop_timer_free(s->timer);
	if (s->rd)
		event_free(s->rd);
	if (s->wr)
		event_free(s->wr);
	fd_close(&s->fd);
	if (s->wire != s->out)
		evbuffer_free(s->wire);
	evbuffer_free(s->out);
	loop_tls_free(s->tls);
	buf_release(&s->in);
	free(s);
}
