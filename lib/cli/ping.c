/* SPDX-License-Identifier: ISC */
/* Asking a server for its health with PING and INFO. */
#include "cli/ping.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/num.h"
#include "base/text.h"
#include "sys/json.h"

static int ask(struct redis *r, const char *command,
	       const struct redis_reply **reply, struct err *e)
{
	struct redis_cmd c;
	int rc;

	redis_cmd_init(&c);
	redis_cmd_str(&c, command);
	rc = redis_call(r, &c, reply, e);
	redis_cmd_release(&c);
	return rc;
}

/* The value of "name:value" on a line of its own; empty if there is none. */
static struct strv field(struct strv info, const char *name)
{
	while (info.n > 0) {
		struct strv line = strv_cut(&info, '\n');
		struct strv value = line, key = strv_cut(&value, ':');

		if (value.n && value.p[value.n - 1] == '\r')
			value.n--;
		if (key.n < line.n && strv_eq(key, name))
			return value;
	}
	return strv_of("");
}

static int64_t number(struct strv v)
{
	int64_t n;

	return num_int(v, 0, INT64_MAX, &n, NULL) < 0 ? 0 : n;
}

/* At least MAJOR.MINOR. */
static bool is_at_least(struct strv version, int64_t major, int64_t minor)
{
	int64_t first = number(strv_cut(&version, '.'));
	int64_t second = number(strv_cut(&version, '.'));

	return first > major || (first == major && second >= minor);
}

int ping_read_info(struct strv info, struct ping *out, struct err *e)
{
	struct strv valkey = field(info, "valkey_version");
	struct strv version = valkey.n ? valkey : field(info, "redis_version");
	bool fits = valkey.n ? is_at_least(version, 7, 2)
			     : is_at_least(version, 7, 0);
	char host[80], port[8];

	snprintf(out->kind, sizeof(out->kind), "%s",
		 valkey.n ? "valkey" : "redis");
	text_show(version, out->version, sizeof(out->version));
	out->may_evict =
		number(field(info, "maxmemory")) > 0 &&
		!strv_eq(field(info, "maxmemory_policy"), "noeviction");
	out->forgets = strv_eq(field(info, "aof_enabled"), "0");
	out->has_waitaof = valkey.n || is_at_least(version, 7, 2);
	if (version.n && !fits)
		return err_set(e, STATUS_PROTOCOL,
			       "the server is %s %s, too old (needs Redis 7.0 "
			       "or Valkey 7.2)",
			       out->kind, out->version);
	if (strv_eq(field(info, "role"), "slave") &&
	    !strv_eq(field(info, "slave_read_only"), "0"))
		return err_set(e, STATUS_UNAVAILABLE,
			       "the server is a read-only replica (use the "
			       "primary, %s:%s)",
			       text_show(field(info, "master_host"), host,
					 sizeof(host)),
			       text_show(field(info, "master_port"), port,
					 sizeof(port)));
	return 0;
}

int ping_ask(struct redis *r, struct ping *out, struct err *e)
{
	const struct redis_reply *reply;
	int64_t start;

	memset(out, 0, sizeof(*out));
	/* the first question also connects, so it is the second that counts */
	if (ask(r, "PING", &reply, e) < 0)
		return -1;
	start = clock_boot_us();
	if (ask(r, "PING", &reply, e) < 0)
		return -1;
	out->trip_us = clock_boot_us() - start;
	if (ask(r, "INFO", &reply, e) < 0)
		return e->code == STATUS_RIGHTS ? 0 : -1;
	return ping_read_info(redis_str(reply), out, e);
}

void ping_show(const struct ping *p, const struct url *url, bool as_json,
	       struct buf *out)
{
	const char *kind = *p->version ? p->kind : "server";
	struct buf where = BUF_INIT;

	url_show(url, &where);
	if (as_json) {
		struct json *j = json_new_object();

		json_put_int(j, "v", 1);
		json_put_bool(j, "pong", true);
		json_put_str(j, "server", kind);
		json_put_str(j, "version", p->version);
		json_put_str(j, "url", where.p);
		json_put_num(j, "round_trip_s", (double)p->trip_us / 1e6);
		json_write(j, out);
		json_free(j);
	} else {
		buf_addf(out, "PONG from %s %s at %s in %.2f ms", kind,
			 p->version, where.p, (double)p->trip_us / 1000);
	}
	buf_addch(out, '\n');
	buf_release(&where);
}

int ping_run(const struct opt_command *command, struct connect *server,
	     struct buf *out, struct err *e)
{
	struct ping p;

	if (ping_ask(server->redis, &p, e) < 0)
		return -1;
	ping_show(&p, &server->url, command->common->json, out);
	if (p.may_evict)
		opt_warn(command, "the server throws keys away when memory "
				  "is short (set maxmemory-policy noeviction)");
	if (p.forgets)
		opt_warn(command, "the server forgets its data when it ends "
				  "(set appendonly yes)");
	return 0;
}
