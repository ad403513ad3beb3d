/* SPDX-License-Identifier: ISC */
/*
 * A handler that lives long: records to its stdin, as many unanswered as the
 * window allows, and a line of its stdout for each, in order. The first job
 * that is not answered is the one it works on; time limit, cancel and the
 * words on descriptor 3 are about that one.
 */
#include "work/slot_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/text.h"
#include "sys/proc.h"

enum {
	/* Who closes its stdout is about to exit, as a rule. */
	EXIT_MS = 1000,
	/* Until the next handler, when the last ones have answered nothing. */
	REST_FIRST_MS = 100,
	REST_MOST_MS = 60000,
	/* Between two looks at a handler's memory. */
	LOOK_US = 1000000,
	/* No more jobs while so much waits to be read by the handler. */
	UNSENT_MOST = 4 << 20
};

void slot_stream_init(struct slot *s)
{
	s->feed = buf_zalloc(sizeof(*s->feed));
	buf_init(&s->feed->out);
	buf_init(&s->feed->partial);
	s->feed->fd = -1;
}

static void close_input(struct slot_feed *f)
{
	loop_watch_free(f->watch);
	f->watch = NULL;
	fd_close(&f->fd);
}

void slot_stream_close(struct slot *s)
{
	struct slot_feed *f = s->feed;

	close_input(f);
	buf_clear(&f->out);
	buf_clear(&f->partial);
	f->sent = 0;
	f->taken = 0;
	f->last = false;
}

void slot_stream_release(struct slot *s)
{
	if (!s->feed)
		return;
	slot_stream_close(s);
	buf_release(&s->feed->out);
	buf_release(&s->feed->partial);
	free(s->feed);
}

static size_t unsent(const struct slot_feed *f)
{
	return f->out.len - f->sent;
}

bool slot_stream_is_heavy(const struct slot *s)
{
	return unsent(s->feed) > UNSENT_MOST;
}

size_t slot_stream_place(const struct slot *s)
{
	const struct slot_feed *f = s->feed;
	size_t room = s->cap - s->n;
	int64_t left;

	if (s->state != SLOT_FREE && s->state != SLOT_RUNNING)
		return 0;
	if (f->last)
		return 0;
	left = s->host->settings->recycle - f->taken;
	if (s->host->settings->recycle && left < (int64_t)room)
		room = left > 0 ? (size_t)left : 0;
	return room;
}

/* The pipe to its stdin; never waited for. */
int slot_stream_open(struct slot *s, int *theirs, struct err *e)
{
	struct slot_feed *f = s->feed;
	int fd[2];

	if (pipe2(fd, O_CLOEXEC) == -1)
		return err_sys(e, STATUS_SYSTEM, errno, "cannot make a pipe");
	/* each end has a description of its own: theirs goes on blocking */
	fcntl(fd[1], F_SETFL, O_NONBLOCK);
	*theirs = fd[0];
	f->fd = fd[1];
	f->written = 0;
	f->answered = 0;
	f->limit_us = f->looked_us = 0;
	f->blamed = 0;
	f->broken = NULL;
	return 0;
}

static void writable(void *arg)
{
	slot_stream_go(arg);
}

/* Whether this handler gets no more records. */
static bool had_all(const struct slot *s)
{
	int64_t most = s->host->settings->recycle;

	return s->feed->last || (most && s->feed->taken >= most);
}

/* Write what it takes, and close its stdin behind the last record: one that
 * reads ahead of its answers knows that it has them all. When it reads no more,
 * it is about to end. */
void slot_stream_go(struct slot *s)
{
	struct slot_feed *f = s->feed;
	ssize_t n = 0;

	while (f->fd != -1 && unsent(f)) {
		n = write(f->fd, f->out.p + f->sent, unsent(f));
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			break;
		f->sent += (size_t)n;
		f->written += (uint64_t)n;
	}
	if (f->sent == f->out.len || f->fd == -1) {
		if (f->out.cap > UNSENT_MOST)
			buf_release(&f->out);
		buf_clear(&f->out);
		f->sent = 0;
		if (f->watch)
			loop_watch_pause(f->watch);
		if (had_all(s))
			close_input(f);
		return;
	}
	if (f->sent > f->out.len / 2) {
		buf_drop(&f->out, f->sent);
		f->sent = 0;
	}
	/* it reads no more: it is about to end, and how far it had read will
	 * be seen then */
	if (n == -1 && errno != EAGAIN) {
		loop_watch_free(f->watch);
		f->watch = NULL;
	} else if (!f->watch) {
		f->watch =
			loop_watch_new_write(s->host->loop, f->fd, writable, s);
	} else {
		loop_watch_resume(f->watch);
	}
}

