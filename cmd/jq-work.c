/* SPDX-License-Identifier: ISC */
/*
 * jq-work: takes jobs from queues and runs a command for each, the payload on
 * its stdin. Exits 0 when told to stop, when idle or after the number of jobs
 * asked for; 1 when a job failed under -1 or --drain; 75 when -1 found none;
 * 126 or 127 when COMMAND cannot be run; a second signal to stop kills it.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/num.h"
#include "cli/connect.h"
#include "cli/env.h"
#include "cli/opt.h"
#include "cli/suit.h"
#include "queue/job.h"
#include "sys/child.h"
#include "work/announce.h"
#include "work/engine.h"
#include "work/pick.h"
#include "work/program.h"
#include "work/settings.h"
#include "work/slot.h"
#include "work/supervisor.h"

/* What one worker may be asked for. */
#define MAX_RESULT_MOST (64LL << 20)
#define TAIL_MOST	(1LL << 20)
#define MANY_MOST	10000
/* Descriptors beside those of the slots. */
#define FILES_OF_OURS 48

static struct args {
	struct opt_common common;
	const char *shell; /* -c */
	bool force;
	struct settings_said said;
	int64_t lease, ready_fd;
	char *const *command; /* NULL-terminated operands after QUEUE */
	struct pick queues;
	struct settings set;
} args = {.said.window = 1, .ready_fd = -1};
static struct args unread; /* as they are before any option is read */

/* clang-format off */
enum {
	KEY_HANDLERS = 256, KEY_DRAIN, KEY_DEAD_ON, KEY_RETRY_ON, KEY_OK_ON, KEY_HALT,
	KEY_MAX_RESULT, KEY_NO_RESULT, KEY_NO_PASS, KEY_TAG, KEY_STDERR_TAIL, KEY_JOBLOG,
	KEY_LOG_FORMAT, KEY_WORKER_NAME, KEY_READY_FD, KEY_NO_CTL, KEY_FORCE, KEY_STRICT,
	KEY_STREAM, KEY_WINDOW, KEY_BATCH, KEY_BATCH_WAIT, KEY_FRAME, KEY_IDS, KEY_RECYCLE,
	KEY_RECYCLE_MEM, KEY_ON_DEAD
};

