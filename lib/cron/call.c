/* SPDX-License-Identifier: ISC */
/* Arguments and answers of the cron_* scripts. */
#include "cron/call.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "cron/state.h"
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
	bool more = schedule_next(s, now / 1000, &next);

	schedule_format(s, &line);
	redis_cmd_str(c, s->name);
	redis_cmd_add(c, line.p, line.len);
	redis_cmd_ref(c, s->payload.p, s->payload.len);
	add_tick(c, more, next.at);
	buf_release(&line);
}

/* A name belongs to one source, or to none. */
static int taken(const char *name, const char *queue, struct strv owner,
		 const struct schedule_file *f, struct err *e)
{
	char shown[128];

	if (strv_eq(owner, STATE_NO_SOURCE))
		return err_set(e, STATUS_CONFIG,
			       "schedule '%s' of queue '%s' was made by "
			       "'jq-cron set' and is not of source '%s' "
			       "(choose another name, or remove it)",
			       name, queue, f->source);
	text_show(owner, shown, sizeof(shown));
	if (strcmp(f->source, STATE_NO_SOURCE) == 0)
		return err_set(e, STATUS_CONFIG,
			       "schedule '%s' of queue '%s' belongs to source "
			       "'%s' (change it there, or choose another name)",
			       name, queue, shown);
	return err_set(e, STATUS_CONFIG,
		       "schedule '%s' of queue '%s' belongs to source '%s', "
		       "not to '%s' (choose another name)",
		       name, queue, shown, f->source);
}

static int refused(const struct redis_reply *reply, const char *queue,
		   const struct schedule_file *f, struct err *e)
{
	struct strv word, name = redis_str(redis_at(reply, 1));
	char shown[128];

	if (script_answer(reply, queue, &word, e) < 0)
		return -1;
	text_show(name, shown, sizeof(shown));
	if (strv_eq(word, "TAKEN"))
		return taken(shown, queue, redis_str(redis_at(reply, 2)), f, e);
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
			f->source, shown, queue);
	return 0;
}

void call_sync(struct redis *r, const struct key_set *k,
	       const struct call_sync *s, redis_fn *fn, void *arg)
{
	const struct schedule_file *f = s->file;
	struct redis_cmd c;

	redis_cmd_init(&c);
	script_begin_cron(&c, SCRIPT_CRON_SYNC, k);
	redis_cmd_str(&c, s->apply ? "apply" : "check");
	redis_cmd_str(&c, f->source);
	redis_cmd_int(&c, f->generation);
	redis_cmd_str(&c, s->keep		   ? "keep"
			  : f->n || f->allow_empty ? "remove"
						   : "refuse");
	redis_cmd_str(&c, s->by);
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->v[i].queue, k->queue) == 0)
			add_schedule(&c, &f->v[i], s->now);
	redis_send(r, &c, 0, fn, arg);
	redis_cmd_release(&c);
}

int call_sync_read(const struct redis_reply *reply, const char *queue,
		   const struct schedule_file *f,
		   void (*fn)(void *arg, struct strv word, struct strv name),
		   void *arg, struct err *e)
{
	if (refused(reply, queue, f, e) < 0)
		return -1;
	for (size_t i = 2; i + 1 < redis_count(reply); i += 2)
		fn(arg, redis_str(redis_at(reply, i)),
		   redis_str(redis_at(reply, i + 1)));
	return 0;
}

/* The four elements of a schedule, from the `i`-th on. */
static struct call_schedule read_schedule(const struct redis_reply *reply,
					  size_t i)
{
	return (struct call_schedule){
		.name = redis_str(redis_at(reply, i)),
		.state = redis_str(redis_at(reply, i + 1)),
		.definition = redis_str(redis_at(reply, i + 2)),
		.payload = redis_str(redis_at(reply, i + 3)),
	};
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
		struct call_schedule s = read_schedule(reply, i);

		page->fn(page->arg, &s);
	}
	return n > 4 ? (ssize_t)((n - 4) / 4) : 0;
}

ssize_t call_list(struct redis *r, const struct key_set *k, size_t skip,
		  struct call_page *page, struct err *e)
{
	const struct redis_reply *reply;
	struct redis_cmd c;
	struct strv word;
	int rc;

