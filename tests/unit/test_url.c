/* SPDX-License-Identifier: ISC */
/* url: server addresses, good and bad (failure catalogue B29 to B37). */
#include "sys/url.h"

#include <string.h>

#include "unit.h"

static struct err err;

/* As one word, so that a row says all: "TLS|HOST|PORT|USER|PASSWORD|PATH|DB",
 * "-" for what is NULL. */
static void flat(const struct url *u, struct buf *out)
{
	buf_addf(out, "%s|%s|%d|%s|%s|%s|%d", u->tls ? "tls" : "plain",
		 u->host ? u->host : "-", u->port, u->user ? u->user : "-",
		 u->password ? u->password : "-", u->path ? u->path : "-",
		 u->db);
}

static void good(void)
{
	static const struct {
		const char *text, *want, *shown;
	} rows[] = {
		{"redis://h", "plain|h|6379|-|-|-|0", "redis://h:6379"},
		{"redis://h/", "plain|h|6379|-|-|-|0", "redis://h:6379"},
		{"redis://h:1", "plain|h|1|-|-|-|0", "redis://h:1"},
		{"redis://h:65535/3", "plain|h|65535|-|-|-|3",
		 "redis://h:65535/3"},
		{"redis://h?db=3", "plain|h|6379|-|-|-|3", "redis://h:6379/3"},
		{"redis://h/999999", "plain|h|6379|-|-|-|999999",
		 "redis://h:6379/999999"},
		{"REDISS://h", "tls|h|6379|-|-|-|0", "rediss://h:6379"},
		{"valkey://h", "plain|h|6379|-|-|-|0", "redis://h:6379"},
		{"valkeys://h", "tls|h|6379|-|-|-|0", "rediss://h:6379"},
		{"redis://a-b_c.example:7", "plain|a-b_c.example|7|-|-|-|0",
		 "redis://a-b_c.example:7"},
		{"redis://127.0.0.1", "plain|127.0.0.1|6379|-|-|-|0",
		 "redis://127.0.0.1:6379"},
		{"redis://[::1]", "plain|::1|6379|-|-|-|0",
		 "redis://[::1]:6379"},
		{"redis://[::1]:6380/2", "plain|::1|6380|-|-|-|2",
		 "redis://[::1]:6380/2"},
		{"redis://[fe80::1%lo]:1", "plain|fe80::1%lo|1|-|-|-|0",
		 "redis://[fe80::1%lo]:1"},
		{"redis://u@h", "plain|h|6379|u|-|-|0", "redis://u@h:6379"},
		{"redis://u:p@h", "plain|h|6379|u|p|-|0",
		 "redis://u:***@h:6379"},
		{"redis://:p@h", "plain|h|6379|-|p|-|0", "redis://:***@h:6379"},
		{"redis://a%3Ab%2F%40@h", "plain|h|6379|a:b/@|-|-|0",
		 "redis://a%3Ab%2F%40@h:6379"},
		{"redis://u:@h", "plain|h|6379|u||-|0", "redis://u:***@h:6379"},
		{"redis://:@h", "plain|h|6379|-|-|-|0", "redis://h:6379"},
		{"redis://@h", "plain|h|6379|-|-|-|0", "redis://h:6379"},
		{"redis://user:p%40ss@h/3", "plain|h|6379|user|p@ss|-|3",
		 "redis://user:***@h:6379/3"},
		{"redis://u:%3A%2F%3F%23%5B%5D%40%20%25@h",
		 "plain|h|6379|u|:/?#[]@ %|-|0", "redis://u:***@h:6379"},
		{"redis://u:%2540@h", "plain|h|6379|u|%40|-|0",
		 "redis://u:***@h:6379"}, /* decoded once */
		{"redis://u:a:b@c@h", "plain|h|6379|u|a:b@c|-|0",
		 "redis://u:***@h:6379"},
		{"redis://%1b[2J:p@h", "plain|h|6379|\033[2J|p|-|0",
		 "redis://%1B%5B2J:***@h:6379"},
		{"unix:///run/r.sock", "plain|-|6379|-|-|/run/r.sock|0",
		 "unix:///run/r.sock"},
		{"unix:///a%20b?db=2", "plain|-|6379|-|-|/a b|2",
		 "unix:///a%20b?db=2"},
		{"unix:///a#b@c", "plain|-|6379|-|-|/a#b@c|0",
		 "unix:///a%23b@c"},
		{"unix://u:p@/s?db=1", "plain|-|6379|u|p|/s|1",
		 "unix://u:***@/s?db=1"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buf b = BUF_INIT;
		struct url u;

		unit_row = rows[i].text;
		err.msg[0] = '\0';
		CHECK_INT(url_parse(rows[i].text, &u, &err), 0);
		CHECK_STR(err.msg, "");
		if (err.msg[0])
			continue;
		flat(&u, &b);
		CHECK_STR(b.p, rows[i].want);
		buf_clear(&b);
		url_show(&u, &b);
		CHECK_STR(b.p, rows[i].shown);
		buf_release(&b);
		url_release(&u);
	}
}

static void bad(void)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{"", "has no scheme (write redis://HOST:PORT"},
		{"h:6379", "has no scheme"},
		{"://h", "has an unknown scheme"},
		{"http://h", "has an unknown scheme"},
		{"redi://h", "has an unknown scheme"},
		{"redisss://h", "has an unknown scheme"},
		{"redis+sentinel://h", "has an unknown scheme"},
		{" redis://h", "has an unknown scheme"},
		{"redis://", "no host"},
		{"redis:///0", "no host"},
		{"redis://:6379", "no host"},
		{"redis://u:p@", "no host"},
		{"redis://u:p@:1", "no host"},
		{"redis://a b", "malformed host"},
		{"redis://-h", "malformed host"},
		{"redis://h%41", "malformed host"},
		{"redis://h\xc3\xa9", "malformed host"},
		{"redis://::1", "no host"},
		{"redis://[", "has no ']'"},
		{"redis://[::1", "has no ']'"},
		{"redis://[]", "no host"},
		{"redis://[h]", "malformed host"},
		{"redis://[::1%]", "malformed host"},
		{"redis://[1:2:3:4:5:6:7:8:9:a:b:c:d:e:f:0:1:2:3:4:5:6:7]",
		 "malformed host"},
		{"redis://[::1]6379", "not a number from 1 to 65535"},
		{"redis://h:", "not a number from 1 to 65535"},
		{"redis://h:0", "not a number from 1 to 65535"},
		{"redis://h:65536", "not a number from 1 to 65535"},
		{"redis://h:18446744073709551617", "not a number from 1"},
		{"redis://h:-1", "not a number from 1 to 65535"},
		{"redis://h: 1", "not a number from 1 to 65535"},
		{"redis://h:abc", "not a number from 1 to 65535"},
		{"redis://h:6379:1", "not a number from 1 to 65535"},
		{"redis://h/-1", "not a number from 0 to 999999"},
		{"redis://h/1000000", "not a number from 0 to 999999"},
		{"redis://h/x", "not a number from 0 to 999999"},
		{"redis://h/1/", "not a number from 0 to 999999"},
		{"redis://h//", "not a number from 0 to 999999"},
		{"redis://h#1", "has a '#' in it"},
		{"redis://h/?db=", "not a number from 0 to 999999"},
		{"redis://h/?timeout=5", "unknown parameter"},
		{"redis://u:%zz@h", "bad %-sequence in the user or password"},
		{"redis://u:%4@h", "bad %-sequence in the user or password"},
		{"redis://%:p@h", "bad %-sequence in the user or password"},
		{"redis://u:a%00b@h", "bad %-sequence in the user"},
		{"redis://u:a/b@h", "before its '@'"},
		{"redis://u:1?b@h", "before its '@'"},
		{"redis://u:1#b@h", "before its '@'"},
		{"unix://", "absolute path"},
		{"unix:///", "absolute path"},
		{"unix://run/s", "absolute path"},
		{"unix://?db=1", "absolute path"},
		{"unix:///a%0", "bad %-sequence in the path"},
		{"unix:///a%00", "bad %-sequence in the path"},
		{"unix:///s?x=1", "unknown parameter"},
		{"redis://h\n", "control character"},
		{"redis://\x7fh", "control character"},
		{"redis://u:\033[31m@h", "control character"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct url u;

		unit_row = rows[i].text;
		err = (struct err){0};
		CHECK_INT(url_parse(rows[i].text, &u, &err), -1);
		CHECK_INT(err.code, STATUS_USAGE);
		CHECK_HAS(err.msg, rows[i].says);
		CHECK(!u.host && !u.user && !u.password && !u.path);
	}
}

