/* SPDX-License-Identifier: ISC */
/* Reads /proc: children, state and environment of other processes. */
#include "sys/proc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"

/* More than any environment that execve() accepts without a raised limit. */
#define ENV_MAX (8u << 20)

void proc_list_add(struct proc_list *l, pid_t pid)
{
	if (l->n == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 16;
		l->v = buf_realloc(l->v, l->cap * sizeof(*l->v));
	}
	l->v[l->n++] = pid;
}

bool proc_list_has(const struct proc_list *l, pid_t pid)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i] == pid)
			return true;
	return false;
}

void proc_list_release(struct proc_list *l)
{
	free(l->v);
	*l = (struct proc_list){0};
}

/* The whole of a small file of /proc; false when it is gone or unreadable. */
static bool slurp(const char *path, size_t limit, struct buf *b)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int rc;

	if (fd == -1)
		return false;
	rc = fd_read_all(fd, path, limit, b, NULL);
	close(fd);
	return rc == 0;
}

/* The fields of /proc/PID/stat from the third on, read into `text`. A program
 * may put anything into its name, but a ')' after its last one is the
 * kernel's. */
static const char *stat_fields(pid_t pid, char *text, size_t size)
{
	char path[64];
	char *at;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return NULL;
	n = read(fd, text, size - 1);
	close(fd);
	if (n <= 0)
		return NULL;
	text[n] = '\0';
	at = strrchr(text, ')');
	return at && at[1] == ' ' ? at + 2 : NULL;
}

bool proc_stat(pid_t pid, struct proc_stat *out)
{
	pid_t *const to[] = {&out->parent, &out->group, &out->session};
	char text[1024];
	const char *at = stat_fields(pid, text, sizeof(text));
	char *end;

	if (!at)
		return false;
	out->state = *at++;
	for (size_t i = 0; i < ARRAY_LEN(to); i++) {
		*to[i] = (pid_t)strtol(at, &end, 10);
		if (end == at)
			return false;
		at = end;
	}
	return true;
}

/* In the middle of execve() a process has no environment for a moment: field
 * 51, where it ends, is 0. So it is for one that has ended. */
static bool in_exec(pid_t pid)
{
	char text[1024];
	const char *at = stat_fields(pid, text, sizeof(text));

	if (!at || *at == 'Z' || *at == 'X')
		return false;
	for (int field = 3; field < 51; field++) {
		at = strchr(at, ' ');
		if (!at)
			return false;
		at++;
	}
	return *at == '0';
}

/* Call `fn` for each numeric name in `dir`. */
static void each_number(const char *dir, void (*fn)(void *arg, pid_t pid),
			void *arg)
{
	DIR *d = opendir(dir);
	struct dirent *de;

	if (!d)
		return;
	while ((de = readdir(d))) {
		if (de->d_name[0] >= '1' && de->d_name[0] <= '9')
			fn(arg, (pid_t)strtol(de->d_name, NULL, 10));
	}
	closedir(d);
}

struct family {
	pid_t parent;
	struct proc_list *l;
	struct buf text; /* reused from file to file */
};

static void add_new(struct proc_list *l, pid_t pid)
{
	if (pid > 0 && !proc_list_has(l, pid))
		proc_list_add(l, pid);
}

static void children_of_thread(void *arg, pid_t tid)
{
	struct family *f = arg;
	char path[64], *at, *end;

	buf_clear(&f->text);
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children",
		 (int)f->parent, (int)tid);
	if (!slurp(path, ENV_MAX, &f->text))
		return;
	for (at = f->text.p;; at = end) {
		pid_t pid = (pid_t)strtol(at, &end, 10);

		if (end == at)
			return;
		add_new(f->l, pid);
	}
}

static void child_by_stat(void *arg, pid_t pid)
{
	struct family *f = arg;
	struct proc_stat st;

	if (proc_stat(pid, &st) && st.parent == f->parent)
		add_new(f->l, pid);
}

void proc_children(pid_t pid, struct proc_list *l)
{
	struct family f = {.parent = pid, .l = l, .text = BUF_INIT};
	char dir[32];

	/* a kernel may be built without the lists of children */
	if (access("/proc/thread-self/children", R_OK) == 0) {
		snprintf(dir, sizeof(dir), "/proc/%d/task", (int)pid);
		each_number(dir, children_of_thread, &f);
	} else {
		each_number("/proc", child_by_stat, &f);
	}
	buf_release(&f.text);
}

static int64_t resident(pid_t pid)
{
	struct buf b = BUF_INIT;
	char path[64];
	int64_t n = 0;

	snprintf(path, sizeof(path), "/proc/%d/statm", (int)pid);
	/* pages: all, and those in memory */
	if (slurp(path, 1024, &b) && strchr(b.p, ' '))
		n = strtoll(strchr(b.p, ' '), NULL, 10) * sysconf(_SC_PAGESIZE);
	buf_release(&b);
	return n;
}

int64_t proc_resident(pid_t pid)
{
	struct proc_list l = {0};
	int64_t n = 0;

	proc_list_add(&l, pid);
	for (size_t i = 0; i < l.n; i++) {
		n += resident(l.v[i]);
		proc_children(l.v[i], &l);
	}
	proc_list_release(&l);
	return n;
}

static bool has_string(const struct buf *b, const char *want)
{
	size_t n = strlen(want);
	bool any = n && want[n - 1] == '=';

	for (size_t at = 0; at < b->len; at += strlen(b->p + at) + 1)
		if (strncmp(b->p + at, want, any ? n : n + 1) == 0)
			return true;
	return false;
}

bool proc_has_env(pid_t pid, const char *pair)
{
	bool found = false, settled = false;
	struct buf b = BUF_INIT;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
	for (int tries = 0; tries < 10; tries++) {
		buf_clear(&b);
		if (!slurp(path, ENV_MAX, &b))
			break;
		found = has_string(&b, pair);
		if (b.len)
			break;
		/* it may have been over between the two looks */
		if (in_exec(pid))
			poll(NULL, 0, 1);
		else if (settled)
			break;
		else
			settled = true;
	}
	buf_release(&b);
	return found;
}

struct holding {
	struct stat file;
	int as;
	struct proc_list *l;
};

static void add_holder(void *arg, pid_t pid)
{
	struct holding *h = arg;
	struct stat st;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, h->as);
	if (stat(path, &st) == 0 && st.st_dev == h->file.st_dev &&
	    st.st_ino == h->file.st_ino)
		proc_list_add(h->l, pid);
}

void proc_holders(int fd, int as, struct proc_list *l)
{
	struct holding h = {.as = as, .l = l};

	if (fstat(fd, &h.file) == 0)
		each_number("/proc", add_holder, &h);
}

int proc_pidfd(pid_t pid)
{
#ifdef SYS_pidfd_open
	return (int)syscall(SYS_pidfd_open, pid, 0);
#else
	(void)pid;
	errno = ENOSYS;
	return -1;
#endif
}
