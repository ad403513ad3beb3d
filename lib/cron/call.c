/* SPDX-License-Identifier: ISC */
/* Arguments and answers of the cron_* scripts. */
#include "cron/call.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "queue/push.h"
#include "queue/script.h"
#include "sys/seal.h"

/* What the handler of a job finds how many ticks were missed under. */
#define LABEL_MISSED "CRON_MISSED="

/* A tick, or "-". */
static void add_tick(struct redis_cmd *c, bool is_one, int64_t tick)
{
	if (is_one)
		redis_cmd_int(c, tick);
	else
		redis_cmd_str(c, "-");
}

static void add_schedule(struct redis_cmd *c, const struct schedule *s,
			 int64_t now)
{
	struct buf line = BUF_INIT;
	struct cron_tick next = {0};
	bool more = due_next(s, now / 1000, &next);

	schedule_format(s, &line);
	redis_cmd_str(c, s->name);
	redis_cmd_add(c, line.p, line.len);
	redis_cmd_ref(c, s->payload.p, s->payload.len);
	add_tick(c, more, next.at);
	buf_release(&line);
}

static int refused(const struct redis_reply *reply, const struct key_set *k,
		   const struct schedule_file *f, struct err *e)
{
	struct strv word, name = redis_str(redis_at(reply, 1));
	char shown[128], other[128];

	if (script_answer(reply, k->queue, &word, e) < 0)
		return -1;
	text_show(name, shown, sizeof(shown));
	if (strv_eq(word, "TAKEN"))
		return err_set(e, STATUS_CONFIG,
			       "schedule '%s' of queue '%s' belongs to source "
			       "'%s', not to '%s' (choose another name)",
			       shown, k->queue,
			       text_show(redis_str(redis_at(reply, 2)), other,
					 sizeof(other)),
			       f->source);
	if (strv_eq(word, "OLD"))
		return err_set(e, STATUS_CONFIG,
			       "source '%s': generation %" PRId64
			       " is older than %s, which is in force (raise "
			       "GENERATION)",
			       f->source, f->generation, shown);
	if (strv_eq(word, "EMPTY"))
		return err_set(
			e, STATUS_CONFIG,
			"source '%s': the file lists no schedule, but %s "
			"are in force in queue '%s' (to remove them, "
			"write ALLOW_EMPTY=1)",
			f->source, shown, k->queue);
	return 0;
}

int call_sync(struct redis *r, const struct key_set *k,
	      const struct call_sync *s, struct err *e)
{
	const struct schedule_file *f = s->file;
	const struct redis_reply *reply;
	struct redis_cmd c;
	int rc;

	redis_cmd_init(&c);
	script_begin_cron(&c, SCRIPT_CRON_SYNC, k);
	redis_cmd_str(&c, s->apply ? "apply" : "check");
	redis_cmd_str(&c, f->source);
	redis_cmd_int(&c, f->generation);
	redis_cmd_str(&c, f->n || f->allow_empty ? "" : "refuse");
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->v[i].queue, k->queue) == 0)
			add_schedule(&c, &f->v[i], s->now);
	rc = redis_call(r, &c, &reply, e);
	redis_cmd_release(&c);
	if (rc < 0 || refused(reply, k, f, e) < 0)
		return -1;
	for (size_t i = 2; s->fn && i + 1 < redis_count(reply); i += 2)
		s->fn(s->arg, redis_str(redis_at(reply, i)),
		      redis_str(redis_at(reply, i + 1)));
	return 0;
}

/* The reply to a page; how many schedules it had. */
static ssize_t read_page(const struct redis_reply *reply,
			 struct call_page *page)
{
	struct strv version = redis_str(redis_at(reply, 2));
	size_t n = redis_count(reply);

	page->now = redis_int(redis_at(reply, 1));
	page->same = strv_eq(redis_str(redis_at(reply, 0)), "SAME");
	if (page->same)
		return 0;
	free(page->version);
	page->version = strv_dup(version);
	page->total = (size_t)redis_int(redis_at(reply, 3));
	for (size_t i = 4; i + 3 < n; i += 4) {
		struct call_schedule s = {
			.name = redis_str(redis_at(reply, i)),
			.state = redis_str(redis_at(reply, i + 1)),
			.definition = redis_str(redis_at(reply, i + 2)),
			.payload = redis_str(redis_at(reply, i + 3)),
		};

		page->fn(page->arg, &s);
	}
	return n > 4 ? (ssize_t)((n - 4) / 4) : 0;
}

