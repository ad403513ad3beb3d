/* SPDX-License-Identifier: ISC */
/*
 * All jobs of a queue in slices: a page of ids by ZSCAN, then all there is
 * about them by audit.lua. What looks wrong is looked at once more.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "queue/check_impl.h"

#define SLICE	50	  /* ids in one call of audit.lua: some 300 us */
#define BUDGET	(1 << 17) /* bytes of payloads in one answer, about */
#define MOST_ID 4096	  /* an id of more bytes is no id of ours */

enum {
	HEAD = 4,
	EACH = 9
}; /* elements of an answer of audit.lua */

/* Ids in a buffer: the length in decimal, a colon, the bytes. */
static void put_id(struct buf *b, struct strv id)
{
	buf_addf(b, "%zu:", id.n);
	buf_add(b, id.p, id.n);
}

static bool take_id(struct strv *rest, struct strv *id)
{
	int64_t n;

	if (rest->n == 0 ||
	    num_int(strv_cut(rest, ':'), 0, (int64_t)rest->n, &n, NULL) < 0)
		return false;
	*id = strv_make(rest->p, (size_t)n);
	*rest = strv_make(rest->p + n, rest->n - (size_t)n);
	return true;
}

static void read_look(const struct redis_reply *reply, size_t at,
		      struct strv id, struct check_look *l)
{
	const struct redis_reply *record = redis_at(reply, at + 3);
	const struct redis_reply *envelope = redis_at(reply, at + 5);

	*l = (struct check_look){
		.id = id,
		.states = redis_str(redis_at(reply, at)),
		.score = redis_str(redis_at(reply, at + 1)),
		.same = redis_int(redis_at(reply, at + 2)),
		.has_record = redis_type(record) == REDIS_STRING,
		.record = redis_str(record),
		.size = redis_int(redis_at(reply, at + 4)),
		.has_envelope = redis_type(envelope) == REDIS_STRING,
		.envelope = redis_str(envelope),
		.result = redis_int(redis_at(reply, at + 6)),
		.news = redis_str(redis_at(reply, at + 7)).n > 0,
		.worker = redis_str(redis_at(reply, at + 8)).n > 0,
		.unlisted =
			strv_eq(redis_str(redis_at(reply, at + 8)), "unlisted"),
		.now_ms = redis_int(redis_at(reply, 1)),
		.fence = redis_int(redis_at(reply, 2)),
		.max_losses = redis_int(redis_at(reply, 3)),
	};
}

/* A job in several states is met in each, and told of once. */
static bool is_again(const struct check *c, const struct check_look *l)
{
	return c->walk && l->states.n > 0 && !strv_starts(l->states, c->walk);
}

/* Ask for the first ids of `rest`, `most` at most; `rest` moves on behind
 * those that were answered, and each of them is judged. */
static int audit(struct check *c, struct strv *rest, size_t most, bool say,
		 struct err *e)
{
	const struct redis_reply *reply;
	struct strv id, at = *rest;
	struct redis_cmd cmd;
	int rc;

	redis_cmd_init(&cmd);
	script_begin(&cmd, SCRIPT_AUDIT, &c->keys);
	redis_cmd_int(&cmd, CHECK_LARGEST);
	redis_cmd_int(&cmd, BUDGET);
	for (size_t i = 0; i < most && take_id(&at, &id); i++)
		redis_cmd_ref(&cmd, id.p, id.n);
	rc = check_call(c, &cmd, &reply, e);
	redis_cmd_release(&cmd);
	for (size_t i = HEAD; rc == 0 && i + EACH <= redis_count(reply);
	     i += EACH) {
		struct check_look l;

		if (!take_id(rest, &id))
			break;
		read_look(reply, i, id, &l);
		if (is_again(c, &l))
			continue;
		rc = check_judge(c, &l, say, e);
		if (rc > 0 && !say)
			put_id(&c->bad, id);
		/* who has no payload may stand for one that has no job */
		c->strayed = c->strayed || (rc > 0 && l.size < 0);
		rc = rc < 0 ? -1 : 0;
	}
	if (rc == 0 && redis_count(reply) < HEAD + EACH)
		return err_set(e, STATUS_BUG,
			       "queue '%s': no answer about a "
			       "job (please report this)",
			       c->keys.queue);
	return rc;
}

static int mend(struct check *c, struct strv id, struct err *e)
{
	const struct redis_reply *reply;
	struct redis_cmd cmd;
	int rc;

	redis_cmd_init(&cmd);
	script_begin(&cmd, SCRIPT_MEND, &c->keys);
	redis_cmd_ref(&cmd, id.p, id.n);
	rc = check_call(c, &cmd, &reply, e);
	redis_cmd_release(&cmd);
	return rc < 0 ? -1 : check_tell(c, id, reply, 1, e);
}

/* Look at the ids of a slice, then once more, each alone, at those that were
 * wrong: what still is, is. */
static int look_at_slice(struct check *c, struct err *e)
{
	struct strv rest = strv_make(c->ids.p, c->ids.len), id, next;
	size_t before;

	buf_clear(&c->bad);
	while (rest.n > 0)
		if (audit(c, &rest, SLICE, false, e) < 0)
			return -1;
	rest = strv_make(c->bad.p, c->bad.len);
	while (rest.n > 0) {
		next = rest;
		before = c->found;
		if (!take_id(&next, &id) || audit(c, &rest, 1, true, e) < 0)
			return -1;
		if (c->mend && c->found > before && mend(c, id, e) < 0)
			return -1;
	}
	return 0;
}

