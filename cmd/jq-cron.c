/* SPDX-License-Identifier: ISC */
/*
 * jq-cron: reads schedule files and pushes a job whenever a line is due, until
 * it is told to stop (0); what happens goes to stderr, a line an event. `next`
 * prints when an expression or the lines of a file are due (1: never again),
 * `check` what is wrong with files. 65 for an expression, 66, 77 and 78 for a
 * file that cannot be read, is not safe, or is wrong.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/connect.h"
#include "cli/env.h"
#include "cli/opt.h"
#include "cli/output.h"
#include "cli/report.h"
#include "cron/apply.h"
#include "cron/event.h"
#include "cron/keeper.h"
#include "cron/logbook.h"
#include "cron/preview.h"
#include "queue/schedule.h"
#include "work/log.h"
#include "work/notify.h"

static struct args {
	struct opt_common common;
	int64_t limit, after, ready_fd;
	bool has_limit, has_after;
	const char *tz, *name, *file;
	char *const *operand; /* after the verb */
	size_t n;
} args = {.limit = 5, .ready_fd = -1};

enum {
	KEY_AFTER = 256,
	KEY_TZ,
	KEY_NAME,
	KEY_FILE,
	KEY_READY_FD
};

/* clang-format off */
static const struct opt table[] = {
	{'n', "limit", "N", "next: how many (default 5)",
	 OPT_INT, .at = &args.limit, .min = 1, .max = 1000000,
	 .given = &args.has_limit},
	{KEY_AFTER, "after", "TIME", "next: later than this (default now)",
	 OPT_TIME, .at = &args.after, .given = &args.has_after},
	{KEY_TZ, "tz", "ZONE", "zone of schedules that name none (UTC)",
	 OPT_TEXT, .at = &args.tz},
	{KEY_NAME, "name", "NAME", "next: for H, or the one of the file to show",
	 OPT_TEXT, .at = &args.name},
	{KEY_FILE, "file", "FILE", "next: the schedules of this file",
	 OPT_TEXT, .at = &args.file},
	{KEY_READY_FD, "ready-fd", "N", "write a newline there when in force",
	 OPT_INT, .at = &args.ready_fd, .min = 3, .max = INT32_MAX},
	{.name = NULL},
};
/* clang-format on */

static const struct opt_command cmd = {
	.name = "jq-cron",
	.synopsis = "[--ready-fd N] FILE ...\n"
		    "next [-n N] [--after TIME] [--tz ZONE] [--name NAME] "
		    "EXPRESSION | --file FILE\n"
		    "check FILE ...",
	.summary = "Push jobs on a schedule.",
	.table = table,
	.common = &args.common,
};

static struct report new_report(bool answer)
{
	return (struct report){
		.zone = args.tz,
		.json = args.common.json,
		.answer = answer,
	};
}

static void free_files(struct schedule_file *f)
{
	for (size_t i = 0; i < args.n; i++)
		schedule_file_release(&f[i]);
	free(f);
}

static int check(struct err *e)
{
	struct schedule_file *f = buf_zalloc(args.n * sizeof(*f));
	struct report report = new_report(true);
	enum status worst = STATUS_OK;

	for (size_t i = 0; i < args.n; i++) {
		if (report_load(&report, &f[i], args.operand[i], false, e) == 0)
			continue;
		opt_fail(&cmd, e);
		if (worst == STATUS_OK)
			worst = e->code;
	}
	if (worst == STATUS_OK && apply_check(f, args.n, e) < 0)
		worst = (enum status)opt_fail(&cmd, e);
	free_files(f);
	if (!report.failed)
		return (int)worst;
	*e = report.why;
	return -1;
}