ssize_t call_list(struct redis *r, const struct key_set *k, const char *source,
		  size_t skip, struct call_page *page, struct err *e)
{
	const struct redis_reply *reply;
	struct redis_cmd c;
	struct strv word;
	int rc;

	redis_cmd_init(&c);
	script_begin_cron(&c, SCRIPT_CRON_LIST, k);
	redis_cmd_str(&c, source);
	/* a later page is asked for whatever the version, and tells it */
	redis_cmd_str(&c, skip ? "" : page->version);
	redis_cmd_int(&c, (int64_t)skip);
	redis_cmd_int(&c, 500);
	rc = redis_call(r, &c, &reply, e);
	redis_cmd_release(&c);
	if (rc < 0 || script_answer(reply, k->queue, &word, e) < 0)
		return -1;
	return read_page(reply, page);
}

int call_queues(struct redis *r, const char *space,
		void (*fn)(void *arg, struct strv queue), void *arg,
		struct err *e)
{
	const struct redis_reply *reply;
	struct redis_cmd c;
	char key[80];
	int rc;

	key_crons(space, key);
	redis_cmd_init(&c);
	redis_cmd_str(&c, "SMEMBERS");
	redis_cmd_str(&c, key);
	rc = redis_call(r, &c, &reply, e);
	redis_cmd_release(&c);
	if (rc < 0)
		return -1;
	for (size_t i = 0; i < redis_count(reply); i++) {
		struct strv queue = redis_str(redis_at(reply, i));

		/* anybody may have put anything there */
		if (key_check_queue(queue, NULL) == 0)
			fn(arg, queue);
	}
	return 0;
}

void call_announce(struct redis *r, const char *space, const char *queue)
{
	struct redis_cmd c;
	char key[80];

	key_crons(space, key);
	redis_cmd_init(&c);
	redis_cmd_str(&c, "SADD");
	redis_cmd_str(&c, key);
	redis_cmd_str(&c, queue);
	redis_send(r, &c, 0, NULL, NULL);
	redis_cmd_release(&c);
}

int call_time(struct redis *r, int64_t *now, struct err *e)
{
	const struct redis_reply *reply;
	struct redis_cmd c;
	int rc;

	redis_cmd_init(&c);
	redis_cmd_str(&c, "TIME");
	rc = redis_call(r, &c, &reply, e);
	redis_cmd_release(&c);
	if (rc < 0)
		return -1;
	*now = redis_int(redis_at(reply, 0)) * 1000 +
	       redis_int(redis_at(reply, 1)) / 1000;
	return 0;
}

/* The schedule's job options, with a label for what was missed unless it has
 * that label itself, or they would be too many. */
static void add_options(struct redis_cmd *c, const struct job_options *from,
			int64_t missed)
{
	struct job_options o = *from;
	struct buf words = BUF_INIT;
	const char **meta = buf_alloc((o.n_meta + 1) * sizeof(*meta));
	char label[48];
	size_t bytes = sizeof(label);

	snprintf(label, sizeof(label), LABEL_MISSED "%" PRId64, missed);
	for (size_t i = 0; i < o.n_meta; i++) {
		meta[i] = o.meta[i];
		bytes += strlen(meta[i]);
		if (strncmp(meta[i], LABEL_MISSED, strlen(LABEL_MISSED)) == 0)
			missed = 0;
	}
	if (missed > 0 && bytes <= JOB_META_MAX)
		meta[o.n_meta++] = label;
	o.meta = meta;
	job_encode_options(&o, &words);
	redis_cmd_add(c, words.p, words.len);
	buf_release(&words);
	free(meta);
}

