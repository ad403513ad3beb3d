/* SPDX-License-Identifier: ISC */
/* Finds handlers by name and looks at them before they are run. */
#include "work/handlers.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/strv.h"
#include "base/text.h"
#include "queue/key.h"

#if defined(SYS_openat2) && __has_include(<linux/openat2.h>)
#include <linux/openat2.h>
#define HAVE_OPENAT2 1
#endif

#ifndef O_PATH
/* O_NONBLOCK: a FIFO must not make us wait */
#define O_PATH (O_RDONLY | O_NONBLOCK)
#endif

static bool trusted_owner(const struct stat *st)
{
	return st->st_uid == 0 || st->st_uid == geteuid();
}

static int refuse_dir(const char *path, const char *why, struct err *e)
{
	char shown[200];

	return err_set(e, STATUS_RIGHTS,
		       "handlers directory: '%s' %s (others could choose "
		       "what we run)",
		       text_show(strv_of(path), shown, sizeof(shown)), why);
}

/* `path` is cut at each '/' from the end on, and so holds "/" at last. */
static int check_above(char *path, struct err *e)
{
	const char *what = "can be written by others", *at;
	bool top = true;
	struct stat st;
	char *slash;

	do {
		at = *path ? path : "/";
		if (stat(at, &st) == -1)
			return err_sys(e, STATUS_NOINPUT, errno,
				       "handlers directory");
		if (!trusted_owner(&st))
			return refuse_dir(at, "belongs to another user", e);
		if ((st.st_mode & 022) && (top || !(st.st_mode & S_ISVTX)))
			return refuse_dir(at, what, e);
		top = false;
		slash = strrchr(path, '/');
		if (slash)
			*slash = '\0';
	} while (slash);
	return 0;
}

int handlers_open(struct handlers *h, const char *dir, struct err *e)
{
	char shown[200], *walk;
	int rc;

	memset(h, 0, sizeof(*h));
	buf_init(&h->path);
	h->fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	h->dir = h->fd == -1 ? NULL : realpath(dir, NULL);
	if (!h->dir) {
		err_sys(e, STATUS_NOINPUT, errno,
			"cannot open handlers directory '%s'",
			text_show(strv_of(dir), shown, sizeof(shown)));
		handlers_close(h);
		return -1;
	}
	walk = buf_strdup(h->dir);
	rc = check_above(walk, e);
	free(walk);
	if (rc < 0)
		handlers_close(h);
	return rc;
}

void handlers_close(struct handlers *h)
{
	if (h->dir || h->fd > 0)
		fd_close(&h->fd);
	free(h->dir);
	h->dir = NULL;
	buf_release(&h->path);
}

/* No symlink, nothing above: the kernel's word where it gives it. */
static int open_beneath(int dir, const char *name)
{
#ifdef HAVE_OPENAT2
	struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS |
			   RESOLVE_NO_MAGICLINKS,
	};
	int fd = (int)syscall(SYS_openat2, dir, name, &how, sizeof(how));

	/* seccomp filters answer EPERM to calls they do not know */
	if (fd != -1 || (errno != ENOSYS && errno != EPERM))
		return fd;
#endif
	/* a checked name is one component; a symlink opened like this is itself
	 * and no plain file */
	return openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
}

/* Whether the directory lists exactly this spelling: a file system may find a
 * name under another. */
static int spelled(int dir, const char *name)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd == -1 ? NULL : fdopendir(fd);
	struct dirent *de;
	int found = 0;

	if (!d) {
		fd_close(&fd);
		return -1;
	}
	while (!found && (de = readdir(d)))
		found = strcmp(de->d_name, name) == 0;
	closedir(d);
	return found;
}

/* What is wrong with it, or NULL. */
static const char *check_file(const struct handlers *h, int fd,
			      const char *name)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return "cannot be examined";
	if (S_ISLNK(st.st_mode))
		return "is a symbolic link";
	if (!S_ISREG(st.st_mode))
		return "is not a plain file";
	if (st.st_mode & (S_ISUID | S_ISGID))
		return "is set-user-id or set-group-id";
	if (!trusted_owner(&st))
		return "belongs to another user";
	if (st.st_mode & 022)
		return "can be written by others (chmod go-w)";
	if (!(st.st_mode & 0111) || faccessat(h->fd, name, X_OK, AT_EACCESS))
		return "is not executable (chmod +x)";
	return NULL;
}

static int refuse(const char *name, const char *why, struct err *e)
{
	return err_set(e, STATUS_NOEXEC, "handler '%s' %s", name, why);
}

/* 0 when it may be run. */
static int check(struct handlers *h, const char *name, struct err *e)
{
	int fd = open_beneath(h->fd, name);
	const char *why;
	int found;

	if (fd == -1 && errno == ELOOP)
		return refuse(name, "is a symbolic link", e);
	if (fd == -1 && errno == ENOENT)
		return err_set(e, STATUS_NOTFOUND, "no handler '%s' in '%s'",
			       name, h->dir);
	if (fd == -1 && errno == EACCES)
		return refuse(name, "cannot be reached (permission denied)", e);
	if (fd == -1)
		return err_sys(e, STATUS_SYSTEM, errno,
			       "cannot look at handler '%s'", name);
	why = check_file(h, fd, name);
	close(fd);
	if (why)
		return refuse(name, why, e);
	found = spelled(h->fd, name);
	if (found < 0)
		return err_sys(e, STATUS_SYSTEM, errno,
			       "cannot read handlers directory '%s'", h->dir);
	if (!found)
		return err_set(e, STATUS_NOTFOUND, "no handler '%s' in '%s'",
			       name, h->dir);
	return 0;
}

const char *handlers_find(struct handlers *h, const char *name, struct err *e)
{
	if (!name) {
		err_set(e, STATUS_NOTFOUND,
			"the job has no name, and this worker finds handlers "
			"by name (push with --name)");
		return NULL;
	}
	/* not only the pusher's business: what is in the server may have been
	 * written by hand */
	if (key_check_name(strv_of(name), e) < 0) {
		if (e)
			e->code = STATUS_NOTFOUND;
		return NULL;
	}
	if (check(h, name, e) < 0)
		return NULL;
	buf_clear(&h->path);
	buf_addf(&h->path, "%s/%s", h->dir, name);
	return h->path.p;
}