	redis_cmd_init(&c);
	script_begin_cron(&c, SCRIPT_CRON_LIST, k);
	/* a later page is asked for whatever the version, and tells it */
	redis_cmd_str(&c, skip ? "" : page->version);
	redis_cmd_int(&c, (int64_t)skip);
	redis_cmd_int(&c, 500);
	redis_cmd_str(&c, page->payloads ? "payloads" : "");
	rc = redis_call(r, &c, &reply, e);
	redis_cmd_release(&c);
	if (rc < 0 || script_answer(reply, k->queue, &word, e) < 0)
		return -1;
	return read_page(reply, page);
}

void call_look(struct redis *r, const struct key_set *k, const char *name,
	       bool payload, redis_fn *fn, void *arg)
{
	struct redis_cmd c;

	redis_cmd_init(&c);
	script_begin_cron(&c, SCRIPT_CRON_LOOK, k);
	redis_cmd_str(&c, name);
	redis_cmd_str(&c, payload ? "payload" : "");
	redis_send(r, &c, 0, fn, arg);
	redis_cmd_release(&c);
}

int call_look_read(const struct redis_reply *reply, const char *queue,
		   struct call_look *out, struct err *e)
{
	struct strv word;

	memset(out, 0, sizeof(*out));
	if (script_answer(reply, queue, &word, e) < 0)
		return -1;
	out->now = redis_int(redis_at(reply, 1));
	if (strv_eq(word, "GONE"))
		return 1;
	out->schedule = read_schedule(reply, 2);
	out->history = redis_str(redis_at(reply, 6));
	out->stamps = redis_str(redis_at(reply, 7));
	return 0;
}

static int altered(const struct redis_reply *reply, const char *queue,
		   const char *name, char **source, struct err *e)
{
	struct strv word;

	if (script_answer(reply, queue, &word, e) < 0)
		return -1;
	if (strv_eq(word, "GONE"))
		return 1;
	if (strv_eq(word, "SAME"))
		return 2;
	if (strv_eq(word, "DAMAGED"))
		return err_set(e, STATUS_DATA,
			       "the state of schedule '%s' of queue '%s' is "
			       "damaged (remove it and set it anew)",
			       name, queue);
	if (source)
		*source = strv_dup(redis_str(redis_at(reply, 2)));
	return 0;
}