static const struct opt table[] = {
	{'c', "command", "STRING", "run /bin/sh -c STRING", OPT_TEXT, .at = &args.shell},
	{KEY_HANDLERS, "handlers", "DIR", "run the file DIR/NAME for a job's name",
	 OPT_TEXT, .at = &args.set.handlers_dir},
	{'I', "replace", "STR", "put the payload for STR into the arguments",
	 OPT_TEXT, .at = &args.set.replace},
	{'j', "jobs", "N", "handlers at once, or auto (default 1)",
	 OPT_CALL, .at = &args.set.slots, .fn = settings_slots, .otherwise = "1"},
	{KEY_NO_CTL, "no-ctl", NULL, "do not open descriptor 3 for handlers",
	 OPT_FLAG, .at = &args.said.no_control},
	{KEY_STREAM, "stream", NULL, "one long-lived handler for many jobs", OPT_FLAG,
	 .at = &args.said.stream},
	{KEY_WINDOW, "window", "N", "jobs it has unanswered (1)",
	 OPT_INT, .at = &args.said.window, .min = 1, .max = MANY_MOST,
	 .given = &args.said.has_window},
	{KEY_RECYCLE, "recycle", "N", "replace it after N jobs", OPT_INT,
	 .at = &args.set.recycle, .min = 1, .max = INT64_MAX, .given = &args.said.has_recycle},
	{KEY_RECYCLE_MEM, "recycle-memory", "SIZE", "… when it has grown so large",
	 OPT_SIZE, .at = &args.set.recycle_bytes, .min = 1, .max = INT64_MAX,
	 .given = &args.said.has_recycle_memory},
	{KEY_BATCH, "batch", "N", "up to N jobs for each run of the handler",
	 OPT_INT, .at = &args.said.batch, .min = 1, .max = MANY_MOST,
	 .given = &args.said.has_batch},
	{KEY_BATCH_WAIT, "batch-wait", "DUR", "wait so long for a batch to fill",
	 OPT_DURATION, .at = &args.set.batch_wait_ms, .min = 1, .max = 3600000,
	 .given = &args.said.has_batch_wait},
	{KEY_FRAME, "frame", "FRAME", "records: line, nul or netstring",
	 OPT_CALL, .at = &args.set.frame, .fn = settings_frame, .given = &args.said.has_frame,
	 .otherwise = "line"},
	{'0', "null", NULL, "the same as --frame nul", OPT_FLAG, .at = &args.said.nul},
	{KEY_IDS, "ids", NULL, "begin each record with QUEUE/ID and a tab", OPT_FLAG,
	 .at = &args.set.ids},
	{'1', "once", NULL, "take one job, then exit", OPT_FLAG, .at = &args.said.once},
	{'n', "limit", "N", "exit after N jobs",
	 OPT_INT, .at = &args.set.limit, .min = 1, .max = INT64_MAX,
	 .given = &args.said.has_limit},
	{'W', "idle", "DUR", "exit when nothing came for so long",
	 OPT_DURATION, .at = &args.set.idle_ms, .max = NUM_SPAN_MAX_MS,
	 .given = &args.said.has_idle},
	{KEY_DRAIN, "drain", NULL, "exit when the queues are empty: -W 0",
	 OPT_FLAG, .at = &args.said.drain},
	{'g', "grace", "DUR", "let handlers run so long after a stop",
	 OPT_DURATION, .at = &args.set.grace_ms, .max = NUM_SPAN_MAX_MS},
	{'t', "timeout", "DUR", "time limit of an attempt, 0 = none (5m)",
	 OPT_DURATION, .at = &args.set.timeout_ms, .max = NUM_SPAN_MAX_MS},
	{'K', "kill-after", "DUR", "KILL so long after TERM (10s)",
	 OPT_DURATION, .at = &args.set.kill_after_ms, .max = NUM_SPAN_MAX_MS},
	{'L', "lease", "DUR", "set the lease of the queues, 6s to 1h",
	 OPT_DURATION, .at = &args.lease, .min = 6000, .max = 3600000},
	{KEY_STRICT, "strict-lease", NULL, "end handlers before a lease runs out",
	 OPT_FLAG, .at = &args.set.strict_lease},
	{'m', "max-attempts", "N", "dead after so many failed attempts (5)",
	 OPT_INT, .at = &args.set.max_attempts,
	 .min = 1, .max = JOB_MAX_ATTEMPTS},
	{'b', "backoff", "SPEC", "wait after a failed one (" BACKOFF_DEFAULT ")",
	 OPT_CALL, .at = &args.set.backoff, .fn = settings_backoff, .otherwise = BACKOFF_DEFAULT},
	{KEY_DEAD_ON, "dead-on", "LIST", "exit statuses that mean dead (65)",
	 OPT_CALL, .at = &args.set.rules, .fn = settings_dead_on, .otherwise = "65"},
	{KEY_RETRY_ON, "retry-on", "LIST", "exit statuses to try again after",
	 OPT_CALL, .at = &args.set.rules, .fn = settings_retry_on},
	{KEY_OK_ON, "ok-on", "LIST", "exit statuses that mean done (0)",
	 OPT_CALL, .at = &args.set.rules, .fn = settings_ok_on, .otherwise = "0"},
	{KEY_HALT, "halt", "N", "after N failures in a row try one by one",
	 OPT_INT, .at = &args.set.halt, .min = 1, .max = INT32_MAX},
	{KEY_MAX_RESULT, "max-result", "SIZE", "stdout kept as result (64k)",
	 OPT_SIZE, .at = &args.set.max_result, .max = MAX_RESULT_MOST,
	 .given = &args.said.has_max_result},
	{KEY_NO_RESULT, "no-result", NULL, "keep no result", OPT_FLAG, .at = &args.said.no_result},
	{KEY_NO_PASS, "no-pass", NULL, "do not pass handlers' stdout on",
	 OPT_FLAG, .at = &args.said.no_pass},
	{KEY_TAG, "tag", NULL, "begin lines passed on with QUEUE/ID",
	 OPT_FLAG, .at = &args.set.tag},
	{KEY_STDERR_TAIL, "stderr-tail", "SIZE", "stderr kept (8k)",
	 OPT_SIZE, .at = &args.set.stderr_tail, .max = TAIL_MOST},
	{KEY_JOBLOG, "joblog", "FILE", "append a line for each attempt",
	 OPT_TEXT, .at = &args.set.joblog},
	{KEY_ON_DEAD, "on-dead", "CMD", "run CMD, with each dead job on stdin",
	 OPT_TEXT, .at = &args.set.on_dead},
	{KEY_LOG_FORMAT, "log-format", "FORMAT", "of our log: text or json",
	 OPT_CALL, .at = &args.set.log_format, .fn = settings_log_format, .otherwise = "text"},
	{'J', "json", NULL, "the same as --log-format json",
	 OPT_FLAG, .at = &args.common.json},
	{KEY_WORKER_NAME, "worker-name", "NAME", "instead of HOST:PID",
	 OPT_TEXT, .at = &args.set.worker},
	{KEY_FORCE, "force", NULL, "use a server that may drop jobs, too",
	 OPT_FLAG, .at = &args.force},
	{KEY_READY_FD, "ready-fd", "N", "write a newline there when connected",
	 OPT_INT, .at = &args.ready_fd, .min = 3, .max = INT32_MAX},
	{.name = NULL},
};