/* The ticks of one schedule; what else there is to know goes to stderr. */
static int show(const struct schedule *s, struct err *e)
{
	const struct preview p = {
		.schedule = s,
		.after = (args.has_after ? args.after : clock_real_ms()) / 1000,
		.most = args.limit,
		.json = args.common.json,
	};
	struct buf text = BUF_INIT;
	int rc = 0;

	if (preview_warning(s))
		opt_warn(&cmd, "%s", preview_warning(s));
	preview_about(s, &text);
	if (!args.common.json && !args.common.quiet)
		fprintf(stderr, "%s\n", text.p);
	buf_clear(&text);
	if (preview_write(&p, &text) == 0)
		rc = err_set(e, STATUS_NO, "'%s' is not due any more",
			     s->name ? s->name : s->text);
	else
		rc = output_write(text.p, text.len, e);
	buf_release(&text);
	return rc;
}

static int show_file(struct err *e)
{
	struct report report = new_report(false);
	struct schedule_file f;
	int rc = report_load(&report, &f, args.file, false, e);
	int status = STATUS_OK;
	bool found = !args.name;

	for (size_t i = 0; rc == 0 && i < f.n; i++) {
		if (args.name && strcmp(args.name, f.v[i].name) != 0)
			continue;
		found = true;
		rc = show(&f.v[i], e);
		if (rc < 0 && e->code == STATUS_NO) {
			status = opt_fail(&cmd, e);
			rc = 0;
		}
	}
	if (rc == 0 && !found)
		rc = err_set(e, STATUS_NO, "'%s' has no schedule '%s'",
			     args.file, args.name);
	schedule_file_release(&f);
	return rc < 0 ? -1 : status;
}

static int next(struct err *e)
{
	struct schedule_file f;
	int rc;

	if (args.file)
		return show_file(e);
	rc = preview_parse(&f, args.operand[0], args.tz, args.name, e);
	if (rc == 0)
		rc = show(&f.v[0], e);
	schedule_file_release(&f);
	return rc;
}

/* The daemon and what it works with. */
struct daemon {
	struct connect c;
	struct keeper keeper;
	struct notify notify;
	struct loop_timer *alive;
	struct logbook log;
};

/* All are looked at, so that all errors are told at once. */
static int read_files(struct schedule_file *f, struct err *e)
{
	struct report report = new_report(false);
	int rc = 0;

	for (size_t i = 0; i < args.n; i++) {
		struct err why;

		if (report_load(&report, &f[i], args.operand[i], true, &why) ==
		    0)
			continue;
		if (rc < 0)
			opt_fail(&cmd, e);
		*e = why;
		rc = -1;
	}
	return rc;
}

static int reload(void *arg, struct err *e)
{
	struct daemon *d = arg;
	struct schedule_file *f = buf_zalloc(args.n * sizeof(*f));
	int rc;

	notify_reloading(&d->notify);
	rc = read_files(f, e);
	if (rc == 0)
		rc = keeper_apply(&d->keeper, f, args.n, e);
	free_files(f);
	notify_reloaded(&d->notify);
	return rc;
}

static void stay_alive(void *arg)
{
	struct daemon *d = arg;

	notify_alive(&d->notify);
	loop_timer_set(d->alive, d->notify.watchdog_ms);
}

static void tell(struct daemon *d, const char *what)
{
	struct event v;

	event_begin(&v, EVENT_NOTE, what);
	event_str(&v, "version", opt_version());
	event_int(&v, "files", (int64_t)args.n);
	event_end(&v, &d->keeper.to);
}

/* Requests end soon when the server is away: by then other ticks are due. */
static int start(struct daemon *d, struct err *e)
{
	const struct redis_options o = {
		.connect_timeout = args.common.connect_timeout,
		.request_timeout = 5000,
		.patience = 3000,
		.fail_first = true,
	};

	d->log = (struct logbook){
		.program = cmd.name,
		.fd = STDERR_FILENO,
		.verbose = args.common.verbose - args.common.quiet,
		.json = args.common.json,
		.journal = log_is_journal(env_get("JOURNAL_STREAM"),
					  STDERR_FILENO),
		.line = BUF_INIT,
	};
	notify_init(&d->notify, env_get("NOTIFY_SOCKET"),
		    env_get("WATCHDOG_USEC"), env_get("WATCHDOG_PID"),
		    (int)args.ready_fd);
	d->keeper.to = (struct event_sink){logbook_say, &d->log};
	if (connect_open(&d->c, &args.common, cmd.name, &o, e) < 0)
		return -1;
	d->keeper.loop = d->c.loop;
	d->keeper.redis = d->c.redis;
	d->keeper.space = args.common.namespace;
	d->keeper.load = reload;
	d->keeper.arg = d;
	keeper_init(&d->keeper);
	d->alive = loop_timer_new(d->c.loop, stay_alive, d);
	return 0;
}

