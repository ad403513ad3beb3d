/* SPDX-License-Identifier: ISC */
/*
 * The life of a connection: opened for the first request, greeted, kept, lost,
 * made anew; and of requests: sent, perhaps sent again, given up. A request is
 * in exactly one queue, and each queue is in the order of redis_send().
 */
#include "sys/redis_impl.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "sys/seal.h"

#define BACKOFF_MIN   50
#define BACKOFF_MAX   1000
#define REFUSED_MIN   1000 /* after a refusal, such as a wrong password */
#define REFUSED_MAX   30000
#define COPY_MAX      4096 /* longer requests are lent to the stream */
#define GARBLED_MAX   3
#define HANGUPS_MAX   3
#define CONNECT_GRACE 100
#define ALL_REQUESTS  INT64_MAX

static bool permanent(enum status code)
{
	return code == STATUS_RIGHTS || code == STATUS_PROTOCOL ||
	       code == STATUS_CONFIG || code == STATUS_NOINPUT;
}

/* Somewhere between half and all of what doubles with each failure. */
static int64_t backoff(const struct redis *r)
{
	bool refused =
		r->why.code == STATUS_RIGHTS || r->why.code == STATUS_CONFIG;
	int64_t max = refused ? REFUSED_MAX : BACKOFF_MAX;
	int64_t ms = refused ? REFUSED_MIN : BACKOFF_MIN;

	for (unsigned i = 1; i < r->failures && ms < max; i++)
		ms *= 2;
	if (ms > max)
		ms = max;
	return ms / 2 + seal_uniform((uint32_t)(ms / 2) + 1);
}

void redis_link_finish(struct redis *r, struct redis_request *q,
		       const struct redis_reply *reply, const struct err *why)
{
	redis_fn *fn = q->fn;
	void *arg = q->arg;

	r->unanswered--;
	redis_request_free(q);
	if (fn)
		fn(arg, reply, why);
}

static struct redis_request *oldest(const struct redis *r)
{
	return r->again.first ? r->again.first : r->fresh.first;
}

/* Give up what waits and was born before `born`. */
static void give_up(struct redis *r, int64_t born, const struct err *why)
{
	/* a copy: callbacks may cause the next failure */
	struct err e = *why;
	struct redis_request *q;
	int64_t last = r->seq; /* not those that callbacks send now */

	while ((q = oldest(r)) && q->born <= born && q->seq <= last) {
		redis_queue_take(r->again.first ? &r->again : &r->fresh);
		redis_link_finish(r, q, NULL, &e);
	}
}

/* Patience counts while nothing can be sent. */
static void watch_patience(struct redis *r)
{
	struct redis_request *q = oldest(r);
	int64_t left;

	if (!q || !r->options.patience ||
	    (r->state == REDIS_READY && !r->paused)) {
		loop_timer_clear(r->patience);
		return;
	}
	left = q->born + r->options.patience - clock_boot_ms();
	loop_timer_set(r->patience, left > 0 ? left : 0);
}

static void on_patience(void *arg)
{
	struct redis *r = arg;

	/* The first try to connect is about to end, and knows more. */
	if (!r->why.code && r->state == REDIS_OPENING &&
	    r->options.connect_timeout <= r->options.patience) {
		loop_timer_set(r->patience, CONNECT_GRACE);
		return;
	}
	if (!r->why.code)
		err_set(&r->why, STATUS_UNAVAILABLE,
			"cannot reach %s: no connection within %" PRId64
			" ms (set JQ_URL or use -u)",
			r->server, r->options.patience);
	give_up(r, clock_boot_ms() - r->options.patience, &r->why);
	watch_patience(r);
}

static void stop(struct redis *r)
{
	loop_stream_free(r->stream);
	r->stream = NULL;
	redis_parser_free(r->parser);
	r->parser = redis_parser_new();
	r->loading = r->unloadable = NULL;
	r->paused = false;
	r->greets = 0;
	r->state = REDIS_IDLE;
	loop_timer_clear(r->wait);
	loop_timer_clear(r->silence);
}

/* What was sent and not answered has to be sent again. */
static void recall(struct redis *r, struct redis_queue *from)
{
	struct redis_request *q;

	while ((q = redis_queue_take(from))) {
		if (q->kind == REDIS_FOR_CALLER)
			redis_queue_insert(&r->again, q);
		else
			redis_request_free(q);
	}
}

void redis_link_tell(struct redis *r, const struct err *why)
{
	enum status kind = why ? why->code : STATUS_OK;

	if (!r->options.changed || r->told == kind)
		return;
	r->told = kind;
	r->options.changed(r->options.arg, why);
}

/* A proxy does that while the server behind it is away, so whoever has set a
 * time tries until it is over. */
