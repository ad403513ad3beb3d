/* SPDX-License-Identifier: ISC */
/*
 * Cheap questions about what children leave behind: asked after each of them,
 * where looking through all processes would cost more than the child did.
 */
#include "sys/child.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "sys/proc.h"

bool child_has_pidfd(void)
{
	int fd = proc_pidfd(getpid());
	bool has = fd != -1;

	fd_close(&fd);
	return has;
}

bool child_group_left(pid_t pid)
{
	return pid > 1 && (kill(-pid, 0) == 0 || errno == EPERM);
}

pid_t child_peek(void)
{
	siginfo_t info = {0};

	if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == -1)
		return -1;
	return info.si_pid;
}

void child_discard(pid_t pid)
{
	while (waitpid(pid, NULL, WNOHANG) == -1 && errno == EINTR)
		;
}

/* "NAME=value" without the value. */
static void name_of(const char *mark, char *to, size_t size)
{
	snprintf(to, size, "%.*s", (int)strcspn(mark, "=") + 1, mark);
}

/* Whether it belongs to a handler that runs, or to nobody we know. */
static bool kept(pid_t pid, const struct child *const *keep,
		 const char *const *marks, size_t n)
{
	char name[64];

	if (n == 0)
		return false;
	for (size_t i = 0; i < n; i++)
		if (keep[i]->pid == pid || proc_has_env(pid, marks[i]))
			return true;
	name_of(marks[0], name, sizeof(name));
	return !proc_has_env(pid, name);
}

int child_end_strays(const struct child *const *keep, const char *const *marks,
		     size_t n)
{
	struct proc_list l = {0};
	int count = 0;

	proc_children(getpid(), &l);
	/* children of ours: nobody else gets their numbers */
	for (size_t i = 0; i < l.n; i++)
		if (!kept(l.v[i], keep, marks, n) && kill(l.v[i], SIGKILL) == 0)
			count++;
	proc_list_release(&l);
	return count;
}

void child_kin_init(struct child_kin *k)
{
	struct proc_list l = {0};

	proc_children(getpid(), &l);
	k->born = l.v;
	k->n = l.n;
}

void child_kin_release(struct child_kin *k)
{
	free(k->born);
	*k = (struct child_kin){0};
}

void child_kin_discard(struct child_kin *k, pid_t pid)
{
	child_discard(pid);
	for (size_t i = 0; i < k->n; i++)
		if (k->born[i] == pid)
			k->born[i] = k->born[--k->n];
}

static bool is_kin(const struct child_kin *k, pid_t pid)
{
	struct proc_stat st;

	for (size_t i = 0; i < k->n; i++)
		if (k->born[i] == pid)
			return true;
	return proc_stat(pid, &st) && st.session == getsid(0);
}

int child_kin_end_others(const struct child_kin *k)
{
	struct proc_list l = {0};
	int count = 0;

	proc_children(getpid(), &l);
	for (size_t i = 0; i < l.n; i++) {
		if (is_kin(k, l.v[i]))
			continue;
		kill(l.v[i], SIGKILL);
		count++;
	}
	proc_list_release(&l);
	return count;
}

int child_raise_files(int64_t need, int64_t *was, struct err *e)
{
	struct rlimit limit;

	*was = 0;
	if (getrlimit(RLIMIT_NOFILE, &limit) == -1 ||
	    limit.rlim_cur >= (rlim_t)need)
		return 0;
	if (limit.rlim_max < (rlim_t)need)
		return err_set(e, STATUS_CONFIG,
			       "%lld descriptors are needed and %lld allowed "
			       "(raise ulimit -n)",
			       (long long)need, (long long)limit.rlim_max);
	*was = (int64_t)limit.rlim_cur;
	limit.rlim_cur = (rlim_t)need;
	if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
		return err_sys(e, STATUS_SYSTEM, errno,
			       "cannot raise the limit of descriptors");
	return 0;
}
