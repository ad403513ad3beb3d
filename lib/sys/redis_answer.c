/* SPDX-License-Identifier: ISC */
/* What to do about an answer, by what it answers and by what it is. */
#include "sys/redis_impl.h"

#include "base/text.h"

#define RELOADS_MAX 16 /* then something loads and flushes against us */

static void send_words(struct redis *r, enum redis_kind kind,
		       const struct redis_script *script, const char *a,
		       const char *b, struct strv c)
{
	struct redis_request *q;
	struct redis_cmd cmd;

	redis_cmd_init(&cmd);
	redis_cmd_str(&cmd, a);
	redis_cmd_str(&cmd, b);
	if (c.n)
		redis_cmd_ref(&cmd, c.p, c.n);
	q = redis_request_new(kind, &cmd);
	q->script = script;
	redis_link_send(r, q);
	redis_cmd_release(&cmd);
}

static void refuse(struct redis *r, struct redis_request *q, struct strv words)
{
	struct err e;

	redis_error(&e, r->server, words);
	redis_link_finish(r, q, NULL, &e);
}

static void remember(struct redis *r, struct strv words)
{
	buf_clear(&r->accusation);
	buf_add(&r->accusation, words.p, words.n);
}

/* The server may be too old, a replica, or something else altogether: ask it.
 */
static void accuse(struct redis *r, struct redis_request *q, const char *about)
{
	if (!r->accused.first)
		send_words(r, REDIS_FOR_INFO, NULL, "INFO", about,
			   strv_make("", 0));
	redis_queue_add(&r->accused, q);
}

static void judge(struct redis *r, struct strv info)
{
	struct strv words = strv_make(r->accusation.p, r->accusation.len);
	bool moved = redis_classify(words) == REDIS_CLASS_MOVED;
	struct redis_request *q;
	struct err e;

	redis_error_old(&e, r->server, words, info);
	while ((q = redis_queue_take(&r->accused)))
		redis_link_finish(r, q, NULL, &e);
	/* the next request looks who is there by then */
	if (moved)
		redis_link_lost(r, &e);
}

/* What was a primary is a replica now: there may be another one at its
 * address, and if not, a fresh connection has served nothing yet. */
static void demoted(struct redis *r, struct redis_request *q, struct strv words)
{
	struct err e;

	if (!r->useful) {
		remember(r, words);
		accuse(r, q, "replication");
		return;
	}
	redis_error(&e, r->server, words);
	redis_queue_insert(&r->again, q);
	redis_link_lost(r, &e);
}

/* Load the script and try again. All of a pipeline may come here at once: one
 * load serves them all. */
static void reload(struct redis *r, struct redis_request *q, struct strv words)
{
	const struct redis_script *s = q->script;

	if (!s || q->reloads++ == RELOADS_MAX) {
		refuse(r, q, words);
	} else if (r->unloadable == s) {
		accuse(r, q, "server");
	} else {
		if (r->loading != s)
			send_words(r, REDIS_FOR_LOAD, s, "SCRIPT", "LOAD",
				   strv_make(s->text, s->len));
		r->loading = s;
		redis_link_return(r, q);
	}
}

static void loaded(struct redis *r, const struct redis_request *q,
		   const struct redis_reply *reply)
{
	if (r->loading == q->script) {
		r->loading = NULL;
		redis_link_kick(r);
	}
	/* what makes us wait meets the request itself, too */
	if (!redis_is_error(reply) ||
	    redis_classify(redis_str(reply)) == REDIS_CLASS_WAIT)
		return;
	r->unloadable = q->script;
	remember(r, redis_str(reply));
}

static void wait(struct redis *r, struct redis_request *q, struct strv words)
{
	struct err e;

	redis_error_wait(&e, r->server, words);
	r->why = e;
	r->unready = true;
	redis_link_tell(r, &e);
	redis_link_pause(r);
	redis_link_return(r, q);
}

/* What was asked for was done: whatever held us up is over. */
static void works(struct redis *r)
{
	r->served = true;
	r->failures = 0;
	r->unready = false;
	redis_link_tell(r, NULL);
}

