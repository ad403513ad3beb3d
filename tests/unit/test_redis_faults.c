/* SPDX-License-Identifier: ISC */
/* redis: how requests survive what servers and networks do. */
#include "sys/redis.h"

#include "base/clock.h"
#include "fake.h"
#include "unit.h"

static const char *silent_first(int conn, const char *words)
{
	return conn == 1 && !is(words, "CLIENT") ? NULL : echo(conn, words);
}

static const char *mute(int conn, const char *words)
{
	(void)conn;
	(void)words;
	return NULL;
}

static void half_open(void)
{
	struct redis_options o = one_shot;
	int64_t began;
	struct redis *r;
	struct err e;

	o.request_timeout = 400;
	start(mute, "", "");
	r = redis_new(loop, &o);
	began = clock_boot_ms();
	e = call_fails(r, STATUS_UNAVAILABLE);
	/* once, not twice: that it was sent is no sign of life */
	CHECK(clock_boot_ms() - began < 750);
	CHECK_HAS(e.msg, "no answer from unix://");
	redis_free(r);
	end();

	/* it was up: once more on a new connection */
	start(silent_first, "", "");
	r = redis_new(loop, &o);
	ask_all(r, "ab");
	redis_drain(r);
	CHECK_STR(trace.p, "a=a b=b");
	CHECK_INT(connections, 2);
	CHECK_INT(redis_connection(r), 2);
	redis_free(r);
	end();
}

static void answer_late(void *arg)
{
	(void)arg;
	CHECK_INT(fd_write_all(peer, "+late\r\n", 7), 0);
}

/* A blocking command may take longer, and only that. */
static void extra_time(void)
{
	struct redis_options o = one_shot;
	struct loop_timer *t;
	struct redis_cmd c;
	struct redis *r;

	start(mute, "", "");
	o.request_timeout = 30;
	o.client_name = NULL;
	r = redis_new(loop, &o);
	t = loop_timer_new(loop, answer_late, NULL);
	redis_cmd_init(&c);
	redis_cmd_str(&c, "BLPOP");
	redis_send(r, &c, 1000, on_answer, LETTER('x'));
	loop_timer_set(t, 90);
	redis_drain(r);
	CHECK_STR(trace.p, "x=late");
	CHECK_INT(connections, 1);
	redis_free(r);
	redis_cmd_release(&c);
	loop_timer_free(t);
	end();
}

static const char *web(int conn, const char *words)
{
	(void)conn;
	(void)words;
	return "HTTP/1.1 400 Bad Request\r\n\r\n";
}

static const char *tls_alert(int conn, const char *words)
{
	(void)conn;
	(void)words;
	return "\x15\x03\x01\x02\x02\x46";
}

static void not_redis(void)
{
	struct redis *r;
	struct err e;

	start(web, "", "");
	r = client();
	e = call_fails(r, STATUS_PROTOCOL);
	CHECK_HAS(e.msg, "is not a Redis server: it says 'HTTP/1.1 400 Bad");
	redis_free(r);
	end();
	start(tls_alert, "", "");
	r = client();
	e = call_fails(r, STATUS_PROTOCOL);
	CHECK_HAS(e.msg, "use rediss://");
	redis_free(r);
	end();
}

static int rude;

static const char *hang_up(int conn, const char *words)
{
	return conn <= rude ? HANG_UP : echo(conn, words);
}

/* A server that restarts hangs up, and so does a proxy without a server. */
static void hung_up_on(void)
{
	struct redis_options tireless = one_shot;
	struct redis *r;
	struct err e;

	/* a restart, and long enough for more than three tries */
	for (rude = 2; rude <= 5; rude += 3) {
		start(hang_up, "", "");
		r = client();
		ask_all(r, "a");
		redis_drain(r);
		CHECK_STR(trace.p, "lost back a=a");
		redis_free(r);
		end();
	}
	rude = 100;
	start(hang_up, "", "");
	r = client();
	e = call_fails(r, STATUS_UNAVAILABLE);
	CHECK_HAS(e.msg, "hangs up without an answer (is it a Redis server?)");
	CHECK(connections > 3);
	redis_free(r);
	end();
	/* one that would wait for ever does not begin to */
	start(hang_up, "", "");
	tireless.patience = 0;
	r = redis_new(loop, &tireless);
	e = call_fails(r, STATUS_UNAVAILABLE);
	CHECK_INT(connections, 3);
	redis_free(r);
	end();
}

static int garbled;

static const char *garble(int conn, const char *words)
{
	if (is(words, "b") && garbled > 0) {
		garbled--;
		return "$4611686018427387904\r\n";
	}
	return echo(conn, words);
}

/* Garbage in the middle costs the connection, and in the end the request. */
static void garbage(void)
{
	struct redis *r;

	start(garble, "", "");
	garbled = 2;
	r = client();
	ask_all(r, "abc");
	redis_drain(r);
	CHECK_STR(trace.p, "a=a lost back lost back b=b c=c");
	buf_clear(&trace);
	garbled = 100;
	ask_all(r, "abc");
	redis_drain(r);
	CHECK_STR(trace.p, "a=a lost back lost back b=!76 lost back c=c");
	redis_free(r);
	end();
}

static const char *chatty(int conn, const char *words)
{
	(void)words;
	return conn == 1 ? "+OK\r\n+OK\r\n+more\r\n" : echo(conn, words);
}

