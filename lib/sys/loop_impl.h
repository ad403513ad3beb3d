/* SPDX-License-Identifier: ISC */
/*
 * What the files of the loop share. Not for others.
 */
#ifndef SYS_LOOP_IMPL_H
#define SYS_LOOP_IMPL_H

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/util.h>

#include "sys/loop.h"

struct evdns_base;

/* A call to be made before the loop waits again. */
struct loop_later {
	loop_fn *fn;
	void *arg;			/* borrowed; passed to fn */
	struct loop_queue *in;		/* where it waits, or NULL */
	struct loop_later *prev, *next; /* neighbours there */
};

/* Calls in the order they were asked for. */
struct loop_queue {
	struct loop_later *first, *last;
};

struct loop {
	struct event_base *base; /* owned */
	struct evdns_base *dns;	 /* owned; NULL until a name is looked up */
	unsigned lookups;	 /* names being looked up with it */
	struct loop_queue soon;	 /* callbacks into the program */
	struct loop_queue flush; /* streams with something to send */
};

/* Put `c` at the end of `q`, unless it waits already. */
void loop_later_add(struct loop_queue *q, struct loop_later *c);
void loop_later_cancel(struct loop_later *c); /* not waiting is fine */

/*
 * A name being looked up: /etc/hosts, then the name servers of
 * /etc/resolv.conf. `done` is called once, perhaps from within the start;
 * then the query is gone. It gets a list that it frees with
 * evutil_freeaddrinfo(), or NULL and the reason.
 */
struct loop_dns;
typedef void loop_dns_fn(void *arg, struct evutil_addrinfo *list,
			 const char *why);
/* NULL when `done` has been called already. */
struct loop_dns *loop_dns_start(struct loop *l, const char *host, int port,
				loop_dns_fn *done, void *arg);
/* Forget it: `done` is not called. NULL is fine. */
void loop_dns_cancel(struct loop_dns *q);
void loop_dns_close(struct loop *l);

/*
 * A connection being made to the first of the target's addresses that accepts.
 * `done` is called once, from the loop: with a socket that is the callee's from
 * then on, or with -1 and the reason.
 */
struct loop_dial;
typedef void loop_dial_fn(void *arg, int fd, const struct err *why);
struct loop_dial *loop_dial_start(struct loop *l,
				  const struct loop_stream_target *t,
				  loop_dial_fn *done, void *arg);
void loop_dial_free(struct loop_dial *d); /* NULL is fine; gives up */

/*
 * The client's side of TLS over bytes in memory; sockets are not its business.
 * Names are verified, TLS 1.2 is the least.
 */
struct loop_tls;
struct loop_tls *loop_tls_new(const char *host, const char *ca_file,
			      struct err *e) must_check;
void loop_tls_free(struct loop_tls *t); /* NULL is fine */

/* Take in what came from the other side. */
void loop_tls_feed(struct loop_tls *t, const void *p, size_t n);

/* Go on with the handshake: 1 = done, 0 = needs the other side, -1 = failed. */
int loop_tls_shake(struct loop_tls *t, struct err *e) must_check;

/* Append all that can be decrypted to `in`. -1 = the other side broke the
 * rules, or said good-bye. */
int loop_tls_read(struct loop_tls *t, struct buf *in, struct err *e) must_check;

/* Encrypt `n` bytes (n > 0). */
int loop_tls_write(struct loop_tls *t, const void *p, size_t n,
		   struct err *e) must_check;

/* Move what has to be sent to the end of `wire`. */
void loop_tls_take(struct loop_tls *t, struct evbuffer *wire);

#endif
