/* SPDX-License-Identifier: ISC */
/*
 * Takes server addresses apart. No message here repeats a part of the text:
 * whoever forgets the "@HOST" has a password where the port should be.
 */
#include "sys/url.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "base/num.h"
#include "base/strv.h"
#include "base/text.h"
#include "sys/seal.h"

#define TEXT_MAX 8192
#define USER_MAX 1024 /* in %XX as well within TEXT_MAX */
#define HOST_MAX 253
#define DB_MAX	 999999
#define PORT	 6379

static const struct scheme {
	const char *name;
	bool tls, local;
} schemes[] = {
	{"redis", false, false},  {"rediss", true, false},
	{"valkey", false, false}, {"valkeys", true, false},
	{"unix", false, true},
};

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

static bool alnum(char c)
{
	return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z');
}

/* Index of the first of `set` in `v`, or its length. */
static size_t find(struct strv v, const char *set)
{
	size_t i = 0;

	while (i < v.n && !(v.p[i] && strchr(set, v.p[i])))
		i++;
	return i;
}

static struct strv skip(struct strv v, size_t n)
{
	return strv_make(v.p + n, v.n - n);
}

static const struct scheme *scheme_of(struct strv v)
{
	for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
		const char *s = schemes[i].name;
		size_t k = 0;

		while (k < v.n && s[k] && lower(v.p[k]) == s[k])
			k++;
		if (k == v.n && !s[k])
			return &schemes[i];
	}
	return NULL;
}

/* Decode into a string of our own; NULL on a bad sequence or a NUL. */
static char *decode(struct strv v)
{
	struct buf b = BUF_INIT;

	if (text_percent_decode(&b, v) < 0 ||
	    (b.len && memchr(b.p, '\0', b.len))) {
		seal_wipe(b.p, b.len);
		buf_release(&b);
		return NULL;
	}
	return buf_detach(&b);
}

static int parse_user(struct strv v, struct url *out, struct err *e)
{
	struct strv password = v, user = strv_cut(&password, ':');
	bool given = user.n < v.n;

	if (user.n)
		out->user = decode(user);
	/* ":@" comes from a variable that is not set; with a user name an
	 * empty password is one. */
	if (given && (user.n || password.n))
		out->password = decode(password);
	if ((user.n && !out->user) ||
	    (given && (user.n || password.n) && !out->password))
		return err_set(e, STATUS_USAGE,
			       "bad %%-sequence in the user or password of the "
			       "URL (write a plain %% as %%25)");
	if (out->user && strlen(out->user) > USER_MAX)
		return err_set(e, STATUS_USAGE,
			       "the user in the URL is longer than %d bytes",
			       USER_MAX);
	return 0;
}

static bool host_ok(struct strv v)
{
	for (size_t i = 0; i < v.n; i++) {
		if (!alnum(v.p[i]) && !strchr("._-", v.p[i]))
			return false;
	}
	return v.n > 0 && v.n <= HOST_MAX && v.p[0] != '-';
}

/* An IPv6 address, perhaps with a zone ("fe80::1%eth0"). */
static bool address_ok(struct strv v)
{
	struct strv zone = v, plain = strv_cut(&zone, '%');
	char text[INET6_ADDRSTRLEN];
	unsigned char binary[16];

	if (plain.n >= sizeof(text) || (plain.n < v.n && !host_ok(zone)))
		return false;
	memcpy(text, plain.p, plain.n);
	text[plain.n] = '\0';
	return inet_pton(AF_INET6, text, binary) == 1;
}

static int parse_host(struct strv v, struct url *out, struct err *e)
{
	size_t n = find(v, ":");
	struct strv host = strv_make(v.p, n);
	int64_t port = PORT;
	bool ok;

	if (v.n && v.p[0] == '[') {
		n = find(v, "]");
		if (n == v.n)
			return err_set(e, STATUS_USAGE,
				       "the address in the URL has no ']' "
				       "(write redis://[::1]:6379)");
		host = strv_make(v.p + 1, n - 1);
		n++;
		ok = address_ok(host);
	} else {
		ok = host_ok(host);
	}
	if (!ok)
		return err_set(e, STATUS_USAGE,
			       "the URL has %s host (write "
			       "redis://HOST:PORT, or [ADDRESS] for IPv6)",
			       host.n ? "a malformed" : "no");
	v = skip(v, n);
	if (v.n &&
	    (v.p[0] != ':' || num_int(skip(v, 1), 1, 65535, &port, NULL) < 0))
		return err_set(e, STATUS_USAGE,
			       "the port in the URL is not a number from 1 to "
			       "65535 (write redis://HOST:PORT)");
	out->host = strv_dup(host);
	out->port = (int)port;
	return 0;
}

static int parse_db(struct strv v, struct url *out, struct err *e)
{
	int64_t db;

	if (num_int(v, 0, DB_MAX, &db, NULL) < 0)
		return err_set(e, STATUS_USAGE,
			       "the database in the URL is not a number from "
			       "0 to %d",
			       DB_MAX);
	out->db = (int)db;
	return 0;
}

