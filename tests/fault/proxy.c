/* SPDX-License-Identifier: ISC */
/*
 * A proxy between Redis clients and a server that breaks connections where it
 * is told to. It knows where requests begin and end, so that a cut can come
 * just before one, between one and its answer, or inside the answer.
 *
 *   proxy UPSTREAM-SOCKET   listens on a port of 127.0.0.1, printed first
 *
 * Lines on stdin, which answers "ok" (and "hit" when an armed one came true):
 *   before N, after N, inside N, hold N, twice N, garble N
 *                     at the N-th request from now: cut before it is forwarded,
 *                     after it but before the answer, inside the answer; keep
 *                     it back, whole, and cut; send it once more on another
 *                     connection; answer other bytes (0: none of that any more)
 *   release           send what was kept back, on its own old connection
 *   reset, half-client, half-server       all connections, now
 *   silent 0|1        nothing is passed on, in any direction
 *   refuse 0|1        new connections are closed at once
 *   delay MS, trickle 0|1                 every piece waits; small pieces
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define CONNS 512
#define CHUNK 65536

enum cut {
	CUT_NONE,
	CUT_BEFORE,
	CUT_AFTER,
	CUT_INSIDE,
	CUT_HOLD,
	CUT_TWICE,
	CUT_GARBLE
};

/* One direction: bytes read and not yet written. */
struct pipe {
	char *buf; /* owned */
	size_t len;
};

struct conn {
	int client, server; /* -1 = closed */
	struct pipe up, down;
	struct pipe copy; /* of the request that goes out twice */
	/* Where we are in the requests of the client. */
	size_t skip;   /* bytes of a bulk string and its end */
	long words;    /* of the request still to come; 0 = between two */
	char line[32]; /* a length, as far as it has come */
	size_t line_len;
	enum cut at; /* what happens with the next answer */
	bool held;   /* `up` begins with what is kept back */
};

static struct conn conns[CONNS];
static const char *upstream;
static enum cut armed;
static long countdown; /* requests until it comes true */
static bool silent, refuse, trickle, released;
static int delay_ms;

static void say(const char *word)
{
	printf("%s\n", word);
	fflush(stdout);
}

static void shut(int *fd)
{
	if (*fd != -1)
		close(*fd);
	*fd = -1;
}

static void end(struct conn *c)
{
	shut(&c->client);
	shut(&c->server);
	free(c->up.buf);
	free(c->down.buf);
	free(c->copy.buf);
	memset(c, 0, sizeof(*c));
	c->client = c->server = -1;
}

static void add(struct pipe *p, const char *bytes, size_t n)
{
	if (!n)
		return;
	p->buf = realloc(p->buf, p->len + n);
	if (!p->buf)
		abort();
	memcpy(p->buf + p->len, bytes, n);
	p->len += n;
}

/* Write what can be written. False when the other side is gone. */
static bool flush(struct pipe *p, int fd)
{
	size_t most = trickle && p->len > 100 ? 100 : p->len;
	ssize_t n;

	if (!p->len || fd == -1)
		return true;
	n = send(fd, p->buf, most, MSG_NOSIGNAL);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	memmove(p->buf, p->buf + n, p->len - (size_t)n);
	p->len -= (size_t)n;
	return true;
}

/* A line "*N" or "$N" is complete. */
static void take_length(struct conn *c)
{
	long n = strtol(c->line + 1, NULL, 10);

	if (c->line[0] == '*')
		c->words = n;
	else
		c->skip = (size_t)n + 2;
	c->line_len = 0;
}

/* Pass over one byte of the requests; true when it is the last of one. */
static bool step(struct conn *c, char byte)
{
	if (c->skip) {
		if (--c->skip == 0)
			return --c->words == 0;
		return false;
	}
	if (byte == '\n') {
		c->line[c->line_len] = '\0';
		take_length(c);
	} else if (c->line_len < sizeof(c->line) - 1) {
		c->line[c->line_len++] = byte;
	}
	return false;
}

