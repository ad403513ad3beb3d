/* SPDX-License-Identifier: ISC */
/*
 * Timers, descriptors and signals on libevent. Streams are in loop_stream.c,
 * names in loop_dns.c, TLS in loop_tls.c; what they share is in loop_impl.h.
 */
#include "sys/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/fd.h"
#include "sys/loop_impl.h"

static void *need(void *p)
{
	if (!p)
		err_nomem();
	return p;
}

/* libevent would print; a descriptor it cannot watch is no news to us. */
static void silence(int severity, const char *text)
{
	(void)severity;
	(void)text;
}

void loop_later_add(struct loop_queue *q, struct loop_later *c)
{
	if (c->in)
		return;
	c->in = q;
	c->next = NULL;
	c->prev = q->last;
	if (q->last)
		q->last->next = c;
	else
		q->first = c;
	q->last = c;
}

void loop_later_cancel(struct loop_later *c)
{
	struct loop_queue *q = c->in;

	if (!q)
		return;
	if (c->prev)
		c->prev->next = c->next;
	else
		q->first = c->next;
	if (c->next)
		c->next->prev = c->prev;
	else
		q->last = c->prev;
	c->in = NULL;
}

/* Make the calls that wait now, not those they add. */
static bool run(struct loop_queue *q)
{
	struct loop_queue now = {0};
	struct loop_later *c;
	bool any = q->first != NULL;

	while ((c = q->first)) {
		loop_later_cancel(c);
		loop_later_add(&now, c);
	}
	while ((c = now.first)) {
		loop_later_cancel(c);
		c->fn(c->arg);
	}
	return any;
}

/* libevent ends the process when it gets no descriptors for its queue and its
 * signals, so see to it that there are some. */
static bool room(void)
{
	int fd[3] = {-1, -1, -1};
	bool ok = pipe(fd) == 0;

	fd[2] = ok ? dup(fd[0]) : -1;
	ok = fd[2] != -1;
	for (size_t i = 0; i < ARRAY_LEN(fd); i++)
		fd_close(&fd[i]);
	return ok;
}

struct loop *loop_new(struct err *e)
{
	struct event_config *config;
	struct loop *l;

	if (!room()) {
		err_sys(e, STATUS_SYSTEM, errno, "cannot make an event queue");
		return NULL;
	}
	config = need(event_config_new());
	l = buf_zalloc(sizeof(*l));
	event_set_log_callback(silence);
	/* Timers count from when they are set, not from when the loop woke. */
	event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK |
					      EVENT_BASE_FLAG_IGNORE_ENV |
					      EVENT_BASE_FLAG_NO_CACHE_TIME);
	l->base = event_base_new_with_config(config);
	event_config_free(config);
	if (!l->base) {
		free(l);
		err_set(e, STATUS_SYSTEM,
			"cannot make an event queue: no method works here");
		return NULL;
	}
	return l;
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	loop_dns_close(l);
	event_base_free(l->base);
	free(l);
}

void loop_turn(struct loop *l)
{
	int flags = EVLOOP_ONCE | EVLOOP_NO_EXIT_ON_EMPTY;
	bool ran = run(&l->soon);

	run(&l->flush);
	if (ran || l->soon.first || l->flush.first)
		flags |= EVLOOP_NONBLOCK;
	event_base_loop(l->base, flags);
}

struct loop_timer {
	struct event *ev;
	loop_fn *fn;
	void *arg;
	int64_t due_us; /* CLOCK_BOOTTIME */
	bool armed;
};

static void arm(struct loop_timer *t, int64_t us)
{
	struct timeval tv = {us / 1000000, us % 1000000};

	event_add(t->ev, &tv);
}

static void expired(evutil_socket_t fd, short what, void *arg)
{
	struct loop_timer *t = arg;
	int64_t left = t->due_us - clock_boot_us();

	(void)fd;
	(void)what;
	/* The clock below is coarse: it may be some ms early. */
	if (left > 0) {
		arm(t, left);
		return;
	}
	t->armed = false;
	t->fn(t->arg);
}