/* What push.lua takes of a job, from the queue's epoch on. */
static void add_job(struct redis_cmd *c, const struct key_set *k,
		    const struct call_fire *f, const char *id)
{
	const struct schedule *s = f->schedule;
	int64_t offset = f->create ? 0 : schedule_jitter(s);
	char epoch[KEY_NEW_ID_SIZE], digest[SEAL_DIGEST_SIZE], when[32] = "0";

	key_new_id(clock_real_ms(), epoch);
	push_digest(k->queue, s->job.name, id,
		    strv_make(s->payload.p, s->payload.len), digest);
	/* on the tick's own clock: the same whoever is first, and when */
	if (offset > 0)
		snprintf(when, sizeof(when), "@%" PRId64,
			 f->due.tick.at * 1000 + offset);
	redis_cmd_str(c, epoch);
	redis_cmd_str(c, digest);
	redis_cmd_int(c, s->job.priority);
	redis_cmd_str(c, when);
	redis_cmd_int(c, s->job.expire_ms);
	add_options(c, &s->job, f->due.missed);
}

void call_fire(struct redis *r, const struct key_set *k,
	       const struct call_fire *f, redis_fn *fn, void *arg)
{
	static const char *const overlaps[] = {"allow", "forbid", "replace"};
	const struct schedule *s = f->schedule;
	char id[KEY_ID_MAX + 1];
	struct cron_tick next = {0};
	struct redis_cmd c;
	bool more = due_next(s, f->due.tick.at, &next);

	schedule_job_id(s->name, f->due.tick.at, id);
	if (f->create)
		snprintf(id, sizeof(id), "cron:%s:created", s->name);
	redis_cmd_init(&c);
	script_begin_cron(&c, SCRIPT_CRON_FIRE, k);
	redis_cmd_str(&c, s->name);
	redis_cmd_int(&c, f->rev);
	redis_cmd_str(&c, f->create		   ? "create"
			  : f->due.act == DUE_DROP ? "drop"
						   : "fire");
	redis_cmd_int(&c, f->create ? 0 : f->due.tick.at);
	add_tick(&c, more, next.at);
	redis_cmd_int(&c, f->due.missed);
	redis_cmd_str(&c, id + strlen("cron:") + strlen(s->name) + 1);
	redis_cmd_int(&c, s->start);
	redis_cmd_int(&c, s->end);
	redis_cmd_int(&c, s->limit);
	redis_cmd_str(&c, overlaps[s->overlap]);
	redis_cmd_int(&c, s->max_live);
	add_job(&c, k, f, id);
	redis_send(r, &c, 0, fn, arg);
	redis_cmd_release(&c);
}

static const char *const words[] = {
	[CALL_FIRED] = "FIRED",	  [CALL_DROPPED] = "DROPPED",
	[CALL_PAUSED] = "PAUSED", [CALL_OUTSIDE] = "OUTSIDE",
	[CALL_LIMIT] = "LIMIT",	  [CALL_BLOCKED] = "BLOCKED",
	[CALL_KNOWN] = "KNOWN",	  [CALL_DUPLICATE] = "DUPLICATE",
	[CALL_EARLY] = "EARLY",	  [CALL_FULL] = "FULL",
	[CALL_STALE] = "STALE",	  [CALL_GONE] = "GONE",
};

const char *call_word_name(enum call_word word)
{
	static const char *const names[] = {
		[CALL_FIRED] = "fired",	  [CALL_DROPPED] = "missed",
		[CALL_PAUSED] = "paused", [CALL_OUTSIDE] = "bounds",
		[CALL_LIMIT] = "limit",	  [CALL_BLOCKED] = "overlap",
		[CALL_KNOWN] = "known",	  [CALL_DUPLICATE] = "duplicate",
		[CALL_EARLY] = "early",	  [CALL_FULL] = "full",
		[CALL_STALE] = "stale",	  [CALL_GONE] = "gone",
	};

	return names[word];
}

int call_read(const struct redis_reply *reply, const char *queue,
	      struct call_answer *out, struct err *e)
{
	struct strv word, marks = redis_str(redis_at(reply, 3));

	memset(out, 0, sizeof(*out));
	if (script_answer(reply, queue, &word, e) < 0)
		return -1;
	out->now = redis_int(redis_at(reply, 1));
	out->watermark = redis_int(redis_at(reply, 2));
	out->finished = marks.n && memchr(marks.p, 'f', marks.n);
	out->detail = redis_str(redis_at(reply, 4));
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		out->word = (enum call_word)i;
		if (strv_eq(word, words[i]))
			return 0;
	}
	return err_set(e, STATUS_BUG,
		       "queue '%s': unexpected answer to a tick (please report "
		       "this)",
		       queue);
}
