/* SPDX-License-Identifier: ISC */
/* lane: two claims of one number, and which of their answers counts. */
#include "work/lane.h"

#include <fcntl.h>
#include <unistd.h>

#include "sys/redis_impl.h"
#include "unit.h"

static struct loop *loop;
static struct sink sink;
static struct log ours;
static struct redis *main_one, *waiting_one;
static struct lane_host host;
static struct lane lane;
static struct buf trace = BUF_INIT; /* what the lane told, a word each */

static void claimed(void *arg, struct lane_ask *q, const struct claim_answer *a,
		    bool known, const struct err *why)
{
	(void)arg;
	if (trace.len)
		buf_addch(&trace, ' ');
	buf_addf(&trace, "%s:", q == &lane.wait ? "wait" : "ask");
	if (why)
		buf_addstr(&trace, "failed");
	else if (known)
		buf_addstr(&trace, "known");
	else
		buf_addf(&trace, "%d", (int)a->n);
}

static struct redis *unconnected(void)
{
	static struct url url = {.path = (char *)"/nowhere"};
	static const struct redis_options options = {.url = &url};
	struct redis *r = redis_new(loop, &options);

	/* what is sent stays where the test finds it */
	r->state = REDIS_BACKOFF;
	return r;
}

static void begin(void)
{
	struct err e;

	loop = loop_new(&e);
	sink_init(&sink, loop, open("/dev/null", O_WRONLY | O_CLOEXEC), NULL,
		  NULL);
	log_init(&ours, &sink, LOG_TEXT, 0);
	main_one = unconnected();
	waiting_one = unconnected();
	host = (struct lane_host){
		.loop = loop,
		.redis = main_one,
		.waiting = waiting_one,
		.instance = "us",
		.log = &ours,
		.claimed = claimed,
	};
	lane_init(&lane, &host, "jq", "q");
	buf_clear(&trace);
}

static void end(void)
{
	redis_free(main_one);
	redis_free(waiting_one);
	lane_release(&lane);
	log_release(&ours);
	close(sink.fd);
	sink_release(&sink);
	loop_free(loop);
	buf_release(&trace);
}

/* What was asked last on `r`, behind the name of the worker: "1,4,waited". */
static const char *asked(const struct redis *r)
{
	static char words[64];
	const struct redis_request *q = r->fresh.last;
	const char *p = q ? strstr(q->bytes, "\r\nus\r\n") : NULL;
	size_t n = 0;

	p = p ? p + 6 : NULL;
	while (p && *p == '$' && n < sizeof(words) - 16) {
		const char *word = strchr(p, '\n') + 1;
		const char *last = strchr(word, '\r');

		if (n)
			words[n++] = ',';
		memcpy(words + n, word, (size_t)(last - word));
		n += (size_t)(last - word);
		p = last + 2;
	}
	words[n] = '\0';
	return words;
}

/* The first claim that `r` has to answer gets this word and so many jobs. */
static void answer(struct redis *r, const char *word, int jobs, int epoch,
		   int history, int request)
{
	struct redis_parser *p = redis_parser_new();
	struct redis_reply *reply;
	struct buf text = BUF_INIT;
	const char *why;
	size_t used;

	buf_addf(
		&text,
		"*%d\r\n+%s\r\n:5000\r\n:15000\r\n+e%d\r\n:%d\r\n:%d\r\n:0\r\n",
		7 + 4 * jobs, word, epoch, history, request);
	for (int i = 0; i < 4 * jobs; i++)
		buf_addstr(&text, "+x\r\n");
	CHECK_INT(redis_parser_next(p, strv_make(text.p, text.len), &used,
				    &reply, &why),
		  1);
	redis_queue_add(&r->sent, redis_queue_take(&r->fresh));
	redis_answer(r, reply);
	redis_parser_free(p);
	buf_release(&text);
}

static void one_number(void)
{
	begin();
	lane_claim(&lane, 2);
	CHECK_STR(asked(main_one), "1,2");
	CHECK(!lane_may_bring(&lane));
	answer(main_one, "NONE", 0, 1, 10, 0);
	lane_claim_waiting(&lane, 3);
	CHECK_STR(asked(waiting_one), "2,3,waited");
	CHECK(lane_may_bring(&lane));
	lane_claim(&lane, 4);
	CHECK_STR(asked(main_one), "2,4");
	CHECK_STR(trace.p, "ask:0");

	/* the one beside it is heard first: the jobs come once */
	answer(main_one, "SAME", 2, 1, 12, 2);
	CHECK(!lane_may_bring(&lane));
	lane_claim(&lane, 1);
	CHECK_STR(asked(main_one), "3,1");
	answer(waiting_one, "OK", 2, 1, 12, 1);
	answer(main_one, "NONE", 0, 1, 12, 2);
	CHECK_STR(trace.p, "ask:0 ask:2 wait:known ask:0");

	/* the one that waits is */
	buf_clear(&trace);
	lane_claim_waiting(&lane, 1);
	lane_claim(&lane, 1);
	answer(waiting_one, "OK", 1, 1, 13, 3);
	answer(main_one, "SAME", 1, 1, 13, 4);
	CHECK_STR(trace.p, "wait:1 ask:known");
	lane_claim(&lane, 1);
	CHECK_STR(asked(main_one), "5,1");
	end();
}

