/* SPDX-License-Identifier: ISC */
/*
 * Server addresses: redis://[user[:password]@]host[:port][/db], rediss://
 * (TLS), unix:///path[?db=N], valkey:// and valkeys:// for the same. Pure.
 */
#ifndef SYS_URL_H
#define SYS_URL_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

struct url {
	char *path;	/* Unix socket, or NULL; owned, like all strings here */
	char *host;	/* name or address, brackets removed; or NULL */
	int port;	/* 6379 when the URL has none */
	bool tls;	/* rediss:// */
	char *user;	/* NULL = none given */
	char *password; /* NULL = none given; wiped on release */
	int db;		/* 0 when the URL has none */
};

/*
 * Parse `text`. Percent-decoding once, in user, password and path; db from 0
 * to 999999; at most 8 KiB, of these 1 KiB of user, no control bytes; a path
 * has to fit into sun_path.
 * -1 with STATUS_USAGE and a message that never shows a password.
 */
int url_parse(const char *text, struct url *out, struct err *e) must_check;

/* Append a form that is safe to print: the password becomes "***". It can be
 * parsed. */
void url_show(const struct url *u, struct buf *out);

/* Whether they name the same server, with the same words to it. */
bool url_same(const struct url *a, const struct url *b);

void url_release(struct url *u); /* zeroed is fine */

#endif
