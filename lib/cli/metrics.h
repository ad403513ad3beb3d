/* SPDX-License-Identifier: ISC */
/*
 * Queues as metrics: the text format of Prometheus and OpenMetrics 1.0, for
 * the node exporter's text file collector or any scraper. Names and labels are
 * part of the interface: they are only added to. Labels hold names of queues
 * and words of ours, never ids. All of a queue's series are there, at zero if
 * need be, from the first time that the queue is seen.
 */
#ifndef CLI_METRICS_H
#define CLI_METRICS_H

#include <stdbool.h>

#include "base/err.h"
#include "cli/look.h"

/*
 * Connect, ask about the queues of `l` and write all of it to stdout. When the
 * server cannot be asked, what is written is jq_up 0, and -1 returned with the
 * reason.
 */
int metrics_run(struct look *l, bool openmetrics, struct err *e) must_check;

#endif
