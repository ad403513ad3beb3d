/* SPDX-License-Identifier: ISC */
/*
 * Signals, and the way to the end: no more jobs, the handlers, the closes, the
 * goodbyes, the last output.
 */
#include "work/engine_impl.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "sys/child.h"

enum {
	/* What the server is given for the last words when nothing hangs on
	 * them: leases run out by themselves. */
	PARTING_MS = 5000,
	/* A killed handler that is not gone by then never will be. */
	STUCK_MS = 10000,
	/* Between two looks, and how often more time is asked for. */
	LOOK_MS = 500,
	EXTEND_MS = 5000
};

static void to_slots(struct engine *en, enum slot_event event)
{
	for (int64_t i = 0; i < en->set->slots; i++)
		if (en->slot[i])
			slot_event(en->slot[i], event);
}

static void enter(struct engine *en, enum stop_phase phase)
{
	en->phase = phase;
	en->stop_ms = clock_boot_ms();
	if (phase >= STOP_FINISH)
		loop_timer_set(en->grace, LOOK_MS);
}

/* Jobs are at hand, or handlers that had them are not gone. */
static bool at_work(const struct engine *en)
{
	return en->busy || en->ahead.n || en->slot_host.running;
}

void engine_enough(struct engine *en)
{
	to_slots(en, SLOT_ENOUGH);
}

void engine_finish(struct engine *en)
{
	if (en->phase >= STOP_FINISH)
		return;
	enter(en, STOP_FINISH);
	notify_stopping(&en->notify);
	en->last_call = true;
}

static void finish_gently(struct engine *en, bool from_terminal)
{
	engine_finish(en);
	if (en->busy)
		log_say(&en->log, LOG_NOTE, "finishing %d job%s%s", en->busy,
			en->busy == 1 ? "" : "s",
			from_terminal ? "; ^C again to stop them" : "");
}

static void force(struct engine *en)
{
	engine_finish(en);
	enter(en, STOP_FORCE);
	if (en->busy)
		log_say(&en->log, LOG_NOTE, "ending %d job%s", en->busy,
			en->busy == 1 ? "" : "s");
	to_slots(en, SLOT_STOP);
}

static void resume(struct engine *en)
{
	enter(en, STOP_RUN);
	en->active_ms = clock_boot_ms();
	for (size_t i = 0; i < en->pick->n; i++)
		en->lane[i].open = true;
	engine_beat_all(en);
	log_say(&en->log, LOG_NOTE, "taking jobs again");
}

static void reload(struct engine *en)
{
	const struct settings *s = en->set;
	struct err e;

	notify_reloading(&en->notify);
	if (s->reload(s->reload_arg, &e) < 0)
		log_say(&en->log, LOG_ERROR, "%s; nothing is changed", e.msg);
	else
		log_say(&en->log, LOG_NOTE, "read the configuration again");
	en->log.verbose = s->verbose;
	if (joblog_reopen(&en->joblog, &e) < 0)
		log_say(&en->log, LOG_ERROR, "%s; keeping the old one", e.msg);
	notify_reloaded(&en->notify);
}

static void act(struct engine *en, enum stop_action action, int signo)
{
	switch (action) {
	case STOP_NOTHING:
		break;
	case STOP_BE_QUIET:
		enter(en, STOP_QUIET);
		log_say(&en->log, LOG_NOTE, "taking no more jobs");
		engine_beat_all(en);
		break;
	case STOP_RESUME:
		resume(en);
		break;
	case STOP_BEAT_NOW:
		engine_beat_all(en);
		break;
	case STOP_RELOAD:
		reload(en);
		break;
	case STOP_GENTLY:
		finish_gently(en, signo == SIGINT);
		break;
	case STOP_FIRMLY:
		en->end.die_of = signo;
		force(en);
		break;
	case STOP_KILL_ALL:
		to_slots(en, SLOT_KILL);
		break;
	case STOP_DIE_AT_ONCE:
		to_slots(en, SLOT_KILL);
		child_die_of(signo);
	}
}

static void describe(struct engine *en)
{
	for (int64_t i = 0; i < en->set->slots; i++) {
		buf_clear(&en->text);
		if (en->slot[i]) {
			slot_listen(en->slot[i]);
			slot_describe(en->slot[i], &en->text);
		} else {
			buf_addf(&en->text, "slot %d: idle", (int)i + 1);
		}
		/* asked for, so shown however quiet we are to be */
		log_say(&en->log, LOG_ERROR, "%s", en->text.p);
	}
}

static void signalled(struct engine *en, int signo)
{
	static const struct {
		int signo;
		enum stop_signal as;
	} known[] = {
		{SIGTERM, STOP_TERM}, {SIGINT, STOP_INT},
		{SIGQUIT, STOP_QUIT}, {SIGHUP, STOP_HUP},
		{SIGTSTP, STOP_TSTP}, {SIGCONT, STOP_CONT},
	};

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (signo == known[i].signo)
			act(en,
			    stop_decide(en->phase, known[i].as,
					en->set->on_terminal),
			    signo);
#ifdef SIGINFO
	if (signo == SIGINFO)
		describe(en);
#endif
	if (signo == SIGUSR1)
		describe(en);
}

