/* SPDX-License-Identifier: ISC */
/* Whole reads and writes, sane standard streams. */
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

void fd_fill_standard(void)
{
	/* open() takes the lowest free number, so going up fills each hole */
	for (int fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) != -1 || errno != EBADF)
			continue;
		if (open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
			_exit(STATUS_SYSTEM);
	}
}

int fd_write_all(int fd, const void *p, size_t n)
{
	const char *at = p;

	while (n > 0) {
		ssize_t k = write(fd, at, n);

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return -1;
		at += k;
		n -= (size_t)k;
	}
	return 0;
}

int fd_read_all(int fd, const char *name, size_t limit, struct buf *b,
		struct err *e)
{
	size_t start = b->len;

	for (;;) {
		size_t chunk = b->len - start < 65536 ? 65536 : b->len - start;
		char *to = buf_reserve(b, chunk);
		ssize_t k = read(fd, to, chunk);

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return err_sys(e,
				       errno == EBADF || errno == EISDIR
					       ? STATUS_NOINPUT
					       : STATUS_IO,
				       errno, "cannot read %s", name);
		if (k == 0)
			return 0;
		b->len += (size_t)k;
		b->p[b->len] = '\0';
		if (b->len - start > limit)
			return err_set(e, STATUS_DATA,
				       "%s is larger than %zu bytes "
				       "(see --max-payload)",
				       name, limit);
	}
}

void fd_nonblock(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags != -1)
		fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

void fd_cloexec(int fd)
{
	int flags = fcntl(fd, F_GETFD);

	if (flags != -1)
		fcntl(fd, F_SETFD, flags | FD_CLOEXEC);
}

void fd_move_up(int *fd)
{
	int up = fcntl(*fd, F_DUPFD_CLOEXEC, 64);

	if (up == -1)
		return;
	close(*fd);
	*fd = up;
}

void fd_close(int *fd)
{
	if (*fd != -1)
		close(*fd);
	*fd = -1;
}