static int dial(void)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(to.sun_path, sizeof(to.sun_path), "%s", upstream);
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0) {
		fcntl(fd, F_SETFL, O_NONBLOCK);
		return fd;
	}
	close(fd);
	return -1;
}

/* A place for one more connection; NULL = none is free. */
static struct conn *vacant(void)
{
	for (int i = 0; i < CONNS; i++)
		if (conns[i].client == -1 && conns[i].server == -1)
			return &conns[i];
	return NULL;
}

/* The copy goes out on a connection of its own, where nobody listens. */
static void send_copy(struct conn *c)
{
	struct conn *other = vacant();

	c->at = CUT_NONE;
	if (other && (other->server = dial()) != -1) {
		other->up = c->copy;
		other->at = CUT_AFTER;
	} else {
		free(c->copy.buf);
	}
	c->copy = (struct pipe){NULL, 0};
}

static void come_true(struct conn *c)
{
	c->at = armed;
	armed = CUT_NONE;
	say("hit");
}

/* How many of the client's bytes go on; the rest is cut or kept back. */
static size_t look(struct conn *c, const char *p, size_t n)
{
	size_t from = 0; /* of the request we are in */

	for (size_t i = 0; i < n; i++) {
		if (!c->skip && !c->words && !c->line_len) {
			from = i;
			if (countdown && --countdown == 0)
				come_true(c);
			if (c->at == CUT_BEFORE || c->at == CUT_HOLD)
				return i;
		}
		if (!step(c, p[i]))
			continue;
		if (c->at == CUT_AFTER || c->at == CUT_INSIDE)
			return i + 1;
		if (c->at == CUT_TWICE) {
			add(&c->copy, p + from, i + 1 - from);
			send_copy(c);
		}
	}
	if (c->at == CUT_TWICE)
		add(&c->copy, p + from, n - from);
	return n;
}

static void from_client(struct conn *c)
{
	static char chunk[CHUNK];
	ssize_t n = recv(c->client, chunk, sizeof(chunk), 0);
	size_t pass;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		end(c);
		return;
	}
	pass = look(c, chunk, (size_t)n);
	add(&c->up, chunk, pass);
	if (!c->held)
		flush(&c->up, c->server);
	if (c->at == CUT_BEFORE) {
		end(c);
	} else if (c->at == CUT_HOLD) {
		c->up.len = 0;
		add(&c->up, chunk + pass, (size_t)n - pass);
		c->held = true;
		shut(&c->client);
	}
}

