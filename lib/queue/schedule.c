/* SPDX-License-Identifier: ISC */
/*
 * Reading schedule files, and what follows from a schedule's name.
 */
#include "queue/schedule.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/civil.h"
#include "base/fd.h"
#include "base/fnv.h"
#include "base/text.h"
#include "queue/key.h"

/* What a file's callbacks need while it is parsed. */
struct reader {
	const struct schedule_input *in;
	const char *path;
	size_t dir; /* bytes of `path` up to its last '/' and with it */
	bool trusted;
	struct err unsafe; /* why a payload file is not taken; code 0: none */
};

static bool climbs(struct strv name)
{
	while (name.n)
		if (strv_eq(strv_cut(&name, '/'), ".."))
			return true;
	return false;
}

/* Whoever may write a file decides what is run. NULL: nobody else may. */
static const char *objection(const struct stat *st)
{
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		return "others may write it (chmod go-w)";
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return "it belongs to another user (chown)";
	return NULL;
}

/* Whether `file` is below `dir`, both without links. */
static bool is_below(const char *file, const char *dir)
{
	size_t n = strlen(dir);

	/* "/" ends in the slash that others have behind them */
	if (dir[n - 1] == '/')
		n--;
	return strncmp(file, dir, n) == 0 && file[n] == '/';
}

/* A payload file, with what speaks against it in `why`; or -1 with errno. */
static int open_beside(const struct reader *r, struct strv name,
		       const char **why)
{
	struct buf path = BUF_INIT;
	char *dir, *file;
	struct stat st;
	int fd = -1, saved;

	buf_addf(&path, "%.*s", (int)r->dir, r->path);
	dir = realpath(r->dir ? path.p : ".", NULL);
	buf_add(&path, name.p, name.n);
	file = realpath(path.p, NULL);
	/* non-blocking: a FIFO must not hold us */
	if (dir && file)
		fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
	if (fd >= 0 && fstat(fd, &st) != 0)
		fd_close(&fd);
	if (fd >= 0)
		*why = is_below(file, dir)
			       ? objection(&st)
			       : "it is a link to elsewhere (copy the file)";
	saved = errno;
	free(dir);
	free(file);
	buf_release(&path);
	errno = saved;
	return fd;
}

static int read_beside(void *arg, struct strv name, struct buf *to,
		       struct err *e)
{
	struct reader *r = arg;
	const char *why = NULL;
	char shown[64];
	int fd, result;

	text_show(name, shown, sizeof(shown));
	if (name.p[0] == '/' || climbs(name))
		return err_set(e, STATUS_DATA,
			       "'%s' is not beside the schedule file (write a "
			       "relative path without '..')",
			       shown);
	fd = open_beside(r, name, &why);
	if (fd < 0)
		return err_sys(e, STATUS_NOINPUT, errno, "cannot read '%s'",
			       shown);
	if (why && r->trusted) {
		err_set(&r->unsafe, STATUS_RIGHTS, "payload file '%s': %s",
			shown, why);
		result = err_set(e, STATUS_RIGHTS, "'%s': %s", shown, why);
	} else {
		result = fd_read_all(fd, shown, JOB_MAX_PAYLOAD, to, e);
	}
	fd_close(&fd);
	if (result < 0 || !why)
		return result;
	err_set(e, STATUS_RIGHTS, "'%s': %s", shown, why);
	return 1;
}

static void pass_on(void *arg, const struct schedule_report *r)
{
	const struct reader *reader = arg;

	if (reader->in->report)
		reader->in->report(reader->in->arg, r);
}

static int check_rights(const struct reader *r, int fd, struct err *e)
{
	struct schedule_report report = {
		.warning = true, .line = 1, .column = 1};
	struct stat st;
	const char *why;

	if (fstat(fd, &st) != 0)
		return err_sys(e, STATUS_NOINPUT, errno, "cannot read '%s'",
			       r->path);
	if (!S_ISREG(st.st_mode))
		return 0;
	why = objection(&st);
	if (!why)
		return 0;
	if (r->trusted)
		return err_set(e, STATUS_RIGHTS, "schedule file '%s': %s",
			       r->path, why);
	report.text = why;
	pass_on((void *)r, &report);
	return 0;
}

static int read_schedules(const struct reader *r, struct buf *text,
			  struct err *e)
{
	int fd = open(r->path, O_RDONLY | O_CLOEXEC);
	int result;

	if (fd < 0)
		return err_sys(e, STATUS_NOINPUT, errno,
			       "cannot read schedule file '%s'", r->path);
	result = check_rights(r, fd, e);
	if (result == 0)
		result = fd_read_all(fd, r->path, SCHEDULE_FILE_MAX, text, e);
	fd_close(&fd);
	return result;
}

int schedule_load(struct schedule_file *f, const char *path, bool trusted,
		  const struct schedule_input *in, struct err *e)
{
	const char *slash = strrchr(path, '/');
	struct reader r = {
		.in = in,
		.path = path,
		.dir = slash ? (size_t)(slash - path) + 1 : 0,
		.trusted = trusted,
	};
	struct schedule_input inner = *in;
	struct buf text = BUF_INIT;
	int result;

	memset(f, 0, sizeof(*f));
	inner.source = path + r.dir;
	inner.read_file = read_beside;
	inner.report = pass_on;
	inner.arg = &r;
	result = read_schedules(&r, &text, e);
	if (result == 0) {
		result = schedule_parse(f, strv_make(text.p, text.len), &inner,
					e);
		if (result != 0 && r.unsafe.code)
			*e = r.unsafe;
		if (result != 0)
			err_prefix(e, "schedule file '%s'", path);
	}
	buf_release(&text);
	return result;
}

int schedule_check_name(struct strv name, struct err *e)
{
	char shown[64];
	bool good = name.n >= 1 && name.n <= SCHEDULE_NAME_MAX;

	for (size_t i = 0; good && i < name.n; i++) {
		char c = name.p[i];

		good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		       (c >= '0' && c <= '9') || c == '_' ||
		       (i > 0 && (c == '.' || c == '-'));
	}
	if (good)
		return 0;
	return err_set(e, STATUS_DATA,
		       "name '%s': not one (1 to %d letters, digits, '_', '.' "
		       "or '-', the first a letter, a digit or '_')",
		       text_show(name, shown, sizeof(shown)),
		       SCHEDULE_NAME_MAX);
}

bool schedule_next(const struct schedule *s, int64_t after,
		   struct cron_tick *out)
{
	if (s->start && civil_second_from(s->start) - 1 > after)
		after = civil_second_from(s->start) - 1;
	if (!cron_next(&s->cron, s->zone, after, out))
		return false;
	return !s->end || out->at < civil_second_from(s->end);
}

int64_t schedule_jitter(const struct schedule *s)
{
	uint64_t h = fnv_add(FNV_INIT, s->name, strlen(s->name));

	if (s->jitter <= 0)
		return 0;
	return (int64_t)(h % (uint64_t)s->jitter);
}

void schedule_job_id(const char *name, int64_t tick, char *to)
{
	int64_t day = civil_floor(tick, CIVIL_DAY);
	unsigned time = (unsigned)(tick - day * CIVIL_DAY);
	struct civil d = civil_date(day);

	snprintf(to, KEY_ID_MAX + 1, "cron:%.*s:%04u%02u%02uT%02u%02u%02uZ",
		 SCHEDULE_NAME_MAX, name, (unsigned)(d.year % 10000),
		 (unsigned)d.month % 100, (unsigned)d.day % 100,
		 time / 3600 % 24, time / 60 % 60, time % 60);
}