static const struct opt_command cmd = {
	.name = "jq-work",
	.synopsis = "[-1qv] [-j N] [-n N] [-W DUR] [-t DUR] [-m N] "
		    "QUEUE[,QUEUE...] COMMAND [ARG ...]\n[options] -c STRING QUEUE[,QUEUE...]\n"
		    "[options] --handlers DIR QUEUE[,QUEUE...]",
	.summary = "Run a command for each job; the payload is on its stdin.",
	.table = table,
	.stop_at_operand = true, .common = &args.common,
};
/* clang-format on */

static int check_args(struct args *a, struct err *e)
{
	if (settings_check_command(&a->set, a->shell, a->command, e) < 0 ||
	    settings_conclude(&a->set, &a->said, e) < 0)
		return -1;
	if (a->set.worker && settings_check_worker(a->set.worker, e) < 0)
		return err_prefix(e, "--worker-name");
	return 0;
}

static void parse_args(struct args *a, int argc, char **argv)
{
	struct err e;
	int first;

	settings_init(&a->set);
	unread = *a;
	opt_parse(&cmd, argc, argv, &first);
	if (first == argc)
		opt_usage(&cmd, "no QUEUE given");
	if (pick_init(&a->queues, strv_of(argv[first]), &e) < 0)
		opt_usage(&cmd, "%s", e.msg);
	a->command = argv + first + 1;
	/* who writes QUEUE -- COMMAND means COMMAND */
	a->command += a->command[0] && strcmp(a->command[0], "--") == 0;
	if (check_args(a, &e) < 0)
		opt_usage(&cmd, "%s", e.msg);
	if (a->ready_fd != -1 && fcntl((int)a->ready_fd, F_GETFD) < 0)
		opt_usage(&cmd, "--ready-fd: descriptor %d is not open",
			  (int)a->ready_fd);
}

/* What the steps below work with. */
struct run {
	struct args *a;
	struct supervisor supervisor;
	struct connect c;
	struct redis *waiting;
	struct engine *engine;
	struct suit suit;
	struct program program;
	char *pass_on[CONNECT_PASS_ON]; /* owned: variables for handlers */
	char name[160], host[65];	/* of the worker, of the machine */
};

static void name_worker(struct run *r)
{
	struct settings *s = &r->a->set;

	if (gethostname(r->host, sizeof(r->host) - 1) < 0 || !r->host[0])
		snprintf(r->host, sizeof(r->host), "localhost");
	snprintf(r->name, sizeof(r->name), "%s:%ld", r->host,
		 (long)r->supervisor.main_pid);
	s->worker = s->worker ? s->worker : r->name;
	s->host = r->host;
	s->version = opt_version();
	s->space = r->a->common.namespace;
	s->queue = r->a->queues.n == 1 ? r->a->queues.queue[0].name : NULL;
}

static void plan(struct run *r)
{
	struct args *a = r->a;
	struct settings *s = &a->set;

	s->environ = (const char *const *)environ;
	s->on_terminal = isatty(STDIN_FILENO) || isatty(STDOUT_FILENO) ||
			 isatty(STDERR_FILENO);
	s->log_format = r->supervisor.log_format;
	s->verbose = r->supervisor.verbose;
	s->supervisor = &r->supervisor;
	s->notify_socket = r->supervisor.notify_socket;
	s->watchdog_usec = env_get("WATCHDOG_USEC");
	s->watchdog_pid = env_get("WATCHDOG_PID");
	name_worker(r);
	connect_pass_on(&a->common, r->pass_on);
	s->extra = (const char *const *)r->pass_on;
}

static void connection_changed(void *arg, const struct err *why)
{
	struct run *r = arg;

	if (r->engine)
		engine_connection(r->engine, why);
}

