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

struct child_spec {
	const char *path;	 /* program to execute; no search of PATH */
	const char *const *argv; /* NULL-terminated; argv[0] included */
	const char *const *envp; /* NULL-terminated */
	int in, out, err;	 /* become 0, 1, 2; -1 = inherit ours */
	int control;		 /* becomes 3; -1 = closed */
	bool own_session;	 /* setsid(): own session and process group */
	int death_signal;	 /* sent when we die (Linux); 0 = none */
	bool foreground_signals; /* leave SIGINT/SIGQUIT as they are */
};

struct child {
	pid_t pid; /* also the process group with own_session */
	int pidfd; /* readable when it ended; -1 where there is none */
};

/* How a child ended, and what it used. */
struct child_end {
	int code;	 /* exit status, or -1 when `signo` is set */
	int signo;	 /* signal that ended it, or 0 */
	bool core;	 /* dumped core */
	int64_t user_us; /* CPU time, with its waited-for descendants */
	int64_t sys_us;
	int64_t peak_kib; /* largest resident set of any of them */
};

/*
 * Start a program: all signals at their default, none blocked, every
 * descriptor but 0 to 3 closed. -1 with STATUS_NOTFOUND (no such file),
 * STATUS_NOEXEC (not executable, bad format or interpreter) or STATUS_SYSTEM
 * (EAGAIN, ENOMEM, EMFILE …).
 */
int child_spawn(const struct child_spec *spec, struct child *out,
		struct err *e) must_check;

/* Look `name` up as execvp() would, in `path_var` ("/bin:/usr/bin"; NULL = the
 * system's default); a name with '/' is taken as it is. The result is freed
 * by the caller. NULL with STATUS_NOTFOUND or STATUS_NOEXEC. */
char *child_find(const char *name, const char *path_var,
		 struct err *e) must_check;

/* Collect an ended child without blocking: 1 = collected (pidfd closed,
 * pid 0), 0 = still running. */
int child_reap(struct child *c, struct child_end *end) must_check;

/* Collect any other ended process that was left to us (as subreaper or PID 1),
 * never one of `keep` children. Returns how many. */
int child_reap_orphans(const struct child *const *keep, size_t n);

/* Send a signal to the child's process group; harmless once it is gone. */
void child_signal_group(const struct child *c, int signo);

/* Become the parent of orphaned descendants, so that they can be found. */
void child_become_subreaper(void);

/* Send `signo` to every descendant of the child `c` that can be found (group,
 * session, parent links, and orphans that carry `mark` ("NAME=value") in
 * their environment). Returns how many were signalled. */
int child_signal_tree(const struct child *c, const char *mark, int signo);

/* A read-only descriptor at offset 0 that holds `n` bytes: a sealed memfd, or
 * an unlinked temporary file where there is none. -1 with STATUS_SYSTEM. */
int child_memory_file(const void *p, size_t n, struct err *e) must_check;

/* Restore the default action of `signo`, unblock it and raise it, so that our
 * own parent sees the truth. */
no_return void child_die_of(int signo);

/*
 * Start a program that outlives us: double-forked into a session of its own,
 * stdin from /dev/null, stdout and stderr to `out` (or /dev/null when -1).
 * Returns 0 once it was executed; its pid goes to `*pid`.
 */
int child_daemon(const struct child_spec *spec, pid_t *pid,
		 struct err *e) must_check;

#endif