/* All is answered and nothing more will come: it should end. */
static void part(struct slot *s)
{
	if (s->state != SLOT_RUNNING)
		return;
	slot_stream_go(s);
	s->state = SLOT_PARTING;
	loop_timer_set(s->timer, s->host->settings->kill_after_ms);
}

/* The first job's turn has come. */
static void begin_first(struct slot *s)
{
	struct task *t = slot_task(s, 0);
	int64_t timeout = slot_timeout(s, t);

	task_start(t);
	s->capture.job = t->job;
	s->feed->limit_us = timeout ? t->started_us + timeout * 1000 : 0;
	/* one that is armed looks for itself what has become of the limit */
	if (timeout && s->state == SLOT_RUNNING && !loop_timer_armed(s->timer))
		loop_timer_set(s->timer, timeout);
}

void slot_stream_add(struct slot *s, struct task *t, struct strv payload)
{
	const struct settings *set = s->host->settings;
	struct slot_feed *f = s->feed;
	size_t before = f->out.len;
	struct outcome o;
	struct err e;

	if (frame_add(set->frame, set->ids ? t->job : NULL, payload, &f->out,
		      &e) < 0) {
		s->n--;
		outcome_refuse(STATUS_DATA, e.msg, &o);
		slot_close_as(s, t, &o);
		return;
	}
	if (s->state == SLOT_FREE &&
	    slot_launch(s, NULL, strv_of(""), &e) < 0) {
		slot_give_up(s, &e);
		return;
	}
	t->from = f->written + (before - f->sent);
	t->to = f->written + unsent(f);
	f->taken++;
	if (s->n == 1)
		begin_first(s);
}

/* It broke the rules: whatever else it says is worth nothing. */
static void broken(struct slot *s, const char *what)
{
	struct slot_feed *f = s->feed;

	snprintf(f->text, sizeof(f->text), "%s", what);
	f->broken = f->text;
	if (s->n == 0)
		log_say(s->host->log, LOG_ERROR,
			"slot %d: the handler %s: ending it", s->number, what);
}

static void look_at_memory(struct slot *s, int64_t now_us)
{
	struct slot_feed *f = s->feed;
	int64_t most = s->host->settings->recycle_bytes;

	if (!most || f->last || now_us - f->looked_us < LOOK_US)
		return;
	f->looked_us = now_us;
	if (proc_resident(s->pid) <= most)
		return;
	f->last = true;
	log_say(s->host->log, LOG_INFO,
		"slot %d: the handler has grown beyond %" PRId64
		" bytes: replacing it",
		s->number, most);
}

/* What the first job leaves behind goes with it. */
static void drop_first(struct slot *s)
{
	if (++s->first == s->cap)
		s->first = 0;
	s->n--;
	control_clear(&s->control);
	capture_clear_tail(&s->capture);
	s->news = false;
}

static void judge(struct slot *s, struct task *t, const struct answer *a)
{
	struct outcome_facts f = {.retry_after_ms = -1};
	struct backoff own;
	size_t keep = s->host->plan->max_result;

	s->report = (struct slot_report){.end.code = -1, .started = true};
	if (a->kind == ANSWER_OK) {
		s->report.total = a->text.n;
		s->report.result = strv_make(
			a->text.p, a->text.n < keep ? a->text.n : keep);
		s->report.line =
			strv_make(s->control.result.p, s->control.result.len);
	} else {
		/* what it wrote before it answered */
		inlet_drain(&s->capture.err);
		slot_facts(s, t, &own, &f);
		s->report.tail = capture_tail(&s->capture);
	}
	outcome_answer(a, &f, &s->report.outcome);
}

