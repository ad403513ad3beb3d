/* SPDX-License-Identifier: ISC */
/* Schedules made, paused and removed by hand. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "cli/output.h"
#include "cli/removal.h"
#include "cli/schedules_impl.h"
#include "cron/call.h"
#include "cron/compose.h"

static int read_payload(const struct schedules *s, struct buf *to,
			struct err *e)
{
	bool from_stdin = s->payload_file && strcmp(s->payload_file, "-") == 0;
	int fd, rc;

	if (s->payload)
		buf_addstr(to, s->payload);
	if (!s->payload_file)
		return 0;
	fd = from_stdin ? STDIN_FILENO
			: open(s->payload_file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, STATUS_NOINPUT, errno, "cannot read '%s'",
			       s->payload_file);
	rc = fd_read_all(fd, s->payload_file, JOB_MAX_PAYLOAD, to, e);
	if (!from_stdin)
		fd_close(&fd);
	return rc;
}

static void warn(void *arg, const char *text)
{
	const struct schedules *s = arg;

	opt_warn(s->command, "%s", text);
}

static int set(struct schedules *s, struct compose *c, struct err *e)
{
	struct buf payload = BUF_INIT;
	struct schedule_file f = {0};
	int rc = find_split(s->operand[0], s->queue, &c->queue, &c->name, e);

	if (rc == 0 && !c->queue.n)
		rc = err_set(e, STATUS_USAGE,
			     "'%s' names no queue (write QUEUE/NAME)",
			     s->operand[0]);
	if (rc == 0)
		rc = read_payload(s, &payload, e);
	c->payload = strv_make(payload.p, payload.len);
	if (rc == 0)
		rc = compose_schedule(&f, c, e);
	if (rc == 0)
		rc = schedules_apply(s, &f, 1, true, e);
	schedule_file_release(&f);
	buf_release(&payload);
	return rc;
}

int schedules_set(void *with, struct err *e)
{
	struct schedules *s = with;
	struct compose c = {
		.expression = s->operand[1],
		.option = s->operand + 2,
		.n = s->n - 2,
		.tz = s->tz,
		.now = clock_real_ms() / 1000,
		.warn = warn,
		.arg = s,
	};

	if (s->n < 2)
		return err_set(e, STATUS_USAGE, "which expression?");
	if (s->payload && s->payload_file)
		return err_set(e, STATUS_USAGE,
			       "--payload or --payload-file, not both");
	return set(s, &c, e);
}

/* Call `fn` for the place of each operand's schedule; the status, or -1. */
static int each_place(struct schedules *s,
		      int (*fn)(struct schedules *s, const struct find *f,
				struct err *e),
		      struct err *e)
{
	int rc = schedules_open(s, e);

	for (size_t i = 0; rc == 0 && i < s->n; i++) {
		struct find f;

		rc = find_place(&f, s->server.redis, schedules_space(s),
				s->operand[i], s->queue, e);
		if (rc == 0)
			rc = fn(s, &f, e);
		find_release(&f);
		if (rc < 0 &&
		    (e->code == STATUS_NO || e->code == STATUS_DATA)) {
			schedules_complain(s, e);
			rc = 0;
		}
	}
	return rc < 0 ? -1 : s->status;
}

/* 0 = done, 2 = it was so already. */
static int alter(struct schedules *s, const struct find *f,
		 const struct call_alter *what, char **source, struct err *e)
{
	int rc = call_alter(s->server.redis, &f->keys, what, source, e);

	if (rc == 1)
		return err_set(e, STATUS_NO,
			       "no such schedule: '%s' of queue '%s'", f->name,
			       f->keys.queue);
	return rc;
}

static int pause_one(struct schedules *s, const struct find *f, struct err *e)
{
	const struct call_alter what = {CALL_PAUSE, f->name, s->by};
	int rc = alter(s, f, &what, NULL, e);

	if (rc == 2)
		opt_warn(s->command, "'%s/%s' is paused already", f->keys.queue,
			 f->name);
	return rc < 0 ? -1 : 0;
}

int schedules_pause(void *with, struct err *e)
{
	return each_place(with, pause_one, e);
}

static int resume_one(struct schedules *s, const struct find *f, struct err *e)
{
	const struct call_alter what = {CALL_RESUME, f->name, s->by};
	int rc = alter(s, f, &what, NULL, e);

	if (rc == 2)
		opt_warn(s->command, "'%s/%s' is not paused", f->keys.queue,
			 f->name);
	return rc < 0 ? -1 : 0;
}

int schedules_resume(void *with, struct err *e)
{
	return each_place(with, resume_one, e);
}

static int drop_jobs(struct schedules *s, const struct find *f, struct err *e)
{
	char reason[200], prefix[KEY_ID_MAX + 1];
	struct removal r = {
		.command = s->command,
		.redis = s->server.redis,
		.space = schedules_space(s),
		.what = CHANGE_DROP,
		.reason = reason,
	};
	int rc;

	snprintf(reason, sizeof(reason), "dropped by %s", s->by);
	snprintf(prefix, sizeof(prefix), "cron:%s:", f->name);
	rc = removal_waiting(&r, f->keys.queue, prefix, e);
	if (s->status == STATUS_OK)
		s->status = r.status;
	return rc;
}

static int remove_one(struct schedules *s, const struct find *f, struct err *e)
{
	struct schedules_change c = {s->command->common->json, BUF_INIT};
	const struct call_alter what = {CALL_REMOVE, f->name, s->by};
	char *source = NULL;
	int rc = alter(s, f, &what, &source, e);

	if (rc == 0 && strcmp(source, STATE_NO_SOURCE) != 0)
		opt_warn(s->command,
			 "'%s/%s' is of source '%s' and comes back when a file "
			 "that lists it is applied",
			 f->keys.queue, f->name, source);
	schedules_changed(&c, "removed", f->keys.queue, f->name);
	if (rc == 0 && !s->command->common->quiet)
		rc = output_write(c.out.p, c.out.len, e);
	if (rc == 0 && s->with_jobs)
		rc = drop_jobs(s, f, e);
	buf_release(&c.out);
	free(source);
	return rc;
}

int schedules_rm(void *with, struct err *e)
{
	return each_place(with, remove_one, e);
}
