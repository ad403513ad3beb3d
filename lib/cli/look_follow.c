/* SPDX-License-Identifier: ISC */
/* Looking at one job again and again until it has ended. */
#include <string.h>

#include "base/clock.h"
#include "cli/follow.h"
#include "cli/look.h"
#include "queue/events.h"
#include "queue/key.h"
#include "queue/watch.h"

/* 1 = it has ended or is not there, with the status in `l`. */
static int see(struct look *l, const struct key_set *k, struct strv id,
	       struct follow *f, struct err *e)
{
	struct stats_detail d;
	struct err why;
	int rc = stats_detail(l->server->redis, k, id, &d, e);

	if (rc > 0 && f->begun) {
		err_set(&why, STATUS_NO, "'%s' ended and is not kept", f->job);
		look_complain(l, &why);
		return 1;
	}
	if (rc > 0)
		look_no_job(l, k->queue, id);
	if (rc != 0)
		return rc;
	rc = follow_see(f, &d, e);
	if (rc > 0 && strcmp(d.job.state, "dead") == 0) {
		err_set(&why, STATUS_NO, "'%s' is dead: %.*s", f->job,
			(int)d.job.record.reason.n, d.job.record.reason.p);
		look_complain(l, &why);
	} else if (rc > 0 && job_was_dropped(&d.job.record)) {
		err_set(&why, STATUS_NO, "'%s' was dropped", f->job);
		look_complain(l, &why);
	}
	stats_detail_release(&d);
	return rc;
}

/* See, and from time to time mark the job. */
static int follow(struct look *l, const struct key_set *k, struct strv id,
		  struct follow *f, struct err *e)
{
	int64_t mark_ms = 0;
	int rc = 0;

	while (rc == 0) {
		int64_t now = clock_boot_ms();

		if (now >= mark_ms) {
			mark_ms = now + FOLLOW_MARK_MS;
			rc = watch_mark(l->server->redis, k, id, FOLLOW_HOLD_MS,
					e);
		}
		if (rc == 0)
			rc = see(l, k, id, f, e);
		if (rc == 0 && l->deadline_ms >= 0 && now >= l->deadline_ms)
			rc = err_set(e, STATUS_LATER,
				     "timed out: '%s' has not ended", f->job);
		if (rc == 0)
			loop_sleep(l->server->loop, FOLLOW_LOOK_MS);
	}
	return rc < 0 ? -1 : 0;
}

static int follow_job(struct look *l, const char *queue, struct strv id,
		      struct err *e)
{
	struct follow f = {
		.to = l->show->format == SHOW_JSON ? FOLLOW_JSON
						   : FOLLOW_STDOUT,
		.quiet = l->command->common->quiet,
	};
	struct key_set k;
	int rc;

	key_set_init(&k, l->space, strv_of(queue));
	follow_init(&f, queue, id);
	rc = follow(l, &k, id, &f, e);
	follow_release(&f);
	return rc;
}

static void check_queues(const struct look *l, const char *from)
{
	struct err e;

	for (size_t i = 0; i < l->n_queues; i++)
		if (key_check_queue(strv_of(l->queues[i]), &e) < 0)
			opt_usage(l->command, "%s", e.msg);
	if (from && events_check_id(strv_of(from), &e) < 0)
		opt_usage(l->command, "--from: %s", e.msg);
}

int look_follow(struct look *l, const char *queue, const char *from,
		struct err *e)
{
	if (!queue && (l->n_queues == 0 || !strchr(l->queues[0], '/'))) {
		check_queues(l, from);
		return look_events(l, from, e);
	}
	if (l->n_queues != 1)
		opt_usage(l->command, "--follow follows one job");
	if (from || l->limit || l->show->format == SHOW_FIELDS)
		opt_usage(l->command,
			  "-F, -n and --from are for the events of queues");
	return look_ids(l, queue, follow_job, e);
}
