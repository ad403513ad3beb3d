/* SPDX-License-Identifier: ISC */
/* Closes for close.lua. */
#include "queue/close.h"

#include <string.h>

#include "queue/script.h"

void close_init(struct close *c, const struct key_set *keys)
{
	memset(c, 0, sizeof(*c));
	c->keys = keys;
	redis_cmd_init(&c->cmd);
	buf_init(&c->scratch);
}

void close_clear(struct close *c)
{
	redis_cmd_clear(&c->cmd);
	c->n = 0;
}

void close_release(struct close *c)
{
	redis_cmd_release(&c->cmd);
	buf_release(&c->scratch);
}

void close_add(struct close *c, const struct close_job *job)
{
	static const char *const kinds[] = {
		[CLOSE_DONE] = "done",
		[CLOSE_FAIL] = "fail",
		[CLOSE_DEAD] = "dead",
		[CLOSE_RELEASE] = "release",
	};

	if (c->n++ == 0)
		script_begin(&c->cmd, SCRIPT_CLOSE, c->keys);
	redis_cmd_str(&c->cmd, job->id);
	redis_cmd_str(&c->cmd, job->token);
	redis_cmd_str(&c->cmd, kinds[job->kind]);
	redis_cmd_int(&c->cmd, job->delay_ms);
	redis_cmd_int(&c->cmd, job->max_attempts);
	redis_cmd_str(&c->cmd, job->how);
	buf_clear(&c->scratch);
	job_encode_attempt(&job->attempt, &c->scratch);
	redis_cmd_add(&c->cmd, c->scratch.p, c->scratch.len);
	redis_cmd_ref(&c->cmd, job->result.p, job->result.n);
}

static void answered(void *arg, const struct redis_reply *reply,
		     const struct err *why)
{
	struct close *c = arg;
	struct claim *next = c->next;
	size_t n = c->n;
	struct strv word;
	struct err e;

	if (!why && script_answer(reply, c->keys->queue, &word, &e) < 0)
		why = &e;
	c->fn(c->arg, c, reply, why);
	if (next)
		claim_answered(next, redis_at(reply, n + 1), why);
}

void close_send(struct close *c, struct redis *r)
{
	c->next = NULL;
	redis_send(r, &c->cmd, 0, answered, c);
}

void close_send_and_claim(struct close *c, struct redis *r, struct claim *next,
			  const char *instance, int64_t request, int n)
{
	struct redis_cmd_mark end = redis_cmd_mark(&c->cmd);

	c->next = next;
	claim_add(&c->cmd, instance, request, n);
	redis_send(r, &c->cmd, 0, answered, c);
	/* whoever sends the closes again does not claim again */
	redis_cmd_cut(&c->cmd, end);
}

enum close_word close_word(const struct redis_reply *reply, size_t i)
{
	struct strv word = redis_str(redis_at(reply, i + 1));

	if (strv_eq(word, "OK"))
		return CLOSE_OK;
	if (strv_eq(word, "DUP"))
		return CLOSE_DUP;
	return strv_eq(word, "GONE") ? CLOSE_GONE : CLOSE_LOST;
}
