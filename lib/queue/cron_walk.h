/* SPDX-License-Identifier: ISC */
/*
 * The local calendar of a cron expression, without zones: months and days by
 * walking, hours, minutes and seconds from bit sets. Pure.
 */
#ifndef QUEUE_CRON_WALK_H
#define QUEUE_CRON_WALK_H

#include "queue/cron.h"

/* Local times here are seconds as if local time were UTC. */

/* The first local time at or after `from` that matches; false when there is
 * none within CRON_YEARS. Not for @every. */
bool cron_walk_next(const struct cron *c, int64_t from, int64_t *out);

/* Whether any day ever matches. */
bool cron_walk_possible(const struct cron *c);

/* The days of a month that match: bit n is the n-th. */
uint32_t cron_walk_days(const struct cron *c, int64_t year, int month);

/* The first matching time of day at or after `from` (0 to 86399), or -1. */
int cron_walk_time(const struct cron *c, int from);

#endif
