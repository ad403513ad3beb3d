/* SPDX-License-Identifier: ISC */
/*
 * A queue's part of a file is one step in the server; that the others may say
 * no is found out by asking all of them first.
 */
#include "cron/apply.h"

#include <stdlib.h>
#include <string.h>

#include "cron/call.h"

struct ref {
	const struct schedule *s;
	const char *source;
};

static int by_place(const void *a, const void *b)
{
	const struct ref *x = a, *y = b;
	int by_queue = strcmp(x->s->queue, y->s->queue);

	return by_queue ? by_queue : strcmp(x->s->name, y->s->name);
}

static int check_names(const struct schedule_file *f, size_t n, struct err *e)
{
	struct ref *v;
	size_t total = 0, at = 0;
	int rc = 0;

	for (size_t i = 0; i < n; i++)
		total += f[i].n;
	v = buf_alloc((total + 1) * sizeof(*v));
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < f[i].n; j++)
			v[at++] = (struct ref){&f[i].v[j], f[i].source};
	qsort(v, total, sizeof(*v), by_place);
	for (size_t i = 1; rc == 0 && i < total; i++)
		if (by_place(&v[i - 1], &v[i]) == 0)
			rc = err_set(e, STATUS_CONFIG,
				     "schedule '%s' of queue '%s' is in two "
				     "files, of sources '%s' and '%s' (choose "
				     "another name)",
				     v[i].s->name, v[i].s->queue,
				     v[i - 1].source, v[i].source);
	free(v);
	return rc;
}

int apply_check(const struct schedule_file *f, size_t n, struct err *e)
{
	struct names sources = {0};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n; i++) {
		if (!names_add(&sources, strv_of(f[i].source)))
			rc = err_set(e, STATUS_CONFIG,
				     "two files are of the source '%s' (write "
				     "SOURCE=NAME into one of them)",
				     f[i].source);
		else if (f[i].n > CALL_SCHEDULES_MAX)
			rc = err_set(e, STATUS_CONFIG,
				     "source '%s' has %zu schedules, of at "
				     "most %d (make it two files)",
				     f[i].source, f[i].n, CALL_SCHEDULES_MAX);
	}
	names_release(&sources);
	return rc < 0 ? -1 : check_names(f, n, e);
}

/* What all steps of applying have in common. */
struct applying {
	struct redis *r;
	const struct apply_set *set;
	const struct event_sink *to;
	int64_t now; /* the server's clock, ms */
	bool apply;  /* else only asking */
	bool failed; /* because of `why` */
	struct err why;
};

/* Of one file. */
struct sums {
	int64_t added, changed, removed;
};

/* A file in a queue: a call. */
struct part {
	struct applying *all;
	const struct schedule_file *f;
	struct sums *sums;
	struct key_set keys;
	bool feeds;    /* the file has schedules for this queue */
	size_t differ; /* schedules that are not as the file has them */
};

static void tell_one(const struct part *p, const char *word, const char *name)
{
	struct event v;

	event_begin(&v, EVENT_FINE,
		    strcmp(word, "removed") == 0 ? "remove" : "set");
	event_str(&v, "name", name);
	event_str(&v, "queue", p->keys.queue);
	event_str(&v, "source", p->f->source);
	event_end(&v, p->all->to);
}

static void differs(void *arg, struct strv word, struct strv name)
{
	struct part *p = arg;
	struct applying *c = p->all;
	char *what = strv_dup(word), *text = strv_dup(name);

	p->differ++;
	p->sums->added += c->apply && strv_eq(word, "added");
	p->sums->changed += c->apply && strv_eq(word, "changed");
	p->sums->removed += c->apply && strv_eq(word, "removed");
	/* asked first, applied then: once it is told of */
	if (c->apply != c->set->dry && c->set->fn)
		c->set->fn(c->set->arg, what, p->keys.queue, text);
	if (c->apply && c->to)
		tell_one(p, what, text);
	free(what);
	free(text);
}

