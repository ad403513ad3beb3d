/* SPDX-License-Identifier: ISC */
/*
 * After a crash: the engines that died before us had jobs, and their handlers
 * are gone. Hand them back, queue by queue, while we work already.
 */
#include "work/engine_impl.h"

#include <inttypes.h>

#define RETRY_MS 1000

static void next(void *arg)
{
	struct lane *l = arg;
	const struct engine *en = l->host->arg;
	const struct supervisor *s = en->set->supervisor;

	if (l->abandoned < s->n_before)
		abandon_send(&l->abandon, en->redis, s->before[l->abandoned]);
}

static void answered(void *arg, int64_t n, const struct err *why)
{
	struct lane *l = arg;

	if (why) {
		l->host->trouble(l->host->arg, l, why);
		loop_timer_set(l->abandon_timer, RETRY_MS);
		return;
	}
	if (n)
		log_say(l->host->log, LOG_WARN,
			"queue '%s': handed back %" PRId64
			" job%s of an engine that died",
			l->keys.queue, n, n == 1 ? "" : "s");
	l->abandoned++;
	/* they can be claimed: by us, if nobody is faster */
	l->open = l->open || n;
	next(l);
}

bool engine_abandon_over(const struct engine *en)
{
	for (size_t i = 0; i < en->pick->n; i++)
		if (en->lane[i].abandoned < en->set->supervisor->n_before)
			return false;
	return true;
}

void engine_abandon_start(struct engine *en)
{
	for (size_t i = 0; i < en->pick->n; i++) {
		struct lane *l = &en->lane[i];

		l->abandon.fn = answered;
		l->abandon.arg = l;
		l->abandon_timer = loop_timer_new(en->loop, next, l);
		next(l);
	}
}
