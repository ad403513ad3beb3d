/* SPDX-License-Identifier: ISC */
/* What the limits share: a connection, or the end of the program. */
#ifndef LIMIT_H
#define LIMIT_H

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static inline void limit_die(const char *what)
{
	perror(what);
	exit(1);
}

/* The benchmark's server, by the path of its socket in BENCH_SOCKET. */
static inline redisContext *limit_connect(void)
{
	const char *path = getenv("BENCH_SOCKET");
	redisContext *c = redisConnectUnix(path ? path : "");

	if (!c || c->err) {
		fprintf(stderr, "limit: cannot connect to '%s'\n",
			path ? path : "");
		exit(1);
	}
	return c;
}

/* The next answer, which must not be an error; the caller frees it. */
static inline redisReply *limit_reply(redisContext *c)
{
	void *reply = NULL;

	if (redisGetReply(c, &reply) != REDIS_OK || !reply ||
	    ((redisReply *)reply)->type == REDIS_REPLY_ERROR) {
		fprintf(stderr, "limit: %s\n",
			reply ? ((redisReply *)reply)->str : c->errstr);
		exit(1);
	}
	return reply;
}

/* Nanoseconds of a clock that all processes share. */
static inline long long limit_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

#endif