static void answered(struct slot *s, const struct answer *a)
{
	struct slot_feed *f = s->feed;
	struct task *t = slot_task(s, 0);
	int64_t now = clock_boot_us();

	judge(s, t, a);
	if (a->kind == ANSWER_OK && a->text.n)
		capture_pass(&s->capture, a->text);
	if (t->lost)
		outcome_lost(&s->report.outcome);
	t->ended_us = now;
	slot_close(s, t);
	drop_first(s);
	f->answered++;
	f->fruitless = 0;
	look_at_memory(s, now);
	if (s->n)
		begin_first(s);
	else if (had_all(s))
		part(s);
}

/* How much of what was sent it has read, as far as that is known. */
static uint64_t consumed(const struct slot_feed *f)
{
	int left = 0;

	if (f->fd == -1 || ioctl(f->fd, FIONREAD, &left) == -1)
		return f->written;
	return f->written - (uint64_t)left;
}

/* `had`: the bytes that it has read by now, if not when it wrote this. */
static void read_line(struct slot *s, struct strv line, uint64_t had)
{
	struct slot_feed *f = s->feed;
	char what[128], shown[64];
	struct answer a;

	if (s->n == 0 || f->written <= slot_task(s, 0)->from) {
		snprintf(what, sizeof(what),
			 "answered '%s' when no job was unanswered",
			 text_show(line, shown, sizeof(shown)));
		broken(s, what);
	} else if (had <= slot_task(s, 0)->from) {
		snprintf(what, sizeof(what),
			 "answered '%s' before it had read the job",
			 text_show(line, shown, sizeof(shown)));
		broken(s, what);
	} else if (answer_parse(line, &a, NULL) < 0) {
		snprintf(what, sizeof(what),
			 "answered '%s' (not ok, retry or dead)",
			 text_show(line, shown, sizeof(shown)));
		broken(s, what);
	} else {
		answered(s, &a);
	}
}

/* What the answers were not to bring about while there were more of them. */
static void act(struct slot *s)
{
	bool broke = s->feed->broken != NULL;

	if (!broke && (s->n == 0 || !slot_task(s, 0)->cancel))
		return;
	/* also when it has ended in the meantime, however it did */
	if (broke && s->cause == OUTCOME_ITSELF) {
		slot_stream_blame(s);
		s->cause = OUTCOME_BROKEN;
	}
	if (s->child.pid > 0)
		slot_event(s, broke ? SLOT_BROKEN : SLOT_CANCEL);
}

/* They are copied first: the place they were read to is used by all pipes. */
void slot_stream_answers(struct slot *s, struct strv bytes)
{
	struct slot_feed *f = s->feed;
	struct buf *b = &f->partial;
	uint64_t had = consumed(f);
	const char *end;
	size_t at = 0;

	if (f->broken)
		return;
	buf_add(b, bytes.p, bytes.n);
	/* the words about a job come before its answer */
	inlet_drain(&s->control_pipe);
	while (!f->broken && (end = memchr(b->p + at, '\n', b->len - at))) {
		size_t n = (size_t)(end - (b->p + at));

		read_line(s, strv_make(b->p + at, n), had);
		at += n + 1;
	}
	buf_drop(b, at);
	if (b->len > ANSWER_LINE_MAX)
		broken(s, "wrote a line of more than 1 MiB for an answer");
	act(s);
}

void slot_stream_time(struct slot *s)
{
	struct slot_feed *f = s->feed;
	int64_t left;

	/* its answer may have come with this very turn */
	inlet_drain(&s->capture.out);
	if (s->state != SLOT_RUNNING)
		return;
	if (!inlet_is_open(&s->capture.out)) {
		slot_stream_eof(s);
		return;
	}
	if (s->n == 0 || !f->limit_us)
		return;
	left = f->limit_us - clock_boot_us();
	if (left > 0)
		loop_timer_set(s->timer, left / 1000 + 1);
	else
		slot_end(s, OUTCOME_TIMEOUT);
}

void slot_stream_extend(struct slot *s, int64_t ms)
{
	if (s->n == 0 || s->state != SLOT_RUNNING)
		return;
	s->feed->limit_us = clock_boot_us() + ms * 1000;
	loop_timer_set(s->timer, ms);
}

