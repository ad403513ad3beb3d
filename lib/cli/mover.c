/* SPDX-License-Identifier: ISC */
/* Jobs into another queue as they are. */
#include "cli/mover.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/ids.h"
#include "cli/look.h"
#include "cli/output.h"
#include "queue/push.h"
#include "queue/select.h"
#include "queue/stats.h"

#define BATCH_BYTES (1UL << 20)

static void begin(struct mover *m)
{
	key_set_init(&m->target, m->space, strv_of(m->to));
	push_announce(m->redis, m->space, m->to);
	for (size_t i = 0; i < MOVER_BATCH; i++)
		transfer_copy_init(&m->copy[i]);
}

static void end(struct mover *m)
{
	progress_hide(&m->progress);
	for (size_t i = 0; i < MOVER_BATCH; i++)
		transfer_copy_release(&m->copy[i]);
}

static void complain(struct mover *m, struct strv id, const char *what)
{
	struct err e;
	int status;

	progress_hide(&m->progress);
	err_set(&e, STATUS_NO, "'%s/%.*s' %s", m->from.queue, (int)id.n, id.p,
		what);
	status = opt_fail(m->command, &e);
	if (m->status == STATUS_OK)
		m->status = status;
}

static void complain_of_state(struct mover *m, struct strv id, struct strv word)
{
	char why[64], shown[32];

	if (strv_eq(word, "GONE"))
		snprintf(why, sizeof(why), "is not there");
	else
		snprintf(why, sizeof(why), "stays: it is %s",
			 text_show(word, shown, sizeof(shown)));
	if (!m->sweeping)
		complain(m, id, why);
}

static size_t place_of(const struct mover *m, struct strv id)
{
	size_t i = 0;

	while (i < m->n && (m->copy[i].job.id.n != id.n ||
			    memcmp(m->copy[i].job.id.p, id.p, id.n) != 0))
		i++;
	return i;
}

static void held(void *arg, struct strv id, struct strv word)
{
	struct mover *m = arg;
	size_t i = place_of(m, id);

	if (i == m->n)
		return;
	m->held[i] =
		strv_eq(word, "OK") || (strv_eq(word, "dead") &&
					strv_eq(m->copy[i].job.state, "dead"));
	if (!m->held[i])
		complain_of_state(m, id, word);
}

static void arrived(void *arg, const char *id, struct strv word)
{
	struct mover *m = arg;
	size_t i = place_of(m, strv_of(id));
	char why[160], shown[96];

	if (i == m->n)
		return;
	m->arrived[i] = strv_eq(word, "OK");
	if (m->arrived[i])
		return;
	snprintf(why, sizeof(why), "stays, dead: %s",
		 strv_eq(word, "KNOWN") || strv_eq(word, "ENDED")
			 ? "the other queue has a job of that id"
			 : text_show(word, shown, sizeof(shown)));
	complain(m, strv_of(id), why);
}

static void dropped(void *arg, struct strv id, struct strv word)
{
	(void)arg, (void)id, (void)word;
}

static int change(struct mover *m, enum change_removal what,
		  const bool wanted[MOVER_BATCH],
		  void (*fn)(void *arg, struct strv id, struct strv word),
		  struct err *e)
{
	struct strv v[MOVER_BATCH];
	struct change_ids ids = {v, 0, fn, m};
	char reason[KEY_QUEUE_MAX + 16];

	for (size_t i = 0; i < m->n; i++)
		if (!wanted || wanted[i])
			v[ids.n++] = m->copy[i].job.id;
	snprintf(reason, sizeof(reason), "%s to %s",
		 what == CHANGE_HOLD ? "moving" : "moved", m->to);
	if (ids.n == 0)
		return 0;
	return change_remove(m->redis, &m->from, what, reason, &ids, e);
}

static int carry(struct mover *m, struct err *e)
{
	struct transfer t;
	int rc = 0;

	transfer_init(&t, &m->target, false);
	for (size_t i = 0; i < m->n && rc == 0; i++) {
		struct transfer_copy *c = &m->copy[i];

		if (!m->held[i])
			continue;
		rc = transfer_readdress(&c->job, m->to, &c->envelope,
					&c->record, e);
		if (rc == 0)
			transfer_add(&t, &c->job);
	}
	if (rc == 0)
		rc = transfer_send(&t, m->redis, arrived, m, e);
	transfer_release(&t);
	return rc;
}

