/* SPDX-License-Identifier: ISC */
/* Names and keys: their one spelling and their one check. */
#include "queue/key.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "sys/seal.h"

/* The order is that of share/lua/part/base.lua. */
static const char *const KEYS[KEY_COUNT] = {
	"rdy", "dly",  "rty", "run",  "done", "dead", "job",  "pay",
	"out", "meta", "wrk", "wake", "min",  "live", "seen", "events",
};

void key_set_init(struct key_set *k, const char *space, struct strv queue)
{
	snprintf(k->queue, sizeof(k->queue), "%.*s", (int)queue.n, queue.p);
	for (size_t i = 0; i < KEY_COUNT; i++)
		snprintf(k->key[i], sizeof(k->key[i]), "%s:{%s}:%s", space,
			 k->queue, KEYS[i]);
	snprintf(k->channel, sizeof(k->channel), "%s:{%s}:end", space,
		 k->queue);
	snprintf(k->cron, sizeof(k->cron), "%s:{%s}:cron", space, k->queue);
	key_crons(space, k->crons);
}

void key_queues(const char *space, char *to)
{
	snprintf(to, 80, "%s:queues", space);
}

void key_crons(const char *space, char *to)
{
	snprintf(to, 80, "%s:crons", space);
}

static bool alnum(char c, bool upper)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       (upper && c >= 'A' && c <= 'Z');
}

static bool matches(struct strv v, size_t max, bool upper, const char *others)
{
	if (v.n == 0 || v.n > max || !alnum(v.p[0], upper))
		return false;
	for (size_t i = 1; i < v.n; i++)
		if (!alnum(v.p[i], upper) &&
		    (v.p[i] == '\0' || !strchr(others, v.p[i])))
			return false;
	return true;
}

static int refuse(struct strv v, const char *what, const char *rule,
		  struct err *e)
{
	char shown[80];

	return err_set(e, STATUS_USAGE, "'%s' is not a %s (%s)",
		       text_show(v, shown, sizeof(shown)), what, rule);
}

int key_check_queue(struct strv v, struct err *e)
{
	if (matches(v, KEY_QUEUE_MAX, true, "._-"))
		return 0;
	return refuse(v, "queue name",
		      "1 to 64 letters, digits, '.', '_' or '-', "
		      "the first a letter or digit",
		      e);
}

int key_check_id(struct strv v, struct err *e)
{
	if (matches(v, KEY_ID_MAX, true, "._:-"))
		return 0;
	return refuse(v, "job id",
		      "1 to 128 letters, digits, '.', '_', ':' or '-', "
		      "the first a letter or digit",
		      e);
}

int key_check_name(struct strv v, struct err *e)
{
	if (matches(v, KEY_NAME_MAX, false, "._-"))
		return 0;
	return refuse(v, "job name",
		      "1 to 64 lower-case letters, digits, '.', '_' or '-', "
		      "the first a letter or digit",
		      e);
}

int key_split_job(struct strv text, const char *queue, struct strv *out_queue,
		  struct strv *out_id, struct err *e)
{
	const char *slash = text.n ? memchr(text.p, '/', text.n) : NULL;
	char shown[80];

	*out_id = text;
	if (slash)
		*out_queue = strv_cut(out_id, '/');
	else if (queue)
		*out_queue = strv_of(queue);
	else
		return err_set(e, STATUS_USAGE,
			       "'%s' names no queue (write QUEUE/ID, "
			       "or add --queue QUEUE)",
			       text_show(text, shown, sizeof(shown)));
	if (key_check_queue(*out_queue, e) < 0)
		return -1;
	return key_check_id(*out_id, e);
}

void key_format_id(int64_t ms, const unsigned char random[10],
		   char to[KEY_NEW_ID_SIZE])
{
	static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";
	unsigned bits = 0, have = 0;
	size_t at = 10;

	for (int i = 9; i >= 0; i--) {
		to[i] = digits[ms & 31];
		ms >>= 5;
	}
	for (size_t i = 0; i < 10; i++) {
		bits = bits << 8 | random[i];
		have += 8;
		while (have >= 5) {
			have -= 5;
			to[at++] = digits[bits >> have & 31];
		}
	}
	to[at] = '\0';
}

/* Add one to a big-endian number; all ones wrap to zero, once in 2^80. */
static void increment(unsigned char *p, size_t n)
{
	while (n-- > 0)
		if (++p[n] != 0)
			return;
}

void key_new_id(int64_t now_ms, char to[KEY_NEW_ID_SIZE])
{
	static unsigned char random[10];
	static int64_t last_ms = -1;

	if (now_ms > last_ms) {
		last_ms = now_ms;
		seal_random(random, sizeof(random));
	} else {
		increment(random, sizeof(random));
	}
	key_format_id(last_ms, random, to);
}
