/* SPDX-License-Identifier: ISC */
/*
 * jq-cron: reads schedule files and pushes a job whenever a line is due, until
 * it is told to stop (0); what happens goes to stderr, a line an event. Its
 * verbs look at schedules and change them, in files (`next`, `check`) or in the
 * server (all others); they write what was asked for to stdout. 1: there is no
 * such schedule, or nothing to be done; 65 for an expression, 66, 77 and 78 for
 * a file that cannot be read, is not safe, or is wrong.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/connect.h"
#include "cli/crontab.h"
#include "cli/durable.h"
#include "cli/env.h"
#include "cli/forecast.h"
#include "cli/opt.h"
#include "cli/output.h"
#include "cli/report.h"
#include "cli/schedules.h"
#include "cli/verb.h"
#include "cli/who.h"
#include "cron/apply.h"
#include "cron/daemon.h"
#include "queue/schedule.h"
#include "sys/zone.h"
#include "work/log.h"

static struct args {
	struct opt_common common;
	int64_t limit, after, ready_fd;
	bool has_limit, has_after, system;
	const char *tz, *name, *file;
	char *const *operand; /* after the verb */
	size_t n;
	struct durable durable;
	struct schedules with; /* of the verbs that ask the server */
} args = {
	.limit = 5,
	.ready_fd = -1,
	.with.from = SCHEDULES_NO_TIME,
	.with.to = SCHEDULES_NO_TIME,
};

enum {
	KEY_AFTER = 256,
	KEY_TZ,
	KEY_NAME,
	KEY_FILE,
	KEY_SYSTEM,
	KEY_READY_FD,
	KEY_DURABILITY,
	KEY_CHECK,
	KEY_QUEUE_OPTION,
	KEY_PAYLOAD,
	KEY_PAYLOAD_FILE,
	KEY_WITH_JOBS,
	KEY_FROM,
	KEY_TO,
	KEY_DRY_RUN
};

/* clang-format off */
static const struct opt table[] = {
	{'n', "limit", "N", "next: how many (5); history: the latest only",
	 OPT_INT, .at = &args.limit, .min = 1, .max = 1000000,
	 .given = &args.has_limit},
	{KEY_AFTER, "after", "TIME", "next: later than this (default now)",
	 OPT_TIME, .at = &args.after, .given = &args.has_after},
	{KEY_TZ, "tz", "ZONE", "zone of schedules that name none (UTC)",
	 OPT_TEXT, .at = &args.tz},
	{KEY_NAME, "name", "NAME", "next: for H, or the schedule to show",
	 OPT_TEXT, .at = &args.name},
	{KEY_FILE, "file", "FILE", "next: the schedules of this file",
	 OPT_TEXT, .at = &args.file},
	{KEY_SYSTEM, "system", NULL, "import: lines have a user, as in /etc",
	 OPT_FLAG, .at = &args.system},
	{KEY_CHECK, "check", NULL, "ls: only those that are behind; 1 if any is",
	 OPT_FLAG, .at = &args.with.behind},
	{'F', "fields", "LIST", "these fields with tabs between, no header",
	 OPT_TEXT, .at = &args.with.fields},
	{'H', "no-header", NULL, "the table without its first line",
	 OPT_FLAG, .at = &args.with.no_header},
	{KEY_QUEUE_OPTION, "queue", "QUEUE", "the queue of names without one",
	 OPT_TEXT, .at = &args.with.queue},
	{KEY_PAYLOAD, "payload", "TEXT", "set: payload of the jobs",
	 OPT_TEXT, .at = &args.with.payload},
	{KEY_PAYLOAD_FILE, "payload-file", "FILE", "set: the same from a file",
	 OPT_TEXT, .at = &args.with.payload_file},
	{KEY_WITH_JOBS, "with-jobs", NULL, "rm: drop its waiting jobs too",
	 OPT_FLAG, .at = &args.with.with_jobs},
	{KEY_FROM, "from", "TIME", "backfill: the ticks from then on",
	 OPT_TIME, .at = &args.with.from},
	{KEY_TO, "to", "TIME", "backfill: before then (default now)",
	 OPT_TIME, .at = &args.with.to},
	{KEY_DRY_RUN, "dry-run", NULL, "say what would be done, and do nothing",
	 OPT_FLAG, .at = &args.with.dry_run},
	{KEY_READY_FD, "ready-fd", "N", "write a newline there when in force",
	 OPT_INT, .at = &args.ready_fd, .min = 3, .max = INT32_MAX},
	{KEY_DURABILITY, "durability", "KIND",
	 "how sure jobs are to be: memory, fsync, replicas:N",
	 OPT_CALL, .at = &args.durable, .fn = durable_parse, .otherwise = "memory"},
	{.name = NULL},
};
/* clang-format on */

