/* SPDX-License-Identifier: ISC */
/* Looking at the schedules in the server, and bringing files into force. */
#include "cli/schedules.h"

#include <stdio.h>

#include "cli/output.h"
#include "cli/schedules_impl.h"
#include "cli/show_schedule.h"
#include "cron/apply.h"
#include "cron/call.h"
#include "cron/names.h"
#include "cron/table.h"
#include "sys/json.h"

int schedules_open(struct schedules *s, struct err *e)
{
	if (s->open)
		return 0;
	if (connect_open(&s->server, s->command->common, s->command->name, NULL,
			 e) < 0)
		return -1;
	s->open = true;
	return 0;
}

void schedules_release(struct schedules *s)
{
	if (s->open)
		connect_close(&s->server);
	s->open = false;
}

void schedules_complain(struct schedules *s, const struct err *e)
{
	int status = opt_fail(s->command, e);

	if (s->status == STATUS_OK)
		s->status = status;
}

const char *schedules_space(const struct schedules *s)
{
	return s->command->common->namespace;
}

void schedules_changed(void *arg, const char *word, const char *queue,
		       const char *name)
{
	struct schedules_change *c = arg;

	if (c->json) {
		struct json *o = json_new_object();

		json_put_str(o, "what", word);
		json_put_str(o, "queue", queue);
		json_put_str(o, "name", name);
		json_write(o, &c->out);
		buf_addch(&c->out, '\n');
		json_free(o);
	} else {
		buf_addf(&c->out, "%s %s/%s\n", word, queue, name);
	}
}

int schedules_apply(struct schedules *s, const struct schedule_file *f,
		    size_t n, bool keep, struct err *e)
{
	struct schedules_change c = {s->command->common->json, BUF_INIT};
	const struct apply_set set = {
		.f = f,
		.n = n,
		.dry = s->dry_run,
		.keep = keep,
		.by = s->by,
		.fn = schedules_changed,
		.arg = &c,
	};
	struct names queues = {0};
	int rc = schedules_open(s, e);

	if (rc == 0)
		rc = apply_files(s->server.redis, schedules_space(s), &set,
				 &queues, NULL, e);
	if (rc == 0 && !s->command->common->quiet)
		rc = output_write(c.out.p, c.out.len, e);
	names_release(&queues);
	buf_release(&c.out);
	return rc < 0 ? -1 : s->status;
}

int schedules_sync(struct schedules *s, const struct schedule_file *f, size_t n,
		   struct err *e)
{
	if (apply_check(f, n, e) < 0)
		return -1;
	return schedules_apply(s, f, n, false, e);
}

/* A listing under way. */
struct listing {
	struct schedules *s;
	struct show show;
	int64_t now;
	size_t shown;
};

/* One that cannot be understood is told of, and the others are shown. */
static void tell(void *arg, const struct event *v)
{
	struct listing *l = arg;
	struct err e;

	err_set(&e, STATUS_PROTOCOL, "%.*s", (int)v->text.len, v->text.p);
	schedules_complain(l->s, &e);
}

static int list_queue(struct listing *l, struct strv queue, bool named,
		      struct err *e)
{
	const struct event_sink to = {tell, l};
	struct table *t = table_new(schedules_space(l->s), queue);
	int rc;

	t->brief = true;
	rc = table_look(t, l->s->server.redis, &to, e);
	l->now = t->now;
	if (rc == 0 && named && t->file.n == 0) {
		struct err why;

		err_set(&why, STATUS_NO, "no schedule feeds queue '%s'",
			t->keys.queue);
		schedules_complain(l->s, &why);
	}
	for (size_t i = 0; rc == 0 && i < t->file.n; i++) {
		const struct show_schedule thing = {
			.queue = t->keys.queue,
			.schedule = t->v[i].schedule,
			.state = &t->v[i].state,
			.now = t->now,
		};

		if (l->s->behind && !show_schedule_is_behind(&thing))
			continue;
		l->shown++;
		rc = show_add(&l->show, &thing, e);
	}
	table_free(t);
	return rc;
}

