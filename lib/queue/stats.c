/* SPDX-License-Identifier: ISC */
/* Reading queues with stat.lua, list.lua, peek.lua and workers.lua. */
#include "queue/stats.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "queue/script.h"

const char *const stats_states[] = {"ready", "running", "delayed", "retry",
				    "dead",  "done",	NULL};

struct strv stats_field(const struct stats_queue *s, const char *name)
{
	for (size_t i = 2; i + 1 < redis_count(s->reply); i += 2)
		if (strv_eq(redis_str(redis_at(s->reply, i)), name))
			return redis_str(redis_at(s->reply, i + 1));
	return strv_of("");
}

int64_t stats_count(const struct stats_queue *s, const char *state)
{
	const int64_t n[] = {s->ready, s->running, s->delayed,
			     s->retry, s->dead,	   s->done};

	for (size_t i = 0; stats_states[i]; i++)
		if (strcmp(state, stats_states[i]) == 0)
			return n[i];
	return 0;
}

static int64_t number(const struct stats_queue *s, const char *name)
{
	for (size_t i = 2; i + 1 < redis_count(s->reply); i += 2)
		if (strv_eq(redis_str(redis_at(s->reply, i)), name))
			return script_number(redis_at(s->reply, i + 1));
	return 0;
}

/* The last 60 s: this minute, and the rest of the one before by its share. */
static double rate(const struct stats_queue *s, const char *this_minute,
		   const char *last_minute)
{
	double share = 1 - (double)number(s, "minute_ms") / 60000;

	return (double)number(s, this_minute) +
	       (double)number(s, last_minute) * share;
}

/* "w:50", "r:sum" … */
static void read_spans(struct stats_queue *s)
{
	for (size_t i = 2; i + 1 < redis_count(s->reply); i += 2) {
		struct strv name = redis_str(redis_at(s->reply, i));
		struct strv kind = strv_cut(&name, ':');
		int64_t n = script_number(redis_at(s->reply, i + 1));

		if (strv_eq(kind, "w"))
			spans_set(&s->wait, name, n);
		else if (strv_eq(kind, "r"))
			spans_set(&s->run, name, n);
	}
}

static void read_queue(struct stats_queue *s)
{
	const struct {
		int64_t *to;
		const char *name;
	} fields[] = {
		{&s->ready, "ready"},
		{&s->delayed, "delayed"},
		{&s->retry, "retry"},
		{&s->running, "running"},
		{&s->done, "done"},
		{&s->dead, "dead"},
		{&s->oldest_ms, "oldest"},
		{&s->workers, "workers"},
		{&s->max_len, "max_len"},
		{&s->pushed, "pushed"},
		{&s->dup, "dup"},
		{&s->claimed, "claimed"},
		{&s->completed, "completed"},
		{&s->failed, "failed"},
		{&s->lost, "lost"},
		{&s->released, "released"},
		{&s->dead_in, "dead_in"},
		{&s->retried, "retried"},
		{&s->deleted, "deleted"},
		{&s->expired, "expired"},
		{&s->orphan, "orphan"},
		{&s->workers_run, "workers_run"},
		{&s->workers_halted, "workers_halted"},
		{&s->workers_quiet, "workers_quiet"},
		{&s->workers_stopping, "workers_stopping"},
		{&s->slots, "slots"},
		{&s->slots_busy, "slots_busy"},
		{&s->failed_dead, "failed_dead"},
		{&s->done_bytes, "done_bytes"},
		{&s->dead_bytes, "dead_bytes"},
	};

	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		*fields[i].to = number(s, fields[i].name);
	s->trimmed = number(s, "trimmed_done") + number(s, "trimmed_dead");
	s->known = stats_field(s, "known").n > 0;
	s->paused = stats_field(s, "paused");
	s->pushed_minute = rate(s, "pushed_minute_0", "pushed_minute_1");
	s->done_minute = rate(s, "done_minute_0", "done_minute_1");
	s->failed_minute = rate(s, "failed_minute_0", "failed_minute_1");
	read_spans(s);
}

