/* SPDX-License-Identifier: ISC */
/* redis: requests, answers, and what errors of a server mean. */
#include "sys/redis.h"

#include "base/clock.h"
#include "fake.h"
#include "unit.h"

static const struct redis_script script = {
	.name = "s", .sha = "0123abc", .text = "return 1", .len = 8};

static void ask_script(struct redis *r, char letter)
{
	struct redis_cmd c;

	redis_cmd_init(&c);
	redis_cmd_script(&c, &script, 1);
	redis_cmd_str(&c, "k");
	redis_cmd_ref(&c, &letter, 1);
	redis_send(r, &c, 0, on_answer, LETTER(letter));
	redis_cmd_release(&c);
}

static void classes(void)
{
	static const struct {
		const char *words;
		enum redis_class want;
	} rows[] = {
		{"LOADING Redis is loading the dataset in memory",
		 REDIS_CLASS_WAIT},
		{"BUSY Redis is busy running a script.", REDIS_CLASS_WAIT},
		{"TRYAGAIN Multiple keys request", REDIS_CLASS_WAIT},
		{"MASTERDOWN Link with MASTER is down", REDIS_CLASS_WAIT},
		{"CLUSTERDOWN The cluster is down", REDIS_CLASS_WAIT},
		{"NOREPLICAS Not enough good replicas", REDIS_CLASS_WAIT},
		{"MISCONF Errors writing to the AOF file", REDIS_CLASS_WAIT},
		{"ERR max number of clients reached", REDIS_CLASS_WAIT},
		{"NOSCRIPT No matching script.", REDIS_CLASS_RELOAD},
		{"READONLY You can't write against a read only replica.",
		 REDIS_CLASS_MOVED},
		{"MOVED 3999 127.0.0.1:6381", REDIS_CLASS_MOVED},
		{"ASK 3999 127.0.0.1:6381", REDIS_CLASS_MOVED},
		{"OOM command not allowed", REDIS_CLASS_FULL},
		{"NOAUTH Authentication required.", REDIS_CLASS_RIGHTS},
		{"ERR Protocol error: unauthenticated multibulk length",
		 REDIS_CLASS_RIGHTS},
		{"WRONGPASS invalid username-password pair",
		 REDIS_CLASS_RIGHTS},
		{"NOPERM this user has no permissions", REDIS_CLASS_RIGHTS},
		{"DENIED Redis is running in protected mode",
		 REDIS_CLASS_RIGHTS},
		{"ERR invalid password", REDIS_CLASS_RIGHTS},
		{"ERR AUTH <password> called without any password configured",
		 REDIS_CLASS_RIGHTS},
		{"ERR Error compiling script (new function): user_script:1: "
		 "unexpected symbol near '#'",
		 REDIS_CLASS_OLD},
		{"ERR unknown command 'EVALSHA'", REDIS_CLASS_OLD},
		{"WRONGTYPE Operation against a key", REDIS_CLASS_BUG},
		{"ERR wrong number of arguments", REDIS_CLASS_BUG},
		{"ERR", REDIS_CLASS_BUG},
		{"", REDIS_CLASS_BUG},
		{"LOADING", REDIS_CLASS_WAIT},
		{"LOADINGS of it", REDIS_CLASS_BUG},
		{"BUSYKEY Target key name already exists.", REDIS_CLASS_BUG},
		{"BUSYGROUP Consumer Group name already exists",
		 REDIS_CLASS_BUG},
		{"loading", REDIS_CLASS_BUG},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		unit_row = rows[i].words;
		CHECK_INT(redis_classify(strv_of(rows[i].words)), rows[i].want);
	}
}

static void requests(void)
{
	struct redis *r;

	start(echo, "", "");
	r = client();
	CHECK(!redis_is_up(r));
	ask_all(r, "abc");
	CHECK_INT(redis_unanswered(r), 3);
	CHECK_INT(redis_unsent(r), 3 * 11);
	CHECK_STR(trace.p, ""); /* nothing from within the call */
	redis_drain(r);
	CHECK(redis_is_up(r));
	CHECK_INT(redis_unanswered(r), 0);
	CHECK_INT(redis_unsent(r), 0);
	CHECK_STR(trace.p, "a=a b=b c=c");
	CHECK_STR(server_trace.p, "1:CLIENT,SETNAME,t 1:a 1:b 1:c");
	redis_free(r);
	end();
}

