/* SPDX-License-Identifier: ISC */
/*
 * Reads schedules back. Their definitions are lines of a schedule file and go
 * through its parser, all at once, so that each zone is loaded once.
 */
#include "cron/table.h"

#include <stdlib.h>
#include <string.h>

#include "cron/call.h"

/* Restarts of a reading during which the list kept changing. */
#define TRIES 5

struct row {
	char *name, *definition, *line;
	struct buf payload;
	struct state state; /* its source is a view into `line` */
	bool bad;	    /* cannot be understood */
};

struct reading {
	struct row *v; /* owned */
	size_t n, cap;
	const struct event_sink *to; /* borrowed */
};

struct table *table_new(const char *space, struct strv queue)
{
	struct table *t = buf_zalloc(sizeof(*t));

	key_set_init(&t->keys, space, queue);
	t->version = buf_strdup("");
	return t;
}

static void drop_entries(struct table *t)
{
	for (size_t i = 0; i < t->file.n; i++)
		free(t->v[i].source);
	free(t->v);
	t->v = NULL;
	schedule_file_release(&t->file);
}

void table_free(struct table *t)
{
	if (!t)
		return;
	drop_entries(t);
	free(t->version);
	free(t);
}

static void forget(struct reading *g)
{
	for (size_t i = 0; i < g->n; i++) {
		free(g->v[i].name);
		free(g->v[i].definition);
		free(g->v[i].line);
		buf_release(&g->v[i].payload);
	}
	free(g->v);
	g->v = NULL;
	g->n = g->cap = 0;
}

static void complain(struct reading *g, struct row *row, const char *why)
{
	struct err e;

	row->bad = true;
	err_set(&e, STATUS_PROTOCOL,
		"the schedule in the server cannot be understood: %.300s "
		"(update jobq, or write it anew)",
		why);
	event_error(g->to, row->name, &e);
}

static void take(void *arg, const struct call_schedule *s)
{
	struct reading *g = arg;
	struct row *row;

	if (g->n == g->cap) {
		g->cap = g->cap ? g->cap * 2 : 16;
		g->v = buf_realloc(g->v, g->cap * sizeof(*g->v));
	}
	row = &g->v[g->n++];
	memset(row, 0, sizeof(*row));
	buf_init(&row->payload);
	buf_add(&row->payload, s->payload.p, s->payload.n);
	row->name = strv_dup(s->name);
	row->definition = strv_dup(s->definition);
	row->line = strv_dup(s->state);
	if (!state_parse(strv_of(row->line), &row->state))
		complain(g, row, "its state is damaged");
}

/* A line of the text is a row: the first stands on line 1. */
static void blame(void *arg, const struct schedule_report *r)
{
	struct reading *g = arg;

	if (!r->warning && r->line >= 1 && (size_t)r->line <= g->n)
		complain(g, &g->v[r->line - 1], r->text);
}

static int parse(struct reading *g, int64_t now, struct schedule_file *f,
		 struct err *e)
{
	struct schedule_input in = {
		.source = "server",
		.now = now / 1000,
		.report = blame,
		.arg = g,
	};
	struct buf text = BUF_INIT;
	int rc;

	for (size_t i = 0; i < g->n; i++)
		buf_addf(&text, "%s\n", g->v[i].bad ? "" : g->v[i].definition);
	rc = schedule_parse(f, strv_make(text.p, text.len), &in, e);
	buf_release(&text);
	return rc;
}

/* The definition, the name and the queue have to be of one mind. */
static bool fits(const struct table *t, const struct schedule *s,
		 const struct row *row)
{
	return strcmp(s->name, row->name) == 0 &&
	       strcmp(s->queue, t->keys.queue) == 0;
}

static void replace(struct table *t, struct reading *g, struct schedule_file *f)
{
	drop_entries(t);
	t->file = *f;
	t->v = buf_zalloc((f->n + 1) * sizeof(*t->v));
	for (size_t i = 0; i < f->n; i++) {
		struct schedule *s = &t->file.v[i];
		struct row *row = &g->v[s->line - 1];

		buf_add(&s->payload, row->payload.p, row->payload.len);
		t->v[i].table = t;
		t->v[i].schedule = s;
		t->v[i].state = row->state;
		t->v[i].source = strv_dup(row->state.source);
		t->v[i].state.source = strv_of(t->v[i].source);
		t->v[i].settled = INT64_MIN;
		if (fits(t, s, row))
			continue;
		complain(g, row, "it is another's");
		t->v[i].state.finished = true;
		t->v[i].state.create = false;
	}
}

/* All pages of one version; 1 when it changed under way. */
static int read_all(struct table *t, struct redis *r, struct call_page *page,
		    struct err *e)
{
	char *version = NULL;
	size_t read = 0;
	int rc = 0;

	do {
		ssize_t n = call_list(r, &t->keys, read, page, e);

		if (n < 0)
			rc = -1;
		else if (read && strcmp(version, page->version) != 0)
			rc = 1;
		else if (page->same || n == 0)
			break;
		free(version);
		version = buf_strdup(page->version);
		read += n > 0 ? (size_t)n : 0;
	} while (rc == 0 && read < page->total);
	free(version);
	return rc;
}

static int rebuild(struct table *t, struct reading *g, struct call_page *page,
		   struct err *e)
{
	struct schedule_file f = {0};
	int rc = parse(g, page->now, &f, e);

	/* what is wrong is told of once; without it the rest is right */
	if (rc < 0)
		rc = parse(g, page->now, &f, e);
	if (rc < 0)
		return err_prefix(e, "schedules of queue '%s'", t->keys.queue);
	replace(t, g, &f);
	free(t->version);
	t->version = page->version;
	page->version = NULL;
	t->stale = false;
	return 0;
}

int table_look(struct table *t, struct redis *r, const struct event_sink *to,
	       struct err *e)
{
	int rc = 1;

	for (int i = 0; rc == 1 && i < TRIES; i++) {
		struct reading g = {.to = to};
		struct call_page page = {
			.version = buf_strdup(t->stale ? "" : t->version),
			.payloads = !t->brief,
			.fn = take,
			.arg = &g,
		};

		rc = read_all(t, r, &page, e);
		t->now = page.now;
		if (rc == 0 && !page.same)
			rc = rebuild(t, &g, &page, e);
		free(page.version);
		forget(&g);
	}
	if (rc == 1)
		return err_set(e, STATUS_LATER,
			       "the schedules of queue '%s' keep changing",
			       t->keys.queue);
	return rc;
}

/* The first error is the one that counts. */
static void remember(void *arg, const struct schedule_report *r)
{
	struct buf *why = arg;

	if (!r->warning && !why->len)
		buf_addstr(why, r->text);
}

int table_parse(struct schedule_file *f, struct strv definition, int64_t now,
		struct err *e)
{
	struct buf why = BUF_INIT;
	const struct schedule_input in = {
		.source = "server",
		.now = now / 1000,
		.report = remember,
		.arg = &why,
	};
	int rc = schedule_parse(f, definition, &in, e);

	if (rc == 0 && f->n != 1)
		rc = err_set(e, STATUS_PROTOCOL, "it is no schedule");
	else if (rc < 0)
		err_set(e, STATUS_PROTOCOL,
			"it cannot be understood: %.300s (update jobq, or "
			"write it anew)",
			why.p);
	buf_release(&why);
	return rc;
}
