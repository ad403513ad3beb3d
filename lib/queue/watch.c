/* SPDX-License-Identifier: ISC */
/* Marks for watch.lua. */
#include "queue/watch.h"

#include "queue/script.h"

int watch_mark(struct redis *r, const struct key_set *k, struct strv id,
	       int64_t ms, struct err *e)
{
	const struct redis_reply *reply;
	struct redis_cmd c;
	struct strv word;
	int rc;

	redis_cmd_init(&c);
	script_begin(&c, SCRIPT_WATCH, k);
	redis_cmd_add(&c, id.p, id.n);
	redis_cmd_int(&c, ms);
	rc = redis_call(r, &c, &reply, e);
	redis_cmd_release(&c);
	return rc < 0 ? -1 : script_answer(reply, k->queue, &word, e);
}
