/* SPDX-License-Identifier: ISC */
/*
 * What the tests of child share: starting a shell script, waiting for its end
 * and for what it writes, never for ever.
 */
#ifndef TESTS_CHILD_H
#define TESTS_CHILD_H

#include <fcntl.h>
#include <poll.h>

#include "base/buf.h"
#include "sys/child.h"
#include "unit.h"

#define LIMIT_MS 20000

static struct err err; /* of the last call that failed */
static const char *const env[] = {"PATH=/usr/local/bin:/usr/bin:/bin",
				  "LC_ALL=C", NULL};

/* Start a shell script; descriptors that are not given are inherited. */
static inline struct child shell(const char *script, struct child_spec spec)
{
	const char *argv[] = {"sh", "-c", script, NULL};
	struct child c = {0};

	spec.path = "/bin/sh";
	spec.argv = argv;
	if (!spec.envp)
		spec.envp = env;
	CHECK_INT(child_spawn(&spec, &c, &err), 0);
	return c;
}

#define PLAIN                                                 \
	(struct child_spec)                                   \
	{                                                     \
		.in = -1, .out = -1, .err = -1, .control = -1 \
	}

static inline bool ended(const struct child *c)
{
	struct pollfd p = {.fd = c->pidfd, .events = POLLIN};

	return poll(&p, 1, LIMIT_MS) == 1;
}

static inline struct child_end finish(struct child *c)
{
	struct child_end end = {0};

	CHECK(ended(c));
	CHECK_INT(child_reap(c, &end), 1);
	CHECK_INT(c->pid, 0);
	child_close(c);
	CHECK_INT(c->pidfd, -1);
	return end;
}

/* Read until the other side has `n` bytes written, or closed; in LIMIT_MS. */
static inline void take(int fd, size_t n, struct buf *b)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int ready;
	ssize_t k;

	while (b->len < n) {
		ready = poll(&p, 1, LIMIT_MS);
		CHECK_INT(ready, 1);
		if (ready != 1)
			return;
		k = read(fd, buf_reserve(b, n - b->len), n - b->len);
		if (k <= 0)
			return;
		b->len += (size_t)k;
		b->p[b->len] = '\0';
	}
}

static inline void make_pipe(int fds[2])
{
	CHECK_INT(pipe2(fds, O_CLOEXEC), 0);
}

#endif
