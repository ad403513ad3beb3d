/* SPDX-License-Identifier: ISC */
/* status, stop and url of the private server. */
#include "cli/private.h"

#include <string.h>

#include "cli/connect.h"
#include "sys/json.h"
#include "sys/server.h"

static int url(const struct server *s, bool as_json, struct buf *out,
	       struct err *e)
{
	struct buf where = BUF_INIT;

	(void)e;
	server_url(s, &where);
	if (as_json) {
		struct json *j = json_new_object();

		json_put_int(j, "v", 1);
		json_put_str(j, "url", where.p);
		json_write(j, out);
		json_free(j);
	} else {
		buf_addstr(out, where.p);
	}
	buf_addch(out, '\n');
	buf_release(&where);
	return STATUS_OK;
}

static int stop(const struct server *s, bool as_json, struct buf *out,
		struct err *e)
{
	(void)as_json;
	(void)out;
	return server_stop(s, e);
}

static void status_json(const struct server_state *state, const char *where,
			struct buf *out)
{
	struct json *j = json_new_object();

	json_put_int(j, "v", 1);
	json_put_bool(j, "running", state->running);
	json_put_str(j, "url", where);
	if (state->running) {
		json_put_int(j, "pid", state->pid);
		json_put_str(j, "version", state->version);
	}
	json_write(j, out);
	json_free(j);
}

static int status(const struct server *s, bool as_json, struct buf *out,
		  struct err *e)
{
	struct buf where = BUF_INIT;
	struct server_state state;

	if (server_status(s, &state, e) < 0)
		return -1;
	server_url(s, &where);
	if (as_json)
		status_json(&state, where.p, out);
	else if (state.running)
		buf_addf(out, "running: version %s, pid %ld, %s", state.version,
			 (long)state.pid, where.p);
	else
		buf_addf(out, "not running: %s", where.p);
	buf_addch(out, '\n');
	buf_release(&where);
	return state.running ? STATUS_OK : STATUS_NO;
}

static const struct {
	const char *word;
	int (*run)(const struct server *s, bool as_json, struct buf *out,
		   struct err *e);
} words[] = {
	{"status", status},
	{"stop", stop},
	{"url", url},
};

bool private_knows(const char *word)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcmp(word, words[i].word) == 0)
			return true;
	return false;
}

int private_do(const char *word, bool as_json, struct buf *out, struct err *e)
{
	struct server s;
	int rc = -1;

	if (connect_private_server(&s, e) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcmp(word, words[i].word) == 0)
			rc = words[i].run(&s, as_json, out, e);
	server_release(&s);
	return rc;
}
