/* SPDX-License-Identifier: ISC */
/*
 * Starting, ending and reaping other programs. The only place that forks,
 * execs, waits or kills. Spawning has vfork semantics: its cost does not grow
 * with our memory, and a failed exec is known when the call returns.
 */
#ifndef SYS_CHILD_H
#define SYS_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

struct cgroup;

struct child_spec {
	const char *path;	 /* program to execute; no search of PATH */
	const char *const *argv; /* NULL-terminated; argv[0] included */
	const char *const *envp; /* NULL-terminated */
	int in, out, err;	 /* become 0, 1, 2; -1 = inherit ours */
	int control;		 /* becomes 3; -1 = closed */
	bool own_session;	 /* setsid(): own session and process group */
	int death_signal;	 /* sent when we die (Linux); 0 = none */
	bool foreground_signals; /* leave SIGINT/SIGQUIT as they are */
	int64_t files;		 /* its soft limit of descriptors; 0 = ours */
	const struct cgroup *group; /* which it joins, if it can; or NULL */
};

struct child {
	pid_t pid; /* also the process group with own_session */
	int pidfd; /* readable when it ended; -1 where there is none */
};

/* How a child ended, and what it used. When somebody else has waited for it,
 * `code` is -1 and `signo` 0: nothing is known. */
struct child_end {
	int code;	 /* exit status, or -1 when `signo` is set */
	int signo;	 /* signal that ended it, or 0 */
	bool core;	 /* dumped core */
	int64_t user_us; /* CPU time, with its waited-for descendants */
	int64_t sys_us;
	int64_t peak_kib; /* largest resident set of any of them; never less
			     than ours was when it started (the system counts
			     from there) */
};

/*
 * Start a program: all signals at their default, none blocked, every
 * descriptor but 0 to 3 closed. The descriptors given may be any numbers, 0 to
 * 3 and twice the same among them, and stay ours; low ones are faster, as the
 * child copies our table only up to them. A script without "#!" is not
 * handed to a shell. (A program that changes the action of a signal other than
 * the terminal's, job control's, PIPE, ALRM, TERM, USR1, USR2, CHLD or WINCH
 * has to do so before its first child.) Returns when the program runs or could
 * not be executed: -1 with STATUS_NOTFOUND (no such file), STATUS_NOEXEC (not
 * executable, bad format or interpreter), STATUS_DATA (argv and envp are too
 * long) or STATUS_SYSTEM (EAGAIN, ENOMEM, EMFILE …).
 */
int child_spawn(const struct child_spec *spec, struct child *out,
		struct err *e) must_check;

/*
 * The same without waiting until the program runs: some 200 us in which the
 * caller may have better things to do (if not, to `wait` is sooner done). `s`,
 * which lasts longer than that, belongs to one start at a time. Until
 * child_begun() or child_reap() says so, the child reads what `spec` refers to
 * (not `spec` itself) from our memory, and takes the descriptors in it from our
 * table: change, free and close nothing of it. -1 with STATUS_SYSTEM when there
 * is no process; what else child_spawn() returns is told by
 * child_start_result(), of a child that has ended at once.
 */
struct child_start;
struct child_start *child_start_new(void);
void child_start_free(struct child_start *s); /* NULL is fine */
int child_begin(struct child_start *s, const struct child_spec *spec, bool wait,
		struct child *out, struct err *e) must_check;
bool child_begun(const struct child_start *s);
int child_start_result(const struct child_start *s, struct err *e) must_check;

/* Look `name` up as execvp() would, in `path_var` ("/bin:/usr/bin"; NULL = the
 * system's default); a name with '/' is taken as it is. The result is freed
 * by the caller. NULL with STATUS_NOTFOUND or STATUS_NOEXEC. */
char *child_find(const char *name, const char *path_var,
		 struct err *e) must_check;

/*
 * Divide this process in two that run on: 1 in us, with `out` the other one,
 * 0 in that. Only while there is no loop, for both would share its queue of
 * events. -1 with STATUS_SYSTEM.
 */
int child_fork(struct child *out, struct err *e) must_check;

/* Collect an ended child without blocking: 1 = collected (pid 0), 0 = still
 * running. Its pidfd is for child_close(). */
