/* SPDX-License-Identifier: ISC */
/*
 * What the files of child.h share. Not for others.
 */
#ifndef SYS_CHILD_IMPL_H
#define SYS_CHILD_IMPL_H

#include "base/err.h"

/* Once, before anything is started: look at our signals and our system. */
void child_before_first(void);

/* Give a signal its default action, in this process. */
void child_signal_default(int signo);

/* -1 with why `path` cannot be executed, from the errno of execve() or
 * access(). */
int child_exec_error(const char *path, int error, struct err *e);

#endif
