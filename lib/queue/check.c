/* SPDX-License-Identifier: ISC */
/* Checking a queue: what concerns it as a whole, and the order of the rest. */
#include "queue/check.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/num.h"
#include "queue/check_impl.h"

void check_release(struct check *c)
{
	if (c->ids.p) {
		buf_release(&c->ids);
		buf_release(&c->bad);
		buf_release(&c->fences);
	}
}

int check_call(struct check *c, struct redis_cmd *cmd,
	       const struct redis_reply **reply, struct err *e)
{
	struct strv word;

	if (redis_call(c->redis, cmd, reply, e) < 0)
		return -1;
	return script_answer(*reply, c->keys.queue, &word, e);
}

int check_say(struct check *c, struct strv id, const char *code,
	      const char *meaning, struct err *e, const char *fmt, ...)
{
	char what[256];
	struct check_problem p = {c->keys.queue, id, code, what, meaning};
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	c->found++;
	return c->mend ? 0 : c->fn(c->arg, &p, e);
}

int check_tell(struct check *c, struct strv id, const struct redis_reply *reply,
	       size_t step, struct err *e)
{
	struct buf line = BUF_INIT;
	int rc = 0;

	for (size_t i = 1; rc == 0 && i + step <= redis_count(reply);
	     i += step) {
		struct strv word = redis_str(redis_at(reply, i + step - 1));

		buf_clear(&line);
		if (step == 2) {
			struct strv key = redis_str(redis_at(reply, i));

			buf_addf(&line, "key '%.*s': ", (int)key.n, key.p);
		}
		buf_add(&line, word.p, word.n);
		rc = c->did(c->arg, c->keys.queue, id,
			    strv_make(line.p, line.len), e);
	}
	buf_release(&line);
	return rc;
}

/* What one look leaves to be held against the next: jobs that housekeeping has
 * to move, and when they were seen, and counters that never fall. */
struct late {
	struct buf list;   /* "STATE ID SCORE\n" for each */
	struct buf rising; /* "NAME VALUE\n" for each, in the script's order */
	int64_t seen_ms, tick_ms, hold_ms;
	int64_t wait_ms; /* how long until an idle worker looks, at most */
	bool served;	 /* a worker was seen lately */
};

/* What survey.lua calls a violation, in words: before what there is, between
 * that and what there should be, and behind. */
static const struct {
	const char *code, *before, *between, *behind, *meaning;
} wholes[] = {
	{"jobs", "it holds ", " jobs, but its counters say ", "",
	 "jobs were lost or made by hand"},
	{"done", "", " jobs are done, but its counters say ", "",
	 "ends were not counted"},
	{"dead", "", " jobs are dead, but its counters say ", "",
	 "ends were not counted"},
	{"running", "", " jobs run, but its counters say ", "",
	 "runs were not counted"},
	{"payloads", "it holds ", " payloads for ", " jobs",
	 "jobs or payloads were lost"},
	{"records", "it holds ", " records for ", " jobs at most",
	 "some are of no job"},
	{"records-least", "it holds ", " records for ", " jobs that need one",
	 "some were lost"},
	{"results", "it holds ", " results for ", " finished jobs",
	 "some are of no job"},
	{"news", "it holds news of ", " runs, but running are ", "",
	 "some are of no job"},
	{"wake", "", " hints wait for workers, at most ", " are right",
	 "workers look for nothing"},
	{"orphan", "", " jobs were met without their data, known are ", "",
	 "they were lost"},
	{"counter", "the value '", "' is no number, as counter ", "",
	 "scripts would break off"},
	{"format", "its data layout is not noted", " as ", "",
	 "another program could misread it"},
	{"epoch", "it has no epoch", "", "",
	 "workers cannot tell it from another"},
	{"seq", "its sequence is at ", ", but a ready job is at ", "",
	 "new jobs would come before old ones"},
};