static void from_server(struct conn *c)
{
	static char chunk[CHUNK];
	ssize_t n = recv(c->server, chunk, sizeof(chunk), 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	/* the request was carried out: now its answer is lost */
	if (n <= 0 || c->at == CUT_AFTER) {
		end(c);
		return;
	}
	if (c->at == CUT_GARBLE) {
		c->at = CUT_NONE;
		memset(chunk, '?', (size_t)n);
	}
	add(&c->down, chunk, c->at == CUT_INSIDE ? (size_t)n / 2 : (size_t)n);
	if (c->at == CUT_INSIDE) {
		flush(&c->down, c->client);
		end(c);
	}
}

static void take_in(int listener)
{
	int client =
		accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct conn *c = refuse ? NULL : vacant();

	if (c && (c->server = dial()) != -1)
		c->client = client;
	else
		shut(&client);
}

static void to_all(const char *what)
{
	struct linger at_once = {1, 0};

	for (int i = 0; i < CONNS; i++) {
		struct conn *c = &conns[i];

		if (c->client == -1)
			continue;
		if (strcmp(what, "half-client") == 0) {
			shutdown(c->client, SHUT_WR);
		} else if (strcmp(what, "half-server") == 0) {
			shutdown(c->server, SHUT_WR);
		} else {
			setsockopt(c->client, SOL_SOCKET, SO_LINGER, &at_once,
				   sizeof(at_once));
			end(c);
		}
	}
}

/* One of those that wait for a request. */
static bool arm(const char *word, long n)
{
	static const struct {
		const char *word;
		enum cut cut;
	} cuts[] = {{"before", CUT_BEFORE}, {"after", CUT_AFTER},
		    {"inside", CUT_INSIDE}, {"hold", CUT_HOLD},
		    {"twice", CUT_TWICE},   {"garble", CUT_GARBLE}};

	for (size_t i = 0; i < sizeof(cuts) / sizeof(*cuts); i++) {
		if (strcmp(word, cuts[i].word) != 0)
			continue;
		armed = cuts[i].cut;
		countdown = n;
		return true;
	}
	return false;
}

static void obey(char *line)
{
	char *word = strtok_r(line, " ", &line);
	long n = word ? strtol(line, NULL, 10) : 0;

	if (!word)
		return;
	if (strcmp(word, "silent") == 0)
		silent = n;
	else if (strcmp(word, "refuse") == 0)
		refuse = n;
	else if (strcmp(word, "trickle") == 0)
		trickle = n;
	else if (strcmp(word, "delay") == 0)
		delay_ms = (int)n;
	else if (strcmp(word, "release") == 0)
		released = true;
	else if (!arm(word, n))
		to_all(word);
	say("ok");
}

/* What was kept back goes out, though its client has long asked again. */
static void release(void)
{
	released = false;
	for (int i = 0; i < CONNS; i++) {
		if (!conns[i].held)
			continue;
		conns[i].held = false;
		conns[i].at = CUT_AFTER;
	}
}

static void serve(struct conn *c, const struct pollfd *at)
{
	if (c->client != -1 && at[0].revents)
		from_client(c);
	if (c->server != -1 && at[1].revents & (POLLIN | POLLHUP | POLLERR))
		from_server(c);
	if ((!c->held && !flush(&c->up, c->server)) ||
	    !flush(&c->down, c->client))
		end(c);
}

static void turn(int listener)
{
	static struct pollfd at[2 + 2 * CONNS];
	static char line[256];
	ssize_t n;

	at[0] = (struct pollfd){STDIN_FILENO, POLLIN, 0};
	at[1] = (struct pollfd){listener, POLLIN, 0};
	for (int i = 0; i < CONNS; i++) {
		struct conn *c = &conns[i];
		short up = c->up.len && !c->held ? POLLOUT : 0;
		short down = c->down.len ? POLLOUT : 0;

		at[2 + 2 * i] = (struct pollfd){silent ? -1 : c->client,
						(short)(POLLIN | down), 0};
		at[3 + 2 * i] = (struct pollfd){silent ? -1 : c->server,
						(short)(POLLIN | up), 0};
	}
	poll(at, 2 + 2 * CONNS, -1);
	if (at[0].revents) {
		n = read(STDIN_FILENO, line, sizeof(line) - 1);
		if (n <= 0)
			exit(0);
		line[n] = '\0';
		for (char *rest = line, *one; (one = strsep(&rest, "\n"));)
			obey(one);
	}
	if (at[1].revents)
		take_in(listener);
	if (delay_ms)
		poll(NULL, 0, delay_ms);
	if (released)
		release();
	for (int i = 0; i < CONNS; i++)
		if (at[2 + 2 * i].revents || at[3 + 2 * i].revents ||
		    conns[i].at == CUT_AFTER)
			serve(&conns[i], &at[2 + 2 * i]);
}

int main(int argc, char **argv)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(at);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (argc != 2)
		return 64;
	upstream = argv[1];
	for (int i = 0; i < CONNS; i++)
		conns[i].client = conns[i].server = -1;
	if (bind(listener, (struct sockaddr *)&at, len) != 0 ||
	    listen(listener, 128) != 0 ||
	    getsockname(listener, (struct sockaddr *)&at, &len) != 0)
		return 71;
	printf("%d\n", ntohs(at.sin_port));
	fflush(stdout);
	for (;;)
		turn(listener);
}
