/* SPDX-License-Identifier: ISC */
/*
 * The event loop: timers, descriptors, signals and byte streams. The only
 * user of the event library; nothing of it shows here. One loop a process,
 * one thread. Callbacks run from loop_turn() and loop_sleep() only, and may
 * free the object that called them.
 */
#ifndef SYS_LOOP_H
#define SYS_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/strv.h"

struct loop;

/* NULL with STATUS_SYSTEM when the system gives no event queue. */
struct loop *loop_new(struct err *e) must_check;
void loop_free(struct loop *l); /* after all that was made on it */

/* Wait for the next event(s), run their callbacks, return. For the tools that
 * do one thing after the other: while (!done) loop_turn(l); */
void loop_turn(struct loop *l);

/* The same for so long. */
void loop_sleep(struct loop *l, int64_t ms);

typedef void loop_fn(void *arg);

/* One-shot timer; new ones are not armed. Setting it again moves it. */
struct loop_timer;
struct loop_timer *loop_timer_new(struct loop *l, loop_fn *fn, void *arg);
void loop_timer_set(struct loop_timer *t, int64_t ms); /* from now; >= 0 */
void loop_timer_clear(struct loop_timer *t);
bool loop_timer_armed(const struct loop_timer *t);
void loop_timer_free(struct loop_timer *t); /* NULL is fine */

/* A signal, delivered in the loop. Its old disposition returns on free. */
struct loop_signal;
struct loop_signal *loop_signal_new(struct loop *l, int signo, loop_fn *fn,
				    void *arg);
void loop_signal_free(struct loop_signal *s);

/* A descriptor that became readable. Level-triggered; stays the caller's to
 * close, after loop_watch_free(). */
struct loop_watch;
struct loop_watch *loop_watch_new(struct loop *l, int fd, loop_fn *fn,
				  void *arg);
/* The same for one that takes bytes again. */
struct loop_watch *loop_watch_new_write(struct loop *l, int fd, loop_fn *fn,
					void *arg);
void loop_watch_pause(struct loop_watch *w);
void loop_watch_resume(struct loop_watch *w);
void loop_watch_free(struct loop_watch *w);

/*
 * A connected byte stream: TCP, TLS or Unix socket. Close-on-exec from the
 * start, TCP keep-alive and TCP_USER_TIMEOUT 10 s. Names are looked up without
 * blocking and every address is tried in turn.
 */
struct loop_stream;

struct loop_stream_target {
	const char *unix_path; /* borrowed; or NULL and */
	const char *host;      /* borrowed; name or address without [] */
	int port;
	bool tls;		 /* with verification of the name */
	const char *tls_ca_file; /* borrowed; NULL = the system's */
	int64_t connect_timeout; /* ms, for the whole of connecting */
};

struct loop_stream_events {
	loop_fn *up;   /* connected, and the TLS handshake done */
	loop_fn *data; /* bytes wait in loop_stream_input() */
	/* Connection refused, lost or closed. `why` is borrowed for the call.
	 * The stream is dead and has to be freed (here or later). */
	void (*down)(void *arg, const struct err *why);
	void *arg;
};

/* Start connecting; the outcome comes as `up` or `down`, never from within
 * this call. */
struct loop_stream *loop_stream_open(struct loop *l,
				     const struct loop_stream_target *target,
				     const struct loop_stream_events *events);

/* Queue bytes; they are copied. Sent by the loop. */
void loop_stream_write(struct loop_stream *s, const void *p, size_t n);

/* As write, without a copy: `release(arg)` is called when the bytes are no
 * longer needed, which may be at loop_stream_free(). */
void loop_stream_write_ref(struct loop_stream *s, const void *p, size_t n,
			   loop_fn *release, void *arg);

/* Send what is queued now, not when the loop has nothing else to do. */
void loop_stream_flush(struct loop_stream *s);

/* Bytes queued and not yet taken by the system: for back-pressure. */
size_t loop_stream_unsent(const struct loop_stream *s);

/* When the system last took bytes of it, by clock_boot_ms(); 0 = never. */
int64_t loop_stream_sent_ms(const struct loop_stream *s);

/* A view of (the first contiguous part of) what has come; valid until
 * consumed. Empty when nothing waits. */
struct strv loop_stream_input(struct loop_stream *s);
void loop_stream_consume(struct loop_stream *s, size_t n);

void loop_stream_free(struct loop_stream *s); /* closes; NULL is fine */

#endif