static void words(void)
{
	const struct redis_reply *reply;
	struct redis_cmd c;
	struct redis *r;
	struct err e;

	start(echo, "", "");
	r = client();
	redis_cmd_init(&c);
	redis_cmd_str(&c, "A");
	redis_cmd_int(&c, INT64_MIN);
	redis_cmd_add(&c, "b c", 3);
	redis_cmd_ref(&c, "borrowed", 8);
	redis_cmd_ref(&c, NULL, 0);
	redis_cmd_add(&c, "", 0);
	for (int i = 0; i < 20; i++) /* grows under what is there */
		redis_cmd_int(&c, i);
	CHECK_INT(redis_call(r, &c, &reply, &e), 0);
	CHECK_STR(redis_str(reply).p,
		  "A,-9223372036854775808,b c,borrowed,,,0,1,2,3,4,5,6,7,8,9,"
		  "10,11,12,13,14,15,16,17,18,19");
	redis_cmd_clear(&c);
	redis_cmd_script(&c, &script, 2);
	CHECK(c.script == &script);
	CHECK_INT(redis_call(r, &c, &reply, &e), 0);
	CHECK_STR(redis_str(reply).p, "EVALSHA,0123abc,2");
	redis_cmd_clear(&c);
	CHECK(c.script == NULL && c.n == 0);
	redis_cmd_release(&c);
	redis_free(r);
	end();
}

/* The first connection answers two of five and is gone. */
static const char *answer_two(int conn, const char *words)
{
	if (conn == 1 && strcmp(words, "c") == 0)
		return HANG_UP;
	return echo(conn, words);
}

static void resend(void)
{
	struct redis *r;

	start(answer_two, "", "");
	r = client();
	ask_all(r, "abcde");
	redis_drain(r);
	CHECK_STR(trace.p, "a=a b=b lost back c=c d=d e=e");
	CHECK_STR(server_trace.p, "1:CLIENT,SETNAME,t 1:a 1:b 1:c "
				  "2:CLIENT,SETNAME,t 2:c 2:d 2:e");
	redis_free(r);
	end();
}

/* An idle connection goes unnoticed, the next request finds a new one. */
static void idle(void)
{
	struct redis *r;

	start(echo, "", "");
	r = client();
	ask_all(r, "a");
	redis_drain(r);
	drop_peer();
	while (redis_is_up(r))
		loop_turn(loop);
	ask_all(r, "b");
	redis_drain(r);
	CHECK_STR(trace.p, "a=a b=b");
	CHECK_INT(connections, 2);
	redis_free(r);
	end();
}

static int loaded;

static const char *forgetful(int conn, const char *words)
{
	if (is(words, "SCRIPT,LOAD")) {
		loaded++;
		return "$7\r\n0123abc\r\n";
	}
	if (is(words, "EVALSHA") && !loaded)
		return "-NOSCRIPT No matching script.\r\n";
	return echo(conn, words);
}

static void reload(void)
{
	struct redis *r;

	start(forgetful, "", "");
	r = client();
	ask_script(r, 'x');
	ask_script(r, 'y');
	ask_script(r, 'z');
	redis_drain(r);
	CHECK_INT(loaded, 1);
	CHECK_STR(trace.p, "x=EVALSHA,0123abc,1,k,x y=EVALSHA,0123abc,1,k,y "
			   "z=EVALSHA,0123abc,1,k,z");
	redis_free(r);
	end();
}

static bool muted;

static const char *echo_unmuted(int conn, const char *words)
{
	return muted ? NULL : echo(conn, words);
}

static size_t seen; /* of server_trace */

/* Run until the server has seen `words`, next; then it says `text`. */
static void after(const char *words, const char *text)
{
	const char *at = NULL;

	while (!at) {
		loop_turn(loop);
		if (server_trace.len > seen)
			at = strstr(server_trace.p + seen, words);
	}
	seen = (size_t)(at - server_trace.p) + strlen(words);
	CHECK_INT(fd_write_all(peer, text, strlen(text)), 0);
}

/* What is asked for while a script is loaded stays behind what was before. */
static void reload_in_order(void)
{
	struct redis *r;

	start(echo_unmuted, "", "");
	muted = true;
	seen = 0;
	r = client();
	ask_script(r, 'x');
	ask_script(r, 'y');
	after("k,y", "+OK\r\n-NOSCRIPT x\r\n");
	after("LOAD", "-NOSCRIPT x\r\n");
	ask_script(r, 'z');
	after("k,y", "");
	muted = false;
	CHECK_INT(fd_write_all(peer, "$1\r\ns\r\n+1\r\n+2\r\n", 15), 0);
	redis_drain(r);
	CHECK_STR(trace.p, "x=1 y=2 z=EVALSHA,0123abc,1,k,z");
	CHECK_STR(server_trace.p + seen, " 1:EVALSHA,0123abc,1,k,z");
	redis_free(r);
	end();
}

static const char *amnesiac(int conn, const char *words)
{
	(void)conn;
	return is(words, "SCRIPT") ? "$1\r\nx\r\n"
				   : "-NOSCRIPT No matching script.\r\n";
}

static void reload_in_vain(void)
{
	struct redis *r;

	start(amnesiac, "", "");
	r = client();
	ask_script(r, 'x');
	redis_drain(r);
	CHECK_STR(trace.p, "x=!70");
	redis_free(r);
	end();
}