/* A worker waits for its server as long as it takes, once it has been there. */
static struct redis_options worker_options(const struct run *r)
{
	return (struct redis_options){
		.connect_timeout = r->a->common.connect_timeout,
		/* what is asked every five seconds tells of silence in ten */
		.request_timeout = 4000,
		/* but one that has just taken a dead one's place waits too */
		.fail_first = r->supervisor.n_before == 0,
	};
}

static int connect_worker(struct run *r, struct err *e)
{
	struct redis_options o = worker_options(r);

	o.changed = connection_changed;
	o.arg = r;
	return connect_open(&r->c, &r->a->common, cmd.name, &o, e);
}

/* Whether the server is one to keep jobs on: once, not for each engine. */
static void see_server(struct run *r)
{
	if (r->c.private_server || r->supervisor.n_before > 0)
		return;
	r->suit = (struct suit){.url = &r->c.url,
				.strict = !r->a->force,
				.warn = engine_warn,
				.done = engine_admit,
				.arg = r->engine};
	engine_hold(r->engine);
	suit_ask(&r->suit, r->c.redis);
}

/* SIGHUP: attempts and the server as the configuration has them now. */
static int reload(void *arg, struct err *e)
{
	struct run *r = arg;
	struct args old = args;
	int rc;

	args = unread;
	rc = opt_parse_again(&cmd, e);
	args.command = old.command;
	args.set.verbose = args.common.verbose - args.common.quiet;
	if (rc == 0)
		rc = check_args(&args, e);
	if (rc == 0)
		rc = connect_again(&r->c, &args.common, e);
	if (rc >= 0)
		settings_adopt(&old.set, &args.set);
	args = old;
	if (rc == 1) {
		redis_moved(r->c.redis);
		redis_moved(r->waiting);
	}
	return rc < 0 ? -1 : 0;
}

static int start(struct run *r, struct err *e)
{
	struct redis_options o = worker_options(r);
	struct settings *s = &r->a->set;

	plan(r);
	s->reload = reload;
	s->reload_arg = r;
	if (slot_raise_files(s, FILES_OF_OURS, e) < 0 ||
	    connect_worker(r, e) < 0 ||
	    announce_queues(r->c.redis, s->space, &r->a->queues,
			    r->supervisor.n_before ? 0 : r->a->lease, e) < 0)
		return -1;
	r->engine = engine_new(r->c.loop, s, &r->a->queues, e);
	if (!r->engine)
		return -1;
	/* on top of the time that the server is told to wait */
	o.request_timeout = 2000;
	o.changed = engine_waiting_changed;
	o.arg = r->engine;
	r->waiting = connect_another(&r->c, cmd.name, &o);
	engine_connect(r->engine, r->c.redis, r->waiting);
	see_server(r);
	return 0;
}

static void finish(struct run *r)
{
	redis_free(r->waiting);
	redis_free(r->c.redis);
	r->c.redis = NULL;
	engine_free(r->engine);
	if (r->c.loop)
		connect_close(&r->c);
	for (size_t i = 0; i < CONNECT_PASS_ON; i++)
		free(r->pass_on[i]);
}

/* The process that does the work. */
static void work(struct run *r, struct supervisor_end *out)
{
	struct engine_end end = {.status = STATUS_OK};
	struct err e;

	if (start(r, &e) < 0)
		end.status = opt_end(&cmd, &e);
	else
		engine_run(r->engine, &end);
	finish(r);
	if (end.failed)
		opt_fail(&cmd, &end.why);
	*out = (struct supervisor_end){end.status, end.die_of};
}

static int run(struct run *r, struct supervisor_end *end, struct err *e)
{
	struct args *a = r->a;
	int rc = program_find(&r->program, &a->set, a->shell, a->command,
			      env_get("PATH"), e);

	r->supervisor = (struct supervisor){
		.notify_socket = env_get("NOTIFY_SOCKET"),
		.ready_fd = (int)a->ready_fd,
		.verbose = a->common.verbose - a->common.quiet,
		.log_format = a->common.json ? LOG_JSON : a->set.log_format,
		.journal_stream = env_get("JOURNAL_STREAM"),
	};
	if (rc == 0)
		rc = supervisor_run(&r->supervisor, end, e);
	if (rc == 1)
		work(r, end);
	program_release(&r->program);
	pick_release(&a->queues);
	return rc;
}

int main(int argc, char **argv)
{
	struct run r = {.a = &args};
	struct supervisor_end end = {.status = STATUS_OK};
	struct err e;

	parse_args(&args, argc, argv);
	if (run(&r, &end, &e) < 0)
		return opt_end(&cmd, &e);
	if (end.die_of)
		child_die_of(end.die_of);
	return end.status;
}