struct loop_timer *loop_timer_new(struct loop *l, loop_fn *fn, void *arg)
{
	struct loop_timer *t = buf_zalloc(sizeof(*t));

	t->fn = fn;
	t->arg = arg;
	t->ev = need(evtimer_new(l->base, expired, t));
	return t;
}

void loop_timer_set(struct loop_timer *t, int64_t ms)
{
	t->due_us = clock_boot_us() + ms * 1000;
	t->armed = true;
	arm(t, ms * 1000);
}

void loop_timer_clear(struct loop_timer *t)
{
	t->armed = false;
	event_del(t->ev);
}

bool loop_timer_armed(const struct loop_timer *t)
{
	return t->armed;
}

void loop_timer_free(struct loop_timer *t)
{
	if (!t)
		return;
	event_free(t->ev);
	free(t);
}

static void wake(void *arg)
{
	*(bool *)arg = true;
}

void loop_sleep(struct loop *l, int64_t ms)
{
	bool over = false;
	struct loop_timer *t = loop_timer_new(l, wake, &over);

	loop_timer_set(t, ms);
	while (!over)
		loop_turn(l);
	loop_timer_free(t);
}

struct loop_signal {
	struct event *ev;
	loop_fn *fn;
	void *arg;
};

static void signalled(evutil_socket_t signo, short what, void *arg)
{
	struct loop_signal *s = arg;

	(void)signo;
	(void)what;
	s->fn(s->arg);
}

struct loop_signal *loop_signal_new(struct loop *l, int signo, loop_fn *fn,
				    void *arg)
{
	struct loop_signal *s = buf_zalloc(sizeof(*s));

	s->fn = fn;
	s->arg = arg;
	s->ev = need(evsignal_new(l->base, signo, signalled, s));
	event_add(s->ev, NULL);
	return s;
}

void loop_signal_free(struct loop_signal *s)
{
	if (!s)
		return;
	event_free(s->ev);
	free(s);
}

struct loop_watch {
	struct loop *loop;
	struct event *ev;
	loop_fn *fn;
	void *arg;
	bool paused;
	/* Regular files and /dev/null cannot be waited for; they are always
	 * ready, so their turn comes each time round. */
	struct loop_later always;
};

static void ready(evutil_socket_t fd, short what, void *arg)
{
	struct loop_watch *w = arg;

	(void)fd;
	(void)what;
	w->fn(w->arg);
}

static void always_ready(void *arg)
{
	struct loop_watch *w = arg;

	loop_later_add(&w->loop->soon, &w->always);
	w->fn(w->arg);
}

static struct loop_watch *watch(struct loop *l, int fd, short what, loop_fn *fn,
				void *arg)
{
	struct loop_watch *w = buf_zalloc(sizeof(*w));

	w->loop = l;
	w->fn = fn;
	w->arg = arg;
	w->always.fn = always_ready;
	w->always.arg = w;
	w->paused = true;
	w->ev = need(
		event_new(l->base, fd, (short)(what | EV_PERSIST), ready, w));
	loop_watch_resume(w);
	return w;
}

struct loop_watch *loop_watch_new(struct loop *l, int fd, loop_fn *fn,
				  void *arg)
{
	return watch(l, fd, EV_READ, fn, arg);
}

struct loop_watch *loop_watch_new_write(struct loop *l, int fd, loop_fn *fn,
					void *arg)
{
	return watch(l, fd, EV_WRITE, fn, arg);
}

void loop_watch_pause(struct loop_watch *w)
{
	if (w->paused)
		return;
	w->paused = true;
	loop_later_cancel(&w->always);
	event_del(w->ev);
}

void loop_watch_resume(struct loop_watch *w)
{
	if (!w->paused)
		return;
	w->paused = false;
	if (event_add(w->ev, NULL) < 0)
		loop_later_add(&w->loop->soon, &w->always);
}

void loop_watch_free(struct loop_watch *w)
{
	if (!w)
		return;
	loop_later_cancel(&w->always);
	event_free(w->ev);
	free(w);
}
