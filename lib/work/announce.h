/* SPDX-License-Identifier: ISC */
/*
 * What a worker does before its first claim: makes its queues known, so that
 * jq-stat shows who waits for their jobs, and sets what belongs to the queue.
 */
#ifndef WORK_ANNOUNCE_H
#define WORK_ANNOUNCE_H

#include <stdint.h>

#include "base/err.h"
#include "sys/redis.h"
#include "work/pick.h"

/*
 * Announce the queues below the key prefix `space`, and set their lease unless
 * `lease_ms` is 0. Waits for the server only for the latter; errors are those
 * of change_set().
 */
int announce_queues(struct redis *r, const char *space,
		    const struct pick *queues, int64_t lease_ms,
		    struct err *e) must_check;

#endif
