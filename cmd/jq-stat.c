/* SPDX-License-Identifier: ISC */
/*
 * jq-stat: what goes on. Reads queues, jobs and workers from the server and
 * writes them to stdout, as a table, as fields or as JSON; changes nothing.
 * Exits 0; 1 when the answer is no (not empty, a job is dead, an id unknown,
 * data that does not fit together); 66: no such queue; 75: a wait timed out.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "cli/alert.h"
#include "cli/checkup.h"
#include "cli/connect.h"
#include "cli/filter.h"
#include "cli/look.h"
#include "cli/look_history.h"
#include "cli/metrics.h"
#include "cli/mode.h"
#include "cli/opt.h"
#include "cli/output.h"
#include "cli/output_file.h"
#include "cli/scale.h"
#include "cli/show.h"
#include "cli/watch.h"
#include "queue/key.h"
#include "queue/stats.h"

#define WATCH_PATIENCE 2000 /* ms in which a look has to succeed */
#define TERMINAL_LIMIT 50   /* jobs listed on a terminal unless -n says more */

static struct {
	struct opt_common common;
	const char *state, *fields, *queue, *output, *html, *from;
	int64_t limit, wait_timeout, within, interval;
	struct filter filter;
	struct walk_filter wanted; /* made of it */
	bool has_state, has_fields, has_queue, has_limit, has_timeout;
	bool has_output, prometheus, openmetrics, scale, has_within;
	bool has_from, history, plot, has_html, watch, has_interval;
	bool no_header, ids, explain, follow, workers, empty, wait, check;
	bool has_alerts;
	struct opt_list alerts;
	size_t mode;
	enum look_history how;
	char **operand;
	size_t n;
} args = {.within = 300000, .interval = 2000};

/* clang-format off */
enum {
	KEY_QUEUE_OPTION = 256, KEY_WORKERS, KEY_EMPTY, KEY_CHECK, KEY_CHECK_ALERT,
	KEY_EXPLAIN, KEY_FOLLOW, KEY_FROM, KEY_WAIT_TIMEOUT, KEY_PROMETHEUS, KEY_OPENMETRICS,
	KEY_SCALE, KEY_WITHIN, KEY_HISTORY, KEY_PLOT, KEY_HTML, KEY_WATCH, KEY_INTERVAL
};

