/* SPDX-License-Identifier: ISC */
/* The listings of jq-stat. */
#include "cli/look.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/output.h"
#include "cli/queues.h"
#include "queue/key.h"
#include "queue/stats.h"

void look_complain(struct look *l, const struct err *e)
{
	int status = opt_fail(l->command, e);

	if (l->status == STATUS_OK)
		l->status = status;
}

bool look_is_damage(const struct err *e)
{
	return e->code == STATUS_BUG || e->code == STATUS_PROTOCOL;
}

int look_no_queue(const char *queue, struct err *e)
{
	return err_set(e, STATUS_NOINPUT,
		       "no such queue: '%s' (nothing was ever pushed to it)",
		       queue);
}

static int add(struct look *l, const void *thing, struct err *e)
{
	l->shown++;
	return show_add(l->show, thing, e);
}

void look_unknown(struct look *l, const char *queue)
{
	struct err why;

	if (l->n_queues == 0)
		return;
	look_no_queue(queue, &why);
	look_complain(l, &why);
}

/* A question about one queue. */
struct visit {
	struct look *look;
	struct key_set keys;
	const char *state; /* of jobs */
	int (*fn)(struct visit *v, struct err *e);
};

static int visit_queue(void *arg, struct strv queue, struct err *e)
{
	struct visit *v = arg;

	key_set_init(&v->keys, v->look->space, queue);
	return v->fn(v, e);
}

static int visit_all(struct visit *v, struct err *e)
{
	struct look *l = v->look;

	if (l->n_queues == 0)
		return stats_each_queue(l->server->redis, l->space, visit_queue,
					v, e);
	for (size_t i = 0; i < l->n_queues; i++)
		if (visit_queue(v, strv_of(l->queues[i]), e) < 0)
			return -1;
	return 0;
}

/* Look at the queue. 0 = go on with it, 1 = pass it over, -1. */
static int look_at(struct visit *v, struct stats_queue *s, struct err *e)
{
	if (stats_queue(v->look->server->redis, &v->keys, s, e) < 0)
		return -1;
	v->look->now_ms = s->now_ms;
	if (s->known)
		return 0;
	look_unknown(v->look, v->keys.queue);
	return 1;
}

/* A queue whose data cannot be read is shown as that. */
static int show_damaged(struct look *l, const char *queue,
			const struct err *why, struct err *e)
{
	struct show_queue thing = {.name = queue, .note = strv_of("damaged")};

	look_complain(l, why);
	return add(l, &thing, e);
}

static int one_queue(void *arg, const struct key_set *k,
		     const struct stats_queue *s, const struct err *why,
		     struct err *e)
{
	struct look *l = arg;
	struct show_queue thing = {.name = k->queue, .stats = s};
	struct buf note = BUF_INIT;
	int rc;

	if (why && look_is_damage(why))
		return show_damaged(l, k->queue, why, e);
	if (why) {
		*e = *why;
		return -1;
	}
	l->now_ms = s->now_ms;
	if (!s->known) {
		look_unknown(l, k->queue);
		return 0;
	}
	show_note(s, &note);
	thing.note = strv_make(note.p, note.len);
	rc = add(l, &thing, e);
	buf_release(&note);
	return rc;
}

int look_queues(struct look *l, struct err *e)
{
	struct queues q = {.n = 0};
	int rc = queues_find(&q, l->server->redis, l->space, l->queues,
			     l->n_queues, e);

	if (rc == 0)
		rc = queues_ask(&q, l->server->redis,
				(struct stats_queues){.space = l->space,
						      .fn = one_queue,
						      .arg = l},
				e);
	queues_release(&q);
	return rc;
}

static int one_worker(void *arg, struct strv instance, int64_t age_ms,
		      const struct job_worker *w, struct err *e)
{
	struct visit *v = arg;
	struct show_worker thing = {
		.queue = v->keys.queue,
		.instance = instance,
		.age_ms = age_ms,
		.now_ms = v->look->now_ms,
		.worker = w,
	};

	return add(v->look, &thing, e);
}

static int queue_workers(struct visit *v, struct err *e)
{
	struct stats_queue s;
	int rc = look_at(v, &s, e);

	if (rc == 0)
		rc = stats_each_worker(v->look->server->redis, &v->keys,
				       one_worker, v, e);
	if (rc < 0 && look_is_damage(e)) {
		look_complain(v->look, e);
		return 0;
	}
	return rc < 0 ? -1 : 0;
}

int look_workers(struct look *l, struct err *e)
{
	struct visit v = {.look = l, .fn = queue_workers};

	return visit_all(&v, e);
}

static int one_job(void *arg, const struct stats_job *job, struct err *e)
{
	struct visit *v = arg;
	struct show_job thing = {.queue = v->keys.queue, .job = job};

	v->look->now_ms = job->now_ms;
	if (v->look->limit && (int64_t)v->look->shown >= v->look->limit) {
		v->look->cut = true;
		return 0;
	}
	thing.worker = strv_of("");
	return add(v->look, &thing, e);
}

static int jobs_in(struct visit *v, const char *state, struct err *e)
{
	struct look *l = v->look;
	/* one more than is shown, to know whether there is one more */
	const struct stats_list list = {
		.state = state,
		.filter = l->filter,
		.limit = l->limit ? l->limit - (int64_t)l->shown + 1 : 0,
		.payload = l->show->format == SHOW_JSON,
		.fn = one_job,
		.arg = v,
	};

	if (l->cut)
		return 0;
	return stats_each_job(l->server->redis, &v->keys, &list, e);
}