static int say_whole(struct check *c, const struct redis_reply *list, size_t at,
		     struct err *e)
{
	struct strv code = redis_str(redis_at(list, at));
	struct strv have = redis_str(redis_at(list, at + 1));
	struct strv want = redis_str(redis_at(list, at + 2));
	size_t i = 0;

	while (i < ARRAY_LEN(wholes) && !strv_eq(code, wholes[i].code))
		i++;
	if (i == ARRAY_LEN(wholes))
		return 0;
	return check_say(c, redis_str(redis_at(list, at + 3)), wholes[i].code,
			 wholes[i].meaning, e, "%s%.*s%s%.*s%s",
			 wholes[i].before, (int)have.n, have.p,
			 wholes[i].between, (int)want.n, want.p,
			 wholes[i].behind);
}

/* A list as lines of `n` words. */
static void lines_of(const struct redis_reply *list, size_t n, struct buf *to)
{
	buf_clear(to);
	for (size_t i = 0; i < redis_count(list); i++) {
		struct strv v = redis_str(redis_at(list, i));

		buf_add(to, v.p, v.n);
		buf_addch(to, (i + 1) % n ? ' ' : '\n');
	}
}

static void note_late(const struct redis_reply *reply, struct late *l)
{
	int64_t lease = redis_int(redis_at(reply, 3));

	l->seen_ms = redis_int(redis_at(reply, 1));
	l->tick_ms = redis_int(redis_at(reply, 2));
	l->hold_ms = redis_int(redis_at(reply, 4));
	l->served = redis_str(redis_at(reply, 5)).n > 0;
	l->wait_ms = (lease / 3 < 5000 ? lease / 3 : 5000) + 500;
	lines_of(redis_at(reply, 8), 3, &l->list);
	lines_of(redis_at(reply, 9), 2, &l->rising);
}

/* One atomic look at the queue as a whole; violations are told with `say`. */
static int survey(struct check *c, struct late *l, bool say, struct err *e)
{
	const struct redis_reply *reply, *list;
	struct redis_cmd cmd;
	int rc;

	redis_cmd_init(&cmd);
	script_begin(&cmd, SCRIPT_SURVEY, &c->keys);
	rc = check_call(c, &cmd, &reply, e);
	redis_cmd_release(&cmd);
	if (rc < 0)
		return -1;
	note_late(reply, l);
	list = redis_at(reply, 7);
	for (size_t i = 0; rc == 0 && i + 3 < redis_count(list); i += 4) {
		c->strayed = c->strayed ||
			     strv_eq(redis_str(redis_at(list, i)), "payloads");
		if (say)
			rc = say_whole(c, list, i, e);
	}
	return rc;
}

static int settle(struct check *c, struct err *e)
{
	static const char *const names[] = {"done_bytes", "dead_bytes"};
	const struct redis_reply *reply;
	struct redis_cmd cmd;
	int rc;

	redis_cmd_init(&cmd);
	script_begin(&cmd, SCRIPT_SETTLE, &c->keys);
	for (size_t i = 0; i < 2; i++) {
		redis_cmd_str(&cmd, names[i]);
		redis_cmd_int(&cmd, c->settle[i]);
	}
	rc = check_call(c, &cmd, &reply, e);
	redis_cmd_release(&cmd);
	return rc < 0 ? -1 : check_tell(c, strv_of(""), reply, 1, e);
}

/* Whether the list of `now` has this line too. */
static bool still_late(const struct late *now, struct strv line)
{
	struct strv rest = strv_make(now->list.p, now->list.len);

	while (rest.n > 0) {
		struct strv other = strv_cut(&rest, '\n');

		if (other.n == line.n && memcmp(other.p, line.p, line.n) == 0)
			return true;
	}
	return false;
}

/* Any claim moves the 64 jobs that are longest overdue, so one that was among
 * them before a claim and still is, is stuck. */
