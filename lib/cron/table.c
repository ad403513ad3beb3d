/* SPDX-License-Identifier: ISC */
/*
 * Reads schedules back. Their definitions are lines of a schedule file and go
 * through its parser, all at once, so that each zone is loaded once.
 */
#include "cron/table.h"

#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "cron/call.h"

/* Restarts of a reading during which the list kept changing. */
#define TRIES 5

/* The place of each value in a state line (share/lua/part/cron.lua). */
enum {
	STATE_REV,
	STATE_MARKS,
	STATE_TICK = 5,
	STATE_WORDS = 6
};

struct row {
	char *name, *definition;
	struct buf payload;
	int64_t rev, watermark;
	bool create, finished;
	bool bad; /* cannot be understood */
};

struct reading {
	struct row *v; /* owned */
	size_t n, cap;
	const struct event_sink *to; /* borrowed */
};

struct table *table_new(const char *space, const char *source,
			struct strv queue)
{
	struct table *t = buf_zalloc(sizeof(*t));

	key_set_init(&t->keys, space, queue);
	t->source = buf_strdup(source);
	t->version = buf_strdup("");
	return t;
}

void table_free(struct table *t)
{
	if (!t)
		return;
	schedule_file_release(&t->file);
	free(t->v);
	free(t->source);
	free(t->version);
	free(t);
}

static void forget(struct reading *g)
{
	for (size_t i = 0; i < g->n; i++) {
		free(g->v[i].name);
		free(g->v[i].definition);
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

static bool read_state(struct row *row, struct strv line)
{
	struct strv word[STATE_WORDS];

	for (int i = 0; i < STATE_WORDS; i++)
		word[i] = strv_cut(&line, ' ');
	row->create = word[STATE_MARKS].n &&
		      memchr(word[STATE_MARKS].p, 'c', word[STATE_MARKS].n);
	row->finished = word[STATE_MARKS].n &&
			memchr(word[STATE_MARKS].p, 'f', word[STATE_MARKS].n);
	return num_int(word[STATE_REV], 0, INT64_MAX, &row->rev, NULL) == 0 &&
	       num_int(word[STATE_TICK], 0, CRON_TIME_MAX, &row->watermark,
		       NULL) == 0;
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
	if (!read_state(row, s->state))
		complain(g, row, "its state is damaged");
}

/* A line of the text is a row: the first stands on line 1. */
static void blame(void *arg, const struct schedule_report *r)
{
	struct reading *g = arg;

	if (!r->warning && r->line >= 1 && (size_t)r->line <= g->n)
		complain(g, &g->v[r->line - 1], r->text);
}

static int parse(struct reading *g, const struct table *t, int64_t now,
		 struct schedule_file *f, struct err *e)
{
	struct schedule_input in = {
		.source = t->source,
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
	size_t n = 0;

	schedule_file_release(&t->file);
	free(t->v);
	t->file = *f;
	t->v = buf_zalloc((f->n + 1) * sizeof(*t->v));
	for (size_t i = 0; i < f->n; i++) {
		struct schedule *s = &t->file.v[i];
		struct row *row = &g->v[s->line - 1];

		if (!fits(t, s, row)) {
			complain(g, row, "it is another's");
			t->v[n].finished = true;
		} else {
			t->v[n].finished = row->finished;
		}
		buf_add(&s->payload, row->payload.p, row->payload.len);
		t->v[n].table = t;
		t->v[n].schedule = s;
		t->v[n].rev = row->rev;
		t->v[n].watermark = row->watermark;
		t->v[n].settled = INT64_MIN;
		t->v[n].create = row->create && !row->bad;
		n++;
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
		ssize_t n = call_list(r, &t->keys, t->source, read, page, e);

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
	int rc = parse(g, t, page->now, &f, e);

	/* what is wrong is told of once; without it the rest is right */
	if (rc < 0)
		rc = parse(g, t, page->now, &f, e);
	if (rc < 0)
		return err_prefix(e, "schedules of source '%s'", t->source);
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
			       "the schedules of source '%s' keep changing",
			       t->source);
	return rc;
}
