/* SPDX-License-Identifier: ISC */
/* What servers say when they refuse, and what that means for people. Pure. */
#include "sys/redis_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define WORDS_SIZE 240 /* of what is quoted from a server */

/* The first word of an error, or for "ERR" how the text goes on. */
static const struct {
	const char *start;
	enum redis_class class;
} classes[] = {
	{"LOADING ", REDIS_CLASS_WAIT},
	{"BUSY ", REDIS_CLASS_WAIT},
	{"TRYAGAIN ", REDIS_CLASS_WAIT},
	{"MASTERDOWN ", REDIS_CLASS_WAIT},
	{"CLUSTERDOWN ", REDIS_CLASS_WAIT},
	{"NOREPLICAS ", REDIS_CLASS_WAIT},
	{"MISCONF ", REDIS_CLASS_WAIT},
	{"UNBLOCKED ", REDIS_CLASS_WAIT},
	{"ERR max number of clients", REDIS_CLASS_WAIT},
	{"NOSCRIPT ", REDIS_CLASS_RELOAD},
	{"READONLY ", REDIS_CLASS_MOVED},
	{"MOVED ", REDIS_CLASS_MOVED},
	{"ASK ", REDIS_CLASS_MOVED},
	{"OOM ", REDIS_CLASS_FULL},
	{"NOAUTH ", REDIS_CLASS_RIGHTS},
	{"WRONGPASS ", REDIS_CLASS_RIGHTS},
	{"NOPERM ", REDIS_CLASS_RIGHTS},
	{"DENIED ", REDIS_CLASS_RIGHTS},
	/* more words than a stranger may send */
	{"ERR Protocol error: unauthenticated", REDIS_CLASS_RIGHTS},
	{"ERR invalid password", REDIS_CLASS_RIGHTS},
	{"ERR Client sent AUTH", REDIS_CLASS_RIGHTS},
	{"ERR AUTH ", REDIS_CLASS_RIGHTS},
	{"ERR Error compiling script", REDIS_CLASS_OLD},
	{"ERR unknown command", REDIS_CLASS_OLD},
};

enum redis_class redis_classify(struct strv error)
{
	for (size_t i = 0; i < ARRAY_LEN(classes); i++) {
		size_t n = strlen(classes[i].start);

		if (strv_starts(error, classes[i].start))
			return classes[i].class;
		/* the word alone */
		if (error.n == n - 1 && classes[i].start[n - 1] == ' ' &&
		    memcmp(error.p, classes[i].start, error.n) == 0)
			return classes[i].class;
	}
	return REDIS_CLASS_BUG;
}

static void rights(struct err *e, const char *server, struct strv words,
		   const char *shown)
{
	if (strv_starts(words, "NOAUTH") ||
	    strv_starts(words, "ERR Protocol error"))
		err_set(e, STATUS_RIGHTS,
			"%s wants a password (put it into the URL, or into "
			"REDISCLI_AUTH)",
			server);
	else if (strv_starts(words, "WRONGPASS") ||
		 strv_starts(words, "ERR invalid password"))
		err_set(e, STATUS_RIGHTS,
			"%s refuses the user name or the password (check the "
			"URL, or REDISCLI_AUTH)",
			server);
	else if (strv_starts(words, "ERR AUTH") ||
		 strv_starts(words, "ERR Client sent AUTH"))
		err_set(e, STATUS_RIGHTS,
			"%s has no password set, but one was given (take it "
			"out of the URL, or unset REDISCLI_AUTH)",
			server);
	else
		err_set(e, STATUS_RIGHTS, "%s refuses: %s", server, shown);
}

void redis_error(struct err *e, const char *server, struct strv words)
{
	char shown[WORDS_SIZE];

	text_show(words, shown, sizeof(shown));
	switch (redis_classify(words)) {
	case REDIS_CLASS_WAIT:
		redis_error_wait(e, server, words);
		return;
	case REDIS_CLASS_MOVED:
		if (strv_starts(words, "READONLY"))
			err_set(e, STATUS_UNAVAILABLE,
				"%s is a read-only replica (give the address "
				"of its primary)",
				server);
		else
			err_set(e, STATUS_UNAVAILABLE,
				"%s is a node of a Redis Cluster, and another "
				"one holds this queue: %s (Cluster is not "
				"supported)",
				server, shown);
		return;
	case REDIS_CLASS_FULL:
		err_set(e, STATUS_LATER,
			"%s is out of memory: %s (try again later, or raise "
			"its maxmemory)",
			server, shown);
		return;
	case REDIS_CLASS_RIGHTS:
		rights(e, server, words, shown);
		return;
	case REDIS_CLASS_RELOAD:
	case REDIS_CLASS_OLD:
	case REDIS_CLASS_BUG:
		break;
	}
	err_set(e, STATUS_BUG, "%s answers: %s (please report this)", server,
		shown);
}