static struct opt_command cmd = {
	.name = "jq-cron",
	.synopsis = "[--durability KIND] [--ready-fd N] FILE ...\n"
		    "VERB [OPTION ...] [ARG ...]",
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

static int with_files(struct report *report,
		      int (*fn)(const struct schedule_file *f, struct err *e),
		      struct err *e)
{
	struct schedule_file *f = buf_zalloc((args.n + 1) * sizeof(*f));
	int rc = report_load_all(report, &cmd, f, args.operand, args.n, e);

	if (rc == 0)
		rc = fn(f, e);
	for (size_t i = 0; i < args.n; i++)
		schedule_file_release(&f[i]);
	free(f);
	return rc;
}

static int check_together(const struct schedule_file *f, struct err *e)
{
	return apply_check(f, args.n, e);
}

static int check(void *with, struct err *e)
{
	struct report report = new_report(true);
	int rc = with_files(&report, check_together, e);

	(void)with;
	if (!report.failed)
		return rc;
	*e = report.why;
	return -1;
}

static int next(void *with, struct err *e)
{
	const struct forecast f = {
		.command = &cmd,
		.with = with,
		.expression = args.n ? args.operand[0] : NULL,
		.file = args.file,
		.name = args.name,
		.tz = args.tz,
		.after = args.has_after ? args.after : FORECAST_NOW,
		.most = args.limit,
	};

	return forecast_show(&f, e);
}

static int import(void *with, struct err *e)
{
	const struct crontab c = {
		.path = args.operand[0],
		.system = args.system,
		.queue = args.with.queue,
		.zone = args.tz,
		.json = args.common.json,
	};

	(void)with;
	return crontab_import(&c, e);
}

static int read_files(struct schedule_file *f, struct err *e)
{
	struct report report = new_report(false);

	report.trusted = true;
	return report_load_all(&report, &cmd, f, args.operand, args.n, e);
}

/* Requests end soon when the server is away: by then other ticks are due. */
static int serve_files(const struct schedule_file *f, struct err *e)
{
	const struct redis_options o = {
		.connect_timeout = args.common.connect_timeout,
		.request_timeout = 5000,
		.patience = 3000,
		.fail_first = true,
	};
	/* it may be silent for long, and nothing is lost */
	const struct redis_options listen = {
		.connect_timeout = args.common.connect_timeout,
	};
	struct daemon d = {
		.space = args.common.namespace,
		.version = opt_version(),
		.by = args.with.by,
		.log.program = cmd.name,
		.log.fd = STDERR_FILENO,
		.log.verbose = args.common.verbose - args.common.quiet,
		.log.json = args.common.json,
		.log.journal = log_is_journal(env_get("JOURNAL_STREAM"),
					      STDERR_FILENO),
		.log.line = BUF_INIT,
		.read = read_files,
		.n_files = args.n,
	};
	struct connect c;
	int rc;

	if (connect_open(&c, &args.common, cmd.name, &o, e) < 0)
		return -1;
	if (durable_prepare(&args.durable, c.redis, e) < 0) {
		connect_close(&c);
		return -1;
	}
	notify_init(&d.notify, env_get("NOTIFY_SOCKET"),
		    env_get("WATCHDOG_USEC"), env_get("WATCHDOG_PID"),
		    (int)args.ready_fd);
	d.loop = c.loop;
	d.redis = c.redis;
	d.ears = connect_another(&c, cmd.name, &listen);
	if (args.durable.kind != DURABLE_MEMORY)
		d.sure = (struct keeper_sure){&args.durable, durable_ask,
					      durable_judge};
	rc = daemon_run(&d, f, e);
	c.redis = NULL;
	connect_close(&c);
	notify_release(&d.notify);
	logbook_release(&d.log);
	return rc;
}

static int apply(const struct schedule_file *f, struct err *e)
{
	return schedules_sync(&args.with, f, args.n, e);
}

/* A file that is wrong is no reason to start a server. */
static int serve(void *with, struct err *e)
{
	struct report report = new_report(false);

	(void)with;
	report.trusted = true;
	return with_files(&report, serve_files, e);
}

static int sync_files(void *with, struct err *e)
{
	struct report report = new_report(false);

	(void)with;
	report.trusted = true;
	return with_files(&report, apply, e);
}

static const struct verb verbs[] = {
	{NULL, "[--durability KIND] [--ready-fd N] FILE ...",
	 "Push jobs on a schedule.", "tz ready-fd durability ", "file", NULL,
	 serve},
	{"serve", "serve [--durability KIND] [--ready-fd N] [FILE ...]",
	 "The same; without files for what is in the server.",
	 "tz ready-fd durability ", "file?", NULL, serve},
	{"next",
	 "next [-n N] [--after TIME] [--tz ZONE] [--name NAME] EXPRESSION\n"
	 "next [-n N] [--after TIME] [--tz ZONE] [--name NAME] --file FILE\n"
	 "next [-n N] [--after TIME] [--queue QUEUE] --name QUEUE/NAME",
	 "Print when schedules are due.", "limit after tz name file queue ",
	 "expression?", NULL, next},
	{"check", "check [--tz ZONE] FILE ...",
	 "Print what is wrong with schedule files.", "tz ", "file", NULL,
	 check},
	{"import", "import [--system] [--queue QUEUE] [--tz ZONE] CRONTAB",
	 "Print a schedule file that does what a crontab does.",
	 "system queue tz ", "crontab", NULL, import},
	{"sync", "sync [--dry-run] [--tz ZONE] FILE ...",
	 "Bring files into force, all or none.", "dry-run tz ", "file", NULL,
	 sync_files},
	{"ls", "ls [--check] [-F LIST] [-H] [QUEUE ...]",
	 "List schedules, and whether they are behind.",
	 "check fields no-header ", "queue?", NULL, schedules_ls},
	{"show", "show [--queue QUEUE] QUEUE/NAME ...",
	 "Print all there is to know about schedules.", "queue ", "schedule",
	 NULL, schedules_show},
	{"history",
	 "history [-n N] [-F LIST] [-H] [--queue QUEUE] QUEUE/NAME ...",
	 "Print what became of the latest ticks.",
	 "limit fields no-header queue ", "schedule", NULL, schedules_history},
	{"set",
	 "set [--payload TEXT | --payload-file FILE] [--tz ZONE] [--dry-run] "
	 "QUEUE/NAME EXPRESSION [KEY=VALUE ...]",
	 "Make or change a schedule that is in no file.",
	 "payload payload-file tz queue dry-run ", "schedule", NULL,
	 schedules_set},
	{"rm", "rm [--with-jobs] [--queue QUEUE] QUEUE/NAME ...",
	 "Remove schedules.", "with-jobs queue ", "schedule", NULL,
	 schedules_rm},
	{"pause", "pause [--queue QUEUE] QUEUE/NAME ...",
	 "Drop all ticks until resumed.", "queue ", "schedule", NULL,
	 schedules_pause},
	{"resume", "resume [--queue QUEUE] QUEUE/NAME ...",
	 "Go on with the ticks from now on.", "queue ", "schedule", NULL,
	 schedules_resume},
	{"run", "run [--queue QUEUE] QUEUE/NAME ...",
	 "Push a job of a schedule now.", "queue ", "schedule", NULL,
	 schedules_run},
	{"backfill",
	 "backfill --from TIME [--to TIME] [--dry-run] [--queue QUEUE] "
	 "QUEUE/NAME ...",
	 "Push the jobs of ticks of the past.", "from to dry-run queue ",
	 "schedule", NULL, schedules_backfill},
};

static void check_args(const struct verb *v)
{
	if (args.ready_fd != -1 && fcntl((int)args.ready_fd, F_GETFD) < 0)
		opt_usage(&cmd, "--ready-fd: descriptor %d is not open",
			  (int)args.ready_fd);
	if (v->run == import && args.n > 1)
		opt_usage(&cmd, "one crontab");
	if (v->run != next)
		return;
	if (args.file && args.n)
		opt_usage(&cmd, "an expression or --file, not both");
	if (args.n > 1)
		opt_usage(&cmd, "one expression, in quotes");
	if (!args.n && !args.file && !args.name)
		opt_usage(&cmd, "which expression?");
}

static const struct verb *parse_args(int argc, char **argv)
{
	static char by[160];
	const struct verb *v;
	int first;

	v = verb_parse(&cmd, verbs, ARRAY_LEN(verbs), argc, argv, &first);
	args.operand = argv + first;
	args.n = (size_t)(argc - first);
	check_args(v);
	zone_set_dir(env_get("TZDIR"));
	who_find(by, sizeof(by));
	args.with.command = &cmd;
	args.with.by = by;
	args.with.operand = args.operand;
	args.with.n = args.n;
	args.with.tz = args.tz;
	args.with.limit = args.has_limit ? args.limit : 0;
	return v;
}

int main(int argc, char **argv)
{
	const struct verb *v = parse_args(argc, argv);
	struct err e, late;
	int rc = v->run(&args.with, &e);

	if (rc < 0)
		rc = opt_end(&cmd, &e);
	schedules_release(&args.with);
	if (output_finish(&late) < 0 && rc == STATUS_OK)
		rc = opt_fail(&cmd, &late);
	return rc;
}