static void run(struct daemon *d)
{
	tell(d, "start");
	notify_ready(&d->notify);
	if (d->notify.watchdog_ms)
		loop_timer_set(d->alive, d->notify.watchdog_ms);
	keeper_run(&d->keeper);
	notify_stopping(&d->notify);
	tell(d, "stop");
}

static void finish(struct daemon *d)
{
	if (d->c.loop) {
		loop_timer_free(d->alive);
		/* what is on its way belongs to the keeper's tables */
		redis_free(d->c.redis);
		d->c.redis = NULL;
		keeper_release(&d->keeper);
		connect_close(&d->c);
	}
	notify_release(&d->notify);
	logbook_release(&d->log);
}

static int serve_files(const struct schedule_file *f, struct err *e)
{
	static const struct {
		int number;
		loop_fn *fn;
	} on[] = {
		{SIGHUP, keeper_reload},
		{SIGTERM, keeper_stop},
		{SIGINT, keeper_stop},
	};
	struct loop_signal *signal[ARRAY_LEN(on)] = {NULL};
	struct daemon d = {.log.line = BUF_INIT};
	int rc = start(&d, e);

	for (size_t i = 0; rc == 0 && i < ARRAY_LEN(on); i++)
		signal[i] = loop_signal_new(d.c.loop, on[i].number, on[i].fn,
					    &d.keeper);
	if (rc == 0)
		rc = keeper_apply(&d.keeper, f, args.n, e);
	if (rc == 0)
		run(&d);
	for (size_t i = 0; i < ARRAY_LEN(on); i++)
		if (signal[i])
			loop_signal_free(signal[i]);
	finish(&d);
	return rc;
}

/* A file that is wrong is no reason to start a server. */
static int serve(struct err *e)
{
	struct schedule_file *f = buf_zalloc(args.n * sizeof(*f));
	int rc = read_files(f, e);

	if (rc == 0)
		rc = serve_files(f, e);
	free_files(f);
	return rc;
}

static void check_args(bool is_next, bool is_check)
{
	if (!is_next &&
	    (args.has_limit || args.has_after || args.name || args.file))
		opt_usage(&cmd, "--limit, --after, --name and --file are for "
				"'next'");
	if ((is_next || is_check) && args.ready_fd != -1)
		opt_usage(&cmd, "--ready-fd is for the daemon");
	if (args.ready_fd != -1 && fcntl((int)args.ready_fd, F_GETFD) < 0)
		opt_usage(&cmd, "--ready-fd: descriptor %d is not open",
			  (int)args.ready_fd);
	if (is_next && args.file && args.n)
		opt_usage(&cmd, "an expression or --file, not both");
	if (is_next && !args.file && args.n != 1)
		opt_usage(&cmd, args.n ? "one expression, in quotes"
				       : "which expression?");
	if (!is_next && args.n == 0)
		opt_usage(&cmd, "which file?");
}

int main(int argc, char **argv)
{
	bool is_next, is_check;
	struct err e, late;
	int first, rc;

	opt_parse(&cmd, argc, argv, &first);
	is_next = first < argc && strcmp(argv[first], "next") == 0;
	is_check = first < argc && strcmp(argv[first], "check") == 0;
	first += is_next || is_check;
	args.operand = argv + first;
	args.n = (size_t)(argc - first);
	check_args(is_next, is_check);
	rc = is_next ? next(&e) : is_check ? check(&e) : serve(&e);
	if (rc < 0)
		rc = opt_fail(&cmd, &e);
	if (output_finish(&late) < 0 && rc == STATUS_OK)
		rc = opt_fail(&cmd, &late);
	return rc;
}
