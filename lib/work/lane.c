/* SPDX-License-Identifier: ISC */
/* Claims and closes of one queue. Heartbeats are in engine_beat.c. */
#include "work/lane.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

/* Before closes that could not be delivered are tried again. */
#define RETRY_MS 1000
/* Jobs that one call closes and claims: what a script does is bounded. */
#define CALL_MOST 100

static void answered(void *arg, const struct claim_answer *a,
		     const struct err *why)
{
	struct lane_ask *q = arg;
	struct lane *l = q->lane;
	struct lane_ask *other = q == &l->ask ? &l->wait : &l->ask;
	bool repeats = a && (a->word == CLAIM_SAME || a->word == CLAIM_STALE);
	/* a server that has forgotten the first may carry out the second, which
	 * then comes on another connection if the first has brought jobs */
	bool known = (repeats && q->carried_out) ||
		     (q->told_again &&
		      (repeats || redis_connection(q->redis) == q->brought_on));

	q->on = false;
	/* from the other connection what it says of the past may be older than
	 * what we know */
	if (a && q == &l->ask) {
		lane_told(l, &a->past, a->lease_ms);
		l->answered = q->request;
	}
	if (a && a->lease_ms > 0)
		l->lease_ms = a->lease_ms;
	if (a && other->on && other->request == q->request) {
		other->carried_out = !repeats;
		other->told_again = repeats;
		other->brought_on = redis_connection(other->redis);
	}
	l->host->claimed(l->host->arg, q, a, a && known, why);
}

static void ask_init(struct lane_ask *q, struct lane *l, struct redis *redis)
{
	q->lane = l;
	q->redis = redis;
	claim_init(&q->claim, &l->keys);
	q->claim.fn = answered;
	q->claim.arg = q;
}

static void retry_due(void *arg);

void lane_init(struct lane *l, struct lane_host *host, const char *space,
	       const char *queue)
{
	memset(l, 0, sizeof(*l));
	l->host = host;
	key_set_init(&l->keys, space, strv_of(queue));
	l->open = true;
	l->lease_ms = 15000;
	ask_init(&l->ask, l, host->redis);
	ask_init(&l->wait, l, host->waiting);
	beat_init(&l->beat, &l->keys);
	abandon_init(&l->abandon, &l->keys);
	l->retry_timer = loop_timer_new(host->loop, retry_due, l);
}

static void free_batches(struct lane_batch *b)
{
	while (b) {
		struct lane_batch *before = b->made;

		for (size_t i = 0; i < b->cap; i++)
			buf_release(&b->result[i]);
		free(b->result);
		free(b->id);
		close_release(&b->close);
		free(b);
		b = before;
	}
}

void lane_release(struct lane *l)
{
	claim_release(&l->ask.claim);
	claim_release(&l->wait.claim);
	beat_release(&l->beat);
	abandon_release(&l->abandon);
	loop_timer_free(l->abandon_timer);
	free(l->beat_job);
	loop_timer_free(l->beat_timer);
	loop_timer_free(l->news_timer);
	loop_timer_free(l->retry_timer);
	/* whatever list they are in, or on their way */
	free_batches(l->made);
	memset(l, 0, sizeof(*l));
}

bool lane_may_bring(const struct lane *l)
{
	const struct lane_ask *q = &l->wait;

	return q->on && !q->carried_out && !q->told_again;
}

static void begin(struct lane_ask *q, int n)
{
	struct lane *l = q->lane;

	q->since_ms = clock_boot_ms();
	if (!lane_may_bring(l)) {
		l->request++;
		l->request_ms = q->since_ms;
	}
	q->on = true;
	q->carried_out = q->told_again = false;
	q->jobs = n;
	q->request = l->request;
}

void lane_claim(struct lane *l, int n)
{
	struct lane_batch *b = l->open_batch;

	begin(&l->ask, n);
	if (n > 0)
		l->unasked = false;
	if (b && b->close.n + (size_t)n <= CALL_MOST) {
		l->open_batch = NULL;
		close_send_and_claim(&b->close, l->host->redis, &l->ask.claim,
				     l->host->instance, l->request, n);
		return;
	}
	lane_flush(l);
	claim_send(&l->ask.claim, l->host->redis, l->host->instance, l->request,
		   n, false);
}

void lane_claim_waiting(struct lane *l, int n)
{
	begin(&l->wait, n);
	l->called_off = false;
	claim_send(&l->wait.claim, l->wait.redis, l->host->instance, l->request,
		   n, true);
}

void lane_call_off(struct lane *l)
{
	if (!lane_may_bring(l) || l->ask.on || l->called_off)
		return;
	l->called_off = true;
	lane_claim(l, 0);
}

