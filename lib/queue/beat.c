/* SPDX-License-Identifier: ISC */
/* Heartbeats for beat.lua. */
#include "queue/beat.h"

#include <string.h>

#include "queue/script.h"

enum {
	HEAD = 5
}; /* elements of an answer before the first job */

void beat_init(struct beat *b, const struct key_set *keys)
{
	memset(b, 0, sizeof(*b));
	b->keys = keys;
	redis_cmd_init(&b->cmd);
}

void beat_release(struct beat *b)
{
	redis_cmd_release(&b->cmd);
}

void beat_begin(struct beat *b, const char *instance, struct strv info)
{
	b->n = 0;
	script_begin(&b->cmd, SCRIPT_BEAT, b->keys);
	redis_cmd_str(&b->cmd, instance);
	redis_cmd_add(&b->cmd, info.p, info.n);
}

void beat_begin_closed(struct beat *b, const char *instance)
{
	beat_begin(b, instance, strv_of("closed"));
}

void beat_add(struct beat *b, const char *id, const char *token,
	      struct strv live)
{
	redis_cmd_str(&b->cmd, id);
	redis_cmd_str(&b->cmd, token);
	redis_cmd_add(&b->cmd, live.p, live.n);
	b->n++;
}

static int read_answer(const struct beat *b, const struct redis_reply *reply,
		       struct beat_answer *a, struct err *e)
{
	struct strv word;

	if (script_answer(reply, b->keys->queue, &word, e) < 0)
		return -1;
	if (redis_count(reply) != HEAD + b->n)
		return err_set(e, STATUS_BUG,
			       "queue '%s': unexpected answer to a beat "
			       "(please report this)",
			       b->keys->queue);
	a->lease_ms = script_number(redis_at(reply, 1));
	a->past.epoch = redis_str(redis_at(reply, 2));
	a->past.history = script_number(redis_at(reply, 3));
	a->past.request = script_number(redis_at(reply, 4));
	a->n = b->n;
	a->reply = reply;
	return 0;
}

static void answered(void *arg, const struct redis_reply *reply,
		     const struct err *why)
{
	struct beat *b = arg;
	struct beat_answer a;
	struct err e;

	if (!why && read_answer(b, reply, &a, &e) < 0)
		why = &e;
	b->fn(b->arg, why ? NULL : &a, why);
}

void beat_send(struct beat *b, struct redis *r)
{
	redis_send(r, &b->cmd, 0, answered, b);
}

enum beat_word beat_word(const struct beat_answer *a, size_t i)
{
	struct strv word = redis_str(redis_at(a->reply, HEAD + i));

	if (strv_eq(word, "ok"))
		return BEAT_OK;
	if (strv_eq(word, "watched"))
		return BEAT_WATCHED;
	return strv_eq(word, "cancel") ? BEAT_CANCEL : BEAT_LOST;
}
