/* SPDX-License-Identifier: ISC */
/*
 * What a signal means to a worker, by what it is about already. Pure.
 */
#ifndef WORK_STOP_H
#define WORK_STOP_H

#include <stdbool.h>

enum stop_phase {
	STOP_RUN,
	STOP_QUIET,  /* takes no jobs, goes on with those at hand */
	STOP_FINISH, /* ends when the handlers have */
	STOP_FORCE,  /* ends the handlers */
	STOP_PHASES
};

enum stop_signal {
	STOP_TERM,
	STOP_INT,
	STOP_QUIT,
	STOP_HUP,
	STOP_TSTP,
	STOP_CONT,
	STOP_SIGNALS
};

enum stop_action {
	STOP_NOTHING,
	STOP_BE_QUIET,
	STOP_RESUME,
	STOP_BEAT_NOW, /* we may have stood still: renew the leases */
	STOP_RELOAD,   /* configuration and job log */
	STOP_GENTLY,   /* let the handlers finish */
	STOP_FIRMLY,   /* end them, then die of this signal */
	STOP_KILL_ALL, /* no more waiting for them */
	STOP_DIE_AT_ONCE,
};

enum stop_action stop_decide(enum stop_phase phase, enum stop_signal signal,
			     bool on_terminal);

#endif
