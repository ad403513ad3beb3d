/* SPDX-License-Identifier: ISC */
/*
 * Our end of a pipe a handler writes to. Read when something is there, up to
 * its end; never waited for.
 */
#ifndef WORK_INLET_H
#define WORK_INLET_H

#include <stdbool.h>

#include "base/err.h"
#include "base/strv.h"
#include "sys/loop.h"

#define INLET_CHUNK 65536 /* bytes of the reading buffer */

struct inlet {
	struct loop *loop; /* borrowed */
	char *chunk;	   /* borrowed; INLET_CHUNK bytes, shared by all */
	int fd;		   /* -1 once the end was read, or before the start */
	struct loop_watch *watch;
	void (*data)(void *arg, struct strv bytes); /* not empty */
	loop_fn *end; /* the writers are gone; not called by inlet_drain() */
	void *arg;
};

/* `data`, `end` and `arg` are the caller's to set. */
void inlet_init(struct inlet *in, struct loop *l, char *chunk);

/* Make the pipe; `*theirs` gets the end to write to, the caller's to close. */
int inlet_open(struct inlet *in, int *theirs, struct err *e) must_check;
/* Read what comes as it comes; until then only inlet_drain() does. */
void inlet_listen(struct inlet *in);
void inlet_close(struct inlet *in);

bool inlet_is_open(const struct inlet *in);

/* Read all that is there now; stops in the end even when somebody writes
 * without pause. */
void inlet_drain(struct inlet *in);

/* Leave what comes in the pipe: its writers wait. */
void inlet_pause(struct inlet *in);
void inlet_resume(struct inlet *in);

#endif