static void answer_caller(struct redis *r, struct redis_request *q)
{
	struct strv words = redis_str(r->current);

	if (!redis_is_error(r->current)) {
		r->useful = true;
		works(r);
		redis_link_finish(r, q, r->current, NULL);
		return;
	}
	switch (redis_classify(words)) {
	case REDIS_CLASS_WAIT:
		wait(r, q, words);
		break;
	case REDIS_CLASS_RELOAD:
		reload(r, q, words);
		break;
	case REDIS_CLASS_OLD:
		remember(r, words);
		accuse(r, q, "server");
		break;
	case REDIS_CLASS_MOVED:
		if (strv_starts(words, "READONLY"))
			demoted(r, q, words);
		else
			refuse(r, q, words);
		break;
	case REDIS_CLASS_FULL:
	case REDIS_CLASS_RIGHTS:
	case REDIS_CLASS_BUG:
		refuse(r, q, words);
		break;
	}
}

static void answer_greeting(struct redis *r, enum redis_kind kind)
{
	struct strv words = redis_str(r->current);
	char shown[120];
	struct err e;

	if (!redis_is_error(r->current)) {
		if (--r->greets == 0)
			redis_link_ready(r);
		return;
	}
	redis_error(&e, r->server, words);
	if (kind == REDIS_FOR_SELECT && e.code == STATUS_BUG)
		err_set(&e, STATUS_CONFIG,
			"%s is not to be had: %s (check the database in the "
			"URL)",
			r->server, text_show(words, shown, sizeof(shown)));
	redis_link_lost(r, &e);
}

/* A server that we ask for nothing says why it will not have us. */
static void answer_nobody(struct redis *r)
{
	struct strv words = redis_str(r->current);
	struct err e;

	if (redis_is_error(r->current))
		redis_error(&e, r->server, words);
	else
		err_set(&e, STATUS_PROTOCOL,
			"%s breaks the Redis protocol: an answer to nothing",
			r->server);
	redis_link_lost(r, &e);
}

static bool answer_subscriber(struct redis *r)
{
	const struct redis_reply *a = r->current;
	struct strv word = redis_str(redis_at(a, 0));

	if (!r->channel || redis_count(a) != 3)
		return false;
	if (strv_eq(word, "message"))
		r->on_message(r->on_message_arg, redis_str(redis_at(a, 2)));
	return strv_eq(word, "message");
}

static void answer_internal(struct redis *r, struct redis_request *q)
{
	struct strv words = redis_str(r->current);

	switch (q->kind) {
	case REDIS_FOR_AUTH:
	case REDIS_FOR_SELECT:
		answer_greeting(r, q->kind);
		break;
	case REDIS_FOR_LOAD:
		loaded(r, q, r->current);
		break;
	case REDIS_FOR_INFO:
		judge(r, words);
		break;
	case REDIS_FOR_CHANNEL:
		if (redis_is_error(r->current)) {
			answer_nobody(r);
			break;
		}
		works(r);
		r->on_message(r->on_message_arg, strv_make("", 0));
		break;
	case REDIS_FOR_NAME:
		/* no matter, unless it was no answer to that */
		if (redis_is_error(r->current) &&
		    (redis_classify(words) == REDIS_CLASS_WAIT ||
		     strv_starts(words, "DENIED")))
			answer_nobody(r);
		break;
	case REDIS_FOR_CALLER:
		break;
	}
	redis_request_free(q);
}

void redis_answer(struct redis *r, struct redis_reply *reply)
{
	struct redis_request *q;

	r->answered = true;
	r->current = reply;
	/* a greeting is no end of «not ready» */
	if (r->state == REDIS_READY && !r->unready && !redis_is_error(reply))
		redis_link_tell(r, NULL);
	if (!answer_subscriber(r)) {
		q = redis_queue_take(&r->sent);
		if (!q)
			answer_nobody(r);
		else if (q->kind == REDIS_FOR_CALLER)
			answer_caller(r, q);
		else
			answer_internal(r, q);
	}
	/* unless redis_call() keeps it */
	redis_reply_free(r->current);
	r->current = NULL;
}
