/* SPDX-License-Identifier: ISC */
/* Watches over the engine. */
#include "work/supervisor.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/signame.h"
#include "sys/child.h"
#include "sys/loop.h"
#include "sys/notify.h"
#include "sys/seal.h"
#include "work/log.h"
#include "work/sink.h"

enum {
	/* An engine that lived so long has earned a new one at once; others
	 * wait, twice as long each time. */
	STEADY_MS = 10000,
	PAUSE_FIRST_MS = 1000,
	PAUSE_MOST_MS = 30000,
	/* What was killed has to go: look so often, so many times. */
	SWEEP_MS = 5,
	SWEEPS = 100
};

/* Passed on to the engine. SIGCHLD is for us: we may be PID 1. */
static const int taken[] = {
	SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGTSTP, SIGCONT, SIGCHLD,
#ifdef SIGINFO
	SIGINFO,
#endif
};

struct watch;

struct taken_signal {
	struct watch *watch; /* borrowed */
	int signo;
	struct loop_signal *on; /* owned; NULL = not taken over */
};

/* One engine's life, seen from here. */
struct watch {
	struct loop *loop;
	struct sink err;
	struct log log;
	struct notify notify;
	int link; /* to the engine; -1 when it has ended */
	struct child engine;
	pid_t pid;	       /* of the engine; stays */
	struct child_kin *kin; /* borrowed: not to be ended */
	struct child_end end;
	bool ended;	/* `end` holds */
	int stopped_by; /* the last signal that asks for an end; 0 = none */
	struct loop_watch *from_engine, *engine_exit;
	struct loop_timer *timer;
	int sweeps;	  /* looks for what it left behind so far */
	bool crashed;	  /* it did not mean to end */
	int64_t pause_ms; /* before the next engine, after a crash */
	bool pausing;
	bool over; /* leave the loop */
	struct taken_signal signal[ARRAY_LEN(taken)];
};

static void new_instance(char to[SUPERVISOR_INSTANCE_SIZE])
{
	unsigned char random[(SUPERVISOR_INSTANCE_SIZE - 1) / 2];

	seal_random(random, sizeof(random));
	for (size_t i = 0; i < 2 * sizeof(random); i++)
		to[i] = "0123456789abcdef"[random[i / 2] >> (4 * (i % 2)) & 15];
	to[SUPERVISOR_INSTANCE_SIZE - 1] = '\0';
}

/* The engine's name becomes one of those before it. */
static void next_instance(struct supervisor *s)
{
	if (s->instance[0]) {
		memmove(s->before[1], s->before[0],
			sizeof(s->before) - sizeof(s->before[0]));
		memcpy(s->before[0], s->instance, sizeof(s->before[0]));
		if (s->n_before < SUPERVISOR_PREDECESSORS)
			s->n_before++;
	}
	new_instance(s->instance);
}

/* Whether the engine was ended by something that it did not mean. */
static bool has_crashed(const struct watch *w)
{
	switch (w->end.signo) {
	case 0:
	case SIGTERM:
	case SIGINT:
	case SIGQUIT:
	case SIGHUP:
		return false;
	default:
		return !w->stopped_by;
	}
}

static void report(struct watch *w)
{
	const char *name = signame_of(w->end.signo);

	log_say(&w->log, LOG_ERROR,
		"the worker's engine (pid %d) died of %s: its handlers were "
		"ended, the next one hands their jobs back",
		(int)w->pid, name ? name : "a signal");
}

/* Collect all that has ended; notice the engine among it. */
static void collect(void *arg)
{
	struct watch *w = arg;
	pid_t pid;

	while ((pid = child_peek()) > 0) {
		if (pid != w->engine.pid)
			child_kin_discard(w->kin, pid);
		else if (child_reap(&w->engine, &w->end) == 1)
			w->ended = true;
	}
	if (!w->ended || w->sweeps)
		return;
	loop_watch_free(w->engine_exit);
	w->engine_exit = NULL;
	child_close(&w->engine);
	/* now those that it left behind, if any */
	loop_timer_set(w->timer, 0);
}

static void sweep(struct watch *w)
{
	int left = child_kin_end_others(w->kin);

	collect(w);
	if (left && ++w->sweeps < SWEEPS) {
		loop_timer_set(w->timer, SWEEP_MS);
		return;
	}
	w->crashed = has_crashed(w);
	if (w->crashed)
		report(w);
	w->pausing = w->crashed && w->pause_ms;
	if (w->pausing)
		loop_timer_set(w->timer, w->pause_ms);
	else
		w->over = true;
}

static void timer_due(void *arg)
{
	struct watch *w = arg;

	if (w->pausing) {
		w->over = true;
	} else {
		w->sweeps = w->sweeps ? w->sweeps : 1;
		sweep(w);
	}
}

