/* SPDX-License-Identifier: ISC */
/* Reads configuration files line by line. */
#include "cli/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/strv.h"
#include "base/text.h"

#define FILE_MAX (1024 * 1024)
#define LINE_MAX (16 * 1024)

const char *const config_commands[CONFIG_COMMANDS] = {
	"jq-push", "jq-work", "jq-stat", "jq-retry", "jq-cron", "jq-ctl",
};

/* Where the reader is. */
struct reader {
	struct config *config;
	const char *command;
	size_t line;
	bool own;  /* inside the section of the command */
	bool skip; /* inside that of another */
	size_t room;
};

static int refuse(const struct reader *r, struct err *e)
{
	struct config_entry at = {.line = r->line};

	return config_blame(r->config, &at, e);
}

static int read_section(struct reader *r, struct strv line, struct err *e)
{
	char shown[64];
	struct strv name = strv_make(line.p + 1, line.n - 1);

	text_show(line, shown, sizeof(shown));
	if (!name.n || name.p[name.n - 1] != ']') {
		err_set(e, STATUS_CONFIG, "'%s' has no closing bracket", shown);
		return refuse(r, e);
	}
	name.n--;
	for (size_t i = 0; i < CONFIG_COMMANDS; i++) {
		if (strv_eq(name, config_commands[i])) {
			r->own = strv_eq(name, r->command);
			r->skip = !r->own;
			return 0;
		}
	}
	err_set(e, STATUS_CONFIG, "unknown section '%s' (write [jq-work])",
		shown);
	return refuse(r, e);
}

/* End a view into the file's text with a NUL, over a character that has been
 * dealt with: a blank, the '=', the end of the line or of the text. */
static const char *terminate(struct config *c, struct strv v)
{
	c->text[v.p - c->text + (ptrdiff_t)v.n] = '\0';
	return v.p;
}

static void add_entry(struct reader *r, struct strv key, struct strv value)
{
	struct config *c = r->config;

	if (c->n == r->room) {
		r->room = r->room ? 2 * r->room : 16;
		c->list = buf_realloc(c->list, r->room * sizeof(*c->list));
	}
	c->list[c->n++] = (struct config_entry){
		terminate(c, key), terminate(c, value), r->line, r->own};
}

static int read_line(struct reader *r, struct strv line, struct err *e)
{
	char shown[64];
	struct strv rest, key;

	if (line.n > LINE_MAX) {
		err_set(e, STATUS_CONFIG, "line is longer than %d bytes",
			LINE_MAX);
		return refuse(r, e);
	}
	if (line.n && memchr(line.p, '\0', line.n)) {
		err_set(e, STATUS_CONFIG, "line holds a NUL byte");
		return refuse(r, e);
	}
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	line = strv_trim(line);
	if (!line.n || line.p[0] == '#')
		return 0;
	if (line.p[0] == '[')
		return read_section(r, line, e);
	rest = line;
	key = strv_trim(strv_cut(&rest, '='));
	if (!key.n || key.n == line.n) {
		err_set(e, STATUS_CONFIG, "'%s' is not \"key = value\"",
			text_show(line, shown, sizeof(shown)));
		return refuse(r, e);
	}
	if (!r->skip)
		add_entry(r, key, strv_trim(rest));
	return 0;
}

static int read_text(struct config *c, const char *command, size_t len,
		     struct err *e)
{
	struct reader r = {.config = c, .command = command};
	struct strv rest = strv_make(c->text, len);

	if (strv_starts(rest, "\xef\xbb\xbf"))
		rest = strv_make(rest.p + 3, rest.n - 3);
	while (rest.n) {
		struct strv line = strv_cut(&rest, '\n');

		r.line++;
		if (read_line(&r, line, e))
			return -1;
	}
	return 0;
}

/* All of an open file; a pipe is fine too. */
static int load(int fd, const char *path, struct buf *to, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st))
		return err_sys(e, STATUS_CONFIG, errno,
			       "cannot read configuration '%s'", path);
	if (S_ISREG(st.st_mode) && (st.st_mode & S_IWOTH))
		return err_set(e, STATUS_CONFIG,
			       "configuration '%s' may be written by anybody "
			       "(chmod o-w it)",
			       path);
	if (!fd_read_all(fd, path, FILE_MAX, to, e))
		return 0;
	if (to->len > FILE_MAX)
		return err_set(e, STATUS_CONFIG,
			       "configuration '%s' is larger than %d bytes",
			       path, FILE_MAX);
	if (e)
		e->code = STATUS_CONFIG;
	return -1;
}

int config_read(struct config *c, const char *path, const char *command,
		bool optional, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), rc;
	struct buf text = BUF_INIT;
	size_t len;

	*c = (struct config){.path = path};
	if (fd == -1 && optional && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (fd == -1)
		return err_sys(e, STATUS_CONFIG, errno,
			       "cannot read configuration '%s'", path);
	rc = load(fd, path, &text, e);
	fd_close(&fd);
	len = text.len;
	c->text = buf_detach(&text);
	if (!rc)
		rc = read_text(c, command, len, e);
	if (rc)
		config_release(c);
	return rc;
}

int config_blame(const struct config *c, const struct config_entry *at,
		 struct err *e)
{
	if (e)
		e->code = STATUS_CONFIG;
	return err_prefix(e, "%s:%zu", c->path, at->line);
}

void config_release(struct config *c)
{
	free(c->text);
	free(c->list);
	*c = (struct config){.path = NULL};
}
