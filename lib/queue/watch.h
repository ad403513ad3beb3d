/* SPDX-License-Identifier: ISC */
/* Following a running job: its worker tells its news sooner while it is
 * marked. */
#ifndef QUEUE_WATCH_H
#define QUEUE_WATCH_H

#include <stdint.h>

#include "base/err.h"
#include "base/strv.h"
#include "queue/key.h"
#include "sys/redis.h"

/* Mark job `id` for the next `ms`. Blocks until the server has answered; a job
 * that does not exist is no error. */
int watch_mark(struct redis *r, const struct key_set *k, struct strv id,
	       int64_t ms, struct err *e) must_check;

#endif