void redis_error_wait(struct err *e, const char *server, struct strv words)
{
	enum status code = STATUS_UNAVAILABLE;
	char shown[WORDS_SIZE];

	/* these take requests, only none that write */
	if (strv_starts(words, "MISCONF") || strv_starts(words, "NOREPLICAS"))
		code = STATUS_LATER;
	err_set(e, code, "%s is not ready: %s (try again later)", server,
		text_show(words, shown, sizeof(shown)));
}

/* The value of "KEY:value" in an INFO text. */
static struct strv info_value(struct strv info, const char *key)
{
	while (info.n) {
		struct strv line = strv_cut(&info, '\n'), value = line;

		if (line.n && line.p[line.n - 1] == '\r')
			line.n--;
		value = line;
		if (strv_eq(strv_cut(&value, ':'), key))
			return value;
	}
	return strv_make("", 0);
}

static bool below(struct strv version, int major, int minor)
{
	char text[32];
	char *end;
	long a, b = 0;

	text_show(version, text, sizeof(text));
	a = strtol(text, &end, 10);
	if (*end == '.')
		b = strtol(end + 1, NULL, 10);
	return a < major || (a == major && b < minor);
}

static void demoted(struct err *e, const char *server, struct strv words,
		    struct strv info)
{
	char host[80], port[8];

	redis_error(e, server, words);
	if (!info_value(info, "master_host").n)
		return;
	text_show(info_value(info, "master_host"), host, sizeof(host));
	text_show(info_value(info, "master_port"), port, sizeof(port));
	err_set(e, STATUS_UNAVAILABLE,
		"%s is a read-only replica (give the address of its primary, "
		"%s:%s)",
		server, host, port);
}

void redis_error_old(struct err *e, const char *server, struct strv words,
		     struct strv info)
{
	struct strv redis = info_value(info, "redis_version");
	struct strv valkey = info_value(info, "valkey_version");
	struct strv version = valkey.n ? valkey : redis;
	char shown[40];

	text_show(version, shown, sizeof(shown));
	if (redis_classify(words) == REDIS_CLASS_MOVED) {
		demoted(e, server, words, info);
		return;
	}
	if (strv_eq(info_value(info, "redis_mode"), "sentinel"))
		err_set(e, STATUS_PROTOCOL,
			"%s is a Redis Sentinel (give the address of the "
			"server that it watches)",
			server);
	else if (!version.n && redis_classify(words) == REDIS_CLASS_OLD)
		err_set(e, STATUS_PROTOCOL,
			"%s cannot run our scripts (needs Redis 7.0 or Valkey "
			"7.2)",
			server);
	else if (version.n &&
		 (valkey.n ? below(valkey, 7, 2) : below(redis, 7, 0)))
		err_set(e, STATUS_PROTOCOL,
			"%s is too old: %s %s (needs Redis 7.0 or Valkey 7.2)",
			server, valkey.n ? "Valkey" : "Redis", shown);
	else
		redis_error(e, server, words);
}

void redis_error_garbage(struct err *e, const char *server, bool first,
			 struct strv bytes, const char *why)
{
	struct strv line = strv_cut(&bytes, '\n');
	char shown[48];

	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	text_show(line, shown, sizeof(shown));
	if (!first)
		err_set(e, STATUS_PROTOCOL,
			"%s breaks the Redis protocol: %s at '%s'", server, why,
			shown);
	else if (strv_starts(line, "\x15\x03"))
		err_set(e, STATUS_PROTOCOL,
			"%s is not a Redis server without TLS (use rediss://)",
			server);
	else
		err_set(e, STATUS_PROTOCOL,
			"%s is not a Redis server: it says '%s' (set JQ_URL "
			"or use -u)",
			server, shown);
}
