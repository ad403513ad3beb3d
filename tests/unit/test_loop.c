/* SPDX-License-Identifier: ISC */
/* loop: timers, signals, descriptors, and streams to a socket of our own. */
#include "sys/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/clock.h"
#include "base/fd.h"
#include "unit.h"

#define LETTER(c) ((void *)(intptr_t)(c))

static struct loop *loop;
static struct buf trace; /* one letter for each thing that happened */

static void note(void *arg)
{
	buf_addch(&trace, (char)(intptr_t)arg);
}

static void start(void)
{
	struct err e;

	loop = loop_new(&e);
	if (!loop)
		exit(1);
	buf_clear(&trace);
}

static void end(void)
{
	loop_free(loop);
	buf_release(&trace);
}

/* Turn until the trace is `want`, or has no more time. */
static void expect(const char *want)
{
	int64_t until = clock_boot_ms() + 5000;
	struct loop_timer *t = loop_timer_new(loop, note, LETTER('!'));

	while (strcmp(trace.p, want) != 0 && clock_boot_ms() < until) {
		loop_timer_set(t, 5000);
		loop_turn(loop);
	}
	loop_timer_free(t);
	CHECK_STR(trace.p, want);
}

static void timers(void)
{
	struct loop_timer *a, *b, *c;
	int64_t t0;

	start();
	a = loop_timer_new(loop, note, LETTER('a'));
	b = loop_timer_new(loop, note, LETTER('b'));
	c = loop_timer_new(loop, note, LETTER('c'));
	CHECK(!loop_timer_armed(a));
	t0 = clock_boot_us();
	loop_timer_set(a, 20);
	loop_timer_set(b, 1);
	loop_timer_set(c, 5);
	CHECK(loop_timer_armed(a));
	loop_timer_set(b, 25); /* moved */
	loop_timer_clear(c);
	CHECK(!loop_timer_armed(c));
	loop_sleep(loop, 30);
	CHECK_STR(trace.p, "ab");
	CHECK(clock_boot_us() - t0 >= 30000); /* never early */
	CHECK(!loop_timer_armed(a));
	loop_timer_free(a);
	loop_timer_free(b);
	loop_timer_free(c);
	loop_timer_free(NULL);
	end();
}

static struct loop_timer *self;

static void free_self(void *arg)
{
	note(arg);
	loop_timer_free(self);
}

static void timer_frees_itself(void)
{
	start();
	self = loop_timer_new(loop, free_self, LETTER('x'));
	loop_timer_set(self, 0);
	expect("x");
	end();
}

static void signals(void)
{
	struct loop_signal *s;
	struct sigaction old;

	start();
	s = loop_signal_new(loop, SIGUSR1, note, LETTER('u'));
	kill(getpid(), SIGUSR1);
	expect("u");
	loop_signal_free(s);
	sigaction(SIGUSR1, NULL, &old);
	CHECK(old.sa_handler == SIG_DFL);
	end();
}

static int pipes[2];
static struct loop_watch *watch;

static void take(void *arg)
{
	char c;

	if (read(pipes[0], &c, 1) == 1)
		buf_addch(&trace, c);
	else
		note(arg);
}

static void watches(void)
{
	start();
	CHECK_INT(pipe(pipes), 0);
	watch = loop_watch_new(loop, pipes[0], take, LETTER('$'));
	CHECK_INT(write(pipes[1], "123", 3), 3);
	expect("123");
	loop_watch_pause(watch);
	loop_watch_pause(watch);
	CHECK_INT(write(pipes[1], "4", 1), 1);
	{
		struct loop_timer *t = loop_timer_new(loop, note, LETTER('t'));

		loop_timer_set(t, 10);
		expect("123t");
		loop_timer_free(t);
	}
	loop_watch_resume(watch);
	expect("123t4");
	close(pipes[1]);
	expect("123t4$");
	loop_watch_free(watch);
	close(pipes[0]);
	end();
}

