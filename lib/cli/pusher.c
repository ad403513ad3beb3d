/* SPDX-License-Identifier: ISC */
/* Batches of jobs in flight, and the account of what became of them. */
#include "cli/pusher.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "cli/env.h"
#include "cli/output.h"

#define TRACE_MAX 8192 /* bytes of a variable that is passed on */

void pusher_init(struct pusher *p, const struct opt_command *cmd,
		 const char *space, struct strv queue, bool print)
{
	memset(p, 0, sizeof(*p));
	p->cmd = cmd;
	p->print = print;
	key_set_init(&p->keys, space, queue);
}

void pusher_release(struct pusher *p)
{
	for (size_t i = 0; i < PUSHER_CALLS; i++) {
		if (p->batch[i])
			push_release(&p->batch[i]->push);
		free(p->batch[i]);
		p->batch[i] = NULL;
	}
	loop_timer_free(p->now);
	p->now = NULL;
}

static void woken(void *arg)
{
	(void)arg;
}

int pusher_connect(struct pusher *p, const struct opt_common *common,
		   const struct connect *c, struct err *e)
{
	p->patience = common->connect_timeout;
	if (durable_prepare(&p->durable, c->redis, e) < 0)
		return -1;
	p->loop = c->loop;
	p->redis = c->redis;
	p->now = loop_timer_new(c->loop, woken, NULL);
	push_announce(c->redis, common->namespace, p->keys.queue);
	if (c->private_server ||
	    (!common->verbose && p->durable.kind == DURABLE_MEMORY))
		return 0;
	p->suit = (struct suit){.url = &c->url,
				.warn = suit_opt_warn,
				.arg = (void *)(uintptr_t)p->cmd};
	suit_ask(&p->suit, c->redis);
	return 0;
}

static void stop(struct pusher *p, uint64_t number, const struct err *why)
{
	if (p->stopped)
		return;
	p->stopped = true;
	p->stopped_at = number;
	p->why = *why;
	if (number > p->seen)
		p->seen = number;
}

int pusher_read_frame(struct strv v, void *at, struct err *e)
{
	struct pusher_frame *f = at;

	f->told = true;
	return frame_parse(v, &f->frame, e);
}

void pusher_warn_of_frame(const struct pusher *p, const struct pusher_frame *f,
			  uint64_t number, struct strv payload)
{
	struct err e;

	if (f->told && frame_check(f->frame, payload, &e) < 0)
		opt_warn(p->cmd, "record %" PRIu64 ": %s", number, e.msg);
}

void pusher_refuse(struct pusher *p, uint64_t number, const struct err *why)
{
	struct err line = *why;

	if (number > p->seen)
		p->seen = number;
	p->refused++;
	err_prefix(&line, "record %" PRIu64, number);
	opt_fail(p->cmd, &line);
}

static void print_id(struct pusher *p, const char *id)
{
	char line[KEY_QUEUE_MAX + KEY_ID_MAX + 3];
	struct err e;
	int n = snprintf(line, sizeof(line), "%s/%s\n", p->keys.queue, id);

	/* A failure is remembered there; the flush reports it. */
	if (output_write(line, (size_t)n, &e) < 0)
		return;
}

static void accept_job(struct pusher *p, const struct pusher_batch *b, size_t i)
{
	p->pushed++;
	if (push_verdict(&b->push, i) == PUSH_DUP)
		p->known++;
	if (p->stopped && b->number[i] > p->stopped_at)
		p->pushed_after++;
	if (p->print)
		print_id(p, push_id(&b->push, i));
}

static void refuse_job(struct pusher *p, const struct pusher_batch *b, size_t i)
{
	struct err e;

	if (push_verdict(&b->push, i) == PUSH_FULL) {
		err_set(&e, STATUS_LATER,
			"queue '%s' is full (try again later, or raise its "
			"max-len with jq-ctl set)",
			p->keys.queue);
		stop(p, b->number[i], &e);
		return;
	}
	err_set(&e, STATUS_DATA,
		"a job '%s/%s' with another payload or name exists; it was "
		"left as it is",
		p->keys.queue, push_id(&b->push, i));
	/* with one job there are no others to go on with */
	if (p->single)
		stop(p, 1, &e);
	else
		pusher_refuse(p, b->number[i], &e);
}

/* Stored it is, when the push itself was answered. Otherwise a lost connection
 * leaves it open what the server has seen; when it answered with an error, the
 * connection is up. */
static void note_loss(struct pusher *p, const struct pusher_batch *b,
		      const struct err *why)
{
	uint64_t last = b->number[b->push.n - 1];

	if (b->connection && !p->stopped)
		p->stored_to = last;
	stop(p, b->number[0], why);
	if (!b->connection && why->code == STATUS_UNAVAILABLE &&
	    !redis_is_up(p->redis) && p->ever_up)
		p->unsure_to = last;
}

