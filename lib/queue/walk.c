/* SPDX-License-Identifier: ISC */
/* Calls of list.lua. */
#include "queue/walk.h"

#include <inttypes.h>
#include <string.h>

#include "queue/script.h"

void walk_init(struct walk *w, const char *state,
	       const struct walk_filter *filter, enum walk_what what)
{
	*w = (struct walk){.state = state,
			   .filter = filter,
			   .what = what,
			   .score = BUF_INIT,
			   .id = BUF_INIT};
	if (filter && filter->since_ms)
		buf_addf(&w->score, "%" PRId64, filter->since_ms);
	else
		buf_addstr(&w->score, "-inf");
	if (filter && filter->before_ms)
		w->until_ms = filter->before_ms - 1;
}

void walk_release(struct walk *w)
{
	buf_release(&w->score);
	buf_release(&w->id);
}

static void pair(struct redis_cmd *c, const char *name, const char *value)
{
	if (!value)
		return;
	redis_cmd_str(c, name);
	redis_cmd_str(c, value);
}

static void ask(const struct walk *w, const struct key_set *k, int64_t most,
		struct redis_cmd *c)
{
	static const char *const words[] = {
		[WALK_IDS] = "ids",
		[WALK_JOBS] = "jobs",
		[WALK_PAYLOADS] = "payloads",
	};
	const struct walk_filter *f = w->filter;

	script_begin(c, SCRIPT_LIST, k);
	redis_cmd_str(c, w->state);
	redis_cmd_add(c, w->score.p, w->score.len);
	redis_cmd_add(c, w->id.p, w->id.len);
	if (w->until_ms)
		redis_cmd_int(c, w->until_ms);
	else
		redis_cmd_str(c, "inf");
	redis_cmd_int(c, most);
	redis_cmd_str(c, words[w->what]);
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

int walk_next(struct walk *w, struct redis *r, const struct key_set *k,
	      int64_t most, const struct redis_reply **reply, struct err *e)
{
	struct redis_cmd c;
	struct strv word;
	int rc;

	redis_cmd_init(&c);
	ask(w, k, most, &c);
	rc = redis_call(r, &c, reply, e);
	redis_cmd_release(&c);
	if (rc < 0 || script_answer(*reply, k->queue, &word, e) < 0)
		return -1;
	copy(&w->score, redis_at(*reply, 3));
	copy(&w->id, redis_at(*reply, 4));
	w->end = w->score.len == 0;
	w->looked += (uint64_t)script_number(redis_at(*reply, 2));
	/* whoever does something to jobs shall come to an end */
	if (w->what == WALK_IDS && !w->until_ms && has_ended(w->state))
		w->until_ms = script_number(redis_at(*reply, 1));
	return 0;
}
