/* SPDX-License-Identifier: ISC */
/*
 * Starts processes. The child half runs in our memory on a stack of its own, as
 * vfork() has it, but we need not wait for it: until it has executed it reads
 * what it was given and writes into its struct child_start, and nothing else.
 * So it makes its system calls itself (raw.h).
 */
#include "sys/child.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/text.h"
#include "sys/cgroup.h"
#include "sys/child_impl.h"
#include "sys/proc.h"
#include "sys/raw.h"

#ifdef __linux__
#include <sys/prctl.h>
#endif

#define STD_COUNT 4 /* descriptors 0 to 3 */

/* What both halves share. */
struct child_start {
	struct child_spec spec;
	struct rlimit files; /* the child's, when spec.files says so */
	rlim_t most_files;   /* ours, where it is asked for */
	pid_t parent;	     /* us */
	int under_way;	     /* set to 0 by the kernel; see child_begun() */
	int error;	     /* errno of the step that failed, or 0 */
	bool exec_failed;    /* that step was execve() */
	_Alignas(16) unsigned char stack[16384];
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

void child_signal_default(int signo)
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
		child_signal_default(SIGCHLD);
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

void child_before_first(void)
{
	if (reset_n)
		return;
	collect_signals();
	try_tables();
}

/* A zeroed action is the default one in every layout of it, and a zeroed mask
 * blocks nothing. A sanitizer's idea of our handlers stays as it is. */
RAW_SIDE static void default_signals(bool keep_foreground)
{
#ifdef __linux__
	static const unsigned char action[64];
#else
	const struct sigaction action = {.sa_handler = SIG_DFL};
#endif

	for (size_t i = 0; i < reset_n; i++) {
		if (keep_foreground &&
		    (reset[i] == SIGINT || reset[i] == SIGQUIT))
			continue;
#ifdef __linux__
		raw(rt_sigaction, reset[i], action, NULL, NSIG / 8);
#else
		sigaction(reset[i], &action, NULL);
#endif
	}
}

RAW_SIDE static void unblock_signals(void)
{
	static const sigset_t none;

#ifdef __linux__
	raw(rt_sigprocmask, SIG_SETMASK, &none, NULL, NSIG / 8);
#else
	sigprocmask(SIG_SETMASK, &none, NULL);
#endif
}

RAW_SIDE static long duplicate(int from, int to)
{
#ifdef SYS_dup3
	return raw(dup3, from, to, 0);
#else
	return raw(dup2, from, to);
#endif
}

/* Move what was given to its number. A source below 4 may be the target of
 * another: those are moved out of the way first. 0, or the error. */
RAW_SIDE static long place_descriptors(const struct child_spec *spec)
{
	long from[STD_COUNT];
	long rc;

	from[0] = spec->in;
	from[1] = spec->out;
	from[2] = spec->err;
	from[3] = spec->control;
	for (int i = 0; i < STD_COUNT; i++) {
		if (from[i] < 0 || from[i] >= STD_COUNT || from[i] == i)
			continue;
		from[i] = raw(fcntl, from[i], F_DUPFD_CLOEXEC, STD_COUNT);
		if (from[i] < 0)
			return from[i];
	}
	for (int i = 0; i < STD_COUNT; i++) {
		if (from[i] < 0)
			continue;
		/* onto itself it would keep close-on-exec */
		rc = from[i] == i ? raw(fcntl, i, F_SETFD, 0)
				  : duplicate((int)from[i], i);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/*
 * Of a table of descriptors that is shared with us the child takes what it was
 * given and what stands before it, and none of all the other handlers': copying
 * and closing these costs more than the rest of its preparation.
 */
RAW_SIDE static long leave_table(const struct child_spec *spec)
{
#ifdef CLOSE_RANGE_UNSHARE
	int last = STD_COUNT - 1;

	if (!tables_shared)
		return 0;
	last = spec->in > last ? spec->in : last;
	last = spec->out > last ? spec->out : last;
	last = spec->err > last ? spec->err : last;
	last = spec->control > last ? spec->control : last;
	return raw(close_range, last + 1, ~0U, CLOSE_RANGE_UNSHARE);
#else
	(void)spec;
	return 0;
#endif
}

RAW_SIDE static void close_from(int first, rlim_t end)
{
#ifdef SYS_close_range
	if (raw(close_range, first, ~0U, 0) == 0)
		return;
#endif
	/* an old kernel; all descriptors of ours are close-on-exec anyway */
	end = end > 65536 ? 65536 : end;
	for (rlim_t fd = (rlim_t)first; fd < end; fd++)
		raw(close, fd);
}

RAW_SIDE static void limit_files(const struct rlimit *limit)
{
#if RAW_SHARES
	raw(prlimit64, 0, RLIMIT_NOFILE, limit);
#else
	setrlimit(RLIMIT_NOFILE, limit);
#endif
}

/* 0, or the error. */
RAW_SIDE static long prepare(const struct child_start *s)
{
	const struct child_spec *spec = &s->spec;
	long rc = 0;

	if (spec->group && spec->group->path)
		raw(write, spec->group->procs, "0", 1);
	if (spec->own_session)
		rc = raw(setsid, 0);
	if (rc < 0)
		return rc;
#ifdef __linux__
	if (spec->death_signal) {
		rc = raw(prctl, PR_SET_PDEATHSIG, spec->death_signal);
		if (rc < 0)
			return rc;
		/* we may have died before the call above */
		if (raw(getppid, 0) != s->parent)
			raw(exit, STATUS_SYSTEM);
	}
#endif
	rc = leave_table(spec);
	if (rc == 0)
		rc = place_descriptors(spec);
	if (rc < 0)
		return rc;
	close_from(spec->control < 0 ? 3 : STD_COUNT, s->most_files);
	if (spec->files)
		limit_files(&s->files);
	default_signals(spec->foreground_signals);
	return 0;
}

RAW_SIDE static int child_side(void *arg)
{
	struct child_start *s = arg;
	long rc = prepare(s);

	if (rc == 0) {
		unblock_signals();
		rc = raw(execve, s->spec.path, s->spec.argv, s->spec.envp);
		s->exec_failed = true;
	}
	s->error = (int)-rc;
	raw(exit, STATUS_NOTFOUND);
	return 0;
}

/* Run child_side(); returns its pid, with `wait` when it has executed or ended.
 * All signals are blocked. */
RAW_SIDE static pid_t divide(struct child_start *s, bool wait, int *pidfd)
{
#ifdef __linux__
	return clone(child_side, s->stack + sizeof(s->stack),
		     CLONE_VM | CLONE_PIDFD | CLONE_CHILD_CLEARTID | SIGCHLD |
			     (wait ? CLONE_VFORK : 0) |
			     (tables_shared ? CLONE_FILES : 0),
		     s, pidfd, NULL, &s->under_way);
#else
	pid_t pid = vfork();

	(void)wait;
	(void)pidfd;
	if (pid == 0)
		child_side(s);
	return pid;
#endif
}

int child_exec_error(const char *path, int error, struct err *e)
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

struct child_start *child_start_new(void)
{
	return buf_alloc(sizeof(struct child_start));
}

void child_start_free(struct child_start *s)
{
	free(s);
}

static void fill(struct child_start *s, const struct child_spec *spec)
{
	s->spec = *spec;
	s->parent = getpid();
	s->under_way = 1;
	s->error = 0;
	s->exec_failed = false;
	s->most_files = 0;
	if ((!spec->files && tables_shared) ||
	    getrlimit(RLIMIT_NOFILE, &s->files) == -1)
		return;
	s->most_files = s->files.rlim_cur;
	if (spec->files)
		s->files.rlim_cur = (rlim_t)spec->files;
}

/* Whether the kernel tells when a child has executed: the first one is waited
 * for to find out. */
static enum {
	UNKNOWN,
	TELLS,
	IS_SILENT
} kernel;

static void learn(const struct child_start *s)
{
	if (kernel == UNKNOWN)
		kernel = child_begun(s) ? TELLS : IS_SILENT;
}

int child_begin(struct child_start *s, const struct child_spec *spec, bool wait,
		struct child *out, struct err *e)
{
	sigset_t all, old;
	int pidfd = -1;
	pid_t pid;
	int error;

	child_before_first();
	fill(s, spec);
	wait = wait || !RAW_SHARES || kernel != TELLS;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	pid = divide(s, wait, &pidfd);
	error = errno;
	sigprocmask(SIG_SETMASK, &old, NULL);
	if (pid != -1 && wait)
		learn(s);
	if (pid == -1 || wait)
		s->under_way = 0;
	if (pid == -1)
		return err_sys(e, STATUS_SYSTEM, error,
			       "cannot start a process");
	out->pid = pid;
	out->pidfd = pidfd != -1 ? pidfd : proc_pidfd(pid);
	if (out->pidfd != -1)
		fd_move_up(&out->pidfd);
	return 0;
}

bool child_begun(const struct child_start *s)
{
	return __atomic_load_n(&s->under_way, __ATOMIC_ACQUIRE) == 0;
}

int child_start_result(const struct child_start *s, struct err *e)
{
	if (!s->error)
		return 0;
	if (s->exec_failed)
		return child_exec_error(s->spec.path, s->error, e);
	return err_sys(e, STATUS_SYSTEM, s->error, "cannot prepare a process");
}

int child_spawn(const struct child_spec *spec, struct child *out, struct err *e)
{
	struct child_start s;
	struct child_end end;

	if (child_begin(&s, spec, true, out, e) < 0)
		return -1;
	if (child_start_result(&s, e) == 0)
		return 0;
	child_wait(out, &end);
	return -1;
}
