/* SPDX-License-Identifier: ISC */
/* Finds the server and makes the connection. */
#include "cli/connect.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "cli/env.h"
#include "sys/seal.h"

enum {
	URL_FILE_MAX = 8192
};

/* What the address was taken from, for messages; NULL = none was given. */
struct source {
	const char *name;
	char *url; /* owned */
};

static int read_url_file(const char *path, struct source *s, struct err *e)
{
	struct buf text = BUF_INIT;
	struct strv rest, line;
	int fd = open(path, O_RDONLY | O_CLOEXEC), rc;

	if (fd < 0)
		return err_sys(e, STATUS_NOINPUT, errno, "cannot read %s",
			       path);
	rc = fd_read_all(fd, path, URL_FILE_MAX, &text, e);
	close(fd);
	if (rc == 0) {
		rest = strv_make(text.p, text.len);
		line = strv_cut(&rest, '\n');
		if (line.n && line.p[line.n - 1] == '\r')
			line.n--;
		line = strv_trim(line);
		s->name = path;
		s->url = strv_dup(line);
		if (line.n == 0)
			rc = err_set(e, STATUS_CONFIG,
				     "%s: the first line is no server address",
				     path);
	}
	seal_wipe(text.p, text.len);
	buf_release(&text);
	return rc;
}

static void take(struct source *s, const char *name, const char *url)
{
	s->name = name;
	s->url = buf_strdup(url);
}

/* Option, then environment; the configuration has already gone into the
 * options where neither says anything. */
static int find_source(const struct opt_common *o, struct source *s,
		       struct err *e)
{
	const char *value;

	if (o->url) {
		take(s, "--url", o->url);
		return 0;
	}
	if (o->url_file)
		return read_url_file(o->url_file, s, e);
	if ((value = env_get("JQ_URL"))) {
		take(s, "JQ_URL", value);
		return 0;
	}
	if ((value = env_get("JQ_URL_FILE")))
		return read_url_file(value, s, e);
	if ((value = env_get("REDIS_URL")))
		take(s, "REDIS_URL", value);
	return 0;
}

/* A password on the command line is on show in the process list: cover it. */
static void cover_password(const struct opt_common *o, const struct url *u)
{
	if (o->url && u->password)
		memset((char *)o->url, 'x', strlen(o->url));
}

static int parse_source(const struct source *s, struct url *out, struct err *e)
{
	const char *auth = env_get("REDISCLI_AUTH");

	if (url_parse(s->url, out, e) < 0)
		return err_prefix(e, "%s", s->name);
	if (!out->password && auth)
		out->password = buf_strdup(auth);
	return 0;
}

static const struct server_place *place(void)
{
	static struct server_place p;

	p.runtime_dir = env_get("XDG_RUNTIME_DIR");
	p.tmp_dir = env_get("TMPDIR");
	p.state_home = env_get("XDG_STATE_HOME");
	p.home = env_get("HOME");
	p.path = env_get("PATH");
	return &p;
}

int connect_private_server(struct server *s, struct err *e)
{
	return server_init(s, place(), e);
}

static int use_private_server(struct connect *c, struct err *e)
{
	struct buf url = BUF_INIT;
	int rc;

	if (connect_private_server(&c->server, e) < 0)
		return -1;
	c->private_server = true;
	rc = server_ensure(&c->server, e);
	if (rc == 0) {
		server_url(&c->server, &url);
		rc = url_parse(url.p, &c->url, e);
	}
	buf_release(&url);
	return rc;
}

static int find_server(struct connect *c, const struct opt_common *common,
		       struct err *e)
{
	struct source s = {NULL, NULL};
	int rc = find_source(common, &s, e);

	if (rc == 0 && s.url) {
		rc = parse_source(&s, &c->url, e);
		if (rc == 0)
			cover_password(common, &c->url);
		seal_wipe(s.url, strlen(s.url));
	} else if (rc == 0) {
		rc = use_private_server(c, e);
	}
	free(s.url);
	return rc;
}

/* One-shot tools say within the connect timeout that they cannot. */
static struct redis_options one_shot(const struct opt_common *common)
{
	struct redis_options o = {
		.connect_timeout = common->connect_timeout,
		.request_timeout = 5000,
		.patience = common->connect_timeout,
		.fail_first = true,
	};

	return o;
}

int connect_open(struct connect *c, const struct opt_common *common,
		 const char *client_name, const struct redis_options *options,
		 struct err *e)
{
	struct redis_options defaults = one_shot(common);

	memset(c, 0, sizeof(*c));
	if (find_server(c, common, e) < 0) {
		connect_close(c);
		return -1;
	}
	c->loop = loop_new(e);
	if (!c->loop) {
		connect_close(c);
		return -1;
	}
	c->redis =
		connect_another(c, client_name, options ? options : &defaults);
	return 0;
}

struct redis *connect_another(struct connect *c, const char *client_name,
			      const struct redis_options *options)
{
	struct redis_options o = *options;

	o.url = &c->url;
	o.client_name = client_name;
	return redis_new(c->loop, &o);
}

void connect_close(struct connect *c)
{
	redis_free(c->redis);
	loop_free(c->loop);
	url_release(&c->url);
	if (c->private_server)
		server_release(&c->server);
	memset(c, 0, sizeof(*c));
}