static int patience_needed;

static const char *slow(int conn, const char *words)
{
	if (!is(words, "CLIENT") && patience_needed > 0) {
		patience_needed--;
		return "-LOADING Redis is loading the dataset in memory\r\n";
	}
	return echo(conn, words);
}

static void loading(void)
{
	struct redis *r;

	start(slow, "", "");
	patience_needed = 7; /* three at once, three again, one more */
	r = client();
	ask_all(r, "abc");
	redis_drain(r);
	CHECK_STR(trace.p, "lost back b=b c=c a=a");
	patience_needed = 6;
	buf_clear(&trace);
	ask_all(r, "abc");
	redis_drain(r);
	CHECK_STR(trace.p, "lost back a=a b=b c=c");
	redis_free(r);
	end();
}

static void loading_for_ever(void)
{
	struct redis_options o = one_shot;
	int64_t t0 = clock_boot_ms();
	struct redis *r;
	struct err e;

	start(slow, "", "");
	o.patience = 120;
	patience_needed = 1000;
	r = redis_new(loop, &o);
	e = call_fails(r, STATUS_UNAVAILABLE);
	CHECK_HAS(e.msg, "is not ready: LOADING Redis is loading the dataset "
			 "in memory (try again later)");
	CHECK(clock_boot_ms() - t0 >= 120);
	redis_free(r);
	end();
}

static const char *refusal;

static const char *refuse(int conn, const char *words)
{
	return is(words, "PING") ? refusal : echo(conn, words);
}

static void refusals(void)
{
	static const struct {
		const char *answer, *says;
		enum status code;
	} rows[] = {
		{"-OOM command not allowed when used memory > 'maxmemory'.\r\n",
		 "is out of memory: OOM command", STATUS_LATER},
		{"-READONLY You can't write against a read only replica.\r\n",
		 "is a read-only replica (give the address of its primary)",
		 STATUS_UNAVAILABLE},
		{"-MOVED 1 10.0.0.1:1\r\n", "is a node of a Redis Cluster",
		 STATUS_UNAVAILABLE},
		{"-ASK 1 10.0.0.1:1\r\n", "is a node of a Redis Cluster",
		 STATUS_UNAVAILABLE},
		{"-NOAUTH Authentication required.\r\n",
		 "wants a password (put it into the URL", STATUS_RIGHTS},
		{"-NOPERM this user has no permissions to run 'ping'\r\n",
		 "refuses: NOPERM this user", STATUS_RIGHTS},
		{"-WRONGTYPE Operation\r\n",
		 "answers: WRONGTYPE Operation (please report this)",
		 STATUS_BUG},
		{"-ERR \033[2J\377\r\n", "answers: ERR \\x1b[2J\\xff",
		 STATUS_BUG},
	};
	struct redis *r;

	start(refuse, "u:hunter2@", "");
	r = client();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err e;

		unit_row = rows[i].answer;
		refusal = rows[i].answer;
		e = call_fails(r, rows[i].code);
		CHECK_HAS(e.msg, rows[i].says);
		CHECK_HAS(e.msg, "unix://u:***@");
	}
	/* only the replica's costs the connection */
	CHECK_INT(connections, 2);
	redis_free(r);
	end();
}

static const char *replica(int conn, const char *words)
{
	static const char info[] = "role:slave\r\nmaster_host:db2\r\n"
				   "master_port:6380\r\n";
	static char text[100];

	snprintf(text, sizeof(text), "$%zu\r\n%s\r\n", strlen(info), info);
	if (is(words, "INFO"))
		return text;
	if (is(words, "b") && conn < 3)
		return "-READONLY You can't write against a read only "
		       "replica.\r\n";
	return echo(conn, words);
}

/* A primary that became a replica: look again who is there, once. */
static void demoted(void)
{
	struct redis *r;

	start(replica, "", "");
	r = client();
	ask_all(r, "ab");
	redis_drain(r);
	CHECK_STR(trace.p, "a=a lost back b=!69");
	CHECK_INT(connections, 2);
	buf_clear(&trace);
	ask_all(r, "bc");
	redis_drain(r);
	CHECK_STR(trace.p, "b=b c=c");
	CHECK_INT(connections, 3);
	redis_free(r);
	end();
}

static const char *info;

static const char *old(int conn, const char *words)
{
	static char text[256];

	(void)conn;
	if (is(words, "EVALSHA"))
		return "-NOSCRIPT No matching script.\r\n";
	if (is(words, "SCRIPT"))
		return "-ERR Error compiling script (new function): "
		       "user_script:1: unexpected symbol near '#'\r\n";
	if (is(words, "INFO") && info) {
		snprintf(text, sizeof(text), "$%zu\r\n%s\r\n", strlen(info),
			 info);
		return text;
	}
	return "-ERR unknown command\r\n";
}

