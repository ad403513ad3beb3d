/* SPDX-License-Identifier: ISC */
/* WAIT, WAITAOF, and for servers without the latter their configuration. */
#include "cli/durable.h"

#include <inttypes.h>

#include "base/num.h"
#include "base/text.h"
#include "cli/ping.h"

#define REPLICAS_MOST 1000

int durable_parse(struct strv v, void *at, struct err *e)
{
	struct strv rest = v, word = strv_cut(&rest, ':');
	struct durable d = {.kind = DURABLE_MEMORY};

	if (strv_eq(v, "fsync")) {
		d.kind = DURABLE_FSYNC;
	} else if (strv_eq(word, "replicas") && word.n < v.n) {
		d.kind = DURABLE_REPLICAS;
		if (num_int(rest, 1, REPLICAS_MOST, &d.replicas, e) < 0)
			return -1;
	} else if (!strv_eq(v, "memory")) {
		return err_set(e, STATUS_USAGE,
			       "it is one of memory, fsync, replicas:N");
	}
	*(struct durable *)at = d;
	return 0;
}

static void ask_config(struct redis_cmd *c)
{
	redis_cmd_str(c, "CONFIG");
	redis_cmd_str(c, "GET");
	redis_cmd_str(c, "appendonly");
	redis_cmd_str(c, "appendfsync");
}

/* The answer has names and values by turns. */
static struct strv setting(const struct redis_reply *reply, const char *name)
{
	for (size_t i = 0; i + 1 < redis_count(reply); i += 2)
		if (strv_eq(redis_str(redis_at(reply, i)), name))
			return redis_str(redis_at(reply, i + 1));
	return strv_of("");
}

static int judge_config(const struct redis_reply *reply, struct err *e)
{
	struct strv on = setting(reply, "appendonly");
	struct strv when = setting(reply, "appendfsync");
	char shown[2][24];

	if (strv_eq(on, "yes") && strv_eq(when, "always"))
		return 0;
	return err_set(e, STATUS_CONFIG,
		       "the server cannot tell what is on its disk: it has "
		       "appendonly '%s' and appendfsync '%s' (set them to "
		       "'yes' and 'always', or use Redis 7.2)",
		       text_show(on, shown[0], sizeof(shown[0])),
		       text_show(when, shown[1], sizeof(shown[1])));
}

static int may_not_ask(struct err *e)
{
	if (e->code == STATUS_RIGHTS)
		err_prefix(e, "--durability fsync has to ask how the server "
			      "writes to its disk");
	return -1;
}

/* 1 = it has WAITAOF and a file to wait for; 0 = ask for its configuration. */
static int ask_info(struct redis *r, struct err *e)
{
	const struct redis_reply *reply;
	struct ping p = {.forgets = false};
	struct redis_cmd c;
	int rc;

	redis_cmd_init(&c);
	redis_cmd_str(&c, "INFO");
	rc = redis_call(r, &c, &reply, e);
	redis_cmd_release(&c);
	if (rc < 0)
		return may_not_ask(e);
	if (ping_read_info(redis_str(reply), &p, e) < 0)
		return -1;
	if (p.has_waitaof && p.forgets)
		return err_set(e, STATUS_CONFIG,
			       "the server keeps everything in memory only "
			       "(set 'appendonly yes' there)");
	return p.has_waitaof;
}

int durable_prepare(struct durable *d, struct redis *r, struct err *e)
{
	const struct redis_reply *reply;
	struct redis_cmd c;
	int rc;

	if (d->kind != DURABLE_FSYNC)
		return 0;
	rc = ask_info(r, e);
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	d->by_config = true;
	redis_cmd_init(&c);
	ask_config(&c);
	rc = redis_call(r, &c, &reply, e);
	redis_cmd_release(&c);
	return rc < 0 ? may_not_ask(e) : judge_config(reply, e);
}

void durable_ask(const struct durable *d, struct redis *r, int64_t ms,
		 redis_fn *fn, void *arg)
{
	struct redis_cmd c;

	redis_cmd_init(&c);
	if (d->by_config) {
		ask_config(&c);
		ms = 0;
	} else if (d->kind == DURABLE_FSYNC) {
		redis_cmd_str(&c, "WAITAOF");
		redis_cmd_int(&c, 1);
		redis_cmd_int(&c, 0);
		redis_cmd_int(&c, ms);
	} else {
		redis_cmd_str(&c, "WAIT");
		redis_cmd_int(&c, d->replicas);
		redis_cmd_int(&c, ms);
	}
	redis_send(r, &c, ms, fn, arg);
	redis_cmd_release(&c);
}

int durable_judge(const struct durable *d, const struct redis_reply *reply,
		  struct err *e)
{
	int64_t n;

	if (d->by_config)
		return judge_config(reply, e);
	if (d->kind == DURABLE_FSYNC) {
		if (redis_int(redis_at(reply, 0)) >= 1)
			return 0;
		return err_set(e, STATUS_LATER,
			       "the server's disk did not have it in time");
	}
	n = redis_int(reply);
	if (n >= d->replicas)
		return 0;
	return err_set(e, STATUS_LATER,
		       "%" PRId64 " of %" PRId64 " replicas had it in time", n,
		       d->replicas);
}
