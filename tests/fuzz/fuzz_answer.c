/* SPDX-License-Identifier: ISC */
/*
 * Answers of the scripts as the tools read them: claim, beat, push, close,
 * change and the readers of stats.h, given any tree of values that is no
 * error. The first letter of the input says who asks, the rest is what the
 * server sends, in RESP. Nothing is read beyond the answer, words are of the
 * known ones, and what is said is one printable line.
 *
 * The connection is never made: it is held in its back-off, and a timer of the
 * loop answers each request from the input.
 */
#include <inttypes.h>

#include "fuzz.h"
#include "queue/beat.h"
#include "queue/change.h"
#include "queue/claim.h"
#include "queue/close.h"
#include "queue/push.h"
#include "queue/select.h"
#include "queue/stats.h"
#include "sys/redis_impl.h"

#define JOBS 3 /* of a beat, a batch */

static struct redis *redis;
static struct loop_timer *timer;
static struct key_set keys;
static struct strv input; /* what the server has still to send */

/* The next value of the input that is no error; nil when there is none. */
static struct redis_reply *next_reply(void)
{
	struct redis_parser *p = redis_parser_new();
	struct redis_reply *reply = NULL;
	const char *why;
	size_t used = 0;
	int rc;

	rc = redis_parser_next(p, input, &used, &reply, &why);
	input = strv_make(input.p + used, input.n - used);
	if (rc < 0)
		input.n = 0;
	if (rc != 1 || redis_is_error(reply)) {
		redis_reply_free(reply);
		redis_parser_free(p);
		p = redis_parser_new();
		HOLDS(redis_parser_next(p, strv_of("$-1\r\n"), &used, &reply,
					&why) == 1,
		      "nil is an answer");
	}
	redis_parser_free(p);
	return reply;
}

static void answer(void *arg)
{
	struct redis_request *q = redis_queue_take(&redis->fresh);

	(void)arg;
	if (q) {
		redis_queue_add(&redis->sent, q);
		redis_answer(redis, next_reply());
	}
	loop_timer_set(timer, 0);
}

static void connect_nowhere(void)
{
	static struct url url = {.path = (char *)"/nowhere"};
	static const struct redis_options options = {.url = &url};
	struct err e;
	struct loop *loop = loop_new(&e);

	HOLDS(loop != NULL, "the system gives a loop");
	redis = redis_new(loop, &options);
	redis->state = REDIS_BACKOFF;
	timer = loop_timer_new(loop, answer, NULL);
	loop_timer_set(timer, 0);
	key_set_init(&keys, "jq", strv_of("mail"));
}

/* A number that can be added to. */
static void number(int64_t n)
{
	HOLDS(n >= 0 && n <= JOB_NUMBER_MAX, "a number in its range");
}

/* Touch every byte, so that one that is not there is noticed. */
static void touch(struct strv v)
{
	(void)fuzz_hash(v);
}

static void on_claim(void *arg, const struct claim_answer *a,
		     const struct err *why)
{
	(void)arg;
	HOLDS(!a != !why, "an answer or a reason");
	if (why) {
		fuzz_said(why, why->code);
		return;
	}
	touch(a->past.epoch);
	number(a->past.history);
	number(a->past.request);
	number(a->next_ms);
	number(a->lease_ms);
	for (size_t i = 0; i < a->n; i++) {
		struct claim_words words = claim_words(a, i);
		struct claim_job j;
		struct job_header h;
		struct err e;

		if (claim_read(&words, &j, &e) < 0) {
			fuzz_said(&e, STATUS_PROTOCOL);
		} else {
			touch(j.payload);
			touch(j.record.reason);
			if (job_parse_header(j.header, &h, &e) == 0)
				job_header_release(&h);
		}
		touch(j.id);
		touch(j.token);
	}
}

static void ask_claim(void)
{
	struct claim c;

	claim_init(&c, &keys);
	c.fn = on_claim;
	claim_send(&c, redis, "instance", 1, JOBS, false);
	redis_drain(redis);
	claim_release(&c);
}

static void on_beat(void *arg, const struct beat_answer *a,
		    const struct err *why)
{
	(void)arg;
	HOLDS(!a != !why, "an answer or a reason");
	if (why)
		fuzz_said(why, why->code);
	else
		number(a->lease_ms);
	HOLDS(why || a->n == JOBS, "a word for each job");
	for (size_t i = 0; !why && i < a->n; i++)
		HOLDS(beat_word(a, i) <= BEAT_CANCEL, "a word of a beat");
}

static void ask_beat(void)
{
	struct beat b;

	beat_init(&b, &keys);
	b.fn = on_beat;
	beat_begin(&b, "instance", strv_of(""));
	for (int i = 0; i < JOBS; i++)
		beat_add(&b, "id", "token", strv_of(""));
	beat_send(&b, redis);
	redis_drain(redis);
	beat_release(&b);
}

static void ask_push(void)
{
	static const struct job_options o = JOB_OPTIONS_INIT;
	struct push p;
	struct err e;

	push_init(&p, &keys);
	for (int i = 0; i < JOBS; i++)
		push_add(&p, "id", &o, strv_of("payload"), false);
	if (push_now(&p, redis, &e) < 0)
		fuzz_said(&e, e.code);
	else
		for (int i = 0; i < JOBS; i++)
			HOLDS(push_verdict(&p, (size_t)i) <= PUSH_FULL,
			      "a word of a push");
	push_release(&p);
}