static struct err last_why;

static void keep_why(void *arg, const struct redis_reply *reply,
		     const struct err *why)
{
	(void)arg;
	(void)reply;
	if (why)
		last_why = *why;
}

static void too_old(void)
{
	static const struct {
		const char *info, *says;
		enum status code;
	} rows[] = {
		{"# Server\r\nredis_version:6.2.7\r\nredis_mode:standalone\r\n",
		 "is too old: Redis 6.2.7 (needs Redis 7.0 or Valkey 7.2)",
		 STATUS_PROTOCOL},
		{"redis_version:7.2.4\r\nvalkey_version:7.1.0\r\n",
		 "is too old: Valkey 7.1.0", STATUS_PROTOCOL},
		{"redis_version:7.0.15\r\nredis_mode:sentinel\r\n",
		 "is a Redis Sentinel", STATUS_PROTOCOL},
		{"redis_version:7.0.15\r\n", "answers: ERR Error compiling",
		 STATUS_BUG},
		{"redis_version:10.0\r\n", "answers: ERR Error compiling",
		 STATUS_BUG},
		{NULL, "cannot run our scripts (needs Redis 7.0",
		 STATUS_PROTOCOL},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct redis *r;
		struct redis_cmd c;

		unit_row = rows[i].says;
		info = rows[i].info;
		start(old, "", "");
		r = client();
		redis_cmd_init(&c);
		redis_cmd_script(&c, &script, 0);
		for (int k = 0; k < 2; k++) { /* both of a pipeline */
			last_why.code = STATUS_OK;
			redis_send(r, &c, 0, keep_why, NULL);
		}
		redis_drain(r);
		CHECK_INT(last_why.code, rows[i].code);
		CHECK_HAS(last_why.msg, rows[i].says);
		redis_cmd_release(&c);
		redis_free(r);
		end();
	}
}

static const char *guarded(int conn, const char *words)
{
	if (is(words, "AUTH,") && strcmp(words, "AUTH,u,hunter2") != 0 &&
	    strcmp(words, "AUTH,hunter2") != 0)
		return "-WRONGPASS invalid username-password pair\r\n";
	if (strcmp(words, "SELECT,16") == 0)
		return "-ERR DB index is out of range\r\n";
	return echo(conn, words);
}

static void greeted(void)
{
	static const struct {
		const char *user, *query, *want;
	} rows[] = {
		{"u:hunter2@", "?db=3",
		 "1:AUTH,u,hunter2 1:SELECT,3 1:CLIENT,SETNAME,t 1:a"},
		{":hunter2@", "", "1:AUTH,hunter2 1:CLIENT,SETNAME,t 1:a"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct redis *r;

		unit_row = rows[i].user;
		start(guarded, rows[i].user, rows[i].query);
		r = client();
		ask_all(r, "a");
		redis_drain(r);
		CHECK_STR(server_trace.p, rows[i].want);
		redis_free(r);
		end();
	}
}

/* Refused: nothing is sent as somebody else or to somewhere else. */
static void turned_away(void)
{
	static const struct {
		const char *user, *query, *says, *want;
		enum status code;
	} rows[] = {
		{"u:wrong@", "", "refuses the user name or the password",
		 "1:AUTH,u,wrong", STATUS_RIGHTS},
		{"u@", "", "refuses the user name or the password", "1:AUTH,u,",
		 STATUS_RIGHTS},
		{"", "?db=16", "is not to be had: ERR DB index is out of range",
		 "1:SELECT,16", STATUS_CONFIG},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct redis *r;
		struct err e;

		unit_row = rows[i].says;
		start(guarded, rows[i].user, rows[i].query);
		r = client();
		e = call_fails(r, rows[i].code);
		CHECK_HAS(e.msg, rows[i].says);
		CHECK_STR(server_trace.p, rows[i].want);
		CHECK(!strstr(e.msg, "wrong@"));
		redis_free(r);
		end();
	}
}

int main(void)
{
	static const struct unit_test tests[] = {
		{UNIT_TEST(classes)},
		{UNIT_TEST(requests)},
		{UNIT_TEST(words)},
		{UNIT_TEST(resend)},
		{UNIT_TEST(idle)},
		{UNIT_TEST(reload)},
		{UNIT_TEST(reload_in_order)},
		{UNIT_TEST(reload_in_vain)},
		{UNIT_TEST(loading)},
		{UNIT_TEST(loading_for_ever)},
		{UNIT_TEST(refusals)},
		{UNIT_TEST(demoted)},
		{UNIT_TEST(too_old)},
		{UNIT_TEST(greeted)},
		{UNIT_TEST(turned_away)},
	};

	return unit_run("redis", tests, ARRAY_LEN(tests));
}
