/* SPDX-License-Identifier: ISC */
/* Batches of jobs for push.lua. */
#include "queue/push.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "queue/script.h"
#include "sys/seal.h"

void push_init(struct push *p, const struct key_set *keys)
{
	memset(p, 0, sizeof(*p));
	p->keys = keys;
	redis_cmd_init(&p->cmd);
	buf_init(&p->ids);
	buf_init(&p->scratch);
}

void push_clear(struct push *p)
{
	redis_cmd_clear(&p->cmd);
	buf_clear(&p->ids);
	p->n = 0;
	p->bytes = 0;
}

void push_release(struct push *p)
{
	redis_cmd_release(&p->cmd);
	buf_release(&p->ids);
	buf_release(&p->scratch);
	free(p->id_at);
	free(p->verdict);
	memset(p, 0, sizeof(*p));
}

/* A new batch begins with what a new queue's epoch would be. */
static void begin(struct push *p)
{
	char epoch[KEY_NEW_ID_SIZE];

	script_begin(&p->cmd, SCRIPT_PUSH, p->keys);
	key_new_id(clock_real_ms(), epoch);
	redis_cmd_str(&p->cmd, epoch);
}

static void remember(struct push *p, const char *id)
{
	if (p->n == p->cap) {
		p->cap = p->cap ? p->cap * 2 : 16;
		p->id_at = buf_realloc(p->id_at, p->cap * sizeof(*p->id_at));
		p->verdict =
			buf_realloc(p->verdict, p->cap * sizeof(*p->verdict));
	}
	p->id_at[p->n++] = p->ids.len;
	buf_add(&p->ids, id, strlen(id) + 1);
}

static void add_when(struct push *p, const struct job_options *o)
{
	char when[32] = "0";

	if (o->at_ms > 0)
		snprintf(when, sizeof(when), "@%lld", (long long)o->at_ms);
	else if (o->delay_ms > 0)
		snprintf(when, sizeof(when), "+%lld", (long long)o->delay_ms);
	redis_cmd_str(&p->cmd, when);
}

void push_digest(const char *queue, const char *name, const char *id,
		 struct strv payload, char *to)
{
	struct strv parts[4] = {strv_of(queue), strv_of(name), strv_of(id),
				payload};

	seal_digest(parts, 4, to);
}

void push_add(struct push *p, const char *id, const struct job_options *o,
	      struct strv payload, bool borrow)
{
	char digest[SEAL_DIGEST_SIZE];

	if (p->n == 0)
		begin(p);
	remember(p, id);
	p->bytes += payload.n;
	push_digest(p->keys->queue, o->name, id, payload, digest);
	redis_cmd_str(&p->cmd, id);
	redis_cmd_str(&p->cmd, digest);
	redis_cmd_int(&p->cmd, o->priority);
	add_when(p, o);
	redis_cmd_int(&p->cmd, o->expire_ms);
	buf_clear(&p->scratch);
	job_encode_options(o, &p->scratch);
	redis_cmd_add(&p->cmd, p->scratch.p, p->scratch.len);
	if (borrow)
		redis_cmd_ref(&p->cmd, payload.p, payload.n);
	else
		redis_cmd_add(&p->cmd, payload.p, payload.n);
}

size_t push_bytes(const struct push *p)
{
	return p->bytes;
}

const char *push_id(const struct push *p, size_t i)
{
	return p->ids.p + p->id_at[i];
}

enum push_verdict push_verdict(const struct push *p, size_t i)
{
	return p->verdict[i];
}

static int read_verdicts(struct push *p, const struct redis_reply *reply,
			 struct err *e)
{
	static const char *const words[] = {"OK", "DUP", "CONFLICT", "FULL"};
	struct strv word;

	if (script_answer(reply, p->keys->queue, &word, e) < 0)
		return -1;
	for (size_t i = 0; i < p->n; i++) {
		size_t v = 0;

		word = redis_str(redis_at(reply, i + 1));
		while (v < ARRAY_LEN(words) && !strv_eq(word, words[v]))
			v++;
		if (v == ARRAY_LEN(words))
			return err_set(e, STATUS_BUG,
				       "queue '%s': unexpected answer to a "
				       "push (please report this)",
				       p->keys->queue);
		p->verdict[i] = (enum push_verdict)v;
	}
	return 0;
}

static void answered(void *arg, const struct redis_reply *reply,
		     const struct err *why)
{
	struct push *p = arg;
	struct err e;

	if (!why && read_verdicts(p, reply, &e) < 0)
		why = &e;
	p->fn(p->arg, p, why);
}

void push_send(struct push *p, struct redis *r)
{
	redis_send(r, &p->cmd, 0, answered, p);
}

int push_now(struct push *p, struct redis *r, struct err *e)
{
	const struct redis_reply *reply;

	if (redis_call(r, &p->cmd, &reply, e) < 0)
		return -1;
	return read_verdicts(p, reply, e);
}

void push_announce(struct redis *r, const char *space, const char *queue)
{
	struct redis_cmd c;
	char key[80];

	key_queues(space, key);
	redis_cmd_init(&c);
	redis_cmd_str(&c, "SADD");
	redis_cmd_str(&c, key);
	redis_cmd_str(&c, queue);
	redis_send(r, &c, 0, NULL, NULL);
	redis_cmd_release(&c);
}