/* epoll refuses regular files and /dev/null; stdin may be one. */
static void watch_file(void)
{
	struct loop_timer *t;

	start();
	pipes[0] = open("/dev/null", O_RDONLY);
	watch = loop_watch_new(loop, pipes[0], take, LETTER('$'));
	expect("$");
	expect("$$");
	loop_watch_pause(watch);
	t = loop_timer_new(loop, note, LETTER('t'));
	loop_timer_set(t, 5);
	expect("$$t");
	/* others have their turn beside it */
	loop_watch_resume(watch);
	loop_timer_set(t, 5);
	while (loop_timer_armed(t))
		loop_turn(loop);
	CHECK(trace.len > 3);
	loop_timer_free(t);
	loop_watch_free(watch);
	close(pipes[0]);
	end();
}

/* The server's side: a listening socket, and what it accepted. */
static char dir[] = "/tmp/jobq-unit-XXXXXX";
static char path[64];
static int listener = -1, peer = -1;

static void serve(int backlog)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};

	if (!mkdtemp(dir))
		exit(1);
	snprintf(path, sizeof(path), "%s/s", dir);
	memcpy(un.sun_path, path, sizeof(path));
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	if (bind(listener, (struct sockaddr *)&un, sizeof(un)) < 0 ||
	    listen(listener, backlog) < 0)
		exit(1);
}

static void unserve(void)
{
	fd_close(&listener);
	fd_close(&peer);
	unlink(path);
	rmdir(dir);
}

static struct loop_stream *stream;
static struct err down_why;

static void on_data(void *arg)
{
	struct strv v = loop_stream_input(stream);

	(void)arg;
	buf_add(&trace, v.p, v.n);
	loop_stream_consume(stream, v.n);
}

static void on_down(void *arg, const struct err *why)
{
	note(arg);
	down_why = *why;
}

static const struct loop_stream_events events = {
	.up = note, .data = on_data, .down = on_down, .arg = LETTER('|')};

static void dial(const char *host, int port, int64_t timeout)
{
	struct loop_stream_target t = {.unix_path = host ? NULL : path,
				       .host = host,
				       .port = port,
				       .connect_timeout = timeout};

	stream = loop_stream_open(loop, &t, &events);
	CHECK_STR(trace.p, ""); /* nothing from within the call */
}

static void stream_local(void)
{
	char got[16] = "";

	start();
	serve(8);
	dial(NULL, 0, 1000);
	loop_stream_write(stream, "hel", 3); /* before it is up */
	loop_stream_flush(stream);	     /* no use yet */
	expect("|");
	loop_stream_write(stream, "lo", 2);
	CHECK_INT(loop_stream_unsent(stream), 2); /* gathered */
	peer = accept(listener, NULL, NULL);
	loop_stream_write(stream, "", 0);
	CHECK_INT(write(peer, "abc", 3), 3);
	expect("|abc");
	CHECK_INT(loop_stream_unsent(stream), 0);
	CHECK_INT(read(peer, got, sizeof(got)), 5);
	CHECK_STR(got, "hello");
	/* without a turn of the loop */
	loop_stream_write(stream, "at once", 7);
	loop_stream_flush(stream);
	CHECK_INT(loop_stream_unsent(stream), 0);
	CHECK_INT(recv(peer, got, sizeof(got), MSG_DONTWAIT), 7);
	/* what came before the end is heard before the end */
	CHECK_INT(write(peer, "de", 2), 2);
	fd_close(&peer);
	expect("|abcde|");
	CHECK_STR(down_why.msg, "connection closed by the server");
	CHECK_INT(down_why.code, STATUS_UNAVAILABLE);
	loop_stream_write(stream, "x", 1);
	loop_stream_flush(stream); /* nothing, and no harm */
	loop_stream_free(stream);
	loop_stream_free(NULL);
	unserve();
	end();
}