/* Take those that were looked at over: hold, carry, drop. */
static int commit(struct mover *m, struct err *e)
{
	int rc = 0;

	memset(m->held, 0, sizeof(m->held));
	memset(m->arrived, 0, sizeof(m->arrived));
	if (change(m, CHANGE_HOLD, NULL, held, e) < 0 || carry(m, e) < 0 ||
	    change(m, CHANGE_DROP, m->arrived, dropped, e) < 0)
		return -1;
	for (size_t i = 0; i < m->n && rc == 0; i++) {
		if (!m->arrived[i])
			continue;
		m->done++;
		rc = output_job(m->command->common, "moved", m->to,
				m->copy[i].job.id, e);
	}
	progress_at(&m->progress, m->progress.done + m->n);
	m->n = 0;
	m->bytes = 0;
	return rc < 0 ? -1 : output_flush(e);
}

/* 0; 1 = it is not to be moved, which was said; -1. */
static int look_at(struct mover *m, struct strv id, struct transfer_copy *c,
		   struct err *e)
{
	const char *there;
	int rc = transfer_look(m->redis, &m->from, id, c, e);

	if (rc < 0)
		return -1;
	if (rc == 1 || strv_eq(c->job.state, "running") ||
	    strv_eq(c->job.state, "done")) {
		complain_of_state(m, id, rc ? strv_of("GONE") : c->job.state);
		return 1;
	}
	rc = stats_state(m->redis, &m->target, id, &there, e);
	if (rc == 0)
		complain(m, id, "stays: the other queue has a job of that id");
	return rc < 0 ? -1 : rc == 0;
}

static int move_run(void *arg, const char *queue, const struct strv *v,
		    size_t n, struct err *e)
{
	struct mover *m = arg;

	key_set_init(&m->from, m->space, strv_of(queue));
	if (strcmp(queue, m->to) == 0) {
		for (size_t i = 0; i < n; i++)
			complain(m, v[i], "is there already");
		return 0;
	}
	for (size_t i = 0; i < n; i++) {
		struct transfer_copy *c = &m->copy[m->n];
		int rc = look_at(m, v[i], c, e);

		if (rc < 0)
			return -1;
		if (rc == 0 && place_of(m, c->job.id) == m->n) {
			m->n++;
			m->bytes += c->record.len + c->envelope.len;
		}
		if ((m->n == MOVER_BATCH || m->bytes >= BATCH_BYTES) &&
		    commit(m, e) < 0)
			return -1;
	}
	return commit(m, e);
}

static void bad_name(void *arg, const struct err *why)
{
	struct mover *m = arg;
	int status;

	progress_hide(&m->progress);
	status = opt_fail(m->command, why);
	if (m->status == STATUS_OK)
		m->status = status;
}

int mover_ids(struct mover *m, char *const *operands, size_t n,
	      const char *queue, struct err *e)
{
	const struct ids ids = {
		.operands = operands,
		.n = n,
		.queue = queue,
		.separator = '\n',
		.run = move_run,
		.bad = bad_name,
		.arg = m,
	};
	int rc;

	begin(m);
	progress_init(&m->progress, m->command->common, "moving", 0, true);
	rc = ids_each(&ids, e);
	end(m);
	return rc;
}

static int sweep(struct mover *m, const char *queue, const char *state,
		 int64_t most, struct err *e)
{
	struct select *s = buf_zalloc(sizeof(*s));
	int rc = 0;

	select_init(s, state, NULL);
	while (rc == 0 && !s->walk.end && most > 0) {
		rc = select_next(s, m->redis, &m->from, most, e);
		if (rc == 0 && s->n)
			rc = move_run(m, queue, s->v, s->n, e);
		most -= (int64_t)s->n;
	}
	select_release(s);
	free(s);
	return rc;
}

static bool can_move(const char *state)
{
	static const char *const waits[] = {"ready", "delayed", "retry",
					    "dead"};
	size_t i = 0;

	while (i < ARRAY_LEN(waits) && strcmp(state, waits[i]) != 0)
		i++;
	return i < ARRAY_LEN(waits);
}

int mover_all(struct mover *m, const char *queue, const char *state,
	      struct err *e)
{
	struct stats_queue s;
	int64_t all;
	int rc;

	if (!can_move(state))
		return err_set(e, STATUS_USAGE,
			       "-s: one of ready, delayed, retry, dead");
	if (strcmp(queue, m->to) == 0)
		return err_set(e, STATUS_USAGE,
			       "--to names the queue the jobs are in");
	key_set_init(&m->from, m->space, strv_of(queue));
	if (stats_queue(m->redis, &m->from, &s, e) < 0)
		return -1;
	if (!s.known)
		return look_no_queue(queue, e);
	all = stats_count(&s, state);
	if (all == 0)
		return err_set(e, STATUS_NO,
			       "nothing to do: no job of '%s' is %s", queue,
			       state);
	begin(m);
	m->sweeping = true;
	progress_init(&m->progress, m->command->common, "moving", (uint64_t)all,
		      true);
	rc = sweep(m, queue, state, all, e);
	end(m);
	return rc;
}