static void lengths(void)
{
	struct buf b = BUF_INIT;
	struct url u;

	buf_addf(&b, "unix:///%0106d", 0); /* 107 bytes: the last that fits */
	CHECK_INT(url_parse(b.p, &u, &err), 0);
	CHECK_INT(strlen(u.path), 107);
	url_release(&u);
	buf_addch(&b, '0');
	CHECK_INT(url_parse(b.p, &u, &err), -1);
	CHECK_HAS(err.msg, "108 bytes long, the system allows 107");

	buf_clear(&b);
	buf_addf(&b, "redis://:%08170d@h", 0);
	CHECK_INT(url_parse(b.p, &u, &err), 0);
	CHECK_INT(strlen(u.password), 8170);
	url_release(&u);
	buf_clear(&b);
	buf_addf(&b, "redis://:%08190d@h", 0);
	CHECK_INT(url_parse(b.p, &u, &err), -1);
	CHECK_HAS(err.msg, "longer than 8192 bytes");

	/* Shown it has three times the bytes and is still an address. */
	buf_clear(&b);
	buf_addstr(&b, "redis://");
	for (int i = 0; i < 1024; i++)
		buf_addstr(&b, "\xff");
	buf_addstr(&b, "@h");
	CHECK_INT(url_parse(b.p, &u, &err), 0);
	buf_clear(&b);
	url_show(&u, &b);
	url_release(&u);
	CHECK_INT(url_parse(b.p, &u, &err), 0);
	CHECK_INT(strlen(u.user), 1024);
	url_release(&u);
	buf_clear(&b);
	buf_addf(&b, "redis://%01025d@h", 0);
	CHECK_INT(url_parse(b.p, &u, &err), -1);
	CHECK_HAS(err.msg, "the user in the URL is longer than 1024 bytes");

	buf_clear(&b);
	buf_addf(&b, "redis://%0254d", 0);
	CHECK_INT(url_parse(b.p, &u, &err), -1);
	CHECK_HAS(err.msg, "malformed host");
	buf_release(&b);
}