/* The server says why and leaves while we are still writing. */
static void stream_last_words(void)
{
	start();
	serve(8);
	dial(NULL, 0, 1000);
	expect("|");
	peer = accept(listener, NULL, NULL);
	CHECK_INT(write(peer, "no", 2), 2);
	fd_close(&peer);
	loop_stream_write(stream, "x", 1);
	expect("|no|");
	loop_stream_free(stream);
	unserve();
	end();
}

static void released(void *arg)
{
	(*(int *)arg)++;
}

/* Bytes by reference, more than the socket holds; released when sent. */
static void stream_large(void)
{
	size_t n = 8 * 1024 * 1024, got = 0;
	char *big = buf_alloc(n), *back = buf_alloc(n);
	struct loop_timer *t;
	int given_back = 0;

	start();
	t = loop_timer_new(loop, note, LETTER('t'));
	serve(8);
	for (size_t i = 0; i < n; i++)
		big[i] = (char)(i * 7 + i / 251);
	dial(NULL, 0, 1000);
	expect("|");
	peer = accept(listener, NULL, NULL);
	fd_nonblock(peer);
	loop_stream_write_ref(stream, big, n / 2, released, &given_back);
	loop_stream_write(stream, big + n / 2, n / 2);
	while (got < n) {
		ssize_t k = read(peer, back + got, n - got);

		if (k > 0)
			got += (size_t)k;
		loop_timer_set(t, 1); /* both sides are ours: no waiting */
		loop_turn(loop);
	}
	CHECK(memcmp(big, back, n) == 0);
	CHECK_INT(given_back, 1);
	loop_stream_write_ref(stream, big, n, released, &given_back);
	loop_timer_set(t, 1);
	loop_turn(loop);
	CHECK(loop_stream_unsent(stream) > 0);
	CHECK_INT(given_back, 1);
	loop_stream_free(stream); /* unsent, and given back all the same */
	CHECK_INT(given_back, 2);
	loop_timer_free(t);
	free(big);
	free(back);
	unserve();
	end();
}

static void stream_refused(void)
{
	static const struct {
		const char *path, *says;
	} rows[] = {
		{"/nonexistent/s", "No such file or directory"},
		{"/tmp", "Connection refused"}, /* a directory */
		{"/dev/null", "Connection refused"},
	};

	start();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		unit_row = rows[i].path;
		snprintf(path, sizeof(path), "%s", rows[i].path);
		buf_clear(&trace);
		dial(NULL, 0, 1000);
		expect("|");
		CHECK_STR(down_why.msg, rows[i].says);
		CHECK_INT(down_why.code, STATUS_UNAVAILABLE);
		loop_stream_free(stream);
	}
	/* given up before the outcome: nobody is told */
	buf_clear(&trace);
	dial(NULL, 0, 1000);
	loop_stream_free(stream);
	end();
}

/* Nobody accepts, and the queue is full: tried again until the time is up. */
static void stream_backlog(void)
{
	struct loop_stream *s[8];
	struct loop_stream_target t = {.unix_path = path,
				       .connect_timeout = 60};
	int64_t t0 = clock_boot_ms();

	start();
	serve(1);
	for (size_t i = 0; i < ARRAY_LEN(s); i++)
		s[i] = loop_stream_open(loop, &t, &events);
	expect("||||||||");
	CHECK(clock_boot_ms() - t0 >= 50);
	CHECK_INT(down_why.code, STATUS_UNAVAILABLE);
	for (size_t i = 0; i < ARRAY_LEN(s); i++)
		loop_stream_free(s[i]);
	unserve();
	end();
}

/* A port on 127.0.0.1 that is bound to nothing but us. */
static int tcp(int backlog)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	socklen_t n = sizeof(in);

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listener = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(listener, (struct sockaddr *)&in, n) < 0 ||
	    (backlog && listen(listener, backlog) < 0) ||
	    getsockname(listener, (struct sockaddr *)&in, &n) < 0)
		exit(1);
	return ntohs(in.sin_port);
}