void slot_stream_eof(struct slot *s)
{
	struct slot_feed *f = s->feed;

	if (inlet_is_open(&s->capture.out))
		return;
	slot_collect(s);
	if (s->state != SLOT_RUNNING)
		return;
	f->broken = "closed its standard output";
	s->state = SLOT_PARTING;
	loop_timer_set(s->timer, EXIT_MS);
}

/* What was not begun to be written is other workers' to do. */
void slot_stream_take_back(struct slot *s)
{
	struct slot_feed *f = s->feed;
	size_t i = s->n;

	while (i > 0 && slot_task(s, i - 1)->from >= f->written)
		i--;
	if (i == s->n)
		return;
	buf_cut(&f->out,
		f->sent + (size_t)(slot_task(s, i)->from - f->written));
	slot_hand_back(s, i, "the worker was stopped");
	s->n = i;
}

void slot_stream_finish(struct slot *s)
{
	s->feed->last = true;
	slot_stream_go(s);
	if (s->n == 0)
		part(s);
}

void slot_stream_blame(struct slot *s)
{
	s->feed->blamed = s->n ? slot_task(s, 0)->serial : 0;
}

/* Whether the end of the handler is the first job's doing: not if it had not
 * begun to read that. */
static bool charged(const struct slot *s)
{
	const struct slot_feed *f = s->feed;
	const struct task *t = slot_task(s, 0);

	if (s->n == 0 || t->lost)
		return false;
	switch (s->cause) {
	case OUTCOME_STOP:
	case OUTCOME_EVICTED:
		return false;
	case OUTCOME_TIMEOUT:
	case OUTCOME_CANCEL:
	case OUTCOME_BROKEN:
		return t->serial == f->blamed;
	case OUTCOME_ITSELF:
		break;
	}
	/* one that answers nothing may never have come to read */
	return !f->answered || t->from < consumed(f);
}

static void close_first(struct slot *s)
{
	struct slot_feed *f = s->feed;
	struct task *t = slot_task(s, 0);

	if (s->cause == OUTCOME_ITSELF && s->end.code == 0) {
		s->cause = OUTCOME_BROKEN;
		f->broken = "exited without an answer";
	}
	slot_judge(s, t);
	t->ended_us = s->ended_us;
	slot_close(s, t);
	drop_first(s);
}

/* Nobody's job tells of it. */
static void report_end(const struct slot *s)
{
	char how[48];

	if (s->cause != OUTCOME_ITSELF || (s->end.code == 0 && !s->n))
		return;
	if (s->end.signo)
		snprintf(how, sizeof(how), "was killed by signal %d",
			 s->end.signo);
	else
		snprintf(how, sizeof(how), "ended with exit status %d",
			 s->end.code);
	log_say(s->host->log, s->end.code ? LOG_WARN : LOG_INFO,
		"slot %d: the handler %s between two jobs, %zu handed back",
		s->number, how, s->n);
}

static const char *why_released(enum outcome_cause cause)
{
	if (cause == OUTCOME_STOP)
		return "the worker was stopped";
	if (cause == OUTCOME_ITSELF)
		return "the handler ended before it came to this job";
	return "the handler was ended for another job";
}

/* One that ends before it has answered anything may do so for ever. */
static void rest(struct slot *s, enum outcome_cause cause)
{
	struct slot_feed *f = s->feed;
	int64_t ms = REST_FIRST_MS;

	if (f->answered || (cause != OUTCOME_ITSELF && cause != OUTCOME_BROKEN))
		return;
	for (int64_t i = 0; i < f->fruitless && ms < REST_MOST_MS; i++)
		ms *= 2;
	f->fruitless++;
	s->state = SLOT_RESTING;
	loop_timer_set(s->timer, ms < REST_MOST_MS ? ms : REST_MOST_MS);
}

void slot_stream_over(struct slot *s)
{
	enum outcome_cause cause = s->cause;

	if (charged(s))
		close_first(s);
	else
		report_end(s);
	slot_hand_back(s, 0, why_released(cause));
	slot_stream_close(s);
	slot_clear(s);
	rest(s, cause);
}
