/* SPDX-License-Identifier: ISC */
/* How many slots the workers of some queues should have: for autoscalers. */
#ifndef CLI_SCALE_H
#define CLI_SCALE_H

#include <stdint.h>

#include "base/err.h"
#include "cli/look.h"

/* What the number is made of. */
struct scale {
	double pushed_ms; /* jobs pushed a millisecond, lately */
	double run_ms;	  /* mean time an attempt runs; -1 = not known */
	int64_t ready, running;
	bool paused;
};

/*
 * The slots that keep pace with what comes and work off what is ready within
 * `within_ms`: (pushed + ready / within) · run time, rounded up. No more for
 * the backlog than there are jobs in it, no fewer in all than are busy, at
 * least one while a job is ready, and of a paused queue only the busy ones.
 * Pure.
 */
int64_t scale_slots(const struct scale *s, int64_t within_ms);

/* Print the sum for the queues of `l`, and nothing else. Slots are told from
 * the pushes of the last five minutes and the attempts of the last hour, or of
 * all time when there were none. */
int scale_run(struct look *l, int64_t within_ms, struct err *e) must_check;

#endif
