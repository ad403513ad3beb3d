/* SPDX-License-Identifier: ISC */
/*
 * One schedule by the name that a person gave: "QUEUE/NAME", or a name alone
 * where only one queue has such a schedule.
 */
#ifndef CRON_FIND_H
#define CRON_FIND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "cron/state.h"
#include "queue/key.h"
#include "queue/schedule.h"
#include "sys/redis.h"

/* As the server had it. All but the keys is released by find_release(). */
struct find {
	struct key_set keys;
	char *name;
	struct buf definition, line, payload, history, stamps;
	struct schedule_file file; /* the definition parsed: one schedule */
	struct state state;
	int64_t now; /* the server's clock, ms */
};

/* The schedule found. */
const struct schedule *find_schedule(const struct find *f);

/*
 * Split "QUEUE/NAME", or take `queue` for a bare NAME; that may be NULL, and
 * then `*out_queue` comes out empty. STATUS_USAGE.
 */
int find_split(const char *text, const char *queue, struct strv *out_queue,
	       struct strv *out_name, struct err *e) must_check;

/*
 * Find it. Waits. STATUS_NO: there is none; STATUS_USAGE: `text` is no name, or
 * that of several; STATUS_PROTOCOL: it cannot be understood. `f` is released by
 * the caller in any case.
 */
int find_named(struct find *f, struct redis *r, const char *space,
	       const char *text, const char *queue, struct err *e) must_check;

/* Where it is, and no more: `keys` and `name` are filled in. */
int find_place(struct find *f, struct redis *r, const char *space,
	       const char *text, const char *queue, struct err *e) must_check;

void find_release(struct find *f);

#endif
