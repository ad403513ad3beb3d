/* SPDX-License-Identifier: ISC */
/* Putting dead jobs back. */
#include "cli/putback.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/num.h"
#include "base/text.h"
#include "cli/ids.h"
#include "cli/look.h"
#include "cli/output.h"
#include "queue/change.h"
#include "queue/move.h"
#include "queue/push.h"
#include "queue/stats.h"

/* Jobs of one call: it reads and writes all of their records. */
#define BATCH 40
/* Where it writes their payloads anew, too. */
#define BATCH_WHOLE 4

int putback_rate(struct strv value, void *at, struct err *e)
{
	struct strv span = value, count = strv_cut(&span, '/');
	char shown[40], unit[40];
	int64_t n, ms;

	/* "10/s" is 10 in one of them */
	snprintf(unit, sizeof(unit), "%s%.*s",
		 span.n && (span.p[0] < '0' || span.p[0] > '9') ? "1" : "",
		 (int)(span.n < 30 ? span.n : 30), span.p);
	if (span.n == 0 || count.n == value.n ||
	    num_int(count, 1, 1000000000, &n, NULL) < 0 ||
	    num_duration(strv_of(unit), 1, NUM_SPAN_MAX_MS, &ms, NULL) < 0)
		return err_set(e, STATUS_USAGE,
			       "'%s' is not a rate (10/s, 600/1h)",
			       text_show(value, shown, sizeof(shown)));
	*(double *)at = (double)ms / (double)n;
	return 0;
}

static struct redis *redis_of(const struct putback *p)
{
	return p->server->redis;
}

static void begin(struct putback *p, uint64_t total)
{
	const struct opt_common *common = p->command->common;

	p->begun_ms = clock_boot_ms();
	progress_init(&p->progress, common, "putting back", total, true);
	if (!p->to)
		return;
	key_set_init(&p->target, common->namespace, strv_of(p->to));
	if (!p->dry_run)
		push_announce(redis_of(p), common->namespace, p->to);
}

/* One job that cannot be put back; the others can. */
static printf_like(3, 4) void complain(struct putback *p, struct strv id,
				       const char *fmt, ...)
{
	char why[280];
	struct err e;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	p->missing++;
	progress_hide(&p->progress);
	err_set(&e, STATUS_NO, "'%s/%.*s' %s", p->from.queue, (int)id.n, id.p,
		why);
	opt_fail(p->command, &e);
}

static void complain_of_state(struct putback *p, struct strv id,
			      const char *state)
{
	if (strcmp(state, "GONE") == 0)
		complain(p, id, "is not there");
	else if (strcmp(state, "retry") == 0 && !p->to)
		complain(p, id,
			 "is not dead: it waits to be tried again (--now takes "
			 "it, too)");
	else
		complain(p, id, "is not dead: it is %s", state);
}

static void answer(struct putback *p, struct strv id)
{
	const char *queue = p->to ? p->target.queue : p->from.queue;

	p->done++;
	if (!p->is_broken &&
	    output_job(p->command->common, p->dry_run ? "planned" : "retried",
		       queue, id, &p->broken) < 0)
		p->is_broken = true;
}

/* What was done is on stdout before more is done. */
static int flush(struct putback *p, struct err *e)
{
	if (!p->is_broken && output_flush(&p->broken) < 0)
		p->is_broken = true;
	if (!p->is_broken)
		return 0;
	*e = p->broken;
	return -1;
}

/* When the next job may run: at a rate, each has its own time, so that they
 * stay spread out whatever becomes of us. */
static int terms_now(const struct putback *p, struct change_terms *terms,
		     struct err *e)
{
	double at = (double)p->delay_ms;

	if (p->step_ms > 0)
		at += (double)p->done * p->step_ms -
		      (double)(clock_boot_ms() - p->begun_ms);
	*terms = (struct change_terms){.first_ms = at > 0 ? at : 0,
				       .step_ms = p->step_ms,
				       .waiting = p->waiting,
				       .max_attempts = p->max_attempts};
	if (at > (double)NUM_SPAN_MAX_MS)
		return err_set(e, STATUS_LATER,
			       "at this rate the next one would run in more "
			       "than 366 days");
	return 0;
}

static void word_for(void *arg, struct strv id, struct strv word)
{
	struct putback *p = arg;
	char shown[64];

	if (strv_eq(word, "OK"))
		answer(p, id);
	else if (!p->sweeping || strv_eq(word, "GONE"))
		complain_of_state(p, id, text_show(word, shown, sizeof(shown)));
	/* else somebody else was faster: as good */
}

static int move_one(struct putback *p, struct strv id, struct err *e)
{
	struct move m = {redis_of(p), &p->from, &p->target, 0, p->max_attempts};
	enum move_verdict verdict;
	struct change_terms terms;
	const char *state;

	if (terms_now(p, &terms, e) < 0)
		return -1;
	m.delay_ms = (int64_t)terms.first_ms;
	if (move_dead(&m, id, &verdict, &state, e) < 0) {
		if (e->code != STATUS_PROTOCOL)
			return -1;
		/* damaged: the others are not */
		complain(p, id, "stays: %s", e->msg);
		return 0;
	}
	switch (verdict) {
	case MOVE_OK:
		answer(p, id);
		break;
	case MOVE_GONE:
		complain_of_state(p, id, "GONE");
		break;
	case MOVE_NOT_DEAD:
		complain_of_state(p, id, state);
		break;
	case MOVE_CONFLICT:
		complain(p, id, "stays: queue '%s' has another job of that id",
			 p->target.queue);
		break;
	case MOVE_DROPPED:
		complain(p, id, "stays: it was dropped from queue '%s' before",
			 p->target.queue);
		break;
	}
	return 0;
}

