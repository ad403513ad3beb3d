/* SPDX-License-Identifier: ISC */
/* One INFO, and what follows from it. */
#include "cli/suit.h"

#include "base/buf.h"
#include "cli/ping.h"

static void forgets(const struct suit *s, const char *server)
{
	struct buf b = BUF_INIT;

	buf_addf(&b,
		 "%s has 'appendonly no': queue data live in its memory only, "
		 "and go with it",
		 server);
	s->warn(s->arg, b.p);
	buf_release(&b);
}

static int evicts(const struct suit *s, const char *server, struct err *e)
{
	struct buf b = BUF_INIT;

	buf_addf(&b, "%s drops keys, and so jobs, when its memory is full",
		 server);
	if (s->strict)
		err_set(e, STATUS_CONFIG,
			"%s (set 'maxmemory-policy noeviction' there, or "
			"--force)",
			b.p);
	else
		s->warn(s->arg, b.p);
	buf_release(&b);
	return s->strict ? -1 : 0;
}

static int judge(const struct suit *s, struct strv info, struct err *e)
{
	struct ping p = {.forgets = false};
	struct buf server = BUF_INIT;
	int rc = 0;

	url_show(s->url, &server);
	if (ping_read_info(info, &p, e) < 0) {
		/* that a server is too old is said where it shows */
		rc = e->code == STATUS_UNAVAILABLE ? -1 : 0;
	} else {
		if (p.may_evict)
			rc = evicts(s, server.p, e);
		if (rc == 0 && p.forgets)
			forgets(s, server.p);
	}
	buf_release(&server);
	return rc;
}

static void answered(void *arg, const struct redis_reply *reply,
		     const struct err *why)
{
	struct suit *s = arg;
	struct err e;

	/* those who may not ask have to go without */
	if (why && (why->code == STATUS_RIGHTS || why->code == STATUS_BUG))
		why = NULL;
	else if (!why && judge(s, redis_str(reply), &e) < 0)
		why = &e;
	if (s->done)
		s->done(s->arg, why);
}

void suit_ask(struct suit *s, struct redis *r)
{
	struct redis_cmd c;

	redis_cmd_init(&c);
	redis_cmd_str(&c, "INFO");
	redis_send(r, &c, 0, answered, s);
	redis_cmd_release(&c);
}

void suit_opt_warn(void *arg, const char *text)
{
	opt_warn(arg, "%s", text);
}
