/* SPDX-License-Identifier: ISC */
/* Calls of retry.lua, remove.lua and configure.lua. */
#include "queue/change.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/num.h"
#include "base/text.h"
#include "queue/script.h"

#define DAY (86400LL * 1000)

/* The defaults stand in share/lua/part/base.lua too, which decides; a test
 * holds the two against each other. */
const struct change_setting change_settings[] = {
	{"lease", "lease", CHANGE_DURATION, 6000, 3600000, 15000,
	 "time without a heartbeat until a worker's job is given away"},
	{"max-len", "max_len", CHANGE_NUMBER, 0, 1000000000, 0,
	 "most jobs ready or delayed; a push beyond is refused; 0 = no limit"},
	{"max-losses", "max_losses", CHANGE_NUMBER, 0, 1000, 3,
	 "vanished workers after which a job is dead as poison"},
	{"max-releases", "max_releases", CHANGE_NUMBER, 1, 1000000, 1000,
	 "times in a row that a job may be deferred"},
	{"keep-done", "keep_done", CHANGE_DURATION, 1000, NUM_SPAN_MAX_MS, DAY,
	 "how long a finished job and its result are kept"},
	{"keep-done-jobs", "keep_done_jobs", CHANGE_NUMBER, 0, 100000000, 10000,
	 "most finished jobs kept"},
	{"keep-done-bytes", "keep_done_bytes", CHANGE_SIZE, 0, 1LL << 40,
	 64LL << 20, "most bytes of finished jobs kept"},
	{"keep-dead", "keep_dead", CHANGE_DURATION, 1000, NUM_SPAN_MAX_MS,
	 30 * DAY, "how long a dead job is kept"},
	{"keep-dead-jobs", "keep_dead_jobs", CHANGE_NUMBER, 0, 100000000,
	 100000, "most dead jobs kept"},
	{"keep-dead-bytes", "keep_dead_bytes", CHANGE_SIZE, 0, 1LL << 40,
	 256LL << 20, "most bytes of dead jobs kept"},
	{"keep-events", "keep_events", CHANGE_NUMBER, 1, 10000000, 100000,
	 "most events on record while somebody follows"},
};
const size_t change_n_settings = ARRAY_LEN(change_settings);

const struct change_setting *change_find_setting(struct strv name,
						 struct err *e)
{
	char shown[64];

	for (size_t i = 0; i < change_n_settings; i++)
		if (strv_eq(name, change_settings[i].name))
			return &change_settings[i];
	err_set(e, STATUS_USAGE,
		"'%s' is not a setting ('jq-ctl set --help' lists them)",
		text_show(name, shown, sizeof(shown)));
	return NULL;
}

int change_parse_value(const struct change_setting *s, struct strv value,
		       int64_t *out, bool *is_default, struct err *e)
{
	uint64_t size;

	*is_default = strv_eq(value, "default");
	*out = s->fallback;
	if (*is_default)
		return 0;
	if (s->kind == CHANGE_DURATION)
		return num_duration(value, s->min, s->max, out, e);
	if (s->kind == CHANGE_NUMBER)
		return num_int(value, s->min, s->max, out, e);
	if (num_size(value, (uint64_t)s->max, &size, e) < 0)
		return -1;
	*out = (int64_t)size;
	return 0;
}

/* Send a command of which only the word is of interest. */
static int tell(struct redis *r, const struct key_set *k, struct redis_cmd *c,
		struct err *e)
{
	const struct redis_reply *reply;
	struct strv word;

	if (redis_call(r, c, &reply, e) < 0)
		return -1;
	return script_answer(reply, k->queue, &word, e);
}

static int configure(struct redis *r, const struct key_set *k,
		     const char *field, const char *value, struct err *e)
{
	struct redis_cmd c;
	int rc;

	redis_cmd_init(&c);
	script_begin(&c, SCRIPT_CONFIGURE, k);
	redis_cmd_str(&c, field);
	redis_cmd_str(&c, value);
	rc = tell(r, k, &c, e);
	redis_cmd_release(&c);
	return rc;
}

