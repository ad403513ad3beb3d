/* SPDX-License-Identifier: ISC */
/*
 * Waiting by asking again, first after 20 ms and at last every 500 ms: for
 * what the server announces to nobody, as a queue that has become empty.
 */
#ifndef CLI_AWAIT_H
#define CLI_AWAIT_H

#include <stdint.h>

#include "base/err.h"
#include "sys/loop.h"

/*
 * Call `ask` until it returns 1 (true now) or -1 (it cannot be known; filled
 * the error). Returns 0; or -1, with STATUS_LATER when `timeout_ms` have gone
 * by (-1: no limit; 0: asks once).
 */
int await_true(struct loop *l, int64_t timeout_ms,
	       int (*ask)(void *arg, struct err *e), void *arg,
	       struct err *e) must_check;

#endif