static void answer_to_nothing(void)
{
	struct redis *r;

	start(chatty, "", "");
	r = client();
	ask_all(r, "a");
	redis_drain(r);
	CHECK_STR(trace.p, "a=OK");
	ask_all(r, "b");
	redis_drain(r);
	CHECK_STR(trace.p, "a=OK b=b");
	CHECK_INT(connections, 2);
	redis_free(r);
	end();
}

/* An error before anything was asked, as from a full server. */
static void full_house(void)
{
	struct redis *r;
	struct err e;

	start(echo, "", "");
	greeting = "-ERR max number of clients reached\r\n";
	r = client();
	ask_all(r, "a");
	redis_drain(r);
	CHECK_STR(trace.p, "lost back a=a");
	redis_free(r);
	end();
	start(echo, "", "");
	greeting = "-DENIED Redis is running in protected mode\r\n";
	r = client();
	e = call_fails(r, STATUS_RIGHTS);
	CHECK_HAS(e.msg, "refuses: DENIED Redis is running in protected");
	redis_free(r);
	end();
}

static void nobody_there(void)
{
	struct redis_options o = one_shot;
	struct redis *r;
	struct err e;
	int64_t t0;

	start(echo, "", "");
	close_server();
	t0 = clock_boot_ms();
	r = client();
	e = call_fails(r, STATUS_UNAVAILABLE);
	CHECK_HAS(e.msg, "cannot reach unix:///tmp/jobq-unit-");
	CHECK_HAS(e.msg, "/s: Connection refused (set JQ_URL or use -u)");
	CHECK(clock_boot_ms() - t0 < 1000); /* at once */
	/* the same object goes on when there is one */
	open_server();
	ask_all(r, "a");
	redis_drain(r);
	CHECK_STR(trace.p, "lost back a=a");
	redis_free(r);

	/* without fail_first it is tried until the patience ends */
	close_server();
	o.fail_first = false;
	o.patience = 150;
	t0 = clock_boot_ms();
	r = redis_new(loop, &o);
	e = call_fails(r, STATUS_UNAVAILABLE);
	CHECK_HAS(e.msg, "Connection refused");
	CHECK(clock_boot_ms() - t0 >= 150);
	redis_free(r);
	end();
}

static struct redis *again;

static void ask_again(void *arg, const struct redis_reply *reply,
		      const struct err *why)
{
	on_answer(arg, reply, why);
	if (trace.len < 12)
		ask_all(again, "n");
}

/* Requests made in the callback of one that failed fail on their own. */
static void fail_and_ask(void)
{
	struct redis_cmd c;

	start(echo, "", "");
	close_server();
	again = redis_new(loop, &one_shot);
	redis_cmd_init(&c);
	redis_cmd_str(&c, "m");
	redis_send(again, &c, 0, ask_again, LETTER('m'));
	redis_drain(again);
	CHECK_STR(trace.p, "m=!69 n=!69");
	/* gone with requests waiting: nobody is called */
	ask_all(again, "o");
	redis_free(again);
	CHECK_STR(trace.p, "m=!69 n=!69");
	redis_cmd_release(&c);
	redis_free(NULL);
	end();
}

static int drops;

static const char *drop_large(int conn, const char *words)
{
	if (strchr(words, '<') && drops-- > 0)
		return HANG_UP;
	return echo(conn, words);
}

/* Large requests are lent to the stream, also when it goes away with them. */
static void large(void)
{
	size_t n = 1 << 20;
	char *big = buf_zalloc(n);
	struct redis_cmd c;
	struct redis *r;

	start(drop_large, "", "");
	drops = 2;
	r = client();
	redis_cmd_init(&c);
	redis_cmd_str(&c, "a");
	redis_cmd_ref(&c, big, n);
	redis_send(r, &c, 0, on_answer, LETTER('a'));
	redis_cmd_release(&c);
	free(big);
	ask_all(r, "bc");
	redis_drain(r);
	CHECK_STR(trace.p, "lost back lost back a=a,<1048576> b=b c=c");
	redis_free(r);
	end();
}

static const char *channel(int conn, const char *words)
{
	(void)conn;
	if (!is(words, "SUBSCRIBE"))
		return "+OK\r\n";
	return "*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n"
	       "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$2\r\nhi\r\n";
}

static void on_message(void *arg, struct strv message)
{
	(void)arg;
	note(&trace, message.n ? "message" : "start");
	if (message.n && connections < 3)
		drop_peer();
}

static void subscription(void)
{
	struct redis *r;

	start(channel, "", "");
	r = client();
	redis_subscribe(r, "c", on_message, NULL);
	while (connections < 3 || !redis_is_up(r) || trace.len < 60)
		loop_turn(loop);
	CHECK_STR(trace.p, "start message lost back start message lost back "
			   "start message");
	redis_free(r);
	end();
}

int main(void)
{
	static const struct unit_test tests[] = {
		{UNIT_TEST(half_open)},	   {UNIT_TEST(extra_time)},
		{UNIT_TEST(not_redis)},	   {UNIT_TEST(hung_up_on)},
		{UNIT_TEST(garbage)},	   {UNIT_TEST(answer_to_nothing)},
		{UNIT_TEST(full_house)},   {UNIT_TEST(nobody_there)},
		{UNIT_TEST(fail_and_ask)}, {UNIT_TEST(large)},
		{UNIT_TEST(subscription)},
	};

	return unit_run("redis_faults", tests, ARRAY_LEN(tests));
}
