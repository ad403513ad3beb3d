/* SPDX-License-Identifier: ISC */
/*
 * jq-stat --watch: the queues with what the last hour saw, what runs and what
 * failed last, on the whole terminal, until q is pressed.
 */
#ifndef CLI_WATCH_H
#define CLI_WATCH_H

#include <stdint.h>

#include "base/err.h"
#include "cli/look.h"

/* Look each `interval_ms`. A server that goes away is waited for; one that is
 * not there at the beginning, or a queue named that is not, is an error. */
int watch_run(struct look *l, int64_t interval_ms, struct err *e) must_check;

#endif