int child_reap(struct child *c, struct child_end *end) must_check;

/* Wait for it to end, collect it, and close its pidfd. */
void child_wait(struct child *c, struct child_end *end);

/* Close its pidfd, which nobody watches any more: a loop is not told of it. */
void child_close(struct child *c);

/* Send a signal to the child's process group; harmless once it is gone. */
void child_signal_group(const struct child *c, int signo);

/* Become the parent of orphaned descendants, so that they can be found. */
void child_become_subreaper(void);

/*
 * Send `signo` once to every descendant of the child `c`, itself included:
 * those its parent links lead to, and orphans that were left to us (see
 * child_become_subreaper) and belong to its session or group or carry `mark`
 * ("NAME=value") in their environment, with all below them. SIGKILL is
 * repeated until nothing new turns up; other signals go to those there are
 * now, so that what a handler starts to clean up is left alone. Returns how
 * many were signalled.
 *
 * Best called before child_reap(): until then nobody else can get the number
 * of the child, its session or its group. Afterwards only `mark` counts.
 */
int child_signal_tree(const struct child *c, const char *mark, int signo);

/* Send `signo` to each process, child or not, whose descriptor number `as` is
 * the file behind our `fd`. Returns how many were signalled. */
int child_signal_holders(int fd, int as, int signo);

/* A descriptor at offset 0 that holds `n` bytes and cannot be written to: a
 * sealed memfd, or an unlinked temporary file where there is none. -1 with
 * STATUS_SYSTEM. */
int child_memory_file(const void *p, size_t n, struct err *e) must_check;

/* Whether this system has pidfds; without them a child's end is told by
 * SIGCHLD alone. */
bool child_has_pidfd(void);

/*
 * Cheap looks at what children have left behind, after their end:
 * whether the group that `pid` led has members; which process of ours has
 * ended and was not collected (0 = none has ended, -1 = we have none at all).
 */
bool child_group_left(pid_t pid);
pid_t child_peek(void);

/* Collect a process of child_peek() that is no child_spawn()ed one. */
void child_discard(pid_t pid);

/*
 * End (SIGKILL) the orphans left to us, but for those of `n` handlers that
 * still run: `keep` themselves, and whatever carries one of their `marks`
 * ("NAME=value") in its environment. Orphans without that NAME are ended only
 * when n is 0: they may be anybody's. Returns how many were signalled.
 */
int child_end_strays(const struct child *const *keep, const char *const *marks,
		     size_t n);

/*
 * For a program that only starts others and has to end what they left: its
 * own kin are the children it was born with (exec() leaves a program those of
 * the one before it: a shell's background jobs, the reader at the end of a
 * process substitution) and whatever is in its session. child_spawn()ed ones
 * with own_session, and all they start, are in others.
 */
struct child_kin {
	pid_t *born; /* owned array */
	size_t n;
};
void child_kin_init(struct child_kin *k); /* as we are now */
void child_kin_release(struct child_kin *k);
/* Collect one that has ended, as child_discard(): its number is free again. */
void child_kin_discard(struct child_kin *k, pid_t pid);
/* End (SIGKILL) all other children of ours. Returns how many there were, not
 * collected ones among them: when 0, nothing is left. */
int child_kin_end_others(const struct child_kin *k);

/* Raise our soft limit of descriptors to `need`; `*was` gets the old one, for
 * child_spec.files, or 0 when nothing was changed. -1 with STATUS_CONFIG when
 * that is more than we may have. */
int child_raise_files(int64_t need, int64_t *was, struct err *e) must_check;

/* Restore the default action of `signo`, unblock it and raise it, so that our
 * own parent sees the truth. */
no_return void child_die_of(int signo);

/*
 * Start a program that outlives us: double-forked into a session of its own,
 * stdin from /dev/null, stdout and stderr to `out` (or /dev/null when -1).
 * Returns 0 once it was executed, -1 as child_spawn(). `*out` is not a child
 * of ours and cannot be reaped: its pidfd, which the caller closes, tells when
 * it has ended.
 */
int child_daemon(const struct child_spec *spec, struct child *out,
		 struct err *e) must_check;

#endif
