/* SPDX-License-Identifier: ISC */
/* A dead job into another queue: push there, then drop here. */
#include "queue/move.h"

#include <stdio.h>
#include <string.h>

#include "queue/change.h"
#include "queue/push.h"
#include "queue/stats.h"

static void ignore_word(void *arg, struct strv id, struct strv word)
{
	(void)arg, (void)id, (void)word;
}

static struct job_options options_of(const struct move *m,
				     const struct job_header *h)
{
	/* no expiry: whoever moves a job means it to run */
	struct job_options o = {
		.priority = h->priority,
		.delay_ms = m->delay_ms,
		.timeout_ms = h->timeout_ms,
		.max_attempts =
			m->max_attempts ? m->max_attempts : h->max_attempts,
		.backoff = h->backoff,
		.name = h->name,
		.trace = {h->trace[0], h->trace[1], h->trace[2]},
		.meta = (const char *const *)h->meta,
		.n_meta = h->n_meta,
	};

	return o;
}

/* The other queue knows this very job: from a move that was broken off, and
 * then only the drop is missing; or as a tombstone. */
static int look_there(const struct move *m, struct strv id,
		      enum move_verdict *verdict, struct err *e)
{
	struct stats_detail d;
	int rc = stats_detail(m->redis, m->to, id, &d, e);

	if (rc < 0)
		return -1;
	*verdict = MOVE_OK;
	if (rc == 1 || (strcmp(d.job.state, "done") == 0 &&
			job_was_dropped(&d.job.record)))
		*verdict = MOVE_DROPPED;
	stats_detail_release(&d);
	return 0;
}

static int push_there(const struct move *m, struct strv id,
		      const struct stats_detail *d, enum move_verdict *verdict,
		      struct err *e)
{
	struct job_options o = options_of(m, &d->job.header);
	char name[KEY_ID_MAX + 1];
	enum push_verdict v = PUSH_OK;
	struct push p;
	int rc;

	snprintf(name, sizeof(name), "%.*s", (int)id.n, id.p);
	push_init(&p, m->to);
	/* copied, as the answer it lies in goes with the next call */
	push_add(&p, name, &o, d->job.payload, false);
	rc = push_now(&p, m->redis, e);
	if (rc == 0)
		v = push_verdict(&p, 0);
	push_release(&p);
	*verdict = v == PUSH_CONFLICT ? MOVE_CONFLICT : MOVE_OK;
	if (v == PUSH_FULL)
		return err_set(e, STATUS_LATER, "queue '%s' is full",
			       m->to->queue);
	return v == PUSH_DUP ? look_there(m, id, verdict, e) : rc;
}

int move_dead(const struct move *m, struct strv id, enum move_verdict *verdict,
	      const char **state, struct err *e)
{
	const struct change_ids one = {&id, 1, ignore_word, NULL};
	char reason[KEY_QUEUE_MAX + 16];
	struct stats_detail d;
	int rc = stats_detail(m->redis, m->from, id, &d, e);

	if (rc < 0)
		return -1;
	*state = rc == 1 ? "gone" : d.job.state;
	if (rc == 0 && strcmp(d.job.state, "dead") != 0)
		*verdict = MOVE_NOT_DEAD;
	else if (rc == 1 || !d.job.has_payload)
		*verdict = MOVE_GONE;
	else
		rc = push_there(m, id, &d, verdict, e);
	stats_detail_release(&d);
	if (rc < 0 || *verdict != MOVE_OK)
		return rc < 0 ? -1 : 0;
	snprintf(reason, sizeof(reason), "moved to %s", m->to->queue);
	return change_remove(m->redis, m->from, CHANGE_DROP, reason, &one, e);
}
