/* SPDX-License-Identifier: ISC */
/* Calls abandon.lua until it has seen all running jobs. */
#include "queue/abandon.h"

#include <string.h>

#include "queue/script.h"

void abandon_init(struct abandon *a, const struct key_set *keys)
{
	memset(a, 0, sizeof(*a));
	a->keys = keys;
	redis_cmd_init(&a->cmd);
}

void abandon_release(struct abandon *a)
{
	redis_cmd_release(&a->cmd);
}

static void answered(void *arg, const struct redis_reply *reply,
		     const struct err *why);

/* Look downwards from this rank; -1 = from the top. */
static void look(struct abandon *a, int64_t rank)
{
	script_begin(&a->cmd, SCRIPT_ABANDON, a->keys);
	redis_cmd_str(&a->cmd, a->instance);
	if (rank < 0)
		redis_cmd_str(&a->cmd, "");
	else
		redis_cmd_int(&a->cmd, rank);
	redis_send(a->redis, &a->cmd, 0, answered, a);
}

static void answered(void *arg, const struct redis_reply *reply,
		     const struct err *why)
{
	struct abandon *a = arg;
	struct strv word;
	struct err e;

	if (!why && script_answer(reply, a->keys->queue, &word, &e) < 0)
		why = &e;
	if (why) {
		a->fn(a->arg, a->n, why);
		return;
	}
	a->n += redis_int(redis_at(reply, 2));
	if (redis_int(redis_at(reply, 1)) >= 0)
		look(a, redis_int(redis_at(reply, 1)));
	else
		a->fn(a->arg, a->n, NULL);
}

void abandon_send(struct abandon *a, struct redis *r, const char *instance)
{
	a->redis = r;
	a->instance = instance;
	a->n = 0;
	look(a, -1);
}
