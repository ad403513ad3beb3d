/* SPDX-License-Identifier: ISC */
/* Claims, and the wait for something to claim. */
#include "queue/claim.h"

#include <stdio.h>
#include <string.h>

#include "queue/script.h"

/* Elements of an answer before the first job, and of each job. */
enum {
	HEAD = 7,
	EACH = 4
};

void claim_init(struct claim *c, const struct key_set *keys)
{
	memset(c, 0, sizeof(*c));
	c->keys = keys;
	redis_cmd_init(&c->cmd);
}

void claim_release(struct claim *c)
{
	redis_cmd_release(&c->cmd);
}

static int read_answer(const struct redis_reply *reply, const char *queue,
		       struct claim_answer *a, struct err *e)
{
	static const char *const words[] = {"OK", "SAME", "NONE", "PAUSED",
					    "STALE"};
	struct strv word;
	size_t w = 0;

	memset(a, 0, sizeof(*a));
	if (script_answer(reply, queue, &word, e) < 0)
		return -1;
	while (w < ARRAY_LEN(words) && !strv_eq(word, words[w]))
		w++;
	if (w == ARRAY_LEN(words) || redis_count(reply) < HEAD)
		return err_set(e, STATUS_BUG,
			       "queue '%s': unexpected answer to a claim "
			       "(please report this)",
			       queue);
	a->word = (enum claim_word)w;
	a->next_ms = script_number(redis_at(reply, 1));
	a->lease_ms = script_number(redis_at(reply, 2));
	a->past.epoch = redis_str(redis_at(reply, 3));
	a->past.history = script_number(redis_at(reply, 4));
	a->past.request = script_number(redis_at(reply, 5));
	a->left = script_number(redis_at(reply, 6));
	a->n = (redis_count(reply) - HEAD) / EACH;
	a->reply = reply;
	return 0;
}

void claim_answered(struct claim *c, const struct redis_reply *reply,
		    const struct err *why)
{
	struct claim_answer a;
	struct err e;

	if (!why && read_answer(reply, c->keys->queue, &a, &e) < 0)
		why = &e;
	c->fn(c->arg, why ? NULL : &a, why);
}

static void answered(void *arg, const struct redis_reply *reply,
		     const struct err *why)
{
	claim_answered(arg, reply, why);
}

void claim_add(struct redis_cmd *cmd, const char *instance, int64_t request,
	       int n)
{
	redis_cmd_str(cmd, instance);
	redis_cmd_int(cmd, request);
	redis_cmd_int(cmd, n);
}

void claim_send(struct claim *c, struct redis *r, const char *instance,
		int64_t request, int n, bool waits)
{
	script_begin(&c->cmd, SCRIPT_CLAIM, c->keys);
	claim_add(&c->cmd, instance, request, n);
	if (waits)
		redis_cmd_str(&c->cmd, "waited");
	redis_send(r, &c->cmd, 0, answered, c);
}

struct claim_words claim_words(const struct claim_answer *a, size_t i)
{
	size_t at = HEAD + i * EACH;

	return (struct claim_words){
		.id = redis_str(redis_at(a->reply, at)),
		.token = redis_str(redis_at(a->reply, at + 1)),
		.record = redis_str(redis_at(a->reply, at + 2)),
		.envelope = redis_str(redis_at(a->reply, at + 3)),
	};
}

int claim_read(const struct claim_words *w, struct claim_job *out,
	       struct err *e)
{
	memset(out, 0, sizeof(*out));
	out->id = w->id;
	out->token = w->token;
	if (job_parse_record(w->record, &out->record, e) < 0)
		return -1;
	return job_split_envelope(w->envelope, &out->header, &out->payload, e);
}

void claim_wait(struct redis *r, const struct key_set *const *keys, size_t n,
		int64_t wait_ms, redis_fn *fn, void *arg)
{
	struct redis_cmd c;
	char seconds[32];

	redis_cmd_init(&c);
	redis_cmd_str(&c, "BLPOP");
	for (size_t i = 0; i < n; i++)
		redis_cmd_str(&c, keys[i]->key[KEY_WAKE]);
	/* 0 would wait for ever */
	snprintf(seconds, sizeof(seconds), "%.3f",
		 (double)(wait_ms > 0 ? wait_ms : 1) / 1000);
	redis_cmd_str(&c, seconds);
	redis_send(r, &c, wait_ms, fn, arg);
	redis_cmd_release(&c);
}

void claim_pass_on(struct redis *r, const struct key_set *keys)
{
	struct redis_cmd c;

	redis_cmd_init(&c);
	redis_cmd_str(&c, "LPUSH");
	redis_cmd_str(&c, keys->key[KEY_WAKE]);
	redis_cmd_str(&c, "1");
	redis_send(r, &c, 0, NULL, NULL);
	redis_cmd_release(&c);
}
