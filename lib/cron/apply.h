/* SPDX-License-Identifier: ISC */
/*
 * Schedule files brought into force: all of them or, as far as can be told
 * beforehand, none.
 */
#ifndef CRON_APPLY_H
#define CRON_APPLY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "cron/event.h"
#include "cron/names.h"
#include "queue/schedule.h"
#include "sys/redis.h"

/* What no file can tell alone: two of one source, a name twice in one queue,
 * more than a call takes. STATUS_CONFIG. Pure. */
int apply_check(const struct schedule_file *f, size_t n,
		struct err *e) must_check;

/* Files that go into force together. */
struct apply_set {
	const struct schedule_file *f; /* borrowed */
	size_t n;
	bool dry;	/* only asked what would change */
	bool keep;	/* what the files do not list stays */
	const char *by; /* borrowed; who does it, for the history */
	/* Told of each schedule that is "added", "changed" or "removed", or
	 * would be; may be NULL. */
	void (*fn)(void *arg, const char *word, const char *queue,
		   const char *name);
	void *arg;
};

/*
 * Make the schedules of each file those in force of its source. All queues are
 * asked before the first is changed, at once. Queues that schedules feed, and
 * those of the files, go to `queues`. Tells of a "sync" for each file, and of
 * each schedule that was changed; `to` may be NULL. Waits. STATUS_CONFIG as
 * call_sync_read().
 */
int apply_files(struct redis *r, const char *space, const struct apply_set *set,
		struct names *queues, const struct event_sink *to,
		struct err *e) must_check;

#endif
