/* SPDX-License-Identifier: ISC */
/* Writes the job log. */
#include "work/joblog.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"

static int open_file(const char *path, struct err *e)
{
	char shown[200];
	/* O_NONBLOCK: a FIFO without reader is an error, not a wait */
	int fd = open(path,
		      O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY |
			      O_NONBLOCK,
		      0666);

	if (fd == -1)
		err_sys(e, STATUS_CANTCREATE, errno, "cannot open job log '%s'",
			text_show(strv_of(path), shown, sizeof(shown)));
	return fd;
}

int joblog_open(struct joblog *j, const char *path, struct err *e)
{
	memset(j, 0, sizeof(*j));
	buf_init(&j->line);
	j->path = path;
	j->fd = -1;
	if (!path)
		return 0;
	j->fd = open_file(path, e);
	return j->fd == -1 ? -1 : 0;
}

void joblog_close(struct joblog *j)
{
	fd_close(&j->fd);
	buf_release(&j->line);
}

int joblog_reopen(struct joblog *j, struct err *e)
{
	int fd;

	if (!j->path)
		return 0;
	fd = open_file(j->path, e);
	if (fd == -1)
		return -1;
	fd_close(&j->fd);
	j->fd = fd;
	j->failing = false;
	return 0;
}

static void add_or_dash(struct buf *b, bool there, int n)
{
	if (there)
		buf_addf(b, "%d\t", n);
	else
		buf_addstr(b, "-\t");
}

int joblog_write(struct joblog *j, const struct joblog_line *l, struct err *e)
{
	struct buf *b = &j->line;
	bool failed;

	if (j->fd == -1)
		return 0;
	buf_clear(b);
	buf_addf(b, "%" PRId64 ".%03d\t%.3f\t", l->start_ms / 1000,
		 (int)(l->start_ms % 1000), (double)l->took_us / 1e6);
	add_or_dash(b, l->code >= 0, l->code);
	add_or_dash(b, l->signo > 0, l->signo);
	buf_addf(b, "%s\t%" PRId64 "\t%s\t%s\t%s\n", l->outcome, l->attempt,
		 l->queue, l->id, l->worker);
	failed = fd_write_all(j->fd, b->p, b->len) == -1;
	if (failed && !j->failing) {
		j->failing = true;
		return err_sys(e, STATUS_IO, errno,
			       "cannot write the job log '%s'", j->path);
	}
	j->failing = failed;
	return 0;
}
