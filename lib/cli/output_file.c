/* SPDX-License-Identifier: ISC */
/* stdout becomes a new file that takes an old one's place. */
#include "cli/output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "cli/output.h"

static const char *target; /* borrowed */
static char *fresh;	   /* owned; beside it; NULL = none */

/* "DIR/.NAME.XXXXXX": no pattern for the names of finished files takes it. */
static char *name_beside(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	struct buf b = BUF_INIT;

	buf_add(&b, path, (size_t)(name - path));
	buf_addf(&b, ".%s.XXXXXX", name);
	return buf_detach(&b);
}

/* A descriptor to write to; -1 with errno. */
static int open_target(const char *path)
{
	struct stat st;
	mode_t mask = umask(0);
	int fd;

	umask(mask);
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		return -1;
	}
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return open(path, O_WRONLY | O_CLOEXEC);
	fresh = name_beside(path);
	fd = mkstemp(fresh);
	/* readers may be others; what was there decides, else the umask */
	if (fd >= 0 && fchmod(fd, stat(path, &st) == 0 ? st.st_mode & 0777
						       : 0666 & ~mask) < 0) {
		int why = errno;

		close(fd);
		unlink(fresh);
		errno = why;
		fd = -1;
	}
	return fd;
}

int output_file_begin(const char *path, struct err *e)
{
	int fd = open_target(path);

	if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0)
		return err_sys(e, STATUS_CANTCREATE, errno, "cannot write '%s'",
			       path);
	close(fd);
	target = path;
	return 0;
}

static int replace(bool keep, struct err *e)
{
	int rc = 0;

	if (keep && rename(fresh, target) < 0)
		rc = err_sys(e, STATUS_CANTCREATE, errno, "cannot replace '%s'",
			     target);
	if (!keep || rc < 0)
		unlink(fresh);
	free(fresh);
	fresh = NULL;
	return rc;
}

int output_file_finish(const struct opt_command *cmd, int status, bool keep)
{
	struct err e;

	if (output_finish(&e) < 0) {
		keep = false;
		if (status != STATUS_IO)
			status = opt_fail(cmd, &e);
	}
	if (fresh && replace(keep, &e) < 0)
		status = opt_fail(cmd, &e);
	return status;
}