static int queue_jobs(struct visit *v, struct err *e)
{
	struct stats_queue s;
	int rc = look_at(v, &s, e);

	for (size_t i = 0; rc == 0 && stats_states[i]; i++)
		if (!v->state || strcmp(v->state, stats_states[i]) == 0)
			rc = jobs_in(v, stats_states[i], e);
	if (rc < 0 && look_is_damage(e)) {
		look_complain(v->look, e);
		return 0;
	}
	return rc < 0 ? -1 : 0;
}

int look_jobs(struct look *l, const char *state, struct err *e)
{
	struct visit v = {.look = l, .fn = queue_jobs, .state = state};

	return visit_all(&v, e);
}

void look_no_job(struct look *l, const char *queue, struct strv id)
{
	struct err why;

	err_set(&why, STATUS_NO, "no such job: '%s/%.*s'", queue, (int)id.n,
		id.p);
	look_complain(l, &why);
}

/* Finding out the name of the worker that runs a job. */
struct search {
	struct strv instance;
	struct buf *name;
};

static int match_worker(void *arg, struct strv instance, int64_t age_ms,
			const struct job_worker *w, struct err *e)
{
	struct search *s = arg;

	(void)age_ms;
	(void)e;
	if (instance.n == s->instance.n && w->name &&
	    memcmp(instance.p, s->instance.p, instance.n) == 0)
		buf_addstr(s->name, w->name);
	return 0;
}

/* "FENCE.INSTANCE" of a running job: who that is. Ends all views. */
static int find_worker(struct look *l, const struct key_set *k,
		       struct strv token, struct buf *name, struct err *e)
{
	char *copy = strv_dup(token);
	struct search s = {strv_of(copy), name};
	int rc;

	strv_cut(&s.instance, '.');
	rc = stats_each_worker(l->server->redis, k, match_worker, &s, e);
	free(copy);
	return rc;
}

static int show_full(struct look *l, const struct show_job *job, struct err *e)
{
	struct buf page = BUF_INIT;
	int rc;

	if (l->show->format != SHOW_TABLE)
		return add(l, job, e);
	if (l->shown++ > 0)
		buf_addch(&page, '\n');
	show_detail(job, l->show->color, &page);
	rc = output_write(page.p, page.len, e);
	buf_release(&page);
	return rc;
}

int look_job(struct look *l, const char *queue, struct strv id, struct err *e)
{
	struct redis *redis = l->server->redis;
	struct buf worker = BUF_INIT;
	struct stats_detail d;
	struct show_job thing = {.queue = queue, .job = &d.job, .detail = &d};
	struct key_set k;
	int rc;

	key_set_init(&k, l->space, strv_of(queue));
	rc = stats_detail(redis, &k, id, &d, e);
	if (rc == 0 && strcmp(d.job.state, "running") == 0) {
		rc = find_worker(l, &k, d.job.record.token, &worker, e);
		stats_detail_release(&d);
		if (rc == 0)
			rc = stats_detail(redis, &k, id, &d, e);
	}
	if (rc == 0) {
		l->now_ms = d.job.now_ms;
		thing.worker = strv_make(worker.p, worker.len);
		rc = show_full(l, &thing, e);
		stats_detail_release(&d);
	} else if (rc > 0) {
		look_no_job(l, queue, id);
		rc = 0;
	} else if (look_is_damage(e)) {
		err_prefix(e, "%s/%.*s", queue, (int)id.n, id.p);
		look_complain(l, e);
		rc = 0;
	}
	buf_release(&worker);
	return rc;
}

/* The bytes asked for, or why there are none. */
static int pick_bytes(const struct stats_detail *d, const char *field,
		      struct strv *out, struct err *e)
{
	bool done = strcmp(d->job.state, "done") == 0;

	if (strcmp(field, "payload") == 0) {
		*out = d->job.payload;
		if (d->job.has_payload)
			return 0;
		return err_set(e, STATUS_NO,
			       "the payload of a finished job is not kept");
	}
	*out = d->result.bytes;
	if (done)
		return 0;
	return err_set(e, STATUS_NO, "no result: the job is %s", d->job.state);
}

int look_bytes(struct look *l, const char *queue, struct strv id, struct err *e)
{
	struct stats_detail d;
	struct strv bytes;
	struct key_set k;
	int rc;

	key_set_init(&k, l->space, strv_of(queue));
	rc = stats_detail(l->server->redis, &k, id, &d, e);
	if (rc > 0) {
		look_no_job(l, queue, id);
		return 0;
	}
	if (rc < 0)
		return -1;
	rc = pick_bytes(&d, l->field, &bytes, e);
	if (rc == 0)
		rc = output_write(bytes.p, bytes.n, e);
	if (rc == 0 && strcmp(l->field, "result") == 0 &&
	    d.result.total > d.result.bytes.n)
		opt_warn(l->command,
			 "the result was cut: %zu of %llu bytes were kept",
			 d.result.bytes.n, (unsigned long long)d.result.total);
	stats_detail_release(&d);
	return rc;
}

void look_remark(const struct look *l, bool queues, bool limited)
{
	if (l->command->common->quiet)
		return;
	if (l->cut && !limited)
		opt_warn(l->command, "only %zu jobs are shown (-n 0 shows all)",
			 l->shown);
	if (queues && l->shown == 0 && l->n_queues == 0)
		fprintf(stderr, "%s: no queue yet (jq-push makes one)\n",
			l->command->name);
}
