/* SPDX-License-Identifier: ISC */
/*
 * Starts, signals and collects processes. The child half of a spawn runs in
 * our memory on a stack of its own, as vfork() has it: it calls nothing but
 * the system, and tells of a failure by writing into our variables.
 */
#include "sys/child.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/strv.h"
#include "base/text.h"
#include "sys/cgroup.h"
#include "sys/proc.h"

#ifdef __linux__
#include <sys/prctl.h>
#endif

/* The child shares our memory and leaves by execve() or _exit(), never by
 * returning: a sanitizer's marks on its stack would stay behind. */
#if defined(__clang__)
#define CHILD_SIDE __attribute__((noinline, no_sanitize("all")))
#else
#define CHILD_SIDE \
	__attribute__((noinline, no_sanitize("address", "undefined", "thread")))
#endif

#define STD_COUNT 4 /* descriptors 0 to 3 */

/* What both halves of a spawn share. */
struct start {
	const struct child_spec *spec;
	pid_t parent;	  /* us */
	int error;	  /* errno of the step that failed, or 0 */
	bool exec_failed; /* that step was execve() */
};

/*
 * Ignored signals survive an exec, and a caught one must not run our handler
 * in the shared memory once the mask is lifted. Resetting all 64 costs as much
 * as the rest of the preparation, so it is those that our programs ever touch
 * and those that were not at their default when the first child was started.
 */
static const int touched[] = {SIGHUP,  SIGINT,	SIGQUIT, SIGPIPE, SIGALRM,
			      SIGTERM, SIGUSR1, SIGUSR2, SIGCHLD, SIGCONT,
			      SIGTSTP, SIGTTIN, SIGTTOU, SIGWINCH};
static int reset[NSIG];
static size_t reset_n;

CHILD_SIDE static void set_default(int signo)
{
	struct sigaction sa = {.sa_handler = SIG_DFL};

	sigaction(signo, &sa, NULL);
}

static void collect_signals(void)
{
	struct sigaction sa;
	bool ours;

	/* an inherited "ignore" has children reaped by the system, and their
	 * status lost */
	if (sigaction(SIGCHLD, NULL, &sa) == 0 && sa.sa_handler == SIG_IGN)
		set_default(SIGCHLD);
	for (int s = 1; s < NSIG; s++) {
		ours = false;
		for (size_t i = 0; i < ARRAY_LEN(touched); i++)
			ours = ours || touched[i] == s;
		/* the C library does not tell of those it keeps for itself */
		if (!ours && sigaction(s, NULL, &sa) == 0 &&
		    sa.sa_handler == SIG_DFL)
			continue;
		reset[reset_n++] = s;
	}
}

/* Whether a child may begin with our table of descriptors instead of a copy. An
 * old kernel cannot, and some sandboxes forbid it. */
static bool tables_shared;

static void try_tables(void)
{
#ifdef CLOSE_RANGE_UNSHARE
	tables_shared =
		syscall(SYS_close_range, ~0U, ~0U, CLOSE_RANGE_UNSHARE) == 0;
#endif
}

static void before_the_first(void)
{
	if (reset_n)
		return;
	collect_signals();
	try_tables();
}

/* The system call is made directly: a zeroed action is the default one in
 * every layout of it, and a sanitizer's idea of our handlers stays as it is. */
CHILD_SIDE static void default_signals(bool keep_foreground)
{
#ifdef __linux__
	static const unsigned char action[64];
#endif

	for (size_t i = 0; i < reset_n; i++) {
		if (keep_foreground &&
		    (reset[i] == SIGINT || reset[i] == SIGQUIT))
			continue;
#ifdef __linux__
		syscall(SYS_rt_sigaction, reset[i], action, NULL, NSIG / 8);
#else
		set_default(reset[i]);
#endif
	}
}

/* Move what was given to its number. A source below 4 may be the target of
 * another: those are moved out of the way first. */
CHILD_SIDE static int place_descriptors(const struct child_spec *spec)
{
	int from[STD_COUNT] = {spec->in, spec->out, spec->err, spec->control};

	for (int i = 0; i < STD_COUNT; i++) {
		if (from[i] < 0 || from[i] >= STD_COUNT || from[i] == i)
			continue;
		from[i] = fcntl(from[i], F_DUPFD_CLOEXEC, STD_COUNT);
		if (from[i] == -1)
			return -1;
	}
	for (int i = 0; i < STD_COUNT; i++) {
		if (from[i] < 0)
			continue;
		/* dup2() onto itself would keep close-on-exec */
		if (from[i] == i ? fcntl(i, F_SETFD, 0) == -1
				 : dup2(from[i], i) == -1)
			return -1;
	}
	return 0;
}

/*
 * Of a table of descriptors that is shared with us the child takes what it was
 * given and what stands before it, and none of all the other handlers': copying
 * and closing these costs more than the rest of its preparation.
 */
CHILD_SIDE static int leave_table(const struct child_spec *spec)
{
#ifdef CLOSE_RANGE_UNSHARE
	int last = STD_COUNT - 1;

	if (!tables_shared)
		return 0;
	last = spec->in > last ? spec->in : last;
	last = spec->out > last ? spec->out : last;
	last = spec->err > last ? spec->err : last;
	last = spec->control > last ? spec->control : last;
	return (int)syscall(SYS_close_range, (unsigned)last + 1, ~0U,
			    CLOSE_RANGE_UNSHARE);
#else
	(void)spec;
	return 0;
#endif
}

