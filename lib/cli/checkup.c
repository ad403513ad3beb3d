/* SPDX-License-Identifier: ISC */
/* Checking queues and telling of it. */
#include "cli/checkup.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/look.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "queue/check.h"
#include "queue/key.h"
#include "queue/push.h"
#include "queue/stats.h"
#include "sys/json.h"

/* A queue to be checked. */
struct entry {
	char name[KEY_QUEUE_MAX + 1];
	bool announced; /* in the set of queue names, or named */
	bool seen;	/* has keys */
};

/* One pass over all queues. */
struct pass {
	const struct checkup *up;
	struct check check;
	struct progress progress;
	uint64_t before; /* jobs of the queues that are done with */
	struct entry *v; /* owned */
	size_t n;
	int status;
};

static void looked(void *arg)
{
	struct pass *p = arg;

	progress_at(&p->progress, p->before + (uint64_t)p->check.jobs);
}

static int write_json(struct json *j, struct err *e)
{
	struct buf line = BUF_INIT;
	int rc;

	json_write(j, &line);
	buf_addch(&line, '\n');
	rc = output_write(line.p, line.len, e);
	buf_release(&line);
	json_free(j);
	return rc;
}

static struct json *begin_json(const char *queue, struct strv id)
{
	struct json *j = json_new_object();

	json_put_str(j, "queue", queue);
	if (id.n > 0)
		json_put_bytes(j, "id", id);
	else
		json_put_null(j, "id");
	return j;
}

/* "QUEUE/ID: WHAT" and a newline, harmless on a terminal. */
static int write_line(const char *queue, struct strv id, struct strv what,
		      const char *meaning, struct err *e)
{
	struct buf line = BUF_INIT;
	int rc;

	buf_addstr(&line, queue);
	if (id.n > 0) {
		buf_addch(&line, '/');
		text_escape(&line, id);
	}
	buf_addstr(&line, ": ");
	text_escape(&line, what);
	if (meaning)
		buf_addf(&line, " (%s)", meaning);
	buf_addch(&line, '\n');
	rc = output_write(line.p, line.len, e);
	buf_release(&line);
	return rc;
}

static int say(void *arg, const struct check_problem *p, struct err *e)
{
	struct pass *pass = arg;
	struct json *j;

	progress_hide(&pass->progress);
	if (!pass->up->command->common->json)
		return write_line(p->queue, p->id, strv_of(p->what), p->meaning,
				  e);
	j = begin_json(p->queue, p->id);
	json_put_str(j, "check", p->code);
	json_put_str(j, "problem", p->what);
	json_put_str(j, "meaning", p->meaning);
	return write_json(j, e);
}

static int did(void *arg, const char *queue, struct strv id, struct strv what,
	       struct err *e)
{
	struct pass *pass = arg;
	struct json *j;

	progress_hide(&pass->progress);
	if (!pass->up->command->common->json)
		return write_line(queue, id, what, NULL, e);
	j = begin_json(queue, id);
	json_put_bytes(j, "mended", what);
	return write_json(j, e);
}

static struct entry *find(struct pass *p, struct strv queue)
{
	for (size_t i = 0; i < p->n; i++)
		if (strv_eq(queue, p->v[i].name))
			return &p->v[i];
	return NULL;
}

static struct entry *add(struct pass *p, struct strv queue)
{
	struct entry *entry;

	p->v = buf_realloc(p->v, (p->n + 1) * sizeof(*p->v));
	entry = &p->v[p->n++];
	memset(entry, 0, sizeof(*entry));
	snprintf(entry->name, sizeof(entry->name), "%.*s", (int)queue.n,
		 queue.p);
	return entry;
}

static int announced(void *arg, struct strv queue, struct err *e)
{
	(void)e;
	add(arg, queue)->announced = true;
	return 0;
}

/* A queue that has keys. 1 = it is looked at. */
static int has_keys(void *arg, struct strv queue, struct err *e)
{
	struct pass *p = arg;
	struct entry *entry = find(p, queue);

	(void)e;
	if (!entry && p->up->n_queues > 0)
		return 0;
	if (!entry)
		entry = add(p, queue);
	entry->seen = true;
	return 1;
}

static void complain(struct pass *p, const struct err *why)
{
	int status;

	progress_hide(&p->progress);
	status = opt_fail(p->up->command, why);
	if (p->status == STATUS_OK)
		p->status = status;
}

/* Data changed by hand, or of a newer program: the fault of one queue. */
static bool is_damage(const struct err *e)
{
	return e->code == STATUS_BUG || e->code == STATUS_PROTOCOL;
}

/* The queues at hand; foreign keys are told of on the way. */
static int gather(struct pass *p, struct err *e)
{
	const struct checkup *u = p->up;

	for (size_t i = 0; i < u->n_queues; i++)
		if (!find(p, strv_of(u->queues[i])))
			add(p, strv_of(u->queues[i]))->announced = true;
	if (u->n_queues == 0 &&
	    stats_each_queue(u->server->redis, p->check.space, announced, p,
			     e) < 0) {
		if (!is_damage(e))
			return -1;
		complain(p, e);
	}
	return check_foreign(&p->check, has_keys, p, e);
}

