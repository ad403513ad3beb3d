/* SPDX-License-Identifier: ISC */
/*
 * From options and environment to a connection: -u, --url-file, JQ_URL,
 * JQ_URL_FILE, REDIS_URL, configuration, else the private server, which is
 * started when it does not run.
 */
#ifndef CLI_CONNECT_H
#define CLI_CONNECT_H

#include "cli/opt.h"
#include "sys/loop.h"
#include "sys/redis.h"
#include "sys/server.h"
#include "sys/url.h"

struct connect {
	struct loop *loop;    /* owned */
	struct url url;	      /* owned */
	struct redis *redis;  /* owned; first connection */
	bool private_server;  /* no URL was given */
	struct server server; /* set when private_server */
};

/*
 * Decide on the server, start the private one if needed, make the loop and the
 * connection object. `options` may be NULL for those of the one-shot tools
 * (patience = the connect timeout, fail_first); its url and client_name are
 * filled in here. A URL is used or refused: only without one, from whatever
 * source, does the private server serve.
 */
int connect_open(struct connect *c, const struct opt_common *common,
		 const char *client_name, const struct redis_options *options,
		 struct err *e) must_check;

/* One more connection to the same server, freed by the caller. */
struct redis *connect_another(struct connect *c, const char *client_name,
			      const struct redis_options *options);

/*
 * The options were read again: take over the URL they name now. 1 when it is
 * another one (then call redis_moved() for each connection), 0 when it is not,
 * or for the private server; -1 with the errors of connect_open(), and nothing
 * has changed.
 */
int connect_again(struct connect *c, const struct opt_common *common,
		  struct err *e) must_check;

void connect_close(struct connect *c);

/* Most entries of connect_pass_on(), with the NULL at the end. */
#define CONNECT_PASS_ON 4

/*
 * The variables by which a program of ours finds the server that `common`
 * names, wherever it was named and whatever directory the program goes to:
 * "NAME=value", owned by the caller, the rest of `to` NULL. The private
 * server needs none.
 */
void connect_pass_on(const struct opt_common *common,
		     char *to[CONNECT_PASS_ON]);

/* The private server's paths from the environment, for jq-ctl server. */
int connect_private_server(struct server *s, struct err *e) must_check;

#endif