static void account(struct pusher *p, struct pusher_batch *b)
{
	struct push *push = &b->push;
	struct err e;

	p->accounted++;
	p->n_sent--;
	p->sent_bytes -= push_bytes(push);
	b->sent = false;
	if (b->why.code) {
		note_loss(p, b, &b->why);
		return;
	}
	for (size_t i = 0; i < push->n; i++) {
		enum push_verdict v = push_verdict(push, i);

		if (v == PUSH_OK || v == PUSH_DUP)
			accept_job(p, b, i);
		else
			refuse_job(p, b, i);
	}
	if (p->print && output_flush(&e) < 0)
		stop(p, b->number[push->n - 1] + 1, &e);
}

static struct pusher_batch *next_settled(struct pusher *p)
{
	for (size_t i = 0; i < PUSHER_CALLS; i++) {
		struct pusher_batch *b = p->batch[i];

		if (b && b->sent && b->settled && b->order == p->accounted)
			return b;
	}
	return NULL;
}

/* A batch that had to be pushed again may be the last to be settled: names are
 * printed in the order of the input all the same. */
static void settle(struct pusher_batch *b, const struct err *why)
{
	struct pusher *p = b->owner;

	b->settled = true;
	if (why)
		b->why = *why;
	while ((b = next_settled(p)))
		account(p, b);
}

static bool stored_any(const struct push *push)
{
	for (size_t i = 0; i < push->n; i++)
		if (push_verdict(push, i) == PUSH_OK ||
		    push_verdict(push, i) == PUSH_DUP)
			return true;
	return false;
}

/* Stored, but no more than that is known of it. */
static void settle_unsure(struct pusher_batch *b, const struct err *why)
{
	struct err e = *why;

	/* such as an error of WAIT on what has become a replica meanwhile */
	if (e.code == STATUS_UNAVAILABLE || e.code == STATUS_BUG)
		e.code = STATUS_LATER;
	err_prefix(&e, "stored, durability not confirmed");
	settle(b, &e);
}

/* What a server says on a connection is about what was written on it. Ours may
 * have been made since, and perhaps to another server: push again, so that the
 * answer is about that. */
static void confirmed(void *arg, const struct redis_reply *reply,
		      const struct err *why)
{
	struct pusher_batch *b = arg;
	struct pusher *p = b->owner;
	bool same = b->connection == redis_connection(p->redis);
	struct err e;

	if (!why && !same && clock_boot_ms() < b->due_ms) {
		push_send(&b->push, p->redis);
		return;
	}
	if (!why && !same) {
		err_set(&e, STATUS_LATER, "the connection was lost");
		why = &e;
	} else if (!why && durable_judge(&p->durable, reply, &e) < 0) {
		why = &e;
	}
	if (why)
		settle_unsure(b, why);
	else
		settle(b, NULL);
}

static void answered(void *arg, struct push *push, const struct err *why)
{
	struct pusher_batch *b = arg;
	struct pusher *p = b->owner;
	int64_t now = clock_boot_ms();

	if (why && b->connection) {
		settle_unsure(b, why);
		return;
	}
	if (why || p->durable.kind == DURABLE_MEMORY || !stored_any(push)) {
		settle(b, why);
		return;
	}
	if (!b->connection)
		b->due_ms = now + p->patience;
	b->connection = redis_connection(p->redis);
	/* 0 would wait for ever */
	durable_ask(&p->durable, p->redis,
		    b->due_ms > now ? b->due_ms - now : 1, confirmed, b);
}

static void turn(struct pusher *p)
{
	loop_turn(p->loop);
	p->ever_up = p->ever_up || redis_is_up(p->redis);
}

static struct pusher_batch *idle_batch(struct pusher *p)
{
	size_t i = 0;

	while (p->batch[i] && p->batch[i]->sent)
		i++;
	if (p->batch[i]) {
		push_clear(&p->batch[i]->push);
		return p->batch[i];
	}
	p->batch[i] = buf_zalloc(sizeof(*p->batch[i]));
	p->batch[i]->owner = p;
	push_init(&p->batch[i]->push, &p->keys);
	p->batch[i]->push.fn = answered;
	p->batch[i]->push.arg = p->batch[i];
	return p->batch[i];
}

void pusher_flush(struct pusher *p)
{
	struct pusher_batch *b = p->filling;

	p->filling = NULL;
	if (!b || b->push.n == 0 || p->stopped)
		return;
	b->sent = true;
	b->order = p->ordered++;
	b->settled = false;
	b->connection = 0;
	b->why.code = STATUS_OK;
	p->n_sent++;
	p->sent_bytes += push_bytes(&b->push);
	push_send(&b->push, p->redis);
	/* let the loop write now, so that the server works while we collect;
	 * the timer keeps it from waiting */
	loop_timer_set(p->now, 0);
	turn(p);
}