static void tell_counts(struct pass *p, const struct entry *entry, size_t found)
{
	const struct check *c = &p->check;
	char result[40] = "in order";

	if (p->up->command->common->verbose == 0)
		return;
	if (found > 0)
		snprintf(result, sizeof(result), "%zu violation%s", found,
			 found == 1 ? "" : "s");
	progress_hide(&p->progress);
	fprintf(stderr, "%s: %s: %" PRId64 " jobs, %" PRId64 " payloads read",
		p->up->command->name, entry->name, c->jobs, c->payloads);
	if (c->large > 0)
		fprintf(stderr, ", %" PRId64 " too large to read", c->large);
	fprintf(stderr, ", %s%s\n",
		c->unweighed ? "too busy to add up its bytes, " : "", result);
}

/* 1 = the set of queue names has it; who pushes to a new queue announces it a
 * moment later. */
static int is_announced(struct pass *p, const char *queue, struct err *e)
{
	const struct redis_reply *reply;
	struct redis_cmd c;
	char key[80];
	int rc;

	key_queues(p->check.space, key);
	redis_cmd_init(&c);
	redis_cmd_str(&c, "SISMEMBER");
	redis_cmd_str(&c, key);
	redis_cmd_str(&c, queue);
	rc = redis_call(p->up->server->redis, &c, &reply, e);
	redis_cmd_release(&c);
	return rc < 0 ? -1 : redis_int(reply) == 1;
}

static int unannounced(struct pass *p, const struct entry *entry, struct err *e)
{
	const struct check_problem problem = {
		.queue = entry->name,
		.id = strv_of(""),
		.code = "unannounced",
		.what = "it is missing in the set of queue names",
		.meaning = "jq-stat does not list it",
	};
	int rc = is_announced(p, entry->name, e);

	if (rc != 0)
		return rc < 0 ? -1 : 0;
	p->check.found++;
	if (!p->check.mend)
		return say(p, &problem, e);
	push_announce(p->up->server->redis, p->check.space, entry->name);
	return did(p, entry->name, strv_of(""),
		   strv_of("it was put into the set of queue names"), e);
}

static int one_queue(struct pass *p, const struct entry *entry, struct err *e)
{
	size_t before = p->check.found;
	struct err why;

	if (!entry->seen) {
		if (p->up->n_queues > 0) {
			look_no_queue(entry->name, &why);
			complain(p, &why);
		}
		return 0;
	}
	if (check_queue(&p->check, strv_of(entry->name), e) < 0) {
		if (!is_damage(e))
			return -1;
		complain(p, e);
		return 0;
	}
	if (!entry->announced && unannounced(p, entry, e) < 0)
		return -1;
	tell_counts(p, entry, p->check.found - before);
	p->before += (uint64_t)p->check.jobs;
	return 0;
}

/* How many jobs there are to look at. */
static int add_up(struct pass *p, struct err *e)
{
	struct stats_queue s;
	struct key_set k;

	for (size_t i = 0; i < p->n; i++) {
		key_set_init(&k, p->check.space, strv_of(p->v[i].name));
		if (stats_queue(p->up->server->redis, &k, &s, e) == 0)
			p->progress.total +=
				(uint64_t)(s.ready + s.delayed + s.retry +
					   s.running + s.done + s.dead);
		else if (!is_damage(e))
			return -1;
	}
	return 0;
}

static int run_pass(struct pass *p, bool mend, struct err *e)
{
	const struct checkup *u = p->up;
	int rc;

	p->check = (struct check){
		.loop = u->server->loop,
		.redis = u->server->redis,
		.space = u->command->common->namespace,
		.mend = mend,
		.fn = say,
		.did = did,
		.looked = looked,
		.arg = p,
	};
	p->before = 0;
	progress_init(&p->progress, u->command->common,
		      mend ? "mending" : "checking", 0, false);
	rc = gather(p, e);
	if (rc == 0)
		rc = add_up(p, e);
	for (size_t i = 0; i < p->n && rc == 0; i++)
		rc = one_queue(p, &p->v[i], e);
	progress_hide(&p->progress);
	check_release(&p->check);
	free(p->v);
	p->v = NULL;
	p->n = 0;
	return rc;
}

int checkup_run(const struct checkup *u, struct err *e)
{
	struct pass p = {.up = u};

	if (u->repair) {
		if (run_pass(&p, true, e) < 0)
			return -1;
		if (p.check.found == 0)
			return p.status;
		/* what is left is told of by a second look */
		p.status = STATUS_OK;
	}
	if (run_pass(&p, false, e) < 0)
		return -1;
	if (p.status == STATUS_OK && p.check.found > 0)
		p.status = STATUS_NO;
	return p.status;
}

int checkup_look(struct look *l, struct err *e)
{
	const struct checkup up = {
		.command = l->command,
		.server = l->server,
		.queues = l->queues,
		.n_queues = l->n_queues,
	};

	l->status = checkup_run(&up, e);
	return l->status < 0 ? -1 : 0;
}
