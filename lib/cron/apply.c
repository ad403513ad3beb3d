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
	const char *space;
	const struct event_sink *to;
	const struct names *queues;
	int64_t now; /* the server's clock, ms */
	bool apply;  /* else only asking */
	/* the file and the queue at hand */
	const struct schedule_file *file;
	const char *queue;
	int64_t added, changed, removed;
};

static void tally(void *arg, struct strv word, struct strv name)
{
	struct applying *c = arg;
	struct event v;
	char *text = strv_dup(name);
	bool gone = strv_eq(word, "removed");

	c->added += strv_eq(word, "added");
	c->changed += strv_eq(word, "changed");
	c->removed += gone;
	event_begin(&v, EVENT_FINE, gone ? "remove" : "set");
	event_str(&v, "name", text);
	event_str(&v, "queue", c->queue);
	event_str(&v, "source", c->file->source);
	event_end(&v, c->to);
	free(text);
}

static void tell(const struct applying *c)
{
	const struct schedule_file *f = c->file;
	struct event v;

	event_begin(&v, EVENT_NOTE, "sync");
	event_str(&v, "source", f->source);
	if (f->generation)
		event_int(&v, "generation", f->generation);
	event_int(&v, "schedules", (int64_t)f->n);
	event_int(&v, "added", c->added);
	event_int(&v, "changed", c->changed);
	event_int(&v, "removed", c->removed);
	event_end(&v, c->to);
}

static void take_queue(void *arg, struct strv queue)
{
	names_add(arg, queue);
}

/* One file, in all queues. */
static int sync_file(struct applying *c, const struct schedule_file *f,
		     struct err *e)
{
	const struct call_sync s = {f, c->apply, c->now, tally, c};

	c->file = f;
	c->added = c->changed = c->removed = 0;
	for (size_t i = 0; i < c->queues->n; i++) {
		struct key_set k;

		c->queue = c->queues->v[i];
		key_set_init(&k, c->space, strv_of(c->queue));
		if (call_sync(c->r, &k, &s, e) < 0)
			return -1;
	}
	if (c->apply)
		tell(c);
	return 0;
}

/* The queues of the files are named before they are used, so that nothing is
 * ever out of sight. */
static int find_queues(struct applying *c, const struct schedule_file *f,
		       size_t n, struct names *queues, struct err *e)
{
	struct names own = {0};
	int rc;

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < f[i].n; j++)
			names_add(&own, strv_of(f[i].v[j].queue));
	for (size_t i = 0; i < own.n; i++)
		call_announce(c->r, c->space, own.v[i]);
	rc = call_queues(c->r, c->space, take_queue, queues, e);
	for (size_t i = 0; i < own.n; i++)
		names_add(queues, strv_of(own.v[i]));
	names_release(&own);
	return rc;
}

int apply_files(struct redis *r, const char *space, const struct apply_set *set,
		struct names *queues, const struct event_sink *to,
		struct err *e)
{
	struct applying c = {
		.r = r, .space = space, .to = to, .queues = queues};

	if (find_queues(&c, set->f, set->n, queues, e) < 0 ||
	    call_time(r, &c.now, e) < 0)
		return -1;
	for (int pass = 0; pass < 2; pass++) {
		c.apply = pass == 1;
		for (size_t i = 0; i < set->n; i++)
			if (sync_file(&c, &set->f[i], e) < 0)
				return -1;
	}
	return 0;
}
