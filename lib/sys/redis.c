/* SPDX-License-Identifier: ISC */
/*
 * The Redis client as its callers see it: answers and requests. How the
 * connection lives is in redis_link.c, what answers mean in redis_answer.c.
 */
#include "sys/redis.h"

#include <stdlib.h>
#include <string.h>

#include <hiredis.h>

#include "base/num.h"
#include "base/text.h"
#include "sys/redis_impl.h"

#define DEFAULT_TIMEOUT 5000

static const redisReply *raw(const struct redis_reply *r)
{
	return (const redisReply *)r;
}

enum redis_type redis_type(const struct redis_reply *r)
{
	if (!r)
		return REDIS_NIL;
	switch (raw(r)->type) {
	case REDIS_REPLY_NIL:
		return REDIS_NIL;
	case REDIS_REPLY_STATUS:
		return REDIS_STATUS;
	case REDIS_REPLY_INTEGER:
		return REDIS_INT;
	case REDIS_REPLY_STRING:
		return REDIS_STRING;
	case REDIS_REPLY_ARRAY:
		return REDIS_ARRAY;
	default:
		return REDIS_OTHER;
	}
}

bool redis_is_error(const struct redis_reply *r)
{
	return r && raw(r)->type == REDIS_REPLY_ERROR;
}

struct strv redis_str(const struct redis_reply *r)
{
	if (!r || !raw(r)->str)
		return strv_make("", 0);
	return strv_make(raw(r)->str, raw(r)->len);
}

int64_t redis_int(const struct redis_reply *r)
{
	int64_t v;

	if (redis_type(r) == REDIS_INT)
		return raw(r)->integer;
	return num_int(redis_str(r), INT64_MIN, INT64_MAX, &v, NULL) == 0 ? v
									  : 0;
}

size_t redis_count(const struct redis_reply *r)
{
	return redis_type(r) == REDIS_ARRAY ? (size_t)raw(r)->elements : 0;
}

const struct redis_reply *redis_at(const struct redis_reply *r, size_t i)
{
	if (i >= redis_count(r))
		return NULL;
	return (const struct redis_reply *)raw(r)->element[i];
}

bool redis_is_up(const struct redis *r)
{
	return r->state == REDIS_READY;
}

uint64_t redis_connection(const struct redis *r)
{
	return r->connection;
}

size_t redis_unanswered(const struct redis *r)
{
	return r->unanswered;
}

void redis_flush(struct redis *r)
{
	if (r->stream)
		loop_stream_flush(r->stream);
}

size_t redis_unsent(const struct redis *r)
{
	size_t n = r->again.bytes + r->fresh.bytes;

	return r->stream ? n + loop_stream_unsent(r->stream) : n;
}

void redis_send(struct redis *r, const struct redis_cmd *c, int64_t extra,
		redis_fn *fn, void *arg)
{
	struct redis_request *q = redis_request_new(REDIS_FOR_CALLER, c);

	q->seq = ++r->seq;
	q->extra = extra;
	q->fn = fn;
	q->arg = arg;
	r->unanswered++;
	if (q->bytes) {
		redis_queue_add(&r->fresh, q);
		redis_link_kick(r);
	} else {
		redis_queue_add(&r->refused, q);
		loop_timer_set(r->refuse, 0);
	}
}

struct call {
	struct redis *r;
	bool done;
	struct err why; /* code 0 = answered */
};

static void called(void *arg, const struct redis_reply *reply,
		   const struct err *why)
{
	struct call *call = arg;

	(void)reply;
	call->done = true;
	if (why) {
		call->why = *why;
		return;
	}
	/* ours now */
	call->r->held = call->r->current;
	call->r->current = NULL;
}

int redis_call(struct redis *r, const struct redis_cmd *c,
	       const struct redis_reply **reply, struct err *e)
{
	struct call call = {.r = r};

	redis_reply_free(r->held);
	r->held = NULL;
	redis_send(r, c, 0, called, &call);
	while (!call.done)
		loop_turn(r->loop);
	if (reply)
		*reply = r->held;
	if (!call.why.code)
		return 0;
	if (e)
		*e = call.why;
	return -1;
}

void redis_drain(struct redis *r)
{
	while (r->unanswered)
		loop_turn(r->loop);
}

void redis_subscribe(struct redis *r, const char *channel,
		     void (*fn)(void *arg, struct strv message), void *arg)
{
	free(r->channel);
	r->channel = buf_strdup(channel);
	r->on_message = fn;
	r->on_message_arg = arg;
	redis_link_kick(r);
}

static void refuse(void *arg)
{
	struct redis *r = arg;
	struct redis_request *q;
	struct err e;

	err_set(&e, STATUS_DATA,
		"the request is larger than the 1 GiB that servers take");
	while ((q = redis_queue_take(&r->refused)))
		redis_link_finish(r, q, NULL, &e);
}

static void name(struct redis *r)
{
	struct buf b = BUF_INIT;

	url_show(r->options.url, &b);
	text_show(strv_make(b.p, b.len), r->server, sizeof(r->server));
	buf_release(&b);
}

struct redis *redis_new(struct loop *l, const struct redis_options *options)
{
	struct redis *r = buf_zalloc(sizeof(*r));

	r->loop = l;
	r->options = *options;
	if (!r->options.connect_timeout)
		r->options.connect_timeout = DEFAULT_TIMEOUT;
	if (!r->options.request_timeout)
		r->options.request_timeout = DEFAULT_TIMEOUT;
	name(r);
	r->parser = redis_parser_new();
	r->refuse = loop_timer_new(l, refuse, r);
	redis_link_init(r);
	buf_init(&r->accusation);
	return r;
}

void redis_moved(struct redis *r)
{
	name(r);
	redis_link_reopen(r);
}

static void forget(struct redis_queue *l)
{
	struct redis_request *q;

	while ((q = redis_queue_take(l)))
		redis_request_free(q);
}

void redis_free(struct redis *r)
{
	if (!r)
		return;
	/* first, for it may hold bytes of the requests */
	loop_stream_free(r->stream);
	forget(&r->sent);
	forget(&r->again);
	forget(&r->fresh);
	forget(&r->accused);
	forget(&r->refused);
	redis_link_release(r);
	loop_timer_free(r->refuse);
	redis_parser_free(r->parser);
	redis_reply_free(r->held);
	buf_release(&r->accusation);
	free(r->channel);
	free(r);
}
