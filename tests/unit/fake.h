/* SPDX-License-Identifier: ISC */
/*
 * A Redis server for unit tests, in the same loop as its client. Each test says
 * what it answers to which words; a trace tells what came to it ("1:PING" = on
 * the first connection), another what came back to the client.
 */
#ifndef TESTS_FAKE_H
#define TESTS_FAKE_H

#include <errno.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/fd.h"
#include "sys/redis.h"
#include "unit.h"

#define HANG_UP ((const char *)-1) /* an answer: close the connection */

static struct loop *loop;
static struct url url;
static char dir[32], path[64];

/* The server's side. */
static int listener = -1, peer = -1;
static struct loop_watch *listening, *reading;
static int connections;			   /* accepted so far */
static const char *greeting;		   /* what it says first, or NULL */
static struct buf input = BUF_INIT;	   /* bytes not yet understood */
static struct buf server_trace = BUF_INIT; /* what came, a line each */
/* What to answer to `words` on connection `conn`; NULL = nothing. */
static const char *(*answer)(int conn, const char *words);

/* The client's side. */
static struct buf trace = BUF_INIT; /* what came back, a line each */

static inline void note(struct buf *b, const char *text)
{
	if (b->len)
		buf_addch(b, ' ');
	buf_addstr(b, text);
}

static inline void drop_peer(void)
{
	loop_watch_free(reading);
	reading = NULL;
	fd_close(&peer);
	buf_clear(&input);
}

/* Cut one command off `input` into words joined by ','; long words are shown
 * by their length. */
static inline bool command(struct buf *words)
{
	const char *p = input.p;
	long n, len;
	char *end;

	buf_clear(words);
	if (*p != '*')
		return false;
	n = strtol(p + 1, &end, 10);
	p = end + 2;
	for (; n > 0; n--) {
		if (p >= input.p + input.len || *p != '$')
			return false;
		len = strtol(p + 1, &end, 10);
		p = end + 2;
		if (p + len + 2 > input.p + input.len)
			return false;
		if (words->len)
			buf_addch(words, ',');
		if (len < 100)
			buf_add(words, p, (size_t)len);
		else
			buf_addf(words, "<%ld>", len);
		p += len + 2;
	}
	buf_drop(&input, (size_t)(p - input.p));
	return true;
}

static inline void serve(void *arg)
{
	struct buf words = BUF_INIT;
	char *to = buf_reserve(&input, 65536);
	ssize_t n = read(peer, to, 65536);

	(void)arg;
	if (n <= 0) {
		drop_peer();
		return;
	}
	input.len += (size_t)n;
	input.p[input.len] = '\0';
	while (peer != -1 && command(&words)) {
		const char *a = answer(connections, words.p);

		if (server_trace.len)
			buf_addch(&server_trace, ' ');
		buf_addf(&server_trace, "%d:%s", connections, words.p);
		if (a == HANG_UP)
			drop_peer();
		else if (a)
			CHECK_INT(fd_write_all(peer, a, strlen(a)), 0);
	}
	buf_release(&words);
}

static inline void take(void *arg)
{
	(void)arg;
	if (peer != -1)
		drop_peer();
	peer = accept(listener, NULL, NULL);
	connections++;
	if (greeting) {
		CHECK_INT(fd_write_all(peer, greeting, strlen(greeting)), 0);
		greeting = NULL;
		fd_close(&peer);
		return;
	}
	reading = loop_watch_new(loop, peer, serve, NULL);
}

static inline void open_server(void)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};

	memcpy(un.sun_path, path, sizeof(path));
	unlink(path);
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	if (bind(listener, (struct sockaddr *)&un, sizeof(un)) < 0 ||
	    listen(listener, 8) < 0)
		exit(1);
	listening = loop_watch_new(loop, listener, take, NULL);
}

static inline void close_server(void)
{
	if (peer != -1)
		drop_peer();
	loop_watch_free(listening);
	listening = NULL;
	fd_close(&listener);
}

static inline void start(const char *(*fn)(int, const char *), const char *user,
			 const char *query)
{
	struct err e;
	struct buf b = BUF_INIT;

	answer = fn;
	connections = 0;
	greeting = NULL;
	snprintf(dir, sizeof(dir), "/tmp/jobq-unit-XXXXXX");
	loop = loop_new(&e);
	if (!loop || !mkdtemp(dir))
		exit(1);
	snprintf(path, sizeof(path), "%s/s", dir);
	buf_addf(&b, "unix://%s%s%s", user, path, query);
	if (url_parse(b.p, &url, &e) < 0)
		exit(1);
	buf_release(&b);
	open_server();
}

static inline void end(void)
{
	close_server();
	unlink(path);
	rmdir(dir);
	url_release(&url);
	loop_free(loop);
	buf_release(&input);
	buf_release(&server_trace);
	buf_release(&trace);
}

static inline void changed(void *arg, const struct err *why)
{
	(void)arg;
	note(&trace, why ? "lost" : "back");
}

/* Those of a one-shot tool, but impatient. */
static const struct redis_options one_shot = {.url = &url,
					      .client_name = "t",
					      .connect_timeout = 2000,
					      .request_timeout = 2000,
					      .patience = 2000,
					      .fail_first = true};

static inline struct redis *client(void)
{
	struct redis_options o = one_shot;

	o.changed = changed;
	return redis_new(loop, &o);
}

static inline void on_answer(void *arg, const struct redis_reply *reply,
			     const struct err *why)
{
	char text[600];

	if (why)
		snprintf(text, sizeof(text), "%c=!%d", (char)(intptr_t)arg,
			 why->code);
	else
		snprintf(text, sizeof(text), "%c=%.*s", (char)(intptr_t)arg,
			 (int)redis_str(reply).n, redis_str(reply).p);
	note(&trace, text);
	CHECK(!why || !strstr(why->msg, "hunter2"));
}

/* Requests of one letter each, which also names the answer in the trace. */
#define LETTER(c) ((void *)(intptr_t)(c))
static inline void ask_all(struct redis *r, const char *letters)
{
	struct redis_cmd c;

	redis_cmd_init(&c);
	for (size_t i = 0; letters[i]; i++) {
		redis_cmd_clear(&c);
		redis_cmd_add(&c, letters + i, 1);
		redis_send(r, &c, 0, on_answer, LETTER(letters[i]));
	}
	redis_cmd_release(&c);
}

/* One call that fails; its error. */
static inline struct err call_fails(struct redis *r, enum status code)
{
	struct err e = {0};
	struct redis_cmd c;

	redis_cmd_init(&c);
	redis_cmd_str(&c, "PING");
	CHECK_INT(redis_call(r, &c, NULL, &e), -1);
	CHECK_INT(e.code, code);
	CHECK(strlen(e.msg) < 400 && !strchr(e.msg, '\n'));
	CHECK(!strstr(e.msg, "hunter2"));
	redis_cmd_release(&c);
	return e;
}

static inline bool is(const char *words, const char *start)
{
	return strncmp(words, start, strlen(start)) == 0;
}

static inline const char *echo(int conn, const char *words)
{
	static char text[256];

	(void)conn;
	snprintf(text, sizeof(text), "$%zu\r\n%s\r\n", strlen(words), words);
	return text;
}

#endif
