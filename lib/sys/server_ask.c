/* SPDX-License-Identifier: ISC */
/* One question to the private server, over a connection of its own. */
#include "sys/server_impl.h"

#include <stdio.h>

#include "base/num.h"
#include "base/strv.h"
#include "sys/loop.h"
#include "sys/redis.h"

struct talk {
	const struct server_question *q;
	struct buf *out; /* borrowed; may be NULL */
	bool done;
	struct err why; /* code 0 = no failure */
};

static void answered(void *arg, const struct redis_reply *reply,
		     const struct err *why)
{
	struct talk *t = arg;
	struct strv text = redis_str(reply);

	t->done = true;
	if (why)
		t->why = *why;
	else if (t->out)
		buf_add(t->out, text.p, text.n);
}

static void changed(void *arg, const struct err *why)
{
	struct talk *t = arg;

	if (why && t->q->bye)
		t->done = true;
}

static void gone(void *arg)
{
	struct talk *t = arg;

	t->done = true;
}

static void converse(struct loop *l, struct talk *t)
{
	struct url url = {.path = buf_strdup(t->q->socket)};
	struct redis_options options = {
		.url = &url,
		.client_name = "jobq",
		.patience = t->q->patience,
		.fail_first = true,
		.changed = changed,
		.arg = t,
	};
	struct redis *r = redis_new(l, &options);
	struct loop_watch *w = t->q->gone == -1
				       ? NULL
				       : loop_watch_new(l, t->q->gone, gone, t);
	struct redis_cmd c;

	redis_cmd_init(&c);
	for (size_t i = 0; i < ARRAY_LEN(t->q->word) && t->q->word[i]; i++)
		redis_cmd_str(&c, t->q->word[i]);
	redis_send(r, &c, 0, answered, t);
	while (!t->done)
		loop_turn(l);
	redis_cmd_release(&c);
	if (w)
		loop_watch_free(w);
	redis_free(r);
	url_release(&url);
}

int server_ask(const struct server_question *q, struct buf *out, struct err *e)
{
	struct talk t = {.q = q, .out = out};
	struct loop *l = loop_new(e);

	if (!l)
		return -1;
	converse(l, &t);
	loop_free(l);
	if (!t.why.code)
		return 0;
	if (e)
		*e = t.why;
	return -1;
}

/* The value of "name:" in the lines of INFO. */
static struct strv info_value(const struct buf *info, const char *name)
{
	struct strv rest = strv_make(info->p, info->len);

	while (rest.n) {
		struct strv line = strv_cut(&rest, '\n');
		struct strv key = strv_cut(&line, ':');

		if (!strv_eq(key, name))
			continue;
		if (line.n && line.p[line.n - 1] == '\r')
			line.n--;
		return line;
	}
	return strv_of("");
}

int server_status(const struct server *s, struct server_state *out,
		  struct err *e)
{
	struct buf socket = BUF_INIT, info = BUF_INIT;
	struct server_question q = {
		.word = {"INFO", "server"}, .gone = -1, .patience = 5000};
	struct strv version;
	int64_t pid = 0;
	int rc = server_locate(s, &socket, e);

	*out = (struct server_state){.running = rc == 1};
	if (rc == 1) {
		q.socket = socket.p;
		rc = server_ask(&q, &info, e);
	}
	if (rc == 0 && out->running) {
		version = info_value(&info, "valkey_version");
		if (!version.n)
			version = info_value(&info, "redis_version");
		snprintf(out->version, sizeof(out->version), "%.*s",
			 (int)version.n, version.p);
		if (num_int(info_value(&info, "process_id"), 1, INT32_MAX, &pid,
			    e) == -1)
			rc = err_prefix(e, "the private server's INFO");
		out->pid = (pid_t)pid;
	}
	buf_release(&socket);
	buf_release(&info);
	return rc;
}
