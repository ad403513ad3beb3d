/* SPDX-License-Identifier: ISC */
/* Asking turn.lua. */
#include "queue/turn.h"

#include "queue/script.h"

int turn_ask(struct redis *r, const struct key_set *k, struct strv id,
	     struct turn *out, struct err *e)
{
	const struct redis_reply *reply;
	struct redis_cmd c;
	struct strv word;
	int rc;

	redis_cmd_init(&c);
	script_begin(&c, SCRIPT_TURN, k);
	redis_cmd_add(&c, id.p, id.n);
	rc = redis_call(r, &c, &reply, e);
	redis_cmd_release(&c);
	if (rc < 0 || script_answer(reply, k->queue, &word, e) < 0)
		return -1;
	out->now_ms = script_number(redis_at(reply, 1));
	out->ahead = -1;
	if (redis_type(redis_at(reply, 2)) == REDIS_INT)
		out->ahead = script_number(redis_at(reply, 2));
	out->ended = script_number(redis_at(reply, 3));
	out->ended_ms = script_number(redis_at(reply, 4));
	return 0;
}

double turn_rate(const struct turn *t)
{
	if (t->ended_ms <= 0)
		return 0;
	return (double)t->ended * 60000 / (double)t->ended_ms;
}
