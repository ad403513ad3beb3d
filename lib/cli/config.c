/* SPDX-License-Identifier: ISC */
/* Reads configuration files. */
#include "cli/config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/text.h"

enum {
	FILE_MAX = 1 << 20,
	LINE_MAX_BYTES = 1 << 16
};

/* Options point into these for as long as the program runs; the list keeps
 * them reachable. */
static struct buf kept[4];
static size_t n_kept;

struct reader {
	const char *path, *command;
	config_fn *fn;
	void *arg;
	size_t line;
	enum {
		SECTION_ALL,
		SECTION_OWN,
		SECTION_OTHER
	} section;
};

static bool is_command(struct strv name)
{
	static const char *const commands[] = {"jq-push",  "jq-work", "jq-stat",
					       "jq-retry", "jq-cron", "jq-ctl"};

	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (strv_eq(name, commands[i]))
			return true;
	return false;
}

static int enter_section(struct reader *r, struct strv line, struct err *e)
{
	struct strv name;
	char shown[64];

	name = strv_trim(strv_make(line.p + 1, line.n - 2));
	if (line.p[line.n - 1] != ']' || !is_command(name))
		return err_set(e, STATUS_CONFIG,
			       "'%s' is not a section (write [jq-work] or the "
			       "name of another command)",
			       text_show(line, shown, sizeof(shown)));
	r->section = strv_eq(name, r->command) ? SECTION_OWN : SECTION_OTHER;
	return 0;
}

/* `line` lies in a buffer of ours, so the value can be terminated in place. */
static int one_line(struct reader *r, struct strv line, struct err *e)
{
	struct strv key, value;
	char shown[64];

	line = strv_trim(line);
	if (line.n == 0 || line.p[0] == '#')
		return 0;
	if (line.p[0] == '[')
		return enter_section(r, line, e);
	value = line;
	key = strv_trim(strv_cut(&value, '='));
	if (key.n == 0 || !memchr(line.p, '=', line.n))
		return err_set(e, STATUS_CONFIG, "'%s' is not 'key = value'",
			       text_show(line, shown, sizeof(shown)));
	value = strv_trim(value);
	if (r->section == SECTION_OTHER)
		return 0;
	((char *)value.p)[value.n] = '\0';
	return r->fn(r->arg, key, value.p, r->section == SECTION_OWN, e);
}

static int all_lines(struct reader *r, struct strv text, struct err *e)
{
	if (strv_starts(text, "\xef\xbb\xbf"))
		text = strv_make(text.p + 3, text.n - 3);
	while (text.n > 0) {
		struct strv line = strv_cut(&text, '\n');
		int rc;

		r->line++;
		if (line.n && line.p[line.n - 1] == '\r')
			line.n--;
		if (line.n > LINE_MAX_BYTES)
			rc = err_set(e, STATUS_CONFIG,
				     "the line is longer than 64 KiB");
		else if (memchr(line.p, '\0', line.n))
			rc = err_set(e, STATUS_CONFIG, "the line holds a NUL");
		else
			rc = one_line(r, line, e);
		if (rc < 0) {
			err_prefix(e, "%s:%zu", r->path, r->line);
			if (e)
				e->code = STATUS_CONFIG;
			return -1;
		}
	}
	return 0;
}

int config_read(const char *path, const char *command, bool must_exist,
		config_fn *fn, void *arg, struct err *e)
{
	struct reader r = {path, command, fn, arg, 0, SECTION_ALL};
	int fd = open(path, O_RDONLY | O_CLOEXEC), rc;
	struct buf *text = &kept[n_kept];

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR) && !must_exist)
		return 0;
	if (fd < 0)
		return err_sys(e, STATUS_CONFIG, errno, "cannot read %s", path);
	if (n_kept == ARRAY_LEN(kept)) {
		close(fd);
		return err_set(e, STATUS_BUG, "too many configuration files");
	}
	n_kept++;
	buf_init(text);
	rc = fd_read_all(fd, path, FILE_MAX, text, e);
	close(fd);
	if (rc < 0) {
		if (e)
			e->code = STATUS_CONFIG;
		return -1;
	}
	return all_lines(&r, strv_make(text->p, text->len), e);
}