static const struct opt table[] = {
	{.key = 's', .name = "state", .arg = "STATE", .kind = OPT_TEXT,
	 .help = "list the jobs in STATE, or in all of them: 'all'",
	 .at = &args.state, .given = &args.has_state},
	{.key = 'n', .name = "limit", .arg = "N", .kind = OPT_INT,
	 .help = "at most N jobs, 0 = all (default: 50 on a terminal)",
	 .at = &args.limit, .max = INT64_MAX - 1, .given = &args.has_limit},
	{.key = 'i', .name = "id", .kind = OPT_FLAG,
	 .help = "the operands are jobs, shown in full; '-': ids on stdin",
	 .at = &args.ids},
	{.key = KEY_EXPLAIN, .name = "explain", .kind = OPT_FLAG,
	 .help = "the operands are jobs: why does each not run?",
	 .at = &args.explain},
	{.key = KEY_FOLLOW, .name = "follow", .kind = OPT_FLAG,
	 .help = "events of queues as they come; of a job its stderr",
	 .at = &args.follow},
	{.key = KEY_FROM, .name = "from", .arg = "EVENT", .kind = OPT_TEXT,
	 .help = "with --follow: go on after that event_id", .at = &args.from,
	 .given = &args.has_from},
	{.key = KEY_QUEUE_OPTION, .name = "queue", .arg = "QUEUE",
	 .kind = OPT_TEXT, .help = "the queue of ids that name none",
	 .at = &args.queue, .given = &args.has_queue},
	{.key = KEY_WORKERS, .name = "workers", .kind = OPT_FLAG,
	 .help = "list the workers", .at = &args.workers},
	{.key = KEY_EMPTY, .name = "empty", .kind = OPT_FLAG,
	 .help = "exit 0 if no job waits or runs, 1 if one does",
	 .at = &args.empty},
	{.key = KEY_CHECK, .name = "check", .kind = OPT_FLAG,
	 .help = "check that the data fits together; print what does not",
	 .at = &args.check},
	{.key = KEY_CHECK_ALERT, .name = "check-alert", .arg = "EXPR",
	 .kind = OPT_LIST, .help = "exit 1 and say so if dead>0, oldest>10m …",
	 .at = &args.alerts, .given = &args.has_alerts},
	{.key = 'w', .name = "wait", .kind = OPT_FLAG,
	 .help = "wait for that; with -s: for an empty state; with -i: until "
		 "the jobs have ended",
	 .at = &args.wait},
	{.key = KEY_WAIT_TIMEOUT, .name = "wait-timeout", .arg = "DUR",
	 .kind = OPT_DURATION, .help = "stop waiting after DUR and exit 75",
	 .at = &args.wait_timeout, .max = INT64_MAX,
	 .given = &args.has_timeout},
	{.key = 'F', .name = "fields", .arg = "LIST", .kind = OPT_TEXT,
	 .help = "these fields, tab-separated; payload or result of one job",
	 .at = &args.fields, .given = &args.has_fields},
	{.key = 'H', .name = "no-header", .kind = OPT_FLAG,
	 .help = "leave out the table's first line", .at = &args.no_header},
	{.key = KEY_PROMETHEUS, .name = "prometheus", .kind = OPT_FLAG,
	 .help = "metrics of the queues, in the format of Prometheus",
	 .at = &args.prometheus},
	{.key = KEY_OPENMETRICS, .name = "openmetrics", .kind = OPT_FLAG,
	 .help = "the same in the format of OpenMetrics",
	 .at = &args.openmetrics},
	{.key = KEY_SCALE, .name = "scale", .kind = OPT_FLAG,
	 .help = "how many slots the workers should have, one number",
	 .at = &args.scale},
	{.key = KEY_WITHIN, .name = "within", .arg = "DUR",
	 .kind = OPT_DURATION, .help = "for --scale: in which the ready jobs "
		 "are to be worked off (default 5m)",
	 .at = &args.within, .min = 1000, .max = 86400000,
	 .given = &args.has_within},
	{.key = KEY_HISTORY, .name = "history", .kind = OPT_FLAG,
	 .help = "what each minute of the last hour saw",
	 .at = &args.history},
	FILTER_OPTIONS(args.filter, "since that time, or for so long: 3h"),
	{.key = KEY_PLOT, .name = "plot", .kind = OPT_FLAG,
	 .help = "draw the history", .at = &args.plot},
	{.key = KEY_HTML, .name = "html", .arg = "FILE", .kind = OPT_TEXT,
	 .help = "draw the history as a page for a browser",
	 .at = &args.html, .given = &args.has_html},
	{.key = KEY_WATCH, .name = "watch", .kind = OPT_FLAG,
	 .help = "show it all on the whole terminal, and go on", .at = &args.watch},
	{.key = KEY_INTERVAL, .name = "interval", .arg = "DUR",
	 .kind = OPT_DURATION, .help = "for --watch: look so often (default 2s)",
	 .at = &args.interval, .min = 100, .max = 3600000,
	 .given = &args.has_interval},
	{.key = 'o', .name = "output", .arg = "FILE", .kind = OPT_TEXT,
	 .help = "write to FILE, which appears or changes all at once",
	 .at = &args.output, .given = &args.has_output},
	{.name = NULL},
};
/* clang-format on */

static const struct opt_command command = {
	.name = "jq-stat",
	.synopsis =
		"[-HJ] [-F LIST] [QUEUE ...]\n"
		"-s STATE [FILTER ...] [-n N] [-HJ] [-F LIST] [QUEUE ...]\n"
		"-i [-J] [-F LIST] QUEUE/ID ...\n"
		"--explain [-J] [-F LIST] QUEUE/ID ...\n"
		"--follow [-J] [-F LIST] [-n N] [--from EVENT] [QUEUE ...]\n"
		"--follow [-J] [--wait-timeout DUR] QUEUE/ID\n"
		"--workers [-HJ] [-F LIST] [QUEUE ...]\n"
		"--empty QUEUE ...\n"
		"--check [-J] [QUEUE ...]\n"
		"--check-alert EXPR ... [QUEUE ...]\n"
		"--prometheus | --openmetrics [-o FILE] [QUEUE ...]\n"
		"--scale [--within DUR] [QUEUE ...]\n"
		"--history [--since TIME] [--plot | --html FILE] [QUEUE ...]\n"
		"--watch [--interval DUR] [QUEUE ...]\n"
		"-w [-s STATE] [--wait-timeout DUR] QUEUE ...\n"
		"-w [--wait-timeout DUR] -i QUEUE/ID ...",
	.summary = "Show queues, jobs and workers.",
	.table = table,
	.common = &args.common,
};

/* -F payload and -F result: bytes as they are, so nothing may stand beside. */
static bool wants_bytes(void)
{
	return args.ids && args.fields &&
	       (strcmp(args.fields, "payload") == 0 ||
		strcmp(args.fields, "result") == 0);
}