static bool may_be_taken(const struct putback *p, const char *state)
{
	return strcmp(state, "dead") == 0 ||
	       (p->waiting && strcmp(state, "retry") == 0);
}

/* What the real run would do to it, as far as can be told. */
static int plan_one(struct putback *p, struct strv id, struct err *e)
{
	const char *state;
	int rc;

	if (p->sweeping) {
		answer(p, id);
		return 0;
	}
	rc = stats_state(redis_of(p), &p->from, id, &state, e);
	if (rc < 0)
		return -1;
	if (rc == 1 || !may_be_taken(p, state))
		complain_of_state(p, id, rc == 1 ? "GONE" : state);
	else
		answer(p, id);
	return 0;
}

/* Up to BATCH jobs of the queue at hand. */
static int put_back(struct putback *p, const struct strv *ids, size_t n,
		    struct err *e)
{
	const struct change_ids all = {ids, n, word_for, p};
	struct change_terms terms;
	int rc = 0;

	if (!p->dry_run && !p->to) {
		rc = terms_now(p, &terms, e);
		if (rc == 0)
			rc = change_retry(redis_of(p), &p->from, &terms, &all,
					  e);
	} else {
		for (size_t i = 0; i < n && rc == 0; i++)
			rc = p->dry_run ? plan_one(p, ids[i], e)
					: move_one(p, ids[i], e);
	}
	return rc < 0 ? -1 : flush(p, e);
}

static int in_batches(struct putback *p, const struct strv *ids, size_t n,
		      uint64_t looked, struct err *e)
{
	const size_t most = p->max_attempts ? BATCH_WHOLE : BATCH;

	for (size_t i = 0; i < n; i += most) {
		if (put_back(p, ids + i, n - i < most ? n - i : most, e) < 0)
			return -1;
		progress_at(&p->progress, looked + i);
	}
	return 0;
}

static void use_queue(struct putback *p, const char *queue)
{
	key_set_init(&p->from, p->command->common->namespace, strv_of(queue));
}

static int named(void *arg, const char *queue, const struct strv *v, size_t n,
		 struct err *e)
{
	struct putback *p = arg;

	use_queue(p, queue);
	if (p->to && strcmp(p->to, queue) == 0) {
		for (size_t i = 0; i < n; i++)
			complain(p, v[i], "is in queue '%s' already", queue);
		return 0;
	}
	return in_batches(p, v, n, p->done, e);
}

static void bad_line(void *arg, const struct err *why)
{
	struct putback *p = arg;

	p->bad++;
	progress_hide(&p->progress);
	opt_fail(p->command, why);
}

int putback_ids(struct putback *p, char *const *operands, size_t n,
		const char *queue, char separator, struct err *e)
{
	const struct ids ids = {
		.operands = operands,
		.n = n,
		.queue = queue,
		.separator = separator,
		.run = named,
		.bad = bad_line,
		.arg = p,
	};
	int rc;

	begin(p, 0);
	rc = ids_each(&ids, e);
	progress_hide(&p->progress);
	return rc;
}

/* The jobs of a state, and no more looks at any than `looks`. */
static int sweep_state(struct putback *p, const char *state, uint64_t looks,
		       const struct walk_filter *filter, int64_t *most,
		       struct err *e)
{
	struct select *s = buf_zalloc(sizeof(*s));
	uint64_t before = p->progress.done;
	int rc = 0;

	select_init(s, state, filter);
	while (rc == 0 && !s->walk.end && *most > 0 && s->walk.looked < looks) {
		uint64_t looked = s->walk.looked;

		rc = select_next(s, redis_of(p), &p->from, *most, e);
		if (rc == 0)
			rc = in_batches(p, s->v, s->n, before + looked, e);
		*most -= (int64_t)s->n;
		progress_at(&p->progress, before + s->walk.looked);
	}
	select_release(s);
	free(s);
	return rc;
}

static int sweep_queue(struct putback *p, const struct walk_filter *filter,
		       int64_t *most, struct err *e)
{
	struct stats_queue s;
	int rc = sweep_state(p, "dead", UINT64_MAX, filter, most, e);

	if (rc < 0 || !p->waiting)
		return rc;
	/* one that fails again at once comes back into the list behind us */
	if (stats_queue(redis_of(p), &p->from, &s, e) < 0)
		return -1;
	return sweep_state(p, "retry", (uint64_t)s.retry, filter, most, e);
}

static void note_no_queue(struct putback *p, const char *queue)
{
	if (p->no_queue.code)
		opt_fail(p->command, &p->no_queue);
	look_no_queue(queue, &p->no_queue);
}

int putback_all(struct putback *p, char *const *queues, size_t n,
		const struct walk_filter *filter, int64_t most, struct err *e)
{
	struct stats_queue s;
	uint64_t total = 0;
	int rc = 0;

	for (size_t i = 0; i < n; i++) {
		use_queue(p, queues[i]);
		if (stats_queue(redis_of(p), &p->from, &s, e) < 0)
			return -1;
		if (!s.known)
			note_no_queue(p, queues[i]);
		total += (uint64_t)s.dead;
		if (p->waiting)
			total += (uint64_t)s.retry;
	}
	begin(p, total);
	p->sweeping = true;
	for (size_t i = 0; i < n && rc == 0; i++) {
		use_queue(p, queues[i]);
		rc = sweep_queue(p, filter, &most, e);
	}
	progress_hide(&p->progress);
	return rc;
}