static void signalled(void *arg)
{
	struct taken_signal *t = arg;
	struct watch *w = t->watch;
	unsigned char word = (unsigned char)t->signo;

	if (t->signo == SIGCHLD) {
		collect(w);
		return;
	}
	if (t->signo == SIGTERM || t->signo == SIGINT || t->signo == SIGQUIT)
		w->stopped_by = t->signo;
	if (w->pausing && w->stopped_by)
		w->over = true;
	if (!w->ended)
		(void)!send(w->link, &word, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* All there is: the engine's last words may lie behind others. */
static void relay(void *arg)
{
	struct watch *w = arg;
	char text[512];
	ssize_t n;

	do {
		n = recv(w->link, text, sizeof(text), MSG_DONTWAIT);
		if (n > 0)
			notify_relay(&w->notify, text, (size_t)n);
	} while (n > 0 || (n == -1 && errno == EINTR));
	if (n == 0 || errno != EAGAIN) {
		loop_watch_free(w->from_engine);
		w->from_engine = NULL;
	}
}

static void take_signals(struct watch *w)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	sigaction(SIGUSR2, &ignore, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
	for (size_t i = 0; i < ARRAY_LEN(taken); i++) {
		struct taken_signal *t = &w->signal[i];
		struct sigaction old;

		*t = (struct taken_signal){.watch = w, .signo = taken[i]};
		/* nohup(1) */
		if (taken[i] == SIGHUP && sigaction(SIGHUP, NULL, &old) == 0 &&
		    old.sa_handler == SIG_IGN)
			continue;
		t->on = loop_signal_new(w->loop, taken[i], signalled, t);
	}
}

static void release(struct watch *w)
{
	for (size_t i = 0; i < ARRAY_LEN(w->signal); i++)
		loop_signal_free(w->signal[i].on);
	loop_watch_free(w->from_engine);
	loop_watch_free(w->engine_exit);
	loop_timer_free(w->timer);
	log_release(&w->log);
	sink_release(&w->err);
	notify_release(&w->notify);
	loop_free(w->loop);
	fd_close(&w->link);
}

/* See the engine through to its end, and what it left. `blocked` are the
 * signals that waited for us. */
static int see_through(struct watch *w, const struct supervisor *s,
		       const sigset_t *old, struct err *e)
{
	w->loop = loop_new(e);
	if (!w->loop)
		return -1;
	sink_init(&w->err, w->loop, STDERR_FILENO, NULL, NULL);
	log_init(&w->log, &w->err, s->log_format, s->verbose);
	w->log.journal = log_is_journal(s->journal_stream, STDERR_FILENO);
	notify_init(&w->notify, s->notify_socket, NULL, NULL, -1);
	w->timer = loop_timer_new(w->loop, timer_due, w);
	take_signals(w);
	if (w->engine.pidfd != -1)
		w->engine_exit =
			loop_watch_new(w->loop, w->engine.pidfd, collect, w);
	w->from_engine = loop_watch_new(w->loop, w->link, relay, w);
	sigprocmask(SIG_SETMASK, old, NULL);
	collect(w);
	while (!w->over)
		loop_turn(w->loop);
	if (w->from_engine)
		relay(w);
	return 0;
}

static void block_signals(sigset_t *old)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_LEN(taken); i++)
		sigaddset(&set, taken[i]);
	sigprocmask(SIG_BLOCK, &set, old);
}

/* Start an engine: 1 in it, 0 in us. */
static int start(struct supervisor *s, struct watch *w, struct err *e)
{
	int pair[2], rc;

	next_instance(s);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == -1)
		return err_sys(e, STATUS_SYSTEM, errno,
			       "cannot make a socket pair");
	rc = child_fork(&w->engine, e);
	if (rc == 0) {
		close(pair[0]);
		s->link = pair[1];
		setpgid(0, 0);
		return 1;
	}
	close(pair[1]);
	w->link = pair[0];
	if (rc == -1)
		fd_close(&w->link);
	return rc == -1 ? -1 : 0;
}

/* 1 in the engine, 0 in us when it has ended; then `*again` says whether there
 * is to be another. */
static int one_engine(struct supervisor *s, struct child_kin *kin,
		      int64_t *pause, struct supervisor_end *end, bool *again,
		      struct err *e)
{
	struct watch w = {.link = -1, .pause_ms = *pause, .kin = kin};
	int64_t begin = clock_boot_ms();
	sigset_t old;
	int rc;

	block_signals(&old);
	rc = start(s, &w, e);
	if (rc) {
		sigprocmask(SIG_SETMASK, &old, NULL);
		return rc;
	}
	/* whoever reads it waits for the end of it */
	fd_close(&s->ready_fd);
	w.pid = w.engine.pid;
	if (see_through(&w, s, &old, e) < 0)
		return -1;
	*again = w.crashed && !w.stopped_by;
	if (clock_boot_ms() - begin - *pause >= STEADY_MS)
		*pause = 0;
	else
		*pause = *pause ? 2 * *pause : PAUSE_FIRST_MS;
	if (*pause > PAUSE_MOST_MS)
		*pause = PAUSE_MOST_MS;
	end->status = w.end.code;
	end->die_of = w.end.signo;
	/* told to stop when nothing ran any more: so it does */
	if (w.crashed)
		*end = (struct supervisor_end){
			.die_of = w.stopped_by == SIGQUIT ? SIGQUIT : 0};
	sink_flush(&w.err);
	release(&w);
	return 0;
}

int supervisor_run(struct supervisor *s, struct supervisor_end *end,
		   struct err *e)
{
	struct child_kin kin;
	int64_t pause = 0;
	bool again = true;
	int rc = 0;

	s->main_pid = getpid();
	s->link = -1;
	child_kin_init(&kin);
	child_become_subreaper();
	while (rc == 0 && again)
		rc = one_engine(s, &kin, &pause, end, &again, e);
	child_kin_release(&kin);
	return rc;
}
