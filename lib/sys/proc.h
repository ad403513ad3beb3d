/* SPDX-License-Identifier: ISC */
/*
 * What /proc tells about processes that are not ours to wait for: enough to
 * find everything a handler has left behind. Reads only. Where there is no
 * /proc, nothing is found.
 */
#ifndef SYS_PROC_H
#define SYS_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Process ids, in the order they were found. Zeroed = empty. */
struct proc_list {
	pid_t *v; /* owned array */
	size_t n, cap;
};

void proc_list_add(struct proc_list *l, pid_t pid);
bool proc_list_has(const struct proc_list *l, pid_t pid);
void proc_list_release(struct proc_list *l);

struct proc_stat {
	char state; /* 'R', 'S', …; 'Z' = ended and not waited for */
	pid_t parent;
	pid_t group;
	pid_t session;
};

/* False when there is no such process (any more). */
bool proc_stat(pid_t pid, struct proc_stat *out);

/* Bytes of memory that it and all below it have now: their resident sets added
 * up, so what some share counts for each. 0 when that is unknown. */
int64_t proc_resident(pid_t pid);

/*
 * Append the children of `pid`, of all its threads, that are not in `l` yet.
 * The kernel promises a complete list only while they stand still; look again
 * where that matters.
 */
void proc_children(pid_t pid, struct proc_list *l);

/* Whether "NAME=value" stands in the environment it was started with; "NAME="
 * asks for any value. Waits a moment (10 ms at most) for a process that is
 * just executing something. */
bool proc_has_env(pid_t pid, const char *pair);

/* Append the processes whose descriptor number `as` is the file behind our
 * `fd`. Looks at every process of the machine. */
void proc_holders(int fd, int as, struct proc_list *l);

/* A descriptor that stays with the process that has this number now, readable
 * when it has ended; close-on-exec. -1 with errno where there is none. */
int proc_pidfd(pid_t pid);

#endif
