/* SPDX-License-Identifier: ISC */
/*
 * Whether a server is one to keep jobs on: asked along with other requests,
 * told in warnings.
 */
#ifndef CLI_SUIT_H
#define CLI_SUIT_H

#include <stdbool.h>

#include "base/err.h"
#include "cli/opt.h"
#include "sys/redis.h"
#include "sys/url.h"

/* One question; has to live until it is answered, or the connection freed. */
struct suit {
	const struct url *url; /* borrowed; names the server in messages */
	bool strict; /* one that may evict jobs is an error, not a warning */
	/* A warning, one line. */
	void (*warn)(void *arg, const char *text);
	/* Called last: `why` NULL = go on, be it because the server will not
	 * tell us; STATUS_CONFIG = it may evict jobs; STATUS_UNAVAILABLE = it
	 * is a read-only replica; or why it was not to be asked. A server that
	 * is too old finds out about our scripts. May be NULL. */
	void (*done)(void *arg, const struct err *why);
	void *arg;
};

/* Send the question. */
void suit_ask(struct suit *s, struct redis *r);

/* For suit.warn: as opt_warn(), with the command as `arg`. */
void suit_opt_warn(void *arg, const char *text);

#endif