/* However the URL is wrong, the secret in it stays out of the message. */
static void secrets(void)
{
	static const char *const rows[] = {
		"redis://user:hunter2",
		"redis://user:hunter2:6379",
		"hunter2@h",
		"hunter2://h",
		"redis://u:hunter2/@h",
		"redis://u:hunter2%zz@h",
		"redis://u:p@h/hunter2",
		"redis://u:p@h?hunter2=1",
		"redis://u:hunter2\n@h",
		"unix://u:hunter2",
		"redis://u:p@[hunter2",
		"redis://u:p@h:hunter2",
		"redis://h/?password=hunter2",
		"redis://u:hunter2@h:0",
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct url u;

		unit_row = rows[i];
		CHECK_INT(url_parse(rows[i], &u, &err), -1);
		CHECK(!strstr(err.msg, "hunter2"));
	}
}

static void release_twice(void)
{
	struct url u = {0};

	url_release(&u);
	CHECK_INT(url_parse("redis://u:p@h", &u, &err), 0);
	url_release(&u);
	url_release(&u);
	CHECK(!u.host && !u.password);
}

int main(void)
{
	static const struct unit_test tests[] = {
		{UNIT_TEST(good)},	    {UNIT_TEST(bad)},
		{UNIT_TEST(lengths)},	    {UNIT_TEST(secrets)},
		{UNIT_TEST(release_twice)},
	};

	return unit_run("url", tests, ARRAY_LEN(tests));
}
