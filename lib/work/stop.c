/* SPDX-License-Identifier: ISC */
/* The table of phase and signal. */
#include "work/stop.h"

static const enum stop_action table[STOP_PHASES][STOP_SIGNALS] = {
	[STOP_RUN] =
		{
			[STOP_TERM] = STOP_GENTLY,
			[STOP_INT] = STOP_GENTLY,
			[STOP_QUIT] = STOP_FIRMLY,
			[STOP_HUP] = STOP_RELOAD,
			[STOP_TSTP] = STOP_BE_QUIET,
			[STOP_CONT] = STOP_BEAT_NOW,
		},
	[STOP_QUIET] =
		{
			[STOP_TERM] = STOP_GENTLY,
			[STOP_INT] = STOP_GENTLY,
			[STOP_QUIT] = STOP_FIRMLY,
			[STOP_HUP] = STOP_RELOAD,
			[STOP_TSTP] = STOP_NOTHING,
			[STOP_CONT] = STOP_RESUME,
		},
	[STOP_FINISH] =
		{
			[STOP_TERM] = STOP_FIRMLY,
			[STOP_INT] = STOP_FIRMLY,
			[STOP_QUIT] = STOP_FIRMLY,
			[STOP_HUP] = STOP_RELOAD,
			[STOP_TSTP] = STOP_NOTHING,
			[STOP_CONT] = STOP_BEAT_NOW,
		},
	[STOP_FORCE] =
		{
			[STOP_TERM] = STOP_KILL_ALL,
			[STOP_INT] = STOP_DIE_AT_ONCE,
			[STOP_QUIT] = STOP_KILL_ALL,
			[STOP_HUP] = STOP_NOTHING,
			[STOP_TSTP] = STOP_NOTHING,
			[STOP_CONT] = STOP_BEAT_NOW,
		},
};

enum stop_action stop_decide(enum stop_phase phase, enum stop_signal signal,
			     bool on_terminal)
{
	/* the terminal was closed: nobody is there to ask again */
	if (signal == STOP_HUP && on_terminal)
		signal = STOP_TERM;
	return table[phase][signal];
}