/* What is looked at. In the order of `modes`. */
enum {
	MODE_JOBS,
	MODE_IDS,
	MODE_EXPLAIN,
	MODE_FOLLOW,
	MODE_WORKERS,
	MODE_EMPTY,
	MODE_CHECK,
	MODE_ALERT,
	MODE_PROMETHEUS,
	MODE_OPENMETRICS,
	MODE_SCALE,
	MODE_HISTORY,
	MODE_WATCH,
	MODE_QUEUES,
};

static const struct mode modes[] = {
	[MODE_JOBS] = {"-s", &args.has_state, "JFHnowSBX"},
	[MODE_IDS] = {"-i", &args.ids, "JFQow"},
	[MODE_EXPLAIN] = {"--explain", &args.explain, "JFQo"},
	[MODE_FOLLOW] = {"--follow", &args.follow, "JFQnf"},
	[MODE_WORKERS] = {"--workers", &args.workers, "JFHo"},
	[MODE_EMPTY] = {"--empty", &args.empty, ""},
	[MODE_CHECK] = {"--check", &args.check, "Jo"},
	[MODE_ALERT] = {"--check-alert", &args.has_alerts, ""},
	[MODE_PROMETHEUS] = {"--prometheus", &args.prometheus, "o"},
	[MODE_OPENMETRICS] = {"--openmetrics", &args.openmetrics, "o"},
	[MODE_SCALE] = {"--scale", &args.scale, "oW"},
	[MODE_HISTORY] = {"--history", &args.history, "JFHoSPM"},
	[MODE_WATCH] = {"--watch", &args.watch, "I"},
	[MODE_QUEUES] = {"", NULL, "JFHow"},
};

static const struct mode_extra extras[] = {
	{'w', "-w", &args.wait, "JFHnoSBX", NULL},
	{'J', "-J", &args.common.json, "FH", NULL},
	{'P', "--plot", &args.plot, "JFHM", "--history"},
	{'M', "--html", &args.has_html, "JFHo", "--history"},
	{'F', "-F", &args.has_fields, "", NULL},
	{'H', "-H", &args.no_header, "", NULL},
	{'o', "-o", &args.has_output, "", NULL},
	{'n', "-n", &args.has_limit, "", "lists of jobs (-s) and --follow"},
	{'f', "--from", &args.has_from, "", "--follow"},
	{'Q', "--queue", &args.has_queue, "", "-i, --explain and --follow"},
	{'S', "--since", &args.filter.has_since, "",
	 "--history and lists of jobs (-s)"},
	{'B', "--before", &args.filter.has_before, "", "lists of jobs (-s)"},
	{'X', "what narrows a list", &args.filter.has_other, "",
	 "lists of jobs (-s)"},
	{'W', "--within", &args.has_within, "", "--scale"},
	{'I', "--interval", &args.has_interval, "", "--watch"},
	{.option = NULL},
};

static void check_queues(void)
{
	struct err e;

	for (size_t i = 0; i < args.n; i++)
		if (key_check_queue(strv_of(args.operand[i]), &e) < 0)
			opt_usage(&command, "%s", e.msg);
}

static void parse_args(int argc, char **argv)
{
	struct err e;
	bool jobs;
	int first;

	opt_parse(&command, argc, argv, &first);
	args.operand = argv + first;
	args.n = (size_t)(argc - first);
	if (args.state && !args.wait && !args.has_limit && !args.output &&
	    isatty(STDOUT_FILENO))
		args.limit = TERMINAL_LIMIT;
	args.mode = mode_choose(&command, modes, extras);
	if (args.has_timeout && !args.wait && !args.follow)
		opt_usage(&command, "--wait-timeout is for -w and --follow");
	jobs = args.ids || args.explain || args.follow;
	args.how = args.plot   ? LOOK_HISTORY_PLOT
		   : args.html ? LOOK_HISTORY_PAGE
			       : LOOK_HISTORY_LIST;
	if (args.html)
		args.output = args.html;
	if (args.state && !look_known_state(args.state))
		opt_usage(&command,
			  "'%s' is not a state (ready, running, delayed, "
			  "retry, dead, done, all)",
			  args.state);
	if (filter_make(&args.filter, &args.wanted, &e) < 0 ||
	    filter_check_state(&args.filter, args.state, &e) < 0)
		opt_usage(&command, "%s", e.msg);
	alert_check(&command, &args.alerts);
	if (args.queue && key_check_queue(strv_of(args.queue), &e) < 0)
		opt_usage(&command, "%s", e.msg);
	if (args.n == 0 && ((jobs && !args.follow) || args.wait || args.empty))
		opt_usage(&command, "which %s?", jobs ? "job" : "queue");
	if (wants_bytes() && args.n > 1)
		opt_usage(&command, "-F %s prints one job's, not more",
			  args.fields);
	if (!jobs)
		check_queues();
}