/* "?db=N", or nothing. */
static int parse_query(struct strv v, struct url *out, struct err *e)
{
	if (v.n <= 1)
		return 0;
	v = skip(v, 1);
	if (!strv_starts(v, "db="))
		return err_set(e, STATUS_USAGE,
			       "unknown parameter in the URL (there is only "
			       "?db=N)");
	return parse_db(skip(v, 3), out, e);
}

static int parse_socket(struct strv v, struct url *out, struct err *e)
{
	static const struct sockaddr_un un;
	size_t end = find(v, "?");

	if (end < 2 || v.p[0] != '/')
		return err_set(e, STATUS_USAGE,
			       "a socket's URL needs an absolute path (write "
			       "unix:///PATH)");
	out->path = decode(strv_make(v.p, end));
	if (!out->path)
		return err_set(e, STATUS_USAGE,
			       "bad %%-sequence in the path of the URL (write "
			       "a plain %% as %%25)");
	if (strlen(out->path) >= sizeof(un.sun_path))
		return err_set(e, STATUS_USAGE,
			       "the socket's path is %zu bytes long, the "
			       "system allows %zu (use a shorter one)",
			       strlen(out->path), sizeof(un.sun_path) - 1);
	return parse_query(skip(v, end), out, e);
}

static int parse_network(struct strv v, struct url *out, struct err *e)
{
	size_t end = find(v, "/?#");
	struct strv host = strv_make(v.p, end), rest = skip(v, end);

	if (parse_host(host, out, e) < 0)
		return -1;
	if (memchr(rest.p, '#', rest.n))
		return err_set(e, STATUS_USAGE,
			       "the URL has a '#' in it (write redis://"
			       "HOST:PORT/DB)");
	end = find(rest, "?");
	if (end > 1 && parse_db(strv_make(rest.p + 1, end - 1), out, e) < 0)
		return -1;
	return parse_query(skip(rest, end), out, e);
}

/* What follows "://": user and password up to the last '@', if there is one
 * before the path. */
static int parse_rest(const struct scheme *s, struct strv v, struct url *out,
		      struct err *e)
{
	size_t end = find(v, "/?#"), at = end;

	while (at > 0 && v.p[at - 1] != '@')
		at--;
	if (at > 0 && parse_user(strv_make(v.p, at - 1), out, e) < 0)
		return -1;
	if (!s->local && memchr(v.p + end, '@', v.n - end))
		return err_set(e, STATUS_USAGE,
			       "the URL has a '/', '?' or '#' before its '@' "
			       "(in a password write %%2F, %%3F, %%23)");
	out->tls = s->tls;
	v = skip(v, at);
	return s->local ? parse_socket(v, out, e) : parse_network(v, out, e);
}

int url_parse(const char *text, struct url *out, struct err *e)
{
	const char *sep = strstr(text, "://");
	size_t n = strlen(text);
	const struct scheme *s;

	*out = (struct url){.port = PORT};
	if (n > TEXT_MAX)
		return err_set(e, STATUS_USAGE,
			       "the URL is longer than %d bytes", TEXT_MAX);
	for (size_t i = 0; i < n; i++) {
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return err_set(e, STATUS_USAGE,
				       "the URL has a control character in it "
				       "(a line break at its end?)");
	}
	s = sep ? scheme_of(strv_make(text, (size_t)(sep - text))) : NULL;
	if (!s)
		return err_set(e, STATUS_USAGE,
			       "%s (write redis://HOST:PORT, rediss:// for "
			       "TLS, or unix:///PATH)",
			       sep ? "the URL has an unknown scheme"
				   : "the URL has no scheme");
	if (parse_rest(s, strv_of(sep + 3), out, e) < 0) {
		url_release(out);
		return -1;
	}
	return 0;
}

/* What separates the parts of an address belongs to none of them here. */
static void show_user(const char *user, struct buf *out)
{
	for (; *user; user++) {
		if (strchr(":/@", *user))
			buf_addf(out, "%%%02X", (unsigned char)*user);
		else
			text_percent_encode(out, strv_make(user, 1));
	}
}

void url_show(const struct url *u, struct buf *out)
{
	buf_addstr(out, u->path	 ? "unix://"
			: u->tls ? "rediss://"
				 : "redis://");
	if (u->user)
		show_user(u->user, out);
	if (u->password)
		buf_addstr(out, ":***");
	if (u->user || u->password)
		buf_addch(out, '@');
	if (u->path) {
		text_percent_encode(out, strv_of(u->path));
		if (u->db)
			buf_addf(out, "?db=%d", u->db);
		return;
	}
	buf_addf(out, strchr(u->host, ':') ? "[%s]:%d" : "%s:%d", u->host,
		 u->port);
	if (u->db)
		buf_addf(out, "/%d", u->db);
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

bool url_same(const struct url *a, const struct url *b)
{
	return a->port == b->port && a->tls == b->tls && a->db == b->db &&
	       same_text(a->path, b->path) && same_text(a->host, b->host) &&
	       same_text(a->user, b->user) &&
	       same_text(a->password, b->password);
}

void url_release(struct url *u)
{
	if (u->password)
		seal_wipe(u->password, strlen(u->password));
	free(u->path);
	free(u->host);
	free(u->user);
	free(u->password);
	*u = (struct url){0};
}