int call_alter(struct redis *r, const struct key_set *k,
	       const struct call_alter *a, char **source, struct err *e)
{
	static const char *const verbs[] = {"pause", "resume", "remove"};
	const struct redis_reply *reply;
	struct redis_cmd c;
	int rc;

	redis_cmd_init(&c);
	script_begin_cron(&c, SCRIPT_CRON_ALTER, k);
	redis_cmd_str(&c, verbs[a->verb]);
	redis_cmd_str(&c, a->name);
	redis_cmd_str(&c, a->by);
	rc = redis_call(r, &c, &reply, e);
	redis_cmd_release(&c);
	if (rc < 0)
		return -1;
	return altered(reply, k->queue, a->name, source, e);
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

void call_version(struct redis *r, const struct key_set *k, redis_fn *fn,
		  void *arg)
{
	struct redis_cmd c;

	redis_cmd_init(&c);
	redis_cmd_str(&c, "HGET");
	redis_cmd_str(&c, k->cron);
	redis_cmd_str(&c, "v");
	redis_send(r, &c, 0, fn, arg);
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

/* "20261124T100000Z" and "manual:k3j9x0abc" are the longest. */
#define STAMP_MAX 16

/* What comes after "cron:NAME:" in the id of the job. */
static void make_stamp(const struct call_fire *f, char *to, size_t size)
{
	char id[KEY_ID_MAX + 1], random[KEY_NEW_ID_SIZE];

	switch (f->kind) {
	case CALL_CREATE:
		snprintf(to, size, "created");
		return;
	case CALL_RUN:
		/* 45 random bits: a call that is sent again finds its job */
		key_new_id(clock_real_ms(), random);
		snprintf(to, size, "manual:%s", random + KEY_NEW_ID_SIZE - 10);
		return;
	default:
		schedule_job_id("", f->due.tick.at, id);
		snprintf(to, size, "%s", id + strlen("cron::"));
		return;
	}
}

/* What push.lua takes of a job, from the queue's epoch on. */
static void add_job(struct redis_cmd *c, const struct key_set *k,
		    const struct call_fire *f, const char *stamp)
{
	const struct schedule *s = f->schedule;
	int64_t offset = f->kind == CALL_TICK ? schedule_jitter(s) : 0;
	char epoch[KEY_NEW_ID_SIZE], digest[SEAL_DIGEST_SIZE], when[32] = "0";
	char id[KEY_ID_MAX + 1];

	snprintf(id, sizeof(id), "cron:%s:%.*s", s->name, STAMP_MAX, stamp);
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

static const char *kind_name(const struct call_fire *f)
{
	switch (f->kind) {
	case CALL_CREATE:
		return "create";
	case CALL_RUN:
		return "run";
	case CALL_BACKFILL:
		return "backfill";
	default:
		return f->due.act == DUE_DROP ? "drop" : "fire";
	}
}

/* Whether its ticks are a matter of zone data. */
static bool zoned(const struct schedule *s)
{
	return s->cron.kind != CRON_EVERY && strcmp(s->tz, "UTC") != 0;
}

/* What the step has to find if it is still to be taken. */
static void add_plan(struct redis_cmd *c, const struct call_fire *f)
{
	if (f->kind != CALL_TICK) {
		redis_cmd_str(c, "");
		redis_cmd_int(c, 0);
		return;
	}
	redis_cmd_int(c, f->watermark);
	redis_cmd_int(c, f->due.until == INT64_MAX ? 0 : f->due.until);
}

void call_fire(struct redis *r, const struct key_set *k,
	       const struct call_fire *f, redis_fn *fn, void *arg)
{
	static const char *const overlaps[] = {"allow", "forbid", "replace"};
	const struct schedule *s = f->schedule;
	bool of_tick = f->kind == CALL_TICK || f->kind == CALL_BACKFILL;
	char stamp[KEY_ID_MAX + 1];
	struct cron_tick next = {0};
	struct redis_cmd c;
	bool more = schedule_next(s, f->due.tick.at, &next);

	make_stamp(f, stamp, sizeof(stamp));
	redis_cmd_init(&c);
	script_begin_cron(&c, SCRIPT_CRON_FIRE, k);
	redis_cmd_str(&c, s->name);
	redis_cmd_int(&c, f->rev);
	redis_cmd_str(&c, kind_name(f));
	redis_cmd_int(&c, of_tick ? f->due.tick.at : 0);
	add_tick(&c, more, next.at);
	redis_cmd_int(&c, f->due.missed);
	redis_cmd_str(&c, stamp);
	redis_cmd_int(&c, s->start);
	redis_cmd_int(&c, s->end);
	redis_cmd_int(&c, s->limit);
	redis_cmd_str(&c, overlaps[s->overlap]);
	redis_cmd_int(&c, s->max_live);
	add_job(&c, k, f, stamp);
	redis_cmd_str(&c, f->by ? f->by : "-");
	redis_cmd_str(&c, zoned(s) && f->release ? f->release : "");
	add_plan(&c, f);
	redis_send(r, &c, 0, fn, arg);
	redis_cmd_release(&c);
}

static const char *const words[] = {
	[CALL_FIRED] = "FIRED",	      [CALL_DROPPED] = "DROPPED",
	[CALL_PAUSED] = "PAUSED",     [CALL_OUTSIDE] = "OUTSIDE",
	[CALL_LIMIT] = "LIMIT",	      [CALL_BLOCKED] = "BLOCKED",
	[CALL_KNOWN] = "KNOWN",	      [CALL_DUPLICATE] = "DUPLICATE",
	[CALL_EARLY] = "EARLY",	      [CALL_FULL] = "FULL",
	[CALL_STALE] = "STALE",	      [CALL_GONE] = "GONE",
	[CALL_OUTDATED] = "OUTDATED", [CALL_MOVED] = "MOVED",
};

const char *call_word_name(enum call_word word)
{
	static const char *const names[] = {
		[CALL_FIRED] = "fired",	      [CALL_DROPPED] = "missed",
		[CALL_PAUSED] = "paused",     [CALL_OUTSIDE] = "bounds",
		[CALL_LIMIT] = "limit",	      [CALL_BLOCKED] = "overlap",
		[CALL_KNOWN] = "known",	      [CALL_DUPLICATE] = "duplicate",
		[CALL_EARLY] = "early",	      [CALL_FULL] = "full",
		[CALL_STALE] = "stale",	      [CALL_GONE] = "gone",
		[CALL_OUTDATED] = "outdated", [CALL_MOVED] = "moved",
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
