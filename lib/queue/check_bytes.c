/* SPDX-License-Identifier: ISC */
/*
 * Whether done_bytes and dead_bytes are what their jobs take. They are added
 * up in slices from the newest to the oldest, while new ones come on top and
 * old ones are trimmed below; what was trimmed is added from its counter.
 */
#include <inttypes.h>
#include <stdio.h>

#include "queue/check_impl.h"

#define SLICE "300"
#define TRIES 5

/* A sum under way. */
struct sum {
	const char *name;     /* "done" or "dead" */
	char score[64];	      /* where the next slice begins; "" = the first */
	int64_t skip;	      /* of that score */
	int64_t jobs, bytes;  /* so far */
	int64_t below, count; /* jobs and counter at the beginning */
	int64_t trimmed, trimmed_bytes, left; /* then */
	int64_t now[3];			      /* the same three, now */
};

static int64_t at(const struct redis_reply *reply, size_t i)
{
	return redis_int(redis_at(reply, i));
}

/* One slice. 1 = there is more. */
static int slice(struct check *c, struct sum *s, struct err *e)
{
	const struct redis_reply *reply;
	struct redis_cmd cmd;
	bool first = !*s->score;
	struct strv score;
	int rc;

	redis_cmd_init(&cmd);
	script_begin(&cmd, SCRIPT_WEIGH, &c->keys);
	redis_cmd_str(&cmd, s->name);
	redis_cmd_str(&cmd, s->score);
	redis_cmd_int(&cmd, s->skip);
	redis_cmd_str(&cmd, SLICE);
	rc = check_call(c, &cmd, &reply, e);
	redis_cmd_release(&cmd);
	if (rc < 0)
		return -1;
	if (first) {
		s->below = at(reply, 5);
		s->count = at(reply, 6);
		s->trimmed = at(reply, 7);
		s->trimmed_bytes = at(reply, 8);
		s->left = at(reply, 9);
	}
	for (size_t i = 0; i < 3; i++)
		s->now[i] = at(reply, 7 + i);
	s->jobs += at(reply, 3);
	s->bytes += at(reply, 4);
	score = redis_str(redis_at(reply, 1));
	s->skip = at(reply, 2);
	if (score.n == 0 || score.n >= sizeof(s->score))
		return 0;
	snprintf(s->score, sizeof(s->score), "%.*s", (int)score.n, score.p);
	return 1;
}

/* 1 = added up, 0 = too much went on meanwhile. */
static int add_up(struct check *c, struct sum *s, struct err *e)
{
	int rc;

	do {
		rc = slice(c, s, e);
	} while (rc > 0);
	if (rc < 0)
		return -1;
	return s->jobs + s->now[0] - s->trimmed == s->below &&
	       s->now[2] == s->left;
}

static int weigh(struct check *c, const char *name, int64_t *wrong,
		 struct err *e)
{
	for (int i = 0; i < TRIES; i++) {
		struct sum s = {.name = name};
		int rc = add_up(c, &s, e);

		if (rc < 0)
			return -1;
		s.bytes += s.now[1] - s.trimmed_bytes;
		*wrong = rc > 0 ? s.count - s.bytes : 0;
		if (rc == 0)
			continue;
		if (*wrong == 0)
			return 0;
		return check_say(c, strv_of(""), "bytes",
				 "too much or too little is kept", e,
				 "its %s jobs take %" PRId64
				 " bytes, the counter says %" PRId64,
				 name, s.bytes, s.count);
	}
	c->unweighed = true;
	return 0;
}

int check_bytes(struct check *c, struct err *e)
{
	if (weigh(c, "done", &c->settle[0], e) < 0)
		return -1;
	return weigh(c, "dead", &c->settle[1], e);
}
