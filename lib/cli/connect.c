/* SPDX-License-Identifier: ISC */
/* Finds the server and makes the connection. */
#include "cli/connect.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "cli/env.h"
#include "sys/seal.h"

enum {
	URL_FILE_MAX = 8192
};

/* The first line of a file, without blanks around it. */
static int read_url_file(const char *path, struct buf *url, struct err *e)
{
	struct buf text = BUF_INIT;
	struct strv rest, line;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), rc;

	if (fd < 0)
		return err_sys(e, STATUS_NOINPUT, errno, "cannot read '%s'",
			       path);
	rc = fd_read_all(fd, path, URL_FILE_MAX, &text, e);
	close(fd);
	if (text.len > URL_FILE_MAX)
		err_set(e, STATUS_CONFIG, "'%s' is larger than a URL may be",
			path);
	rest = strv_make(text.p, text.len);
	line = strv_cut(&rest, '\n');
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	line = strv_trim(line);
	if (rc == 0 && line.n == 0)
		rc = err_set(e, STATUS_CONFIG,
			     "the first line of '%s' is not a server URL",
			     path);
	if (rc == 0 && memchr(line.p, '\0', line.n))
		rc = err_set(e, STATUS_CONFIG,
			     "the first line of '%s' holds a NUL byte", path);
	buf_add(url, line.p, line.n);
	seal_wipe(text.p, text.len);
	buf_release(&text);
	return rc;
}

/* Only -u is the command line's fault; all else was set up before. */
static int parse_url(const struct opt_common *o, const char *text,
		     struct url *out, struct err *e)
{
	const char *auth = env_get("REDISCLI_AUTH");

	if (url_parse(text, out, e) < 0) {
		if (e && (o->url_file || o->url_from[0] != '-'))
			e->code = STATUS_CONFIG;
		return err_prefix(e, "%s",
				  o->url_file ? o->url_file : o->url_from);
	}
	if (!out->password && auth)
		out->password = buf_strdup(auth);
	return 0;
}

static int given_server(struct url *to, const struct opt_common *o,
			struct err *e)
{
	struct buf url = BUF_INIT;
	int rc = 0;

	if (o->url)
		return parse_url(o, o->url, to, e);
	rc = read_url_file(o->url_file, &url, e);
	if (rc == 0)
		rc = parse_url(o, url.p, to, e);
	seal_wipe(url.p, url.len);
	buf_release(&url);
	return rc;
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
	int rc;

	memset(c, 0, sizeof(*c));
	if (common->url || common->url_file)
		rc = given_server(&c->url, common, e);
	else
		rc = use_private_server(c, e);
	if (rc < 0) {
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

int connect_again(struct connect *c, const struct opt_common *common,
		  struct err *e)
{
	struct url now;

	if (!common->url && !common->url_file)
		return c->private_server
			       ? 0
			       : err_set(e, STATUS_CONFIG,
					 "no URL is given any more (the private "
					 "server takes no other's place)");
	if (c->private_server)
		return err_set(e, STATUS_CONFIG,
			       "there is a URL now (the private server gives "
			       "its place to no other: start anew)");
	if (given_server(&now, common, e) < 0)
		return -1;
	if (url_same(&now, &c->url)) {
		url_release(&now);
		return 0;
	}
	url_release(&c->url);
	c->url = now;
	return 1;
}

static printf_like(1, 2) char *variable(const char *fmt, ...)
{
	va_list ap;
	char *text;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		err_nomem();
	return text;
}

void connect_pass_on(const struct opt_common *common, char *to[CONNECT_PASS_ON])
{
	const char *file = common->url_file;
	char *here = file && *file != '/' ? getcwd(NULL, 0) : NULL;
	size_t n = 0;

	memset(to, 0, CONNECT_PASS_ON * sizeof(*to));
	to[n++] = variable("JQ_NAMESPACE=%s", common->namespace);
	if (common->url) {
		to[n++] = variable("JQ_URL=%s", common->url);
	} else if (file) {
		/* empty reads as unset, and it would come before the file */
		to[n++] = variable("JQ_URL=");
		to[n++] = variable("JQ_URL_FILE=%s%s%s", here ? here : "",
				   here ? "/" : "", file);
	}
	free(here);
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
