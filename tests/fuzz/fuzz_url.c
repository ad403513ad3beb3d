/* SPDX-License-Identifier: ISC */
/*
 * Server addresses (sys/url.h). What was read is complete and in its bounds,
 * and as shown reads back as the same; a password is never shown, nor told of
 * by a refusal.
 */
#include "sys/url.h"

#include <sys/un.h>

#include "fuzz.h"

#define SECRET "5Ecr3tPassw0rd"

static bool same(const char *a, const char *b)
{
	return (!a && !b) || (a && b && strcmp(a, b) == 0);
}

static void whole(const struct url *u)
{
	struct sockaddr_un un;

	HOLDS(!u->path != !u->host, "a socket or a host");
	HOLDS(u->db >= 0 && u->db <= 999999, "a database in its range");
	if (u->path) {
		HOLDS(u->path[0] == '/', "an absolute path");
		HOLDS(strlen(u->path) < sizeof(un.sun_path),
		      "a path that fits");
	} else {
		HOLDS(u->port >= 1 && u->port <= 65535, "a port in its range");
		HOLDS(u->host[0] != '\0', "a host with a name");
	}
}

static void comes_back(const struct url *u)
{
	struct buf shown = BUF_INIT;
	struct url again;
	struct err e;

	url_show(u, &shown);
	HOLDS(fuzz_is_line(strv_make(shown.p, shown.len)),
	      "an address is shown on one printable line");
	HOLDS(url_parse(shown.p, &again, &e) == 0, "as shown it is an address");
	HOLDS(same(u->path, again.path) && same(u->host, again.host) &&
		      same(u->user, again.user) && u->db == again.db &&
		      u->tls == again.tls && u->port == again.port,
	      "as shown it is the same address");
	HOLDS(same(again.password, u->password ? "***" : NULL),
	      "the password is stars");
	url_release(&again);
	buf_release(&shown);
}

static void parse(const char *text)
{
	static const struct url none;
	struct url u;
	struct err e;

	if (url_parse(text, &u, &e) < 0) {
		fuzz_said(&e, STATUS_USAGE);
		HOLDS(!strstr(e.msg, SECRET), "no message tells a password");
		HOLDS(!u.path && !u.host && !u.user && !u.password &&
			      (u.port == none.port || u.port == 6379),
		      "no address on failure");
		return;
	}
	whole(&u);
	comes_back(&u);
	url_release(&u);
}

/* Whatever follows a password. */
static void secret(const char *text)
{
	struct buf b = BUF_INIT, shown = BUF_INIT;
	struct url u;
	struct err e;

	buf_addf(&b, "redis://u:%s%s", SECRET, text);
	if (url_parse(b.p, &u, &e) == 0) {
		url_show(&u, &shown);
		HOLDS(!strstr(shown.p, SECRET), "a password is not shown");
		url_release(&u);
	} else {
		HOLDS(!strstr(e.msg, SECRET), "no message tells a password");
	}
	buf_release(&b);
	buf_release(&shown);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strv_dup(fuzz_view(data, size));

	parse(text);
	if (!strstr(text, SECRET))
		secret(text);
	free(text);
	return 0;
}