static int say_stuck(struct check *c, const struct late *first,
		     const struct late *now, struct err *e)
{
	struct strv rest = strv_make(first->list.p, first->list.len);

	while (rest.n > 0) {
		struct strv line = strv_cut(&rest, '\n'), at = line, state;

		if (!still_late(now, line))
			continue;
		state = strv_cut(&at, ' ');
		if (check_say(c, strv_cut(&at, ' '), "stuck",
			      "workers are here, and none moves it", e,
			      strv_eq(state, "running")
				      ? "its lease has run out%s"
				      : "it is overdue%s",
			      "") < 0)
			return -1;
	}
	return 0;
}

static int check_late(struct check *c, struct late *first, struct err *e)
{
	struct late now = {.list = BUF_INIT, .rising = BUF_INIT};
	int64_t until = clock_boot_ms() + first->wait_ms;
	int rc = 0;

	while (first->list.len > 0) {
		rc = survey(c, &now, false, e);
		if (rc < 0 || now.list.len == 0)
			break;
		if (now.tick_ms > first->seen_ms) {
			if (now.hold_ms == first->hold_ms)
				rc = say_stuck(c, first, &now, e);
			break;
		}
		/* nobody claims: then nobody has to move it */
		if (!now.served || clock_boot_ms() >= until)
			break;
		loop_sleep(c->loop, 100);
	}
	buf_release(&now.list);
	buf_release(&now.rising);
	return rc;
}

static struct strv view(const struct buf *b)
{
	return strv_make(b->p, b->len);
}

/* A server that came back with older data, or a hand that set them back. */
static int check_falls(struct check *c, struct strv before, struct strv now,
		       struct err *e)
{
	while (before.n && now.n) {
		struct strv was = strv_cut(&before, '\n'), name;
		struct strv is = strv_cut(&now, '\n');
		int64_t a = 0, b = 0;

		name = strv_cut(&was, ' ');
		strv_cut(&is, ' ');
		if (num_int(was, INT64_MIN, INT64_MAX, &a, NULL) < 0 ||
		    num_int(is, INT64_MIN, INT64_MAX, &b, NULL) < 0 || b >= a)
			continue;
		/* the others fell with it */
		return check_say(c, strv_of(""), "fell",
				 "data was lost or replaced meanwhile", e,
				 "its counter '%.*s' fell from %" PRId64
				 " to %" PRId64,
				 (int)name.n, name.p, a, b);
	}
	return 0;
}

static int check_all(struct check *c, struct late *late, struct err *e)
{
	struct buf rising = BUF_INIT;
	size_t before = c->found;
	int rc;

	/* what does not add up is told of below, after the jobs were mended */
	rc = survey(c, late, false, e);
	if (rc == 0)
		buf_add(&rising, late->rising.p, late->rising.len);
	if (rc == 0)
		rc = check_jobs(c, e);
	if (rc == 0)
		rc = check_bytes(c, e);
	if (rc == 0)
		rc = check_late(c, late, e);
	if (rc == 0)
		rc = survey(c, late, true, e);
	if (rc == 0)
		rc = check_falls(c, view(&rising), view(&late->rising), e);
	if (rc == 0 && c->mend && c->found > before)
		rc = settle(c, e);
	buf_release(&rising);
	return rc;
}

int check_queue(struct check *c, struct strv queue, struct err *e)
{
	struct late late = {.list = BUF_INIT, .rising = BUF_INIT};
	int rc;

	key_set_init(&c->keys, c->space, queue);
	if (!c->ids.p) {
		buf_init(&c->ids);
		buf_init(&c->bad);
		buf_init(&c->fences);
	}
	buf_clear(&c->fences);
	c->jobs = c->payloads = c->large = 0;
	c->unweighed = c->strayed = false;
	c->settle[0] = c->settle[1] = 0;
	rc = check_types(c, e);
	if (rc == 0)
		rc = check_all(c, &late, e);
	buf_release(&late.list);
	buf_release(&late.rising);
	return rc < 0 ? -1 : 0;
}