static void readable(void *arg)
{
	*(bool *)arg = true;
}

void pusher_await_input(struct pusher *p, int fd)
{
	struct loop_watch *w;
	bool there = false;

	pusher_flush(p);
	w = loop_watch_new(p->loop, fd, readable, &there);
	while (!there && !p->stopped)
		loop_turn(p->loop);
	loop_watch_free(w);
}

void pusher_add(struct pusher *p, uint64_t number, const char *id,
		const struct job_options *o, struct strv payload, bool borrow)
{
	struct pusher_batch *b;
	bool alone = payload.n >= PUSHER_COPY;
	/* it may have to be pushed again when the next record is there */
	bool stays = borrow || (alone && p->durable.kind == DURABLE_MEMORY);

	if (alone)
		pusher_flush(p);
	while (p->n_sent == PUSHER_CALLS ||
	       p->sent_bytes >= PUSHER_CALLS * PUSHER_BYTES)
		turn(p);
	if (p->stopped)
		return;
	if (!p->filling)
		p->filling = idle_batch(p);
	b = p->filling;
	p->seen = number;
	snprintf(p->id, sizeof(p->id), "%s", id);
	b->number[b->push.n] = number;
	push_add(&b->push, id, o, payload, stays);
	if (alone || b->push.n == PUSHER_JOBS ||
	    push_bytes(&b->push) >= PUSHER_BYTES)
		pusher_flush(p);
}

void pusher_stop(struct pusher *p, uint64_t number, const struct err *why)
{
	/* what came before it is to go out */
	if (p->redis)
		pusher_flush(p);
	stop(p, number, why);
}

/* What to say at the end of a stream that was stopped. */
static void tell_how_far(const struct pusher *p, struct err *e)
{
	struct buf text = BUF_INIT;

	buf_addf(&text, "pushed %" PRIu64 " record%s; ", p->pushed,
		 p->pushed == 1 ? "" : "s");
	if (p->pushed_after)
		buf_addf(&text, "%" PRIu64 " of them after it; ",
			 p->pushed_after);
	if (p->unsure_to)
		buf_addf(&text,
			 "records %" PRIu64 " to %" PRIu64
			 " may have gone in unconfirmed; ",
			 p->stopped_at, p->unsure_to);
	if (p->stored_to > p->stopped_at)
		buf_addf(&text, "stopped at records %" PRIu64 " to %" PRIu64,
			 p->stopped_at, p->stored_to);
	else
		buf_addf(&text, "stopped at record %" PRIu64, p->stopped_at);
	err_prefix(e, "%s", text.p);
	buf_release(&text);
}

static void tell_of_one(const struct pusher *p, struct err *e)
{
	size_t len = strlen(e->msg);

	if (p->pushed)
		snprintf(e->msg + len, sizeof(e->msg) - len,
			 " (the job was pushed: %s/%s)", p->keys.queue, p->id);
	else if (p->unsure_to)
		snprintf(e->msg + len, sizeof(e->msg) - len,
			 " (it may have been stored; -i %s is safe to repeat)",
			 p->id);
	else if (p->stored_to)
		snprintf(e->msg + len, sizeof(e->msg) - len,
			 " (-i %s is safe to repeat, and asks again)", p->id);
}

int pusher_finish(struct pusher *p, struct err *e)
{
	if (p->redis) {
		pusher_flush(p);
		while (p->n_sent)
			turn(p);
	}
	if (p->stopped) {
		*e = p->why;
		if (p->single)
			tell_of_one(p, e);
		else if (p->pushed || p->stopped_at > 1 || p->unsure_to ||
			 p->stored_to)
			tell_how_far(p, e);
		else if (e->code == STATUS_DATA)
			err_prefix(e, "record %" PRIu64, p->stopped_at);
		return -1;
	}
	if (p->refused)
		return err_set(e, STATUS_DATA,
			       "pushed %" PRIu64 " record%s; refused %" PRIu64,
			       p->pushed, p->pushed == 1 ? "" : "s",
			       p->refused);
	return 0;
}

void pusher_read_trace(const struct opt_command *cmd, struct job_options *o)
{
	static const char *const names[3] = {"TRACEPARENT", "TRACESTATE",
					     "BAGGAGE"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		o->trace[i] = env_get(names[i]);
		if (!o->trace[i] || strlen(o->trace[i]) <= TRACE_MAX)
			continue;
		opt_warn(cmd, "%s has over %d bytes: not passed on", names[i],
			 TRACE_MAX);
		o->trace[i] = NULL;
	}
}
