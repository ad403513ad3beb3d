/* SPDX-License-Identifier: ISC */
/*
 * Control groups, the second generation (cgroups(7), the kernel's
 * admin-guide/cgroup-v2): a process cannot leave its group, so all that a
 * handler has started can be found and killed, whatever it does to hide.
 * Nothing here is an error: where there are no groups, there are none.
 */
#ifndef SYS_CGROUP_H
#define SYS_CGROUP_H

#include <stdbool.h>

#include "base/buf.h"

/* A group below ours. */
struct cgroup {
	char *path; /* owned; NULL = there is none */
	int procs;  /* cgroup.procs: a process that writes "0" there joins it */
	int events; /* cgroup.events */
	int killer; /* cgroup.kill */
};

/*
 * The directory of our own group on `path`, if whoever manages groups has
 * handed it over to be divided: it carries user.delegate or trusted.delegate
 * (systemd.resource-control(5), Delegate=), we may write there, and the kernel
 * (5.14) has cgroup.kill. To others it would be an intrusion: false.
 */
bool cgroup_delegated(struct buf *path);

/* Make `name` below `parent`, or take it over when it is there. False, and
 * `g` is none, when that cannot be. */
bool cgroup_open(struct cgroup *g, const char *parent, const char *name);

/* Kill all that is in it, also what is being forked. */
void cgroup_kill(const struct cgroup *g);

/* Whether a process is in it, ended but not collected ones apart. */
bool cgroup_is_populated(const struct cgroup *g);

/* Remove it. Its processes have been killed: waits for half a second at most
 * until they are gone. Zeroed is fine. */
void cgroup_close(struct cgroup *g);

/*
 * Kill and remove the groups below `parent` that were left there: their names
 * are `prefix`, a process id and whatever follows a '.', and the process is
 * gone.
 */
void cgroup_clear_left(const char *parent, const char *prefix);

#endif
