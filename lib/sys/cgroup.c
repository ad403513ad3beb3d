/* SPDX-License-Identifier: ISC */
/* Control groups through their files. */
#include "sys/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/xattr.h>
#endif

#include "base/fd.h"
#include "base/num.h"
#include "base/strv.h"
#include "sys/proc.h"

enum {
	/* What was killed has to go: look so often, so many times. */
	GO_LOOK_MS = 5,
	GO_LOOKS = 100
};

static struct strv read_some(int fd, char *to, size_t size)
{
	ssize_t n = fd == -1 ? -1 : pread(fd, to, size, 0);

	return strv_make(to, n > 0 ? (size_t)n : 0);
}

static int open_in(const char *dir, const char *file, int flags)
{
	struct buf path = BUF_INIT;
	int fd;

	buf_addf(&path, "%s/%s", dir, file);
	fd = open(path.p, flags | O_CLOEXEC);
	buf_release(&path);
	return fd;
}

/* The line "0::/path" of /proc/self/cgroup, below one of the usual places of
 * the hierarchy: alone, or beside the first generation. */
static bool own_path(struct buf *path)
{
	static const char *const roots[] = {"/sys/fs/cgroup",
					    "/sys/fs/cgroup/unified"};
	char text[4096];
	int fd = open("/proc/self/cgroup", O_RDONLY | O_CLOEXEC);
	struct strv rest = read_some(fd, text, sizeof(text));

	fd_close(&fd);
	while (rest.n) {
		struct strv line = strv_cut(&rest, '\n');

		if (!strv_starts(line, "0::/"))
			continue;
		for (size_t i = 0; i < ARRAY_LEN(roots); i++) {
			buf_clear(path);
			buf_addf(path, "%s%.*s", roots[i], (int)line.n - 3,
				 line.p + 3);
			fd = open_in(path->p, "cgroup.kill", O_WRONLY);
			if (fd == -1)
				continue;
			close(fd);
			return true;
		}
	}
	return false;
}

static bool is_handed_over(const char *path)
{
#ifdef __linux__
	static const char *const names[] = {"user.delegate",
					    "trusted.delegate"};
	char value;

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (getxattr(path, names[i], &value, 1) == 1 && value == '1')
			return access(path, W_OK) == 0;
#endif
	(void)path;
	return false;
}

bool cgroup_delegated(struct buf *path)
{
	return own_path(path) && is_handed_over(path->p);
}

bool cgroup_open(struct cgroup *g, const char *parent, const char *name)
{
	struct buf path = BUF_INIT;

	*g = (struct cgroup){.procs = -1, .events = -1, .killer = -1};
	buf_addf(&path, "%s/%s", parent, name);
	if (mkdir(path.p, 0755) == -1 && errno != EEXIST) {
		buf_release(&path);
		return false;
	}
	g->path = buf_detach(&path);
	g->procs = open_in(g->path, "cgroup.procs", O_WRONLY);
	g->events = open_in(g->path, "cgroup.events", O_RDONLY);
	g->killer = open_in(g->path, "cgroup.kill", O_WRONLY);
	if (g->procs != -1 && g->events != -1 && g->killer != -1)
		return true;
	cgroup_close(g);
	return false;
}

void cgroup_kill(const struct cgroup *g)
{
	if (g->path)
		(void)!write(g->killer, "1", 1);
}

bool cgroup_is_populated(const struct cgroup *g)
{
	char text[256];
	struct strv rest;

	if (!g->path)
		return false;
	rest = read_some(g->events, text, sizeof(text));
	while (rest.n)
		if (strv_eq(strv_cut(&rest, '\n'), "populated 1"))
			return true;
	return false;
}

void cgroup_close(struct cgroup *g)
{
	if (!g->path)
		return;
	for (int i = 0; i < GO_LOOKS && cgroup_is_populated(g); i++)
		poll(NULL, 0, GO_LOOK_MS);
	fd_close(&g->procs);
	fd_close(&g->events);
	fd_close(&g->killer);
	(void)!rmdir(g->path);
	free(g->path);
	g->path = NULL;
}

/* Whether the name is one of ours, and its maker is gone. */
static bool is_left(const char *name, const char *prefix)
{
	struct strv rest = strv_of(name), number;
	struct proc_stat stat;
	int64_t pid;

	if (!strv_starts(rest, prefix))
		return false;
	rest.p += strlen(prefix);
	rest.n -= strlen(prefix);
	number = strv_cut(&rest, '.');
	return num_int(number, 1, INT32_MAX, &pid, NULL) == 0 &&
	       !proc_stat((pid_t)pid, &stat);
}

void cgroup_clear_left(const char *parent, const char *prefix)
{
	DIR *dir = opendir(parent);
	struct dirent *d;
	struct cgroup g;

	while (dir && (d = readdir(dir))) {
		if (!is_left(d->d_name, prefix) ||
		    !cgroup_open(&g, parent, d->d_name))
			continue;
		cgroup_kill(&g);
		cgroup_close(&g);
	}
	if (dir)
		closedir(dir);
}