/* Call a script with up to four arguments that answers OK. */
/* `args` end with NULL. */
static int ask(struct redis *r, const struct key_set *k, enum script script,
	       const char *const args[], const struct redis_reply **reply,
	       struct err *e)
{
	struct redis_cmd c;
	struct strv word;
	int rc;

	redis_cmd_init(&c);
	script_begin(&c, script, k);
	for (size_t i = 0; args[i]; i++)
		redis_cmd_str(&c, args[i]);
	rc = redis_call(r, &c, reply, e);
	redis_cmd_release(&c);
	return rc < 0 ? -1 : script_answer(*reply, k->queue, &word, e);
}

static const char *gone_ms(char *to, size_t size)
{
	snprintf(to, size, "%d", STATS_WORKER_GONE_MS);
	return to;
}

static void read_answer(const struct redis_reply *reply, struct stats_queue *s)
{
	memset(s, 0, sizeof(*s));
	s->reply = reply;
	s->now_ms = script_number(redis_at(reply, 1));
	read_queue(s);
}

int stats_queue(struct redis *r, const struct key_set *k,
		struct stats_queue *out, struct err *e)
{
	char gone[16];
	const char *const args[4] = {gone_ms(gone, sizeof(gone)), ""};
	const struct redis_reply *reply;

	if (ask(r, k, SCRIPT_STAT, args, &reply, e) < 0)
		return -1;
	read_answer(reply, out);
	return 0;
}

/* The questions of stats_queues(), and one of them. */
struct asking {
	const struct stats_queues *all;
	struct err *e;
	bool stopped;
};

struct question {
	struct asking *asking;
	struct key_set keys;
};

static void answered(void *arg, const struct redis_reply *reply,
		     const struct err *why)
{
	struct question *q = arg;
	struct asking *a = q->asking;
	struct stats_queue s;
	struct strv word;
	struct err e;

	if (a->stopped)
		return;
	if (!why && script_answer(reply, q->keys.queue, &word, &e) < 0)
		why = &e;
	if (!why)
		read_answer(reply, &s);
	a->stopped = a->all->fn(a->all->arg, &q->keys, why ? NULL : &s, why,
				a->e) < 0;
}

enum {
	QUESTIONS = 100
}; /* under way at a time: what keeps the server and us busy */

