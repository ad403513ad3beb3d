/* SPDX-License-Identifier: ISC */
/*
 * --handlers DIR: from a job's name to the executable that runs it, the way
 * git finds hooks. Nothing outside DIR is ever looked at, and nothing that
 * somebody else could have put there is run.
 */
#ifndef WORK_HANDLERS_H
#define WORK_HANDLERS_H

#include "base/buf.h"
#include "base/err.h"

struct handlers {
	char *dir;	 /* owned; absolute, without symlinks */
	int fd;		 /* of the directory */
	struct buf path; /* of the handler found last */
};

/*
 * Open DIR. -1: STATUS_NOINPUT when it cannot be opened; STATUS_RIGHTS when it
 * or a directory above it belongs to, or can be written by, anybody but root
 * and us (a sticky one like /tmp may stand above it).
 */
int handlers_open(struct handlers *h, const char *dir,
		  struct err *e) must_check;
void handlers_close(struct handlers *h); /* zeroed is fine */

/*
 * The path of the handler `name` (NULL = the job has none), valid until the
 * next call. NULL: STATUS_NOTFOUND (no name, or no such file) and
 * STATUS_NOEXEC (not a plain file, a symlink, set-id, writable by others, of
 * another owner, not executable) are the job's end; STATUS_SYSTEM is the
 * worker's fault.
 */
const char *handlers_find(struct handlers *h, const char *name,
			  struct err *e) must_check;

#endif
