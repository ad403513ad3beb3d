/* SPDX-License-Identifier: ISC */
/* Slices of a walk, kept while jobs leave the list. */
#include "queue/select.h"

void select_init(struct select *s, const char *state,
		 const struct walk_filter *filter)
{
	s->n = 0;
	buf_init(&s->ids);
	walk_init(&s->walk, state, filter, WALK_IDS);
}

void select_release(struct select *s)
{
	buf_release(&s->ids);
	walk_release(&s->walk);
	s->n = 0;
}

static void take_in(struct select *s, const struct redis_reply *reply,
		    int64_t most)
{
	size_t n = redis_count(reply);
	const char *at;

	for (size_t i = WALK_HEAD;
	     i < n && s->n < SELECT_MOST && (int64_t)s->n < most; i++) {
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

	s->n = 0;
	buf_clear(&s->ids);
	if (walk_next(&s->walk, r, k, most < SELECT_MOST ? most : SELECT_MOST,
		      &reply, e) < 0)
		return -1;
	take_in(s, reply, most);
	return 0;
}