/* The supervisor passes on what it was sent. When it is gone itself, nobody
 * could stop us any more, and nobody would end our handlers. */
static void hear(void *arg)
{
	struct engine *en = arg;
	unsigned char word;
	ssize_t n = recv(en->set->supervisor->link, &word, 1, MSG_DONTWAIT);

	if (n == 1) {
		signalled(en, word);
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		loop_watch_free(en->words);
		en->words = NULL;
		log_say(&en->log, LOG_ERROR, "the supervisor was killed");
		act(en, STOP_FIRMLY, SIGTERM);
	}
}

/* Only where there are no pidfds. */
static void children(void *arg)
{
	struct engine *en = arg;

	to_slots(en, SLOT_EXITED);
	alarm_look(&en->alarm);
	engine_job_rounds(en);
}

static void look(void *arg)
{
	struct engine *en = arg;

	loop_timer_set(en->grace, LOOK_MS);
}

void engine_stop_start(struct engine *en)
{
	/* They come as words, once each, however many of us were sent them.
	 * SIGTTOU would stop us: we are not the terminal's, and may write. */
	static const int ignored[] = {SIGTERM, SIGINT,	SIGQUIT,
				      SIGHUP,  SIGUSR1, SIGUSR2,
				      SIGTSTP, SIGTTOU, SIGPIPE};
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	for (size_t i = 0; i < ARRAY_LEN(ignored); i++)
		sigaction(ignored[i], &ignore, NULL);
	en->words =
		loop_watch_new(en->loop, en->set->supervisor->link, hear, en);
	if (!child_has_pidfd())
		en->children = loop_signal_new(en->loop, SIGCHLD, children, en);
	en->grace = loop_timer_new(en->loop, look, en);
}

void engine_stop_end(struct engine *en)
{
	loop_watch_free(en->words);
	loop_signal_free(en->children);
	loop_timer_free(en->grace);
	en->grace = NULL;
	if (en->end.status == 0 && en->set->judge && en->bad)
		en->end.status = STATUS_NO;
	if (en->end.status == 0 && en->found_nothing)
		en->end.status = STATUS_LATER;
	/* whoever closes a pipe has read enough; a full disk is another thing
	 */
	if (en->end.status == 0 && en->out.error && en->out.error != EPIPE)
		en->end.status = STATUS_IO;
	if (en->end.status == 0 && en->gave_up)
		en->end.status = STATUS_LATER;
}

/* Steps of stopping that time alone brings about. */
static void check_time(struct engine *en, int64_t now)
{
	int64_t since = now - en->stop_ms;

	if (en->last_call) {
		en->last_call = false;
		to_slots(en, SLOT_FINISH);
	}
	if (now - en->extended_ms >= EXTEND_MS) {
		en->extended_ms = now;
		notify_extend(&en->notify, (int64_t)2 * EXTEND_MS);
	}
	if (en->phase == STOP_FINISH && at_work(en) && en->set->grace_ms >= 0 &&
	    since >= en->set->grace_ms)
		force(en);
	else if (en->phase == STOP_FORCE && at_work(en) &&
		 since >= en->set->kill_after_ms + STUCK_MS)
		en->gave_up = en->finished = true;
}

static int unanswered(const struct engine *en, bool *closes)
{
	int n = en->goodbyes;

	*closes = false;
	for (size_t i = 0; i < en->pick->n; i++) {
		n += en->lane[i].ask.on + en->lane[i].beating;
		n += en->lane[i].closing;
		*closes |= en->lane[i].closing > 0;
	}
	return n;
}

/* How long to go on trying to tell the server. */
static bool patient(const struct engine *en, bool closes, int64_t now)
{
	int64_t since = now - en->closing_ms;

	if (since < PARTING_MS)
		return true;
	/* without --grace it is the service manager who decides */
	return closes && !en->refused && en->phase == STOP_FINISH &&
	       en->set->grace_ms < 0;
}

void engine_stop_turn(struct engine *en)
{
	int64_t now = clock_boot_ms();
	/* the first claim of all may bring jobs */
	bool closes, reached = en->served || redis_connection(en->redis) > 0;
	int left;

	if (en->phase < STOP_FINISH || en->finished)
		return;
	check_time(en, now);
	if (at_work(en) || en->finished)
		return;
	if (!en->closing) {
		en->closing = true;
		en->closing_ms = now;
	}
	left = unanswered(en, &closes);
	if (en->served && left == 0 && !en->parted) {
		en->parted = true;
		engine_goodbye(en);
		return;
	}
	if (reached && left && patient(en, closes, now))
		return;
	en->gave_up |= en->served && left;
	/* not after a second signal, and never for long */
	if (en->phase == STOP_FINISH && alarm_keeps(&en->alarm))
		return;
	if (!sink_empty(&en->out) || !sink_empty(&en->err))
		if (en->phase == STOP_FINISH || patient(en, false, now))
			return;
	en->finished = true;
}
