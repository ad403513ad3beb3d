/* SPDX-License-Identifier: ISC */
/* The keys themselves: types, lifetimes, and those that are of no queue. */
#include <stdio.h>
#include <string.h>

#include "queue/check_impl.h"

/* Look at the types. 1 = one is foreign, so that no script can be called. */
static int look(struct check *c, struct err *e)
{
	const struct redis_reply *reply;
	struct redis_cmd cmd;
	int rc, foreign = 0;

	redis_cmd_init(&cmd);
	script_begin(&cmd, SCRIPT_KEYS, &c->keys);
	rc = check_call(c, &cmd, &reply, e);
	redis_cmd_release(&cmd);
	for (size_t i = 1; rc == 0 && i + 2 < redis_count(reply); i += 3) {
		struct strv name = redis_str(redis_at(reply, i));
		struct strv type = redis_str(redis_at(reply, i + 1));

		foreign = foreign || type.n > 0;
		if (type.n > 0)
			rc = check_say(c, strv_of(""), "type",
				       "no command works on this queue", e,
				       "key '%.*s' is of type %.*s",
				       (int)name.n, name.p, (int)type.n,
				       type.p);
		if (rc == 0 && redis_int(redis_at(reply, i + 2)) >= 0)
			rc = check_say(c, strv_of(""), "ttl",
				       "what it holds would be lost", e,
				       "key '%.*s' will expire", (int)name.n,
				       name.p);
	}
	return rc < 0 ? -1 : foreign;
}

static int mend(struct check *c, struct err *e)
{
	const struct redis_reply *reply;
	struct redis_cmd cmd;
	int rc;

	redis_cmd_init(&cmd);
	script_begin(&cmd, SCRIPT_MEND_KEYS, &c->keys);
	rc = check_call(c, &cmd, &reply, e);
	redis_cmd_release(&cmd);
	return rc < 0 ? -1 : check_tell(c, strv_of(""), reply, 2, e);
}

int check_types(struct check *c, struct err *e)
{
	size_t before = c->found;
	int rc = look(c, e);

	if (rc < 0 || !c->mend || c->found == before)
		return rc;
	if (mend(c, e) < 0)
		return -1;
	/* what is left is told of by the check that follows */
	rc = look(c, e);
	return rc;
}

/* "SPACE:{QUEUE}:REST": the queue, and what follows. */
static bool split_key(struct strv key, const char *space, struct strv *queue,
		      struct strv *rest)
{
	size_t n = strlen(space);

	if (key.n < n + 2 || memcmp(key.p, space, n) != 0 ||
	    memcmp(key.p + n, ":{", 2) != 0)
		return false;
	*rest = strv_make(key.p + n + 2, key.n - n - 2);
	*queue = strv_cut(rest, '}');
	if (rest->n == 0 || rest->p[0] != ':')
		return false;
	*rest = strv_make(rest->p + 1, rest->n - 1);
	return key_check_queue(*queue, NULL) == 0;
}

static bool is_ours(const struct key_set *k, struct strv key, struct strv rest)
{
	/* schedules have keys of their own under the queue they feed */
	if (strv_eq(rest, "cron") || strv_starts(rest, "cron:"))
		return true;
	for (size_t i = 0; i < KEY_COUNT; i++)
		if (strv_eq(key, k->key[i]))
			return true;
	return false;
}

static int one_key(struct check *c, struct strv key,
		   int (*name)(void *arg, struct strv queue, struct err *e),
		   void *arg, struct err *e)
{
	struct strv queue, rest;
	int rc;

	if (!split_key(key, c->space, &queue, &rest))
		return 0;
	rc = name(arg, queue, e);
	if (rc <= 0)
		return rc;
	key_set_init(&c->keys, c->space, queue);
	if (is_ours(&c->keys, key, rest))
		return 0;
	return check_say(c, strv_of(""), "foreign",
			 "it is left alone, whoever made it", e,
			 "'%.*s' is no key of ours", (int)key.n, key.p);
}

int check_foreign(struct check *c,
		  int (*name)(void *arg, struct strv queue, struct err *e),
		  void *arg, struct err *e)
{
	const struct redis_reply *reply, *page;
	struct buf cursor = BUF_INIT;
	char pattern[80];
	struct redis_cmd cmd;
	struct strv next;
	int rc;

	snprintf(pattern, sizeof(pattern), "%s:{*", c->space);
	buf_addstr(&cursor, "0");
	redis_cmd_init(&cmd);
	do {
		redis_cmd_clear(&cmd);
		redis_cmd_str(&cmd, "SCAN");
		redis_cmd_str(&cmd, cursor.p);
		redis_cmd_str(&cmd, "MATCH");
		redis_cmd_str(&cmd, pattern);
		redis_cmd_str(&cmd, "COUNT");
		redis_cmd_str(&cmd, "500");
		rc = redis_call(c->redis, &cmd, &reply, e);
		if (rc < 0)
			break;
		page = redis_at(reply, 1);
		next = redis_str(redis_at(reply, 0));
		buf_clear(&cursor);
		buf_add(&cursor, next.p, next.n);
		for (size_t i = 0; rc == 0 && i < redis_count(page); i++)
			rc = one_key(c, redis_str(redis_at(page, i)), name, arg,
				     e);
	} while (rc == 0 && cursor.len > 0 && strcmp(cursor.p, "0") != 0);
	redis_cmd_release(&cmd);
	buf_release(&cursor);
	return rc;
}
