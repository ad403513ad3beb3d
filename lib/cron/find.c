/* SPDX-License-Identifier: ISC */
/* All queues are asked at once for a name that comes alone. */
#include "cron/find.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cron/call.h"
#include "cron/names.h"
#include "cron/table.h"

const struct schedule *find_schedule(const struct find *f)
{
	return &f->file.v[0];
}

void find_release(struct find *f)
{
	free(f->name);
	buf_release(&f->definition);
	buf_release(&f->line);
	buf_release(&f->payload);
	buf_release(&f->history);
	buf_release(&f->stamps);
	schedule_file_release(&f->file);
	f->name = NULL;
}

int find_split(const char *text, const char *queue, struct strv *out_queue,
	       struct strv *out_name, struct err *e)
{
	*out_name = strv_of(text);
	*out_queue = strv_of(queue);
	if (strchr(text, '/'))
		*out_queue = strv_cut(out_name, '/');
	if (out_queue->n && key_check_queue(*out_queue, e) < 0)
		return -1;
	if (schedule_check_name(*out_name, e) == 0)
		return 0;
	e->code = STATUS_USAGE;
	return -1;
}

/* A look at one queue. */
struct look {
	struct find *to;
	struct key_set keys;
	struct buf *where; /* the queues that have it, ", " between */
	bool failed;
	struct err why;
};

static void keep(struct buf *to, struct strv v)
{
	buf_clear(to);
	buf_add(to, v.p, v.n);
}

static void answered(void *arg, const struct redis_reply *reply,
		     const struct err *why)
{
	struct look *l = arg;
	struct call_look out;
	struct err e;
	int rc = why ? 0 : call_look_read(reply, l->keys.queue, &out, &e);

	if (rc < 0)
		why = &e;
	l->failed = why;
	if (why)
		l->why = *why;
	if (why || rc != 0)
		return;
	buf_addf(l->where, "%s%s", l->where->len ? ", " : "", l->keys.queue);
	l->to->keys = l->keys;
	l->to->now = out.now;
	keep(&l->to->definition, out.schedule.definition);
	keep(&l->to->line, out.schedule.state);
	keep(&l->to->payload, out.schedule.payload);
	keep(&l->to->history, out.history);
	keep(&l->to->stamps, out.stamps);
}

static void take_queue(void *arg, struct strv queue)
{
	names_add(arg, queue);
}

static int look_at(struct find *f, struct redis *r, const char *space,
		   const struct names *queues, struct buf *where, struct err *e)
{
	struct look *v = buf_zalloc((queues->n + 1) * sizeof(*v));
	int rc = 0;

	for (size_t i = 0; i < queues->n; i++) {
		v[i].to = f;
		v[i].where = where;
		key_set_init(&v[i].keys, space, strv_of(queues->v[i]));
		/* payloads of them all may be large */
		call_look(r, &v[i].keys, f->name, queues->n == 1, answered,
			  &v[i]);
	}
	redis_drain(r);
	for (size_t i = 0; rc == 0 && i < queues->n; i++) {
		if (v[i].failed)
			*e = v[i].why;
		rc = v[i].failed ? -1 : 0;
	}
	free(v);
	return rc;
}

static int judge(const struct find *f, const struct names *queues,
		 const struct buf *where, bool named, struct err *e)
{
	if (where->len == 0 && named)
		return err_set(e, STATUS_NO,
			       "no such schedule: '%s' of queue '%s'", f->name,
			       queues->v[0]);
	if (where->len == 0)
		return err_set(e, STATUS_NO, "no such schedule: '%s'", f->name);
	if (strchr(where->p, ','))
		return err_set(e, STATUS_USAGE,
			       "schedule '%s' is in several queues: %.300s "
			       "(write QUEUE/NAME)",
			       f->name, where->p);
	return 0;
}

int find_place(struct find *f, struct redis *r, const char *space,
	       const char *text, const char *queue, struct err *e)
{
	struct names queues = {0};
	struct buf where = BUF_INIT;
	struct strv in, name;
	int rc;

	memset(f, 0, sizeof(*f));
	buf_init(&f->definition);
	buf_init(&f->line);
	buf_init(&f->payload);
	buf_init(&f->history);
	buf_init(&f->stamps);
	if (find_split(text, queue, &in, &name, e) < 0)
		return -1;
	f->name = strv_dup(name);
	if (in.n) {
		names_add(&queues, in);
		rc = 0;
	} else {
		rc = call_queues(r, space, take_queue, &queues, e);
		names_sort(&queues);
	}
	if (rc == 0)
		rc = look_at(f, r, space, &queues, &where, e);
	if (rc == 0)
		rc = judge(f, &queues, &where, in.n > 0, e);
	/* now with its payload */
	if (rc == 0 && queues.n > 1) {
		names_release(&queues);
		names_add(&queues, strv_of(f->keys.queue));
		rc = look_at(f, r, space, &queues, &where, e);
	}
	names_release(&queues);
	buf_release(&where);
	return rc;
}

int find_named(struct find *f, struct redis *r, const char *space,
	       const char *text, const char *queue, struct err *e)
{
	struct schedule *s;

	if (find_place(f, r, space, text, queue, e) < 0)
		return -1;
	if (!state_parse(strv_make(f->line.p, f->line.len), &f->state))
		return err_set(e, STATUS_PROTOCOL,
			       "schedule '%s' of queue '%s': its state is "
			       "damaged (remove it and set it anew)",
			       f->name, f->keys.queue);
	if (table_parse(&f->file, strv_make(f->definition.p, f->definition.len),
			f->now, e) < 0)
		return err_prefix(e, "schedule '%s' of queue '%s'", f->name,
				  f->keys.queue);
	s = &f->file.v[0];
	buf_add(&s->payload, f->payload.p, f->payload.len);
	return 0;
}