static void note_id(struct check *c, struct strv id)
{
	if (id.n <= MOST_ID)
		put_id(&c->ids, id);
}

static int next_cursor(struct buf *cursor, const struct redis_reply *reply)
{
	struct strv next = redis_str(reply);

	buf_clear(cursor);
	buf_add(cursor, next.p, next.n);
	return cursor->len > 0 && strcmp(cursor->p, "0") != 0;
}

/* One page of a sorted set. 1 = there is more. */
static int scan_set(struct check *c, const char *key, struct buf *cursor,
		    struct err *e)
{
	const struct redis_reply *reply, *page;
	struct redis_cmd cmd;
	int rc;

	redis_cmd_init(&cmd);
	redis_cmd_str(&cmd, "ZSCAN");
	redis_cmd_str(&cmd, key);
	redis_cmd_str(&cmd, cursor->p);
	redis_cmd_str(&cmd, "COUNT");
	redis_cmd_str(&cmd, "200");
	rc = redis_call(c->redis, &cmd, &reply, e);
	redis_cmd_release(&cmd);
	if (rc < 0)
		return -1;
	page = redis_at(reply, 1);
	for (size_t i = 0; i < redis_count(page); i += 2)
		note_id(c, redis_str(redis_at(page, i)));
	c->jobs += (int64_t)redis_count(page) / 2;
	if (c->looked)
		c->looked(c->arg);
	return next_cursor(cursor, redis_at(reply, 0));
}

/* The server copies the values of a hash that it walks through: fewer at once
 * of large ones. */
static void adapt(struct check *c, int64_t read)
{
	if (read > BUDGET * 4 && c->step > 1)
		c->step = c->step * BUDGET / read + 1;
	else if (read < BUDGET && c->step < SLICE * 2)
		c->step *= 2;
}

/* One page of a hash: the ids that do not belong there. 1 = there is more. */
static int scan_hash(struct check *c, const char *name, struct buf *cursor,
		     struct err *e)
{
	const struct redis_reply *reply;
	struct redis_cmd cmd;
	int rc;

	redis_cmd_init(&cmd);
	script_begin(&cmd, SCRIPT_STRAYS, &c->keys);
	redis_cmd_str(&cmd, name);
	redis_cmd_str(&cmd, cursor->p);
	redis_cmd_int(&cmd, c->step);
	rc = check_call(c, &cmd, &reply, e);
	redis_cmd_release(&cmd);
	if (rc < 0)
		return -1;
	adapt(c, redis_int(redis_at(reply, 2)));
	for (size_t i = 3; i < redis_count(reply); i++)
		note_id(c, redis_str(redis_at(reply, i)));
	return next_cursor(cursor, redis_at(reply, 1));
}

typedef int scan_fn(struct check *c, const char *what, struct buf *cursor,
		    struct err *e);

static int walk(struct check *c, scan_fn *scan, const char *what, struct err *e)
{
	struct buf cursor = BUF_INIT;
	int rc;

	buf_addstr(&cursor, "0");
	do {
		buf_clear(&c->ids);
		rc = scan(c, what, &cursor, e);
		if (rc >= 0 && look_at_slice(c, e) < 0)
			rc = -1;
	} while (rc > 0);
	buf_release(&cursor);
	return rc;
}

static int by_fence(const void *a, const void *b)
{
	const struct check_fence *x = a, *y = b;

	return x->fence == y->fence ? 0 : x->fence < y->fence ? -1 : 1;
}

/* A number is given once: with another job's, its worker could close it. */
static int check_fences(struct check *c, struct err *e)
{
	size_t n = c->fences.len / sizeof(struct check_fence);
	struct check_fence *f = buf_alloc((n + 1) * sizeof(*f));
	int rc = 0;

	/* as they lie in the buffer they may not be aligned */
	memcpy(f, c->fences.p, n * sizeof(*f));
	qsort(f, n, sizeof(*f), by_fence);
	for (size_t i = 1; rc == 0 && i < n; i++)
		if (f[i].fence == f[i - 1].fence && f[i].id != f[i - 1].id)
			rc = check_say(c, strv_of(""), "fence",
				       "a token was given twice", e,
				       "two running jobs have tokens of number "
				       "%" PRId64,
				       f[i].fence);
	free(f);
	return rc;
}

int check_jobs(struct check *c, struct err *e)
{
	static const char *const hashes[] = {"job", "out", "live", "pay"};
	/* the sets come first of all keys, in the order of audit.lua */
	static const char *const states[] = {"ready",	"delayed", "retry",
					     "running", "done",	   "dead"};

	for (size_t i = 0; i < ARRAY_LEN(states); i++) {
		c->walk = states[i];
		if (walk(c, scan_set, c->keys.key[i], e) < 0)
			return -1;
	}
	c->walk = NULL;
	if (check_fences(c, e) < 0)
		return -1;
	for (size_t i = 0; i < 4; i++) {
		/* where payloads and jobs are as many, and each job has one,
		 * there is none without a job */
		if (strcmp(hashes[i], "pay") == 0 && !c->strayed)
			continue;
		c->step = 8;
		if (walk(c, scan_hash, hashes[i], e) < 0)
			return -1;
	}
	return 0;
}