static void take_queue(void *arg, struct strv queue)
{
	names_add(arg, queue);
}

static int list_all(struct listing *l, struct err *e)
{
	struct schedules *s = l->s;
	struct names queues = {0};
	int rc = 0;

	for (size_t i = 0; i < s->n; i++)
		names_add(&queues, strv_of(s->operand[i]));
	if (s->n == 0)
		rc = call_queues(s->server.redis, schedules_space(s),
				 take_queue, &queues, e);
	if (s->n == 0)
		names_sort(&queues);
	for (size_t i = 0; rc == 0 && i < queues.n; i++)
		rc = list_queue(l, strv_of(queues.v[i]), s->n > 0, e);
	names_release(&queues);
	return rc;
}

void schedules_show_begin(const struct schedules *s,
			  const struct show_kind *kind, struct show *show)
{
	const struct opt_common *common = s->command->common;

	*show = (struct show){
		.kind = kind,
		.format = common->json ? SHOW_JSON
			  : s->fields  ? SHOW_FIELDS
				       : SHOW_TABLE,
		.fields = s->fields,
		.no_header = s->no_header,
		.color = output_color(common, stdout),
		.width = output_width(stdout),
	};
}

int schedules_ls(void *with, struct err *e)
{
	struct schedules *s = with;
	struct listing l = {.s = s};
	int rc;

	schedules_show_begin(s, &show_schedules, &l.show);
	/* silence means that all is well */
	l.show.no_header = l.show.no_header || s->behind;
	rc = show_begin(&l.show, e);
	if (rc == 0)
		rc = schedules_open(s, e);
	if (rc == 0)
		rc = list_all(&l, e);
	if (rc == 0)
		rc = show_end(&l.show, l.now, e);
	show_release(&l.show);
	if (rc < 0)
		return -1;
	if (s->behind && l.shown && s->status == STATUS_OK)
		s->status = STATUS_NO;
	return s->status;
}

int schedules_each(struct schedules *s,
		   int (*fn)(struct schedules *s, struct find *f, void *arg,
			     struct err *e),
		   void *arg, struct err *e)
{
	int rc = schedules_open(s, e);

	for (size_t i = 0; rc == 0 && i < s->n; i++) {
		struct find f;

		rc = find_named(&f, s->server.redis, schedules_space(s),
				s->operand[i], s->queue, e);
		if (rc == 0)
			rc = fn(s, &f, arg, e);
		find_release(&f);
		/* what concerns this one alone */
		if (rc < 0 &&
		    (e->code == STATUS_NO || e->code == STATUS_PROTOCOL)) {
			schedules_complain(s, e);
			rc = 0;
		}
	}
	return rc < 0 ? -1 : s->status;
}

int schedules_look_again(const struct schedules *s, struct find *f,
			 struct err *e)
{
	struct find old = *f;
	int rc = find_named(f, s->server.redis, schedules_space(s), old.name,
			    old.keys.queue, e);

	find_release(&old);
	return rc;
}

static int show_one(struct schedules *s, struct find *f, void *arg,
		    struct err *e)
{
	const struct show_schedule thing = {
		.queue = f->keys.queue,
		.schedule = find_schedule(f),
		.state = &f->state,
		.now = f->now,
		.full = f,
	};
	struct show show;
	struct buf text = BUF_INIT;
	int rc;

	(void)arg;
	schedules_show_begin(s, &show_schedule_full, &show);
	if (show.format == SHOW_TABLE) {
		show_schedule_text(&thing, &text);
		rc = output_write(text.p, text.len, e);
		buf_release(&text);
		return rc;
	}
	rc = show_begin(&show, e);
	if (rc == 0)
		rc = show_add(&show, &thing, e);
	if (rc == 0)
		rc = show_end(&show, f->now, e);
	show_release(&show);
	return rc;
}

int schedules_show(void *with, struct err *e)
{
	return schedules_each(with, show_one, NULL, e);
}
