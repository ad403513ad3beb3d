/* SPDX-License-Identifier: ISC */
/* Calls of select.lua. */
#include "queue/select.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "queue/script.h"

void select_init(struct select *s, const char *state,
		 const struct select_filter *filter)
{
	memset(s, 0, sizeof(*s));
	s->state = state;
	s->filter = filter;
	buf_init(&s->ids);
	buf_init(&s->score);
	buf_init(&s->id);
	buf_addf(&s->score, "%s", "-inf");
	if (!filter)
		return;
	if (filter->since_ms) {
		buf_clear(&s->score);
		buf_addf(&s->score, "%" PRId64, filter->since_ms);
	}
	s->until_ms = filter->before_ms ? filter->before_ms - 1 : 0;
}

void select_release(struct select *s)
{
	buf_release(&s->ids);
	buf_release(&s->score);
	buf_release(&s->id);
	s->n = 0;
}

static void pair(struct redis_cmd *c, const char *name, const char *value)
{
	if (!value)
		return;
	redis_cmd_str(c, name);
	redis_cmd_str(c, value);
}

static void ask(const struct select *s, const struct key_set *k, int64_t most,
		struct redis_cmd *c)
{
	const struct select_filter *f = s->filter;

	script_begin(c, SCRIPT_SELECT, k);
	redis_cmd_str(c, s->state);
	redis_cmd_str(c, s->score.p);
	redis_cmd_str(c, s->id.len ? s->id.p : "");
	if (s->until_ms)
		redis_cmd_int(c, s->until_ms);
	else
		redis_cmd_str(c, "inf");
	redis_cmd_int(c, most < SELECT_MOST ? most : SELECT_MOST);
	if (!f)
		return;
	pair(c, "last", f->last);
	pair(c, "error", f->error);
	pair(c, "name", f->name);
	pair(c, "worker", f->worker);
}

static bool has_ended(const char *state)
{
	return strcmp(state, "dead") == 0 || strcmp(state, "done") == 0;
}

static void copy(struct buf *to, const struct redis_reply *from)
{
	struct strv v = redis_str(from);

	buf_clear(to);
	buf_add(to, v.p, v.n);
}

static void take_in(struct select *s, const struct redis_reply *reply,
		    int64_t most)
{
	size_t n = redis_count(reply);
	const char *at;

	copy(&s->score, redis_at(reply, 3));
	copy(&s->id, redis_at(reply, 4));
	s->end = s->score.len == 0;
	s->looked += (uint64_t)script_number(redis_at(reply, 2));
	if (!s->until_ms && has_ended(s->state))
		s->until_ms = script_number(redis_at(reply, 1));
	for (size_t i = 5; i < n && s->n < SELECT_MOST && (int64_t)s->n < most;
	     i++) {
		struct strv id = redis_str(redis_at(reply, i));

		/* written by a stranger's hand: no command could name it */
		if (key_check_id(id, NULL) < 0)
			continue;
		buf_add(&s->ids, id.p, id.n);
		buf_addch(&s->ids, '\0');
		s->v[s->n++].n = id.n;
	}
	/* only now does the buffer stay where it is */
	at = s->ids.p;
	for (size_t i = 0; i < s->n; at += s->v[i++].n + 1)
		s->v[i].p = at;
}

int select_next(struct select *s, struct redis *r, const struct key_set *k,
		int64_t most, struct err *e)
{
	const struct redis_reply *reply;
	struct redis_cmd c;
	struct strv word;
	int rc;

	s->n = 0;
	buf_clear(&s->ids);
	redis_cmd_init(&c);
	ask(s, k, most, &c);
	rc = redis_call(r, &c, &reply, e);
	redis_cmd_release(&c);
	if (rc < 0 || script_answer(reply, k->queue, &word, e) < 0)
		return -1;
	take_in(s, reply, most);
	return 0;
}