static void fail(struct redis *r)
{
	struct err e;

	err_set(&e, STATUS_UNAVAILABLE, "gone");
	redis_link_finish(r, redis_queue_take(&r->fresh), NULL, &e);
}

static void fails(void)
{
	begin();
	lane_claim_waiting(&lane, 1);
	lane_claim(&lane, 1);
	/* nothing is known by that: the other one may still bring it */
	fail(main_one);
	CHECK(lane_may_bring(&lane));
	lane_claim(&lane, 1);
	CHECK_STR(asked(main_one), "1,1");
	answer(main_one, "OK", 1, 1, 1, 0);
	answer(waiting_one, "SAME", 1, 1, 1, 1);
	CHECK_STR(trace.p, "ask:failed ask:1 wait:known");
	end();
}

static void called_off(void)
{
	begin();
	/* nothing waits */
	lane_call_off(&lane);
	CHECK_INT(redis_unanswered(main_one), 0);
	lane_claim_waiting(&lane, 2);
	lane_call_off(&lane);
	CHECK_STR(asked(main_one), "1,0");
	lane_call_off(&lane);
	CHECK_INT(redis_unanswered(main_one), 1);
	/* what it had brought before */
	answer(main_one, "SAME", 2, 1, 2, 1);
	answer(waiting_one, "OK", 2, 1, 2, 0);
	CHECK_STR(trace.p, "ask:2 wait:known");
	CHECK(!lane_may_bring(&lane));

	/* not again and again where that fails */
	lane_claim_waiting(&lane, 1);
	lane_call_off(&lane);
	fail(main_one);
	lane_call_off(&lane);
	CHECK_INT(redis_unanswered(main_one), 0);
	end();
}

/* A server that was emptied carries both out. */
static void forgotten(void)
{
	begin();
	lane_claim_waiting(&lane, 1);
	lane_call_off(&lane);
	answer(main_one, "NONE", 0, 1, 5, 0);
	CHECK(!lane_may_bring(&lane));
	answer(waiting_one, "OK", 1, 2, 1, 0);
	CHECK_STR(trace.p, "ask:0 wait:1");

	/* one that came too late as well */
	buf_clear(&trace);
	lane_claim_waiting(&lane, 1);
	lane_call_off(&lane);
	answer(main_one, "NONE", 0, 1, 5, 0);
	lane_claim(&lane, 1);
	answer(main_one, "NONE", 0, 1, 5, 0);
	answer(waiting_one, "STALE", 0, 2, 1, 0);
	CHECK_STR(trace.p, "ask:0 ask:0 wait:known");

	/* what it had brought was told by the other, and its answer lost */
	buf_clear(&trace);
	lane_claim_waiting(&lane, 1);
	lane_call_off(&lane);
	answer(main_one, "SAME", 1, 2, 6, 3);
	waiting_one->connection++;
	answer(waiting_one, "OK", 1, 3, 1, 0);
	CHECK_STR(trace.p, "ask:1 wait:1");
	end();
}

/* Answers of two connections may overtake each other, so what one says of the
 * past proves nothing to the other. */
static void past(void)
{
	begin();
	lane_claim(&lane, 1);
	answer(main_one, "NONE", 0, 1, 10, 0);
	lane_claim_waiting(&lane, 1);
	answer(waiting_one, "OK", 1, 1, 11, 1);
	CHECK_INT(lane.history, 10);
	CHECK_INT(lane.answered, 1);
	CHECK_STR(lane.epoch, "e1");
	CHECK_INT(lane.lease_ms, 15000);
	end();
}

int main(void)
{
	static const struct unit_test tests[] = {
		{UNIT_TEST(one_number)}, {UNIT_TEST(fails)},
		{UNIT_TEST(called_off)}, {UNIT_TEST(forgotten)},
		{UNIT_TEST(past)},
	};

	return unit_run("lane", tests, ARRAY_LEN(tests));
}
