/* SPDX-License-Identifier: ISC */
/*
 * How sure a job has to be before it counts as pushed: in the server's memory,
 * on its disk, or with some of its replicas; and how the server is asked.
 */
#ifndef CLI_DURABLE_H
#define CLI_DURABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strv.h"
#include "sys/redis.h"

enum durable_kind {
	DURABLE_MEMORY,	  /* as soon as the server has answered */
	DURABLE_FSYNC,	  /* once it is on the server's disk */
	DURABLE_REPLICAS, /* once some replicas have it, too */
};

/* Zeroed: memory. */
struct durable {
	enum durable_kind kind;
	int64_t replicas; /* of DURABLE_REPLICAS, at least 1 */
	/* The server has no WAITAOF: what it answers is on its disk, or not,
	 * depending on its configuration. Set by durable_prepare(). */
	bool by_config;
};

/* For OPT_CALL: "memory", "fsync" or "replicas:N"; `at` is a struct durable. */
int durable_parse(struct strv v, void *at, struct err *e) must_check;

/*
 * Before anything is pushed: learn whether the server can do it, in a round
 * trip or two. -1: STATUS_CONFIG when it is not set up for it, STATUS_RIGHTS
 * when we may not ask, else as ping_ask().
 */
int durable_prepare(struct durable *d, struct redis *r,
		    struct err *e) must_check;

/*
 * Ask about all that was answered on this connection, which holds it up for
 * `ms` at most. `fn` gets the answer for durable_judge(); it says nothing when
 * it came on another connection (redis_connection()).
 */
void durable_ask(const struct durable *d, struct redis *r, int64_t ms,
		 redis_fn *fn, void *arg);

/* 0 = it is as sure as was asked. -1: STATUS_LATER, not yet; STATUS_CONFIG,
 * the server is not set up for it any more. */
int durable_judge(const struct durable *d, const struct redis_reply *reply,
		  struct err *e) must_check;

#endif