static void answered(void *arg, const struct redis_reply *reply,
		     const struct err *why)
{
	struct part *p = arg;
	struct applying *c = p->all;
	struct err e;

	if (!why &&
	    call_sync_read(reply, p->keys.queue, p->f, differs, p, &e) < 0)
		why = &e;
	if (why && !c->failed)
		c->why = *why;
	c->failed = c->failed || why;
}

/* All calls of a pass are on their way at once. A queue that has nothing of a
 * file, and is to have nothing of it, needs no second one. */
static int pass(struct applying *c, struct part *v, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		const struct call_sync s = {
			.file = v[i].f,
			.apply = c->apply,
			.keep = c->set->keep,
			.now = c->now,
			.by = c->set->by,
		};

		if (c->apply && !v[i].feeds && !v[i].differ)
			continue;
		v[i].differ = 0;
		call_sync(c->r, &v[i].keys, &s, answered, &v[i]);
	}
	redis_drain(c->r);
	if (c->failed)
		*e = c->why;
	return c->failed ? -1 : 0;
}

static void tell_file(const struct applying *c, const struct schedule_file *f,
		      const struct sums *s)
{
	struct event v;

	event_begin(&v, EVENT_NOTE, "sync");
	event_str(&v, "source", f->source);
	if (f->generation)
		event_int(&v, "generation", f->generation);
	event_int(&v, "schedules", (int64_t)f->n);
	event_int(&v, "added", s->added);
	event_int(&v, "changed", s->changed);
	event_int(&v, "removed", s->removed);
	event_end(&v, c->to);
}

static void take_queue(void *arg, struct strv queue)
{
	names_add(arg, queue);
}

/* Those of the files, and unless the others stay, all that have any. */
static int find_queues(struct redis *r, const char *space,
		       const struct apply_set *set, struct names *queues,
		       struct err *e)
{
	for (size_t i = 0; i < set->n; i++)
		for (size_t j = 0; j < set->f[i].n; j++)
			names_add(queues, strv_of(set->f[i].v[j].queue));
	if (!set->keep && call_queues(r, space, take_queue, queues, e) < 0)
		return -1;
	names_sort(queues);
	return 0;
}

static bool feeds(const struct schedule_file *f, const char *queue)
{
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->v[i].queue, queue) == 0)
			return true;
	return false;
}

static void make_parts(struct applying *c, const char *space,
		       const struct names *queues, struct sums *sums,
		       struct part *v)
{
	for (size_t i = 0; i < c->set->n; i++) {
		for (size_t j = 0; j < queues->n; j++, v++) {
			v->all = c;
			v->f = &c->set->f[i];
			v->sums = &sums[i];
			key_set_init(&v->keys, space, strv_of(queues->v[j]));
			v->feeds = feeds(v->f, queues->v[j]);
		}
	}
}

int apply_files(struct redis *r, const char *space, const struct apply_set *set,
		struct names *queues, const struct event_sink *to,
		struct err *e)
{
	struct applying c = {.r = r, .set = set, .to = to};
	struct sums *sums;
	struct part *v;
	size_t n;
	int rc;

	if (find_queues(r, space, set, queues, e) < 0 ||
	    call_time(r, &c.now, e) < 0)
		return -1;
	n = set->n * queues->n;
	v = buf_zalloc((n + 1) * sizeof(*v));
	sums = buf_zalloc((set->n + 1) * sizeof(*sums));
	make_parts(&c, space, queues, sums, v);
	rc = pass(&c, v, n, e);
	c.apply = true;
	if (rc == 0 && !set->dry)
		rc = pass(&c, v, n, e);
	for (size_t i = 0; rc == 0 && !set->dry && to && i < set->n; i++)
		tell_file(&c, &set->f[i], &sums[i]);
	free(sums);
	free(v);
	return rc;
}