static int act(struct look *l, struct err *e)
{
	bool all = args.state && strcmp(args.state, "all") == 0;

	if (args.wait && args.mode != MODE_IDS)
		return look_wait(l, args.state, e);
	switch (args.mode) {
	case MODE_JOBS:
		return look_jobs(l, all ? NULL : args.state, e);
	case MODE_IDS:
		return look_ids(l, args.queue,
				args.wait	? look_wait_job
				: wants_bytes() ? look_bytes
						: look_job,
				e);
	case MODE_EXPLAIN:
		return look_ids(l, args.queue, look_explain, e);
	case MODE_FOLLOW:
		return look_follow(l, args.queue, args.from, e);
	case MODE_WORKERS:
		return look_workers(l, e);
	case MODE_EMPTY:
		return look_empty(l, e);
	case MODE_CHECK:
		return checkup_look(l, e);
	case MODE_ALERT:
		return alert_run(l, &args.alerts, e);
	case MODE_SCALE:
		return scale_run(l, args.within, e);
	case MODE_HISTORY:
		return look_history(l, args.filter.since_ms, args.how, e);
	case MODE_WATCH:
		return watch_run(l, args.interval, e);
	default:
		return look_queues(l, e);
	}
}

static void choose_show(struct show *s)
{
	static const struct show_kind *const kinds[] = {
		[MODE_JOBS] = &show_jobs,
		[MODE_IDS] = &show_job_full,
		[MODE_EXPLAIN] = &show_explanations,
		[MODE_FOLLOW] = &show_events,
		[MODE_WORKERS] = &show_workers,
		[MODE_HISTORY] = &show_minutes,
		[MODE_QUEUES] = &show_queues,
	};

	s->kind = kinds[args.mode];
	s->format = args.common.json ? SHOW_JSON
		    : args.fields    ? SHOW_FIELDS
				     : SHOW_TABLE;
	s->fields = args.fields;
	s->no_header = args.no_header;
	s->color = !args.output && output_color(&args.common, stdout);
	s->width = args.output ? 0 : output_width(stdout);
}

/* What is asked is begun before the server is: a wrong field costs nothing. */
static int run(struct look *l, struct err *e)
{
	/* who waits outlives an outage of the server, up to its deadline */
	const struct redis_options patient = {
		.patience = args.watch	       ? WATCH_PATIENCE
			    : args.has_timeout ? args.wait_timeout + 1
					       : 0,
		.fail_first = true,
	};
	bool page = (args.ids || args.explain || args.follow) &&
		    l->show->format == SHOW_TABLE;
	bool lists = l->show->kind && !args.wait && !page && !wants_bytes() &&
		     args.how == LOOK_HISTORY_LIST;

	if (lists && show_begin(l->show, e) < 0)
		return -1;
	if (args.output && output_file_begin(args.output, e) < 0)
		return -1;
	if (args.prometheus || args.openmetrics)
		return metrics_run(l, args.openmetrics, e);
	if (connect_open(l->server, &args.common, "jq-stat",
			 args.wait || args.watch || args.follow ? &patient
								: NULL,
			 e) < 0)
		return -1;
	if (act(l, e) < 0)
		return -1;
	if (lists &&
	    show_end(l->show, l->now_ms ? l->now_ms : clock_real_ms(), e) < 0)
		return -1;
	look_remark(l, args.mode == MODE_QUEUES && !args.wait, args.has_limit);
	return 0;
}

int main(int argc, char **argv)
{
	struct show show = {.kind = NULL};
	struct connect server = {.loop = NULL};
	struct look look = {.command = &command, .server = &server};
	struct err e;
	bool failed;
	int status;

	parse_args(argc, argv);
	choose_show(&show);
	look.show = &show;
	look.space = args.common.namespace;
	look.queues = args.operand;
	look.n_queues = args.n;
	look.limit = args.limit;
	look.filter = filter_any(&args.filter) ? &args.wanted : NULL;
	look.field = args.fields;
	look.deadline_ms =
		args.has_timeout ? clock_boot_ms() + args.wait_timeout : -1;
	failed = run(&look, &e) < 0;
	status = failed ? opt_end(&command, &e) : look.status;
	show_release(&show);
	connect_close(&server);
	failed &= !args.prometheus && !args.openmetrics;
	return output_file_finish(&command, status, !failed);
}