static void stream_tcp(void)
{
	static const char *const hosts[] = {"127.0.0.1", "localhost",
					    "::ffff:127.0.0.1"};
	int port;

	start();
	port = tcp(8);
	for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
		unit_row = hosts[i];
		buf_clear(&trace);
		dial(hosts[i], port, 1000);
		expect("|");
		CHECK_STR(down_why.msg, "");
		peer = accept(listener, NULL, NULL);
		CHECK_INT(write(peer, "abc", 3), 3);
		expect("|abc");
		loop_stream_free(stream);
		fd_close(&peer);
	}
	fd_close(&listener);
	end();
}

static void stream_tcp_refused(void)
{
	static const char *const hosts[] = {"127.0.0.1", "::1", "localhost"};

	start();
	int port = tcp(0);

	for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
		unit_row = hosts[i];
		buf_clear(&trace);
		dial(hosts[i], port, 1000);
		expect("|");
		CHECK_INT(down_why.code, STATUS_UNAVAILABLE);
		CHECK(strcmp(down_why.msg, "Connection refused") == 0 ||
		      i == 1); /* or there is no IPv6 here */
		loop_stream_free(stream);
	}
	fd_close(&listener);
	end();
}

/* Several names at once, some of them given up. */
static void stream_lookups(void)
{
	struct loop_stream *s[6];
	struct loop_stream_target t = {.host = "localhost",
				       .connect_timeout = 1000};

	start();
	t.port = tcp(8);
	for (int round = 0; round < 2; round++) {
		buf_clear(&trace);
		for (size_t i = 0; i < ARRAY_LEN(s); i++) {
			t.host = i % 2 ? "localhost" : "name.invalid";
			s[i] = loop_stream_open(loop, &t, &events);
		}
		for (size_t i = 0; i < ARRAY_LEN(s); i += 2)
			loop_stream_free(s[i]);
		expect("|||");
		for (size_t i = 1; i < ARRAY_LEN(s); i += 2)
			loop_stream_free(s[i]);
	}
	fd_close(&listener);
	end();
}

/* A name that is being looked up when all is given up: no leak, no call. */
static void stream_lookup_given_up(void)
{
	start();
	dial("name.invalid", 1, 1000);
	loop_stream_free(stream);
	CHECK_STR(trace.p, "");
	end();
	start();
	dial("name.invalid", 1, 1);
	expect("|");
	CHECK_INT(down_why.code, STATUS_UNAVAILABLE);
	loop_stream_free(stream);
	end();
}

static void no_descriptors(void)
{
	struct rlimit old, none;
	struct err e = {0};

	getrlimit(RLIMIT_NOFILE, &old);
	none = old;
	none.rlim_cur = 0;
	setrlimit(RLIMIT_NOFILE, &none);
	CHECK(loop_new(&e) == NULL);
	CHECK_INT(e.code, STATUS_SYSTEM);
	CHECK_HAS(e.msg, "cannot make an event queue");
	setrlimit(RLIMIT_NOFILE, &old);
}

int main(void)
{
	static const struct unit_test tests[] = {
		{UNIT_TEST(timers)},
		{UNIT_TEST(timer_frees_itself)},
		{UNIT_TEST(signals)},
		{UNIT_TEST(watches)},
		{UNIT_TEST(watch_file)},
		{UNIT_TEST(stream_local)},
		{UNIT_TEST(stream_last_words)},
		{UNIT_TEST(stream_large)},
		{UNIT_TEST(stream_refused)},
		{UNIT_TEST(stream_backlog)},
		{UNIT_TEST(stream_tcp)},
		{UNIT_TEST(stream_tcp_refused)},
		{UNIT_TEST(stream_lookups)},
		{UNIT_TEST(stream_lookup_given_up)},
		{UNIT_TEST(no_descriptors)},
	};

	buf_init(&trace);
	return unit_run("loop", tests, ARRAY_LEN(tests));
}