static void complain(const struct lane *l, int64_t n, const char *what)
{
	log_say(l->host->log, LOG_ERROR,
		"queue '%s': its data were lost or replaced: %" PRId64
		" %s (did a replica take over that lagged behind?)",
		l->keys.queue, n, what);
}

/* Has the server forgotten what it had told us? */
static void compare(const struct lane *l, const struct script_past *past)
{
	if (l->epoch[0] && !strv_eq(past->epoch, l->epoch))
		log_say(l->host->log, LOG_ERROR,
			"queue '%s': its data were lost or replaced "
			"(was the server emptied, or restarted without "
			"persistence?)",
			l->keys.queue);
	else if (past->history < l->history)
		complain(l, l->history - past->history,
			 "pushes and claims fewer than before");
	else if (past->request && past->request < l->answered)
		complain(l, l->answered - past->request,
			 "of its answers to us are forgotten");
}

void lane_told(struct lane *l, const struct script_past *past, int64_t lease_ms)
{
	if (lease_ms > 0)
		l->lease_ms = lease_ms;
	compare(l, past);
	snprintf(l->epoch, sizeof(l->epoch), "%.*s", (int)past->epoch.n,
		 past->epoch.p);
	l->history = past->history;
	l->answered = past->request;
}

static void put_away(struct lane_batch *b)
{
	for (size_t i = 0; i < b->cap; i++) {
		if (b->result[i].cap > 65536)
			buf_release(&b->result[i]);
		buf_clear(&b->result[i]);
	}
	close_clear(&b->close);
	b->lane->closing--;
	b->next = b->lane->spare;
	b->lane->spare = b;
}

/* What the server did not accept as ours; the job is in other hands and the
 * outcome that was logged for it did not count. */
static void report(const struct lane_batch *b, const struct redis_reply *reply)
{
	const struct lane *l = b->lane;

	for (size_t i = 0; i < b->close.n; i++) {
		enum close_word word = close_word(reply, i);

		if (word == CLOSE_LOST)
			log_say(l->host->log, LOG_WARN,
				"%s/%s: the lease was lost before the outcome "
				"could be told; it did not count",
				l->keys.queue, b->id[i]);
		else if (word == CLOSE_GONE)
			log_say(l->host->log, LOG_WARN,
				"%s/%s: there is no such job any more",
				l->keys.queue, b->id[i]);
	}
}

static void closed(void *arg, struct close *c, const struct redis_reply *reply,
		   const struct err *why)
{
	struct lane_batch *b = arg;
	struct lane *l = b->lane;

	if (why) {
		b->next = l->failed;
		l->failed = b;
		if (!loop_timer_armed(l->retry_timer))
			loop_timer_set(l->retry_timer, RETRY_MS);
		/* the claim that went with them says so in a moment */
		if (!c->next)
			l->host->trouble(l->host->arg, l, why);
		return;
	}
	report(b, reply);
	put_away(b);
}

static void retry_due(void *arg)
{
	struct lane *l = arg;
	struct lane_batch *b = l->failed;

	l->failed = NULL;
	while (b) {
		struct lane_batch *next = b->next;

		b->next = NULL;
		close_send(&b->close, l->host->redis);
		b = next;
	}
}

static struct lane_batch *batch(struct lane *l)
{
	struct lane_batch *b = l->open_batch;

	if (!b) {
		b = l->spare;
		if (b) {
			l->spare = b->next;
		} else {
			b = buf_zalloc(sizeof(*b));
			b->lane = l;
			b->made = l->made;
			l->made = b;
			close_init(&b->close, &l->keys);
			b->close.fn = closed;
			b->close.arg = b;
		}
		b->next = NULL;
		l->open_batch = b;
		l->closing++;
	}
	if (b->close.n == b->cap) {
		size_t cap = b->cap ? b->cap * 2 : 4;

		b->id = buf_realloc(b->id, cap * sizeof(*b->id));
		b->result = buf_realloc(b->result, cap * sizeof(*b->result));
		for (; b->cap < cap; b->cap++)
			buf_init(&b->result[b->cap]);
	}
	return b;
}

struct buf *lane_result(struct lane *l)
{
	struct lane_batch *b = batch(l);

	return &b->result[b->close.n];
}

void lane_close(struct lane *l, struct close_job *job)
{
	struct lane_batch *b = batch(l);
	size_t i = b->close.n;

	snprintf(b->id[i], sizeof(b->id[i]), "%s", job->id);
	job->result = strv_make(b->result[i].p, b->result[i].len);
	close_add(&b->close, job);
	if (b->close.n < CALL_MOST)
		return;
	lane_flush(l);
	/* there may be hundreds more: the server begins with these */
	redis_flush(l->host->redis);
}

void lane_flush(struct lane *l)
{
	struct lane_batch *b = l->open_batch;

	if (!b)
		return;
	l->open_batch = NULL;
	close_send(&b->close, l->host->redis);
}