static bool tired_of_hangups(const struct redis *r)
{
	return r->hangups >= HANGUPS_MAX && !r->options.patience;
}

void redis_link_lost(struct redis *r, const struct err *why)
{
	struct err e = *why;
	bool hopeless = (!r->answered && r->options.fail_first &&
			 (!r->hangups || tired_of_hangups(r))) ||
			(!r->served && permanent(e.code));

	stop(r);
	recall(r, &r->sent);
	recall(r, &r->accused);
	/* Idle connections come and go without a word. */
	if (!oldest(r) && !r->channel)
		return;
	r->why = e;
	r->failures++;
	if (hopeless && !r->channel)
		give_up(r, ALL_REQUESTS, &e);
	redis_link_tell(r, &e);
	/* a callback may have begun anew */
	if (r->state != REDIS_IDLE || (!oldest(r) && !r->channel))
		return;
	r->state = REDIS_BACKOFF;
	loop_timer_set(r->wait, backoff(r));
	watch_patience(r);
}

static void lost_stream(void *arg, const struct err *why)
{
	struct redis *r = arg;
	struct err e = *why;

	if (r->state == REDIS_OPENING)
		err_set(&e, why->code, "cannot reach %s: %s%s", r->server,
			why->msg,
			permanent(why->code) ? "" : " (set JQ_URL or use -u)");
	else if (!r->answered && permanent(why->code))
		err_set(&e, why->code, "cannot use %s: %s", r->server,
			why->msg);
	else if (!r->answered && ++r->hangups >= HANGUPS_MAX)
		err_set(&e, STATUS_UNAVAILABLE,
			"%s hangs up without an answer (%s)", r->server,
			r->options.url->tls || r->options.url->path
				? "is it a Redis server?"
				: "is it a Redis server, or does it speak TLS? "
				  "use rediss://");
	else
		err_set(&e, why->code, "lost the connection to %s: %s",
			r->server, why->msg);
	redis_link_lost(r, &e);
}

/* The timer is moved only to be earlier: that it fires too soon costs less than
 * setting it for every request. */
static void expect_by(struct redis *r, int64_t due)
{
	if (loop_timer_armed(r->silence) && r->silence_due <= due)
		return;
	r->silence_due = due;
	loop_timer_set(r->silence, due - clock_boot_ms());
}

/* The server is silent, or the network is gone, or just slow. */
static void on_silence(void *arg)
{
	struct redis *r = arg;
	const struct redis_request *q = r->sent.first;
	int64_t limit, left, sent;
	struct err e;

	if (!q || !r->stream)
		return;
	limit = r->options.request_timeout + q->extra;
	/* a long request on a slow line is no silence */
	sent = loop_stream_sent_ms(r->stream);
	if (sent > r->heard)
		r->heard = sent;
	left = r->heard + limit - clock_boot_ms();
	if (left > 0) {
		expect_by(r, r->heard + limit);
		return;
	}
	err_set(&e, STATUS_UNAVAILABLE,
		"no answer from %s within %" PRId64 ".%" PRId64
		" s (is it overloaded, or not a Redis server?)",
		r->server, limit / 1000, limit / 100 % 10);
	redis_link_lost(r, &e);
}

void redis_link_send(struct redis *r, struct redis_request *q)
{
	int64_t limit = r->options.request_timeout + q->extra;

	if (!r->sent.first) {
		r->heard = clock_boot_ms();
		expect_by(r, r->heard + limit);
	}
	redis_queue_add(&r->sent, q);
	if (q->len <= COPY_MAX) {
		loop_stream_write(r->stream, q->bytes, q->len);
	} else {
		redis_request_lend(q);
		loop_stream_write_ref(r->stream, q->bytes, q->len,
				      redis_request_back, q);
	}
}

/* While a script is loaded, those that were sent before come back to be sent
 * again; what is new has to stay behind them. */
static struct redis_request *next_to_send(struct redis *r)
{
	if (r->again.first || r->loading)
		return redis_queue_take(&r->again);
	return redis_queue_take(&r->fresh);
}

static void pump(struct redis *r)
{
	struct redis_request *q;

	while (r->state == REDIS_READY && !r->paused && (q = next_to_send(r)))
		redis_link_send(r, q);
	watch_patience(r);
}

void redis_link_return(struct redis *r, struct redis_request *q)
{
	redis_queue_insert(&r->again, q);
	pump(r);
}

void redis_link_pause(struct redis *r)
{
	if (r->paused)
		return;
	r->paused = true;
	r->failures++;
	loop_timer_set(r->wait, backoff(r));
	watch_patience(r);
}