int stats_queues(struct redis *r, const struct stats_queues *all, struct err *e)
{
	struct asking a = {.all = all, .e = e};
	struct question *q = buf_alloc(QUESTIONS * sizeof(*q));
	struct redis_cmd c;
	char gone[16];

	gone_ms(gone, sizeof(gone));
	redis_cmd_init(&c);
	for (size_t i = 0; i < all->n && !a.stopped; i++) {
		struct question *next = &q[i % QUESTIONS];

		next->asking = &a;
		key_set_init(&next->keys, all->space, strv_of(all->names[i]));
		script_begin(&c, SCRIPT_STAT, &next->keys);
		redis_cmd_str(&c, gone);
		redis_cmd_str(&c, all->spans ? "spans" : "");
		redis_send(r, &c, 0, answered, next);
		if (i + 1 == all->n || i % QUESTIONS == QUESTIONS - 1)
			redis_drain(r);
	}
	redis_cmd_release(&c);
	free(q);
	return a.stopped ? -1 : 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

struct names {
	char **v;
	size_t n;
};

/* One page of SSCAN; `cursor` moves on and is "0" at the end. */
static int scan_page(struct redis *r, const char *key, struct buf *cursor,
		     struct names *names, struct err *e)
{
	const struct redis_reply *reply, *page;
	struct redis_cmd c;
	struct strv next;
	int rc;

	redis_cmd_init(&c);
	redis_cmd_str(&c, "SSCAN");
	redis_cmd_str(&c, key);
	redis_cmd_str(&c, cursor->p);
	redis_cmd_str(&c, "COUNT");
	redis_cmd_str(&c, "1000");
	rc = redis_call(r, &c, &reply, e);
	redis_cmd_release(&c);
	if (rc < 0)
		return -1;
	page = redis_at(reply, 1);
	next = redis_str(redis_at(reply, 0));
	for (size_t i = 0; i < redis_count(page); i++) {
		struct strv name = redis_str(redis_at(page, i));

		/* the set is advisory; what is no queue name is no queue */
		if (key_check_queue(name, NULL) < 0)
			continue;
		names->v = buf_realloc(names->v,
				       (names->n + 1) * sizeof(*names->v));
		names->v[names->n++] = strv_dup(name);
	}
	buf_clear(cursor);
	buf_add(cursor, next.p, next.n);
	return 0;
}

int stats_each_queue(struct redis *r, const char *space,
		     int (*fn)(void *arg, struct strv queue, struct err *e),
		     void *arg, struct err *e)
{
	struct buf cursor = BUF_INIT;
	struct names names = {NULL, 0};
	char key[80];
	int rc;

	key_queues(space, key);
	buf_addstr(&cursor, "0");
	do {
		rc = scan_page(r, key, &cursor, &names, e);
	} while (rc == 0 && cursor.len && strcmp(cursor.p, "0") != 0);
	if (names.n)
		qsort(names.v, names.n, sizeof(*names.v), compare_names);
	for (size_t i = 0; i < names.n; i++) {
		/* SSCAN may show a name twice */
		bool again = i > 0 && strcmp(names.v[i], names.v[i - 1]) == 0;

		if (rc == 0 && !again)
			rc = fn(arg, strv_of(names.v[i]), e);
	}
	for (size_t i = 0; i < names.n; i++)
		free(names.v[i]);
	free(names.v);
	buf_release(&cursor);
	return rc;
}

static const char *known_state(struct strv name)
{
	for (size_t i = 0; stats_states[i]; i++)
		if (strv_eq(name, stats_states[i]))
			return stats_states[i];
	return "?";
}

#define SCORE_MAX 9007199254740992.0 /* milliseconds: 2^53 */

/* Scores are milliseconds, with the priority as a fraction where due. */
static int64_t score_ms(const char *state, struct strv score)
{
	char text[40];
	double ms;

	if (strcmp(state, "ready") == 0 || score.n >= sizeof(text))
		return 0;
	memcpy(text, score.p, score.n);
	text[score.n] = '\0';
	ms = strtod(text, NULL);
	/* anybody can write a score: none that no clock shows, nor NaN */
	return ms > 0 && ms < SCORE_MAX ? (int64_t)ms : 0;
}

enum {
	PAGE = 200
}; /* jobs that list.lua returns at most */

/* One job of a page; what it stands for may have been changed by hand. */
static int read_listed(const struct redis_reply *reply, size_t at,
		       struct stats_job *job, struct err *e)
{
	struct strv envelope = redis_str(redis_at(reply, at + 4)), header;

	if (job_parse_record(redis_str(redis_at(reply, at + 2)), &job->record,
			     e) < 0)
		return -1;
	if (envelope.n > 0 &&
	    job_split_envelope(envelope, &header, &job->payload, e) < 0)
		return -1;
	job->has_payload = envelope.n > 0;
	return job_parse_header(redis_str(redis_at(reply, at + 3)),
				&job->header, e);
}

static int one_of_list(const struct redis_reply *reply, size_t at,
		       const struct stats_list *list, struct err *e)
{
	struct strv score = redis_str(redis_at(reply, at + 1));
	struct stats_job job = {
		.id = redis_str(redis_at(reply, at)),
		.state = known_state(strv_of(list->state)),
		.score_ms = score_ms(list->state, score),
		.now_ms = script_number(redis_at(reply, 1)),
	};
	struct err why;
	int rc;

	if (read_listed(reply, at, &job, &why) < 0)
		job.damaged = why.msg;
	rc = list->fn(list->arg, &job, e);
	job_header_release(&job.header);
	return rc;
}

int stats_each_job(struct redis *r, const struct key_set *k,
		   const struct stats_list *list, struct err *e)
{
	const struct redis_reply *reply;
	struct walk w;
	int64_t left = list->limit ? list->limit : INT64_MAX;
	int rc = 0;

	walk_init(&w, list->state, list->filter,
		  list->payload ? WALK_PAYLOADS : WALK_JOBS);
	while (rc == 0 && left > 0 && !w.end) {
		rc = walk_next(&w, r, k, left < PAGE ? left : PAGE, &reply, e);
		for (size_t at = WALK_HEAD;
		     rc == 0 && at + 5 <= redis_count(reply); at += 5, left--)
			rc = one_of_list(reply, at, list, e);
	}
	walk_release(&w);
	return rc;
}

/* The record knows the header of a job that was claimed once; a fresh one has
 * it in its envelope alone. */
static int read_detail(const struct redis_reply *reply, struct stats_detail *d,
		       struct err *e)
{
	struct strv text = redis_str(redis_at(reply, 4)), line, header;
	struct strv envelope = redis_str(redis_at(reply, 5)), first;

	d->job.state = known_state(redis_str(redis_at(reply, 2)));
	d->job.score_ms = score_ms(d->job.state, redis_str(redis_at(reply, 3)));
	job_split_record(text, &line, &header, &d->history);
	if (job_parse_record(line, &d->job.record, e) < 0)
		return -1;
	d->job.has_payload = envelope.n > 0;
	if (envelope.n > 0) {
		if (job_split_envelope(envelope, &first, &d->job.payload, e) <
		    0)
			return -1;
		if (text.n == 0)
			header = first;
	}
	if (job_parse_header(header, &d->job.header, e) < 0 ||
	    job_parse_result(redis_str(redis_at(reply, 6)), &d->result, e) < 0)
		return -1;
	return job_parse_live(redis_str(redis_at(reply, 7)), &d->live, e);
}

/* 1 = no such job. */
static int peek(struct redis *r, const struct key_set *k, struct strv id,
		const char *how_much, const struct redis_reply **reply,
		struct err *e)
{
	struct redis_cmd c;
	struct strv word;
	int rc;

	redis_cmd_init(&c);
	script_begin(&c, SCRIPT_PEEK, k);
	redis_cmd_add(&c, id.p, id.n);
	redis_cmd_str(&c, how_much);
	rc = redis_call(r, &c, reply, e);
	redis_cmd_release(&c);
	if (rc < 0 || script_answer(*reply, k->queue, &word, e) < 0)
		return -1;
	return strv_eq(word, "GONE");
}

int stats_detail(struct redis *r, const struct key_set *k, struct strv id,
		 struct stats_detail *out, struct err *e)
{
	const struct redis_reply *reply;
	int rc;

	memset(out, 0, sizeof(*out));
	rc = peek(r, k, id, "", &reply, e);
	if (rc != 0)
		return rc;
	out->job.id = id;
	out->job.now_ms = script_number(redis_at(reply, 1));
	if (read_detail(reply, out, e) < 0) {
		stats_detail_release(out);
		return -1;
	}
	return 0;
}

int stats_state(struct redis *r, const struct key_set *k, struct strv id,
		const char **state, struct err *e)
{
	const struct redis_reply *reply;
	int rc = peek(r, k, id, "state", &reply, e);

	if (rc == 0)
		*state = known_state(redis_str(redis_at(reply, 2)));
	return rc;
}

void stats_detail_release(struct stats_detail *d)
{
	job_header_release(&d->job.header);
	job_result_release(&d->result);
	job_live_release(&d->live);
}

int stats_each_worker(struct redis *r, const struct key_set *k,
		      int (*fn)(void *arg, struct strv instance, int64_t age_ms,
				const struct job_worker *w, struct err *e),
		      void *arg, struct err *e)
{
	char gone[16];
	const char *const args[4] = {gone_ms(gone, sizeof(gone))};
	const struct redis_reply *reply;

	if (ask(r, k, SCRIPT_WORKERS, args, &reply, e) < 0)
		return -1;
	for (size_t i = 2; i + 2 < redis_count(reply); i += 3) {
		int64_t age = script_number(redis_at(reply, 1)) -
			      script_number(redis_at(reply, i + 1));
		struct job_worker w;
		int rc;

		if (job_parse_worker(redis_str(redis_at(reply, i + 2)), &w, e) <
		    0)
			return -1;
		rc = fn(arg, redis_str(redis_at(reply, i)), age, &w, e);
		job_worker_release(&w);
		if (rc < 0)
			return -1;
	}
	return 0;
}