int change_pause(struct redis *r, const struct key_set *k, const char *reason,
		 struct err *e)
{
	return configure(r, k, "paused", *reason ? reason : "-", e);
}

int change_resume(struct redis *r, const struct key_set *k, struct err *e)
{
	return configure(r, k, "paused", "", e);
}

int change_set(struct redis *r, const struct key_set *k,
	       const struct change_setting *s, int64_t value, bool is_default,
	       struct err *e)
{
	char text[32] = "";

	if (!is_default)
		snprintf(text, sizeof(text), "%" PRId64, value);
	return configure(r, k, s->field, text, e);
}

int change_prune(struct redis *r, const struct key_set *k, int64_t gone[2],
		 struct err *e)
{
	const struct redis_reply *reply;
	struct redis_cmd c;
	struct strv word;
	int rc;

	redis_cmd_init(&c);
	script_begin(&c, SCRIPT_PRUNE, k);
	rc = redis_call(r, &c, &reply, e);
	redis_cmd_release(&c);
	if (rc < 0 || script_answer(reply, k->queue, &word, e) < 0)
		return -1;
	gone[0] = script_number(redis_at(reply, 1));
	gone[1] = script_number(redis_at(reply, 2));
	return 0;
}

/* Is a job in this state where the script puts it, or on its way from there? */
static bool is_there(enum script what, struct strv state)
{
	if (what == SCRIPT_RETRY)
		return !strv_eq(state, "dead") && !strv_eq(state, "GONE");
	return strv_eq(state, "dead") || strv_eq(state, "done");
}

/* Add the ids, call, and report a word for each. A call whose answer was lost
 * was made again, and then finds done what the first one did. */
static int for_ids(struct redis *r, const struct key_set *k, enum script what,
		   struct redis_cmd *c, const struct change_ids *ids,
		   struct err *e)
{
	const uint64_t connection = redis_connection(r);
	const struct redis_reply *reply;
	struct strv word;
	bool again;

	for (size_t i = 0; i < ids->n; i++)
		redis_cmd_ref(c, ids->v[i].p, ids->v[i].n);
	if (redis_call(r, c, &reply, e) < 0 ||
	    script_answer(reply, k->queue, &word, e) < 0)
		return -1;
	/* the first connection may be one that this call waited for */
	again = redis_connection(r) > (connection ? connection : 1);
	for (size_t i = 0; i < ids->n; i++) {
		word = redis_str(redis_at(reply, i + 1));
		if (again && is_there(what, word))
			word = strv_of("OK");
		ids->fn(ids->arg, ids->v[i], word);
	}
	return 0;
}

int change_retry(struct redis *r, const struct key_set *k,
		 const struct change_terms *terms, const struct change_ids *ids,
		 struct err *e)
{
	struct redis_cmd c;
	char text[40];
	int rc;

	redis_cmd_init(&c);
	script_begin(&c, SCRIPT_RETRY, k);
	snprintf(text, sizeof(text), "%.3f", terms->first_ms);
	redis_cmd_str(&c, text);
	snprintf(text, sizeof(text), "%.6f", terms->step_ms);
	redis_cmd_str(&c, text);
	redis_cmd_str(&c, terms->waiting ? "waiting" : "");
	redis_cmd_int(&c, terms->max_attempts);
	rc = for_ids(r, k, SCRIPT_RETRY, &c, ids, e);
	redis_cmd_release(&c);
	return rc;
}

int change_remove(struct redis *r, const struct key_set *k,
		  enum change_removal what, const char *reason,
		  const struct change_ids *ids, struct err *e)
{
	static const char *const words[] = {
		[CHANGE_CANCEL] = "cancel",
		[CHANGE_DROP] = "drop",
		[CHANGE_HOLD] = "hold",
	};
	struct redis_cmd c;
	int rc;

	redis_cmd_init(&c);
	script_begin(&c, SCRIPT_REMOVE, k);
	redis_cmd_str(&c, words[what]);
	redis_cmd_str(&c, reason);
	rc = for_ids(r, k, SCRIPT_REMOVE, &c, ids, e);
	redis_cmd_release(&c);
	return rc;
}