CHILD_SIDE static void close_from(int first)
{
	struct rlimit limit;
	rlim_t end = 65536;

#ifdef SYS_close_range
	if (syscall(SYS_close_range, (unsigned)first, ~0U, 0U) == 0)
		return;
#endif
	/* an old kernel; all descriptors of ours are close-on-exec anyway */
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < end)
		end = limit.rlim_cur;
	for (int fd = first; fd < (int)end; fd++)
		close(fd);
}

CHILD_SIDE static void limit_files(rlim_t most)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		return;
	limit.rlim_cur = most;
	setrlimit(RLIMIT_NOFILE, &limit);
}

CHILD_SIDE static int prepare(const struct start *s)
{
	const struct child_spec *spec = s->spec;

	if (spec->group && spec->group->path)
		(void)!write(spec->group->procs, "0", 1);
	if (spec->own_session && setsid() == -1)
		return -1;
#ifdef __linux__
	if (spec->death_signal) {
		if (prctl(PR_SET_PDEATHSIG, spec->death_signal) == -1)
			return -1;
		/* we may have died before the call above */
		if (getppid() != s->parent)
			_exit(STATUS_SYSTEM);
	}
#endif
	if (leave_table(spec) == -1 || place_descriptors(spec) == -1)
		return -1;
	close_from(spec->control < 0 ? 3 : STD_COUNT);
	if (spec->files)
		limit_files((rlim_t)spec->files);
	default_signals(spec->foreground_signals);
	return 0;
}

CHILD_SIDE static int child_side(void *arg)
{
	struct start *s = arg;
	sigset_t none;

	if (prepare(s) == 0) {
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		execve(s->spec->path, (char *const *)s->spec->argv,
		       (char *const *)s->spec->envp);
		s->exec_failed = true;
	}
	s->error = errno;
	_exit(STATUS_NOTFOUND);
}

/* Run child_side(); returns its pid when it has executed or ended. */
CHILD_SIDE static pid_t divide(struct start *s, int *pidfd)
{
#ifdef __linux__
	/* ours waits, so that the child may have a part of our stack */
	_Alignas(64) unsigned char stack[32768];

	return clone(child_side, stack + sizeof(stack),
		     CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD |
			     (tables_shared ? CLONE_FILES : 0),
		     s, pidfd);
#else
	pid_t pid = vfork();

	(void)pidfd;
	if (pid == 0)
		child_side(s);
	return pid;
#endif
}

static int exec_error(const char *path, int error, struct err *e)
{
	enum status code = STATUS_NOEXEC;
	const char *hint = "";
	char shown[160];

	text_show(strv_of(path), shown, sizeof(shown));
	switch (error) {
	case ENOENT:
	case ENOTDIR:
		if (access(path, F_OK) == 0)
			return err_set(e, code,
				       "cannot execute '%s': its interpreter "
				       "does not exist (see its first line)",
				       shown);
		code = STATUS_NOTFOUND;
		break;
	case EACCES:
		hint = " (is it executable? chmod +x)";
		break;
	case ENOEXEC:
		hint = " (a script begins with a line like #!/bin/sh)";
		break;
	case E2BIG:
		code = STATUS_DATA;
		hint = " (with the environment)";
		break;
	case EPERM:
	case EINVAL:
	case EISDIR:
	case ELIBBAD:
	case ELOOP:
	case ENAMETOOLONG:
		break;
	default:
		code = STATUS_SYSTEM;
	}
	return err_set(e, code, "cannot execute '%s': %s%s", shown,
		       strerror(error), hint);
}

int child_spawn(const struct child_spec *spec, struct child *out, struct err *e)
{
	struct start s = {.spec = spec, .parent = getpid()};
	sigset_t all, old;
	int pidfd = -1;
	int error;
	pid_t pid;

	before_the_first();
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	pid = divide(&s, &pidfd);
	error = pid == -1 ? errno : s.error;
	sigprocmask(SIG_SETMASK, &old, NULL);
	if (pid == -1)
		return err_sys(e, STATUS_SYSTEM, error,
			       "cannot start a process");
	if (error) {
		while (waitpid(pid, NULL, 0) == -1 && errno == EINTR)
			;
		fd_close(&pidfd);
		if (s.exec_failed)
			return exec_error(spec->path, error, e);
		return err_sys(e, STATUS_SYSTEM, error,
			       "cannot prepare a process");
	}
	out->pid = pid;
	out->pidfd = pidfd != -1 ? pidfd : proc_pidfd(pid);
	if (out->pidfd != -1)
		fd_move_up(&out->pidfd);
	return 0;
}

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
		exec_error(name, why, e);
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
	fd_close(&c->pidfd);
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
}

void child_die_of(int signo)
{
	struct rlimit none = {0, 0};
	sigset_t set;

	/* the truth for our parent, not our memory on the disk */
	setrlimit(RLIMIT_CORE, &none);
	set_default(signo);
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
	before_the_first();
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
