/* SPDX-License-Identifier: ISC */
/* What keeper.c and keeper_step.c share. */
#ifndef CRON_KEEPER_STEP_H
#define CRON_KEEPER_STEP_H

#include "cron/call.h"
#include "cron/keeper.h"

/* Send a step of every schedule that is due; ms until the next is. */
int64_t keeper_step(struct keeper *k);

/* Of an entry and those of a table the one that is due first; NULL: none. */
const struct table_entry *keeper_step_first(const struct table *t,
					    const struct table_entry *first);

/* A longer wait than the last one; returns its end, ms since boot. */
int64_t keeper_step_backoff(int64_t *backoff);

/* Whether the last complaint of a kind is long enough ago; it is now. */
bool keeper_step_may_tell(int64_t *told_at);

/* The server's clock, as far as it is known, and what it said just now. */
int64_t keeper_step_server_now(const struct keeper *k);
void keeper_step_clock(struct keeper *k, int64_t server_now);

#endif
