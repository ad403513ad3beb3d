/* SPDX-License-Identifier: ISC */
/*
 * Finds programs, collects processes and makes daemons. How a process is
 * started is in child_start.c.
 */
#include "sys/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/strv.h"
#include "base/text.h"
#include "sys/child_impl.h"
#include "sys/proc.h"

int child_fork(struct child *out, struct err *e)
{
	pid_t pid;

	/* what is buffered would be written twice */
	fflush(NULL);
	pid = fork();
	if (pid == -1)
		return err_sys(e, STATUS_SYSTEM, errno,
			       "cannot start a process");
	if (pid == 0)
		return 0;
	out->pid = pid;
	out->pidfd = proc_pidfd(pid);
	return 1;
}

/* 0, or the errno that says why it cannot be executed. */
static int runnable(const char *path)
{
	struct stat st;

	if (stat(path, &st) == -1)
		return errno;
	if (!S_ISREG(st.st_mode))
		return EACCES;
	return access(path, X_OK) == 0 ? 0 : errno;
}

char *child_find(const char *name, const char *path_var, struct err *e)
{
	struct strv rest = strv_of(path_var ? path_var : "/bin:/usr/bin");
	struct buf b = BUF_INIT;
	int error = ENOENT;
	char shown[160];
	int why;

	if (strchr(name, '/')) {
		why = runnable(name);
		if (!why)
			return buf_strdup(name);
		child_exec_error(name, why, e);
		return NULL;
	}
	for (bool more = *name != '\0'; more;) {
		const char *colon = memchr(rest.p, ':', rest.n);
		struct strv dir = strv_cut(&rest, ':');

		more = colon != NULL;
		buf_clear(&b);
		/* an empty element is the current directory */
		buf_add(&b, dir.n ? dir.p : ".", dir.n ? dir.n : 1);
		buf_addch(&b, '/');
		buf_addstr(&b, name);
		why = runnable(b.p);
		if (!why)
			return buf_detach(&b);
		if (why == EACCES)
			error = why;
	}
	buf_release(&b);
	text_show(strv_of(name), shown, sizeof(shown));
	if (error == EACCES)
		err_set(e, STATUS_NOEXEC,
			"'%s' is in PATH, but not executable (chmod +x)",
			shown);
	else
		err_set(e, STATUS_NOTFOUND, "'%s' is not in PATH", shown);
	return NULL;
}

static int64_t micros(struct timeval tv)
{
	return (int64_t)tv.tv_sec * 1000000 + tv.tv_usec;
}

static int collect(struct child *c, int flags, struct child_end *end)
{
	struct rusage ru = {0};
	int status = 0;
	pid_t pid;

	*end = (struct child_end){.code = -1};
	if (c->pid > 0) {
		do
			pid = wait4(c->pid, &status, flags, &ru);
		while (pid == -1 && errno == EINTR);
		if (pid == 0)
			return 0;
		if (pid > 0 && WIFEXITED(status)) {
			end->code = WEXITSTATUS(status);
		} else if (pid > 0) {
			end->signo = WTERMSIG(status);
			end->core = WCOREDUMP(status);
		}
		end->user_us = micros(ru.ru_utime);
		end->sys_us = micros(ru.ru_stime);
		end->peak_kib = ru.ru_maxrss;
	}
	c->pid = 0;
	return 1;
}

int child_reap(struct child *c, struct child_end *end)
{
	return collect(c, WNOHANG, end);
}

void child_wait(struct child *c, struct child_end *end)
{
	collect(c, 0, end);
	child_close(c);
}

void child_close(struct child *c)
{
	fd_close(&c->pidfd);
}

void child_die_of(int signo)
{
	struct rlimit none = {0, 0};
	sigset_t set;

	/* the truth for our parent, not our memory on the disk */
	setrlimit(RLIMIT_CORE, &none);
	child_signal_default(signo);
	sigemptyset(&set);
	sigaddset(&set, signo);
	raise(signo);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	_exit(128 + signo);
}

/* What the process between us and a daemon tells us. */
struct daemon_news {
	int rc; /* of child_spawn() */
	pid_t pid;
	struct err e;
};

/* The process between: spawns, reports, and stays until we have looked, so
 * that the daemon's number cannot be given away before. */
no_return static void daemon_parent(const struct child_spec *given, int sock)
{
	struct daemon_news news = {0};
	struct child_spec spec = *given;
	struct child c = {0};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	char wait;

	spec.in = null;
	spec.out = spec.err = given->out == -1 ? null : given->out;
	spec.own_session = true;
	spec.death_signal = 0;
	news.rc = null == -1 ? err_sys(&news.e, STATUS_SYSTEM, errno,
				       "cannot open /dev/null")
			     : child_spawn(&spec, &c, &news.e);
	news.pid = c.pid;
	if (fd_write_all(sock, &news, sizeof(news)) == 0)
		while (read(sock, &wait, 1) == -1 && errno == EINTR)
			;
	_exit(0);
}

int child_daemon(const struct child_spec *spec, struct child *out,
		 struct err *e)
{
	struct daemon_news news;
	sigset_t all, old;
	int sock[2];
	pid_t pid;
	ssize_t n;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sock) == -1)
		return err_sys(e, STATUS_SYSTEM, errno,
			       "cannot make a socket pair");
	child_before_first();
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	pid = fork();
	if (pid == 0) {
		close(sock[0]);
		daemon_parent(spec, sock[1]);
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
	close(sock[1]);
	if (pid == -1) {
		close(sock[0]);
		return err_sys(e, STATUS_SYSTEM, errno,
			       "cannot start a process");
	}
	do
		n = recv(sock[0], &news, sizeof(news), MSG_WAITALL);
	while (n == -1 && errno == EINTR);
	if (n == (ssize_t)sizeof(news) && news.rc == 0) {
		out->pid = news.pid;
		out->pidfd = proc_pidfd(news.pid);
	}
	close(sock[0]);
	while (waitpid(pid, NULL, 0) == -1 && errno == EINTR)
		;
	if (n != (ssize_t)sizeof(news))
		return err_set(e, STATUS_SYSTEM,
			       "cannot start a process: it was ended at once");
	if (news.rc == -1 && e)
		*e = news.e;
	return news.rc;
}
