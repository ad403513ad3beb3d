/* SPDX-License-Identifier: ISC */
/* The zone a host is set to: where /etc/localtime points, else the word in
 * /etc/timezone. */
#include "sys/zone.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"

static bool is_name(struct strv name)
{
	struct err ignored;

	return zone_check_name(name, &ignored) == 0;
}

static bool by_link(const char *etc, struct buf *out)
{
	static const char mark[] = "/zoneinfo/";
	struct buf path = BUF_INIT;
	char to[PATH_MAX];
	const char *name = NULL;
	ssize_t n;

	buf_addf(&path, "%s/localtime", etc);
	n = readlink(path.p, to, sizeof(to) - 1);
	buf_release(&path);
	if (n <= 0)
		return false;
	to[n] = '\0';
	name = strstr(to, mark);
	if (!name || !is_name(strv_of(name + sizeof(mark) - 1)))
		return false;
	buf_addstr(out, name + sizeof(mark) - 1);
	return true;
}

static bool by_word(const char *etc, struct buf *out)
{
	struct buf path = BUF_INIT, text = BUF_INIT;
	struct strv rest, word;
	struct err ignored;
	bool found = false;
	int fd;

	buf_addf(&path, "%s/timezone", etc);
	fd = open(path.p, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0 &&
	    fd_read_all(fd, path.p, ZONE_NAME_MAX * 2, &text, &ignored) == 0) {
		rest = strv_make(text.p, text.len);
		word = strv_trim(strv_cut(&rest, '\n'));
		found = is_name(word);
		if (found)
			buf_add(out, word.p, word.n);
	}
	fd_close(&fd);
	buf_release(&path);
	buf_release(&text);
	return found;
}

bool zone_host(const char *etc, struct buf *out)
{
	if (!etc)
		etc = "/etc";
	return by_link(etc, out) || by_word(etc, out);
}
