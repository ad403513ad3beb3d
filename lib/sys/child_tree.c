/* SPDX-License-Identifier: ISC */
/*
 * What a child leaves behind or hides: orphans that became ours, and the tree
 * below a child, found through proc.h and signalled here.
 */
#include "sys/child.h"

#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "sys/proc.h"

#ifdef __linux__
#include <sys/prctl.h>
#endif

void child_signal_group(const struct child *c, int signo)
{
	if (c->pid > 1)
		kill(-c->pid, signo);
}

void child_become_subreaper(void)
{
#ifdef PR_SET_CHILD_SUBREAPER
	prctl(PR_SET_CHILD_SUBREAPER, 1);
#endif
}

/* Add the orphans of `c` among our children; `foreign` remembers those that
 * were found to be of somebody else. */
static void add_orphans(const struct child *c, const char *mark,
			struct proc_list *tree, struct proc_list *foreign)
{
	struct proc_list l = {0};
	struct proc_stat st;

	proc_children(getpid(), &l);
	for (size_t i = 0; i < l.n; i++) {
		pid_t pid = l.v[i];

		if (proc_list_has(tree, pid) || proc_list_has(foreign, pid) ||
		    !proc_stat(pid, &st))
			continue;
		if ((c->pid > 0 &&
		     (st.session == c->pid || st.group == c->pid)) ||
		    (mark && proc_has_env(pid, mark)))
			proc_list_add(tree, pid);
		else
			proc_list_add(foreign, pid);
	}
	proc_list_release(&l);
}

/*
 * Signal a member of `tree`. It may have ended since it was listed and its
 * number may be somebody else's by now: a pidfd holds on to one process, and
 * only if that one's parent is in the tree (or we are) it is signalled.
 */
static bool signal_member(const struct proc_list *tree, pid_t pid, int signo)
{
	int fd = proc_pidfd(pid);
	struct proc_stat st;
	bool sent = false;

	if (proc_stat(pid, &st) && st.state != 'Z' && st.state != 'X' &&
	    (st.parent == getpid() || proc_list_has(tree, st.parent))) {
#ifdef SYS_pidfd_send_signal
		if (fd != -1)
			sent = syscall(SYS_pidfd_send_signal, fd, signo, NULL,
				       0) == 0;
#endif
		if (fd == -1)
			sent = kill(pid, signo) == 0;
	}
	fd_close(&fd);
	return sent;
}

int child_signal_tree(const struct child *c, const char *mark, int signo)
{
	/* A tree that forks faster than we look is given up in the end. */
	int rounds = signo == SIGKILL ? 32 : 1;
	struct proc_list tree = {0}, foreign = {0};
	int count = 0, quiet = 0;

	if (c->pid > 0)
		proc_list_add(&tree, c->pid);
	for (size_t done = 0; rounds > 0 && quiet < 2; rounds--) {
		size_t start = done;

		add_orphans(c, mark, &tree, &foreign);
		for (size_t i = 0; i < tree.n; i++)
			proc_children(tree.v[i], &tree);
		/* parents come first: a shell whose command is killed before
		 * itself would go on to its next one */
		for (; done < tree.n; done++)
			count += signal_member(&tree, tree.v[done], signo);
		/* the lists of children may miss some that move: look twice */
		quiet = done == start ? quiet + 1 : 0;
	}
#ifndef __linux__
	child_signal_group(c, signo);
#endif
	proc_list_release(&tree);
	proc_list_release(&foreign);
	return count;
}

int child_signal_holders(int fd, int as, int signo)
{
	struct proc_list l = {0};
	int count = 0;

	proc_holders(fd, as, &l);
	for (size_t i = 0; i < l.n; i++)
		if (l.v[i] != getpid() && kill(l.v[i], signo) == 0)
			count++;
	proc_list_release(&l);
	return count;
}