static void internal(struct redis *r, enum redis_kind kind, const char *a,
		     const char *b, const char *c)
{
	const char *const words[] = {a, b, c};
	struct redis_cmd cmd;

	redis_cmd_init(&cmd);
	for (size_t i = 0; i < ARRAY_LEN(words) && words[i]; i++)
		redis_cmd_str(&cmd, words[i]);
	redis_link_send(r, redis_request_new(kind, &cmd));
	redis_cmd_release(&cmd);
}

void redis_link_ready(struct redis *r)
{
	r->state = REDIS_READY;
	r->why.code = STATUS_OK;
	if (r->options.client_name)
		internal(r, REDIS_FOR_NAME, "CLIENT", "SETNAME",
			 r->options.client_name);
	if (r->channel)
		internal(r, REDIS_FOR_CHANNEL, "SUBSCRIBE", r->channel, NULL);
	pump(r);
}

/* Nothing else is sent before these are answered: with a refused password we
 * might be somebody else, with a refused database somewhere else. */
static void on_up(void *arg)
{
	struct redis *r = arg;
	const struct url *u = r->options.url;
	char db[16];

	r->connection++;
	r->useful = false;
	r->state = REDIS_GREETING;
	if (u->user) {
		internal(r, REDIS_FOR_AUTH, "AUTH", u->user,
			 u->password ? u->password : "");
		r->greets++;
	} else if (u->password) {
		internal(r, REDIS_FOR_AUTH, "AUTH", u->password, NULL);
		r->greets++;
	}
	if (u->db) {
		snprintf(db, sizeof(db), "%d", u->db);
		internal(r, REDIS_FOR_SELECT, "SELECT", db, NULL);
		r->greets++;
	}
	if (!r->greets)
		redis_link_ready(r);
}

/* Whoever gets the same bytes back as often as this has to be told. */
static void accuse_head(struct redis *r, const struct err *e)
{
	struct redis_request *q = r->sent.first;

	if (!q || q->kind != REDIS_FOR_CALLER || ++q->garbled < GARBLED_MAX)
		return;
	redis_queue_take(&r->sent);
	redis_link_finish(r, q, NULL, e);
}

static void on_data(void *arg)
{
	struct redis *r = arg;
	struct loop_stream *s = r->stream;
	struct strv v;

	r->heard = clock_boot_ms();
	while (r->stream == s && (v = loop_stream_input(s)).n) {
		struct redis_reply *reply;
		const char *why = "";
		struct err e;
		size_t used;
		int rc = redis_parser_next(r->parser, v, &used, &reply, &why);

		if (rc < 0) {
			used = used ? used - 1 : 0;
			redis_error_garbage(&e, r->server, !r->answered,
					    strv_make(v.p + used, v.n - used),
					    why);
			accuse_head(r, &e);
			redis_link_lost(r, &e);
			return;
		}
		loop_stream_consume(s, used);
		if (rc == 1)
			redis_answer(r, reply);
	}
}

static void open_link(struct redis *r)
{
	const struct url *u = r->options.url;
	struct loop_stream_target target = {
		.unix_path = u->path,
		.host = u->host,
		.port = u->port,
		.tls = u->tls,
		.tls_ca_file = r->options.tls_ca_file,
		.connect_timeout = r->options.connect_timeout,
	};
	struct loop_stream_events events = {
		.up = on_up, .data = on_data, .down = lost_stream, .arg = r};

	r->state = REDIS_OPENING;
	r->stream = loop_stream_open(r->loop, &target, &events);
	watch_patience(r);
}

static void on_wait(void *arg)
{
	struct redis *r = arg;

	if (r->state == REDIS_BACKOFF) {
		open_link(r);
	} else if (r->paused) {
		r->paused = false;
		pump(r);
	}
}

void redis_link_kick(struct redis *r)
{
	if (r->state == REDIS_IDLE)
		open_link(r);
	else if (r->state == REDIS_READY)
		pump(r);
	else if (!loop_timer_armed(r->patience))
		watch_patience(r);
}

void redis_link_reopen(struct redis *r)
{
	stop(r);
	recall(r, &r->sent);
	recall(r, &r->accused);
	r->failures = r->hangups = 0;
	r->why.code = STATUS_OK;
	if (oldest(r) || r->channel)
		open_link(r);
}

void redis_link_init(struct redis *r)
{
	r->wait = loop_timer_new(r->loop, on_wait, r);
	r->patience = loop_timer_new(r->loop, on_patience, r);
	r->silence = loop_timer_new(r->loop, on_silence, r);
}

void redis_link_release(struct redis *r)
{
	loop_timer_free(r->wait);
	loop_timer_free(r->patience);
	loop_timer_free(r->silence);
}
