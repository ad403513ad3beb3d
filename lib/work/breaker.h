/* SPDX-License-Identifier: ISC */
/*
 * Stops a worker that fails again and again, for growing spans, after each of
 * which one job tries whether it is over. One for handlers that cannot be
 * started, one for --halt. Pure: time is an argument.
 */
#ifndef WORK_BREAKER_H
#define WORK_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

#define BREAKER_FIRST_MS 1000
#define BREAKER_MOST_MS	 60000

struct breaker {
	int64_t limit;	  /* failures in a row that open it; 0 = never */
	int64_t row;	  /* failures in a row so far */
	int64_t span_ms;  /* of the last closure; 0 = not tripped */
	int64_t until_ms; /* no job is taken before (clock of the caller) */
};

void breaker_init(struct breaker *b, int64_t limit);

/* Tell of a job. A failure returns true when it makes the worker pause (or
 * pause again); a success when a pause ends with it. */
bool breaker_failed(struct breaker *b, int64_t now_ms);
bool breaker_succeeded(struct breaker *b);

bool breaker_tripped(const struct breaker *b);

/* How many jobs may be run at once now: `slots`, or 1 for a probe, or 0 while
 * it pauses; `*wait_ms` is then the rest of the pause. */
int64_t breaker_allows(const struct breaker *b, int64_t slots, int64_t now_ms,
		       int64_t *wait_ms);

#endif