static void on_close(void *arg, struct close *c,
		     const struct redis_reply *reply, const struct err *why)
{
	(void)arg;
	if (why)
		fuzz_said(why, why->code);
	for (size_t i = 0; !why && i < c->n; i++)
		HOLDS(close_word(reply, i) <= CLOSE_GONE, "a word of a close");
}

static void ask_close(void)
{
	static const struct close_job job = {
		.id = "id", .token = "token", .how = "exit:1"};
	struct close c;

	close_init(&c, &keys);
	c.fn = on_close;
	for (int i = 0; i < JOBS; i++)
		close_add(&c, &job);
	close_send(&c, redis);
	redis_drain(redis);
	close_release(&c);
}

static void on_word(void *arg, struct strv id, struct strv word)
{
	(void)arg;
	touch(id);
	touch(word);
}

static void ask_change(void)
{
	const struct strv ids[JOBS] = {strv_of("a"), strv_of("b"),
				       strv_of("c")};
	const struct change_ids list = {.v = ids, .n = JOBS, .fn = on_word};
	const struct change_terms terms = {.first_ms = 0, .step_ms = 0.5};
	struct err e;

	if (change_retry(redis, &keys, &terms, &list, &e) < 0 ||
	    change_remove(redis, &keys, CHANGE_DROP, "why", &list, &e) < 0 ||
	    change_pause(redis, &keys, "why", &e) < 0)
		fuzz_said(&e, e.code);
}

static void ask_stats(void)
{
	struct stats_queue s;
	struct err e;

	if (stats_queue(redis, &keys, &s, &e) < 0) {
		fuzz_said(&e, e.code);
		return;
	}
	touch(s.paused);
	number(s.now_ms);
	number(s.ready);
	number(s.oldest_ms);
	touch(stats_field(&s, "lease_ms"));
}

static int on_queue(void *arg, struct strv queue, struct err *e)
{
	(void)arg;
	HOLDS(key_check_queue(queue, e) == 0, "a queue's name is one");
	return 0;
}

static void ask_queues(void)
{
	struct err e;

	if (stats_each_queue(redis, "jq", on_queue, NULL, &e) < 0)
		fuzz_said(&e, e.code);
}

static void known(const char *state)
{
	bool found = strcmp(state, "?") == 0;

	for (size_t i = 0; stats_states[i]; i++)
		found |= strcmp(state, stats_states[i]) == 0;
	HOLDS(found, "a state that is known, or ?");
}

static int on_job(void *arg, const struct stats_job *job, struct err *e)
{
	(void)arg;
	(void)e;
	known(job->state);
	number(job->now_ms);
	number(job->score_ms);
	touch(job->id);
	if (job->damaged)
		HOLDS(fuzz_is_line(strv_of(job->damaged)),
		      "a printable reason");
	else
		touch(job->record.reason);
	if (job->has_payload && !job->damaged)
		touch(job->payload);
	return 0;
}

static void ask_list(void)
{
	struct stats_list list = {
		.state = "dead", .payload = true, .fn = on_job};
	struct err e;

	if (stats_each_job(redis, &keys, &list, &e) < 0)
		fuzz_said(&e, e.code);
}

static void ask_select(void)
{
	const struct walk_filter filter = {.error = "why", .name = "n"};
	struct select *s = buf_zalloc(sizeof(*s));
	struct err e;

	select_init(s, "dead", &filter);
	if (select_next(s, redis, &keys, 2, &e) < 0)
		fuzz_said(&e, e.code);
	HOLDS(s->n <= 2, "a slice is no larger than asked for");
	for (size_t i = 0; i < s->n; i++)
		HOLDS(s->v[i].n <= KEY_ID_MAX, "an id that fits");
	select_release(s);
	free(s);
}

static void ask_detail(void)
{
	struct stats_detail d;
	struct job_attempt a;
	const char *state;
	struct err e;
	int rc = stats_detail(redis, &keys, strv_of("id"), &d, &e);

	if (rc < 0)
		fuzz_said(&e, e.code);
	if (rc == 0) {
		known(d.job.state);
		while (job_next_attempt(&d.history, &a, &e) == 1)
			touch(a.stderr_tail);
		touch(d.result.bytes);
		touch(d.live.stderr_tail);
		stats_detail_release(&d);
	}
	if (stats_state(redis, &keys, strv_of("id"), &state, &e) == 0)
		known(state);
}

static int on_worker(void *arg, struct strv instance, int64_t age_ms,
		     const struct job_worker *w, struct err *e)
{
	(void)arg;
	(void)age_ms;
	(void)w;
	(void)e;
	touch(instance);
	return 0;
}

static void ask_workers(void)
{
	struct err e;

	if (stats_each_worker(redis, &keys, on_worker, NULL, &e) < 0)
		fuzz_said(&e, e.code);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct {
		char letter;
		void (*ask)(void);
	} asks[] = {
		{'c', ask_claim},  {'b', ask_beat},    {'p', ask_push},
		{'x', ask_close},  {'h', ask_change},  {'s', ask_stats},
		{'q', ask_queues}, {'l', ask_list},    {'g', ask_select},
		{'d', ask_detail}, {'w', ask_workers},
	};

	if (!redis)
		connect_nowhere();
	if (!size)
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(asks); i++) {
		if (asks[i].letter != (char)data[0])
			continue;
		input = fuzz_view(data + 1, size - 1);
		asks[i].ask();
	}
	return 0;
}
