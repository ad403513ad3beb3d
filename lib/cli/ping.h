/* SPDX-License-Identifier: ISC */
/*
 * Whether a server answers, what it is, and whether it suits a queue.
 */
#ifndef CLI_PING_H
#define CLI_PING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "cli/connect.h"
#include "cli/opt.h"
#include "sys/redis.h"
#include "sys/url.h"

struct ping {
	char kind[16];	  /* "redis", "valkey" */
	char version[32]; /* "" = the server does not tell us */
	int64_t trip_us;  /* from the question to the answer */
	bool may_evict;	  /* keys may vanish when memory is short */
	bool forgets;	  /* nothing is written to disk as it happens */
	bool has_waitaof; /* it can tell what has reached its disk */
};

/*
 * Ask. 0; or -1: STATUS_PROTOCOL for a server that is too old,
 * STATUS_UNAVAILABLE for a read-only replica, else as redis_call().
 */
int ping_ask(struct redis *r, struct ping *out, struct err *e) must_check;

/* Append the answer as a line, or as JSON. */
void ping_show(const struct ping *p, const struct url *url, bool as_json,
	       struct buf *out);

/* Read what INFO says. Pure; -1 as above. */
int ping_read_info(struct strv info, struct ping *out,
		   struct err *e) must_check;

/* Ask, append the answer to `out`, and warn of what is wrong with the server.
 */
int ping_run(const struct opt_command *command, struct connect *server,
	     struct buf *out, struct err *e) must_check;

#endif
