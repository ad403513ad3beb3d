/* SPDX-License-Identifier: ISC */
/*
 * A server for tests that answers as it is told, for what no installed Redis
 * does: being another version, being no Redis at all, falling silent.
 *
 *   fake_server SOCKET [WORD ANSWER]...
 *
 * A command that begins with WORD is answered with ANSWER, in which \r, \n and
 * \\ stand for bytes; the others with +OK. A WORD that is there several times
 * gets its answers in turn, the last again and again. The WORD "accept" is what
 * is sent when somebody connects, "close" ends the connection. Prints "ready"
 * once it can be connected to, then each command's first word. Runs until it is
 * killed.
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define CLIENTS 16
#define ROOM	(4U << 20) /* of one command */
#define RULES	64

struct client {
	char *buf; /* owned */
	size_t n;
};

static const char *answer_to(char *const *rules, const char *word)
{
	static bool used[RULES];
	const char *last = NULL;

	for (size_t i = 0; i < RULES && rules[0] && rules[1]; i++, rules += 2) {
		if (strcasecmp(rules[0], word) != 0)
			continue;
		last = rules[1];
		if (!used[i]) {
			used[i] = true;
			break;
		}
	}
	return last;
}

static bool send_answer(int fd, const char *text)
{
	char out[4096];
	size_t n = 0;

	for (; *text && n < sizeof(out); text++) {
		char c = *text;

		if (c == '\\' && text[1]) {
			c = *++text;
			c = (char)(c == 'r' ? '\r' : c == 'n' ? '\n' : c);
		}
		out[n++] = c;
	}
	return write(fd, out, n) == (ssize_t)n;
}

/* The length in a line like "*3\r\n" at `at`; moves `at` behind it. -1 = the
 * line is not complete, or no such line. */
static long number(const struct client *c, size_t *at, char mark)
{
	const char *end =
		*at < c->n ? memchr(c->buf + *at, '\n', c->n - *at) : NULL;
	long value;

	if (!end || c->buf[*at] != mark)
		return -1;
	value = strtol(c->buf + *at + 1, NULL, 10);
	*at = (size_t)(end - c->buf) + 1;
	return value;
}

/* Take one command off the front; its first word goes to `word`. */
static bool take(struct client *c, char *word, size_t size)
{
	size_t at = 0;
	long words = number(c, &at, '*');

	word[0] = '\0';
	for (long i = 0; i < words; i++) {
		long len = number(c, &at, '$');

		if (len < 0 || at + (size_t)len + 2 > c->n)
			return false;
		if (i == 0)
			snprintf(word, size, "%.*s", (int)len, c->buf + at);
		at += (size_t)len + 2;
	}
	if (words < 0)
		return false;
	memmove(c->buf, c->buf + at, c->n - at);
	c->n -= at;
	return true;
}

/* false = the connection is over. */
static bool serve(int fd, struct client *c, char *const *rules)
{
	ssize_t k = read(fd, c->buf + c->n, ROOM - c->n);
	char word[64];

	if (k <= 0)
		return false;
	c->n += (size_t)k;
	while (take(c, word, sizeof(word))) {
		const char *answer = answer_to(rules, word);

		printf("%s\n", word);
		if (answer && strcmp(answer, "close") == 0)
			return false;
		if (!send_answer(fd, answer ? answer : "+OK\\r\\n"))
			return false;
	}
	return true;
}

static int listen_on(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 ||
	    listen(fd, CLIENTS) < 0) {
		fprintf(stderr, "fake_server: %s: %s\n", path, strerror(errno));
		exit(1);
	}
	return fd;
}

static void welcome(struct pollfd *p, struct client *clients, size_t *n,
		    char *const *rules)
{
	const char *banner = answer_to(rules, "accept");
	int fd = accept(p[0].fd, NULL, NULL);

	if (fd < 0)
		return;
	if (*n == CLIENTS || (banner && !send_answer(fd, banner))) {
		close(fd);
		return;
	}
	p[++*n] = (struct pollfd){.fd = fd, .events = POLLIN};
	clients[*n - 1].n = 0;
	if (!clients[*n - 1].buf)
		clients[*n - 1].buf = malloc(ROOM);
}

int main(int argc, char **argv)
{
	struct pollfd p[CLIENTS + 1];
	struct client clients[CLIENTS] = {{NULL, 0}};
	size_t n = 0;

	if (argc < 2)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	p[0] = (struct pollfd){.fd = listen_on(argv[1]), .events = POLLIN};
	puts("ready");
	while (poll(p, (nfds_t)n + 1, -1) > 0) {
		for (size_t i = n; i > 0; i--) {
			struct client gone = clients[i - 1];

			if (!p[i].revents ||
			    serve(p[i].fd, &clients[i - 1], argv + 2))
				continue;
			close(p[i].fd);
			p[i] = p[n];
			clients[i - 1] = clients[n - 1];
			clients[--n] = gone;
		}
		if (p[0].revents)
			welcome(p, clients, &n, argv + 2);
	}
	return 0;
}
