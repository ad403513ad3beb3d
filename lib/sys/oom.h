/* SPDX-License-Identifier: ISC */
/*
 * How often the kernel has killed for want of memory, so that such a kill can
 * be told from any other SIGKILL. Reads files of the kernel only.
 */
#ifndef SYS_OOM_H
#define SYS_OOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strv.h"

/*
 * Kills so far in our control group and those below it, or on the machine
 * where the group does not tell; -1 when nobody does. The kernel counts before
 * it kills, so whoever sees the death sees the count.
 */
int64_t oom_kills(void);

/* The number after "oom_kill " at the start of a line; -1 if there is none.
 * Pure: memory.events, memory.oom_control and vmstat all have it so. */
int64_t oom_read_count(struct strv text);

/*
 * Where our group's count is, by what /proc/self/cgroup says: a path below
 * /sys/fs/cgroup for line `text` ("0::/a" or "4:memory:/a"), in `to`; false
 * for a line that says nothing of memory. Pure.
 */
bool oom_count_path(struct strv line, char *to, size_t size);

#endif
