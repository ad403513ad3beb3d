/* SPDX-License-Identifier: ISC */
/*
 * check_jq: queues for Nagios, Icinga and what else runs monitoring plugins.
 * Compares numbers of queues with two lists of thresholds and prints one line
 * with performance data, as the plugins' guidelines want it. Exits 0 if all is
 * well, 1 for a warning, 2 when it is critical, which a server that does not
 * answer is too, and 3 when it cannot say. A program of its own, as nearly all
 * of its letters mean something else than in jq-stat.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/connect.h"
#include "cli/measure.h"
#include "cli/opt.h"
#include "cli/output.h"
#include "cli/queues.h"
#include "cli/range.h"
#include "queue/key.h"
#include "queue/stats.h"

enum state {
	STATE_OK,
	STATE_WARNING,
	STATE_CRITICAL,
	STATE_UNKNOWN,
};

static struct {
	struct opt_common common;
	struct range_list warning, critical;
	const char *host;
	int64_t port, timeout;
	char **queue;
	size_t n;
} args = {.port = 6379, .timeout = 10000};

/* clang-format off */
static const struct opt table[] = {
	{.key = 'w', .name = "warning", .arg = "LIST", .kind = OPT_CALL,
	 .help = "thresholds of a warning: NAME=RANGE, comma between",
	 .at = &args.warning, .fn = range_parse_list},
	{.key = 'c', .name = "critical", .arg = "LIST", .kind = OPT_CALL,
	 .help = "thresholds of what is critical",
	 .at = &args.critical, .fn = range_parse_list},
	{.key = 'H', .name = "hostname", .arg = "HOST", .kind = OPT_TEXT,
	 .help = "the server, without a URL", .at = &args.host},
	{.key = 'p', .name = "port", .arg = "PORT", .kind = OPT_INT,
	 .help = "its port (default 6379)", .at = &args.port,
	 .min = 1, .max = 65535},
	{.key = 't', .name = "timeout", .arg = "DUR", .kind = OPT_DURATION,
	 .help = "give up after DUR (default 10s)", .at = &args.timeout,
	 .min = 1, .max = 3600000},
	{.name = NULL},
};
/* clang-format on */

/* The line for when nothing can be said. */
static no_return void refuse(const char *msg)
{
	struct buf line = BUF_INIT;

	text_escape(&line, strv_of(msg));
	printf("JQ UNKNOWN - %s\n", line.p);
	fflush(stdout);
	exit(STATE_UNKNOWN);
}

static const struct opt_command command = {
	.name = "check_jq",
	.synopsis = "[-w LIST] [-c LIST] [-u URL | -H HOST [-p PORT]] "
		    "[QUEUE ...]",
	.summary = "Check queues for a monitor.",
	.table = table,
	.common = &args.common,
	.refuse = refuse,
	.answer_status = STATE_UNKNOWN,
};

/* What is found out. */
struct report {
	enum state state;
	struct buf alerts; /* of that state: "QUEUE: 12 dead" … */
	struct buf data;   /* performance data */
	struct buf lines;  /* a line a queue, for -v */
	double ready, dead, oldest;
	size_t n; /* queues */
};

/* Critical is worse than a warning, and that worse than not knowing. */
static int badness(enum state state)
{
	static const int rank[] = {0, 2, 3, 1};

	return rank[state];
}

/* Something is as bad as `state`: the worst of all is what is told. */
static void raise_alert(struct report *r, enum state state, const char *queue,
			const char *what)
{
	if (badness(state) > badness(r->state)) {
		r->state = state;
		buf_clear(&r->alerts);
	}
	if (state != r->state)
		return;
	buf_addf(&r->alerts, "%s%s: %s", r->alerts.len ? "; " : "", queue,
		 what);
}

/* "'mail_oldest'=4320s;600;7200;0" */
static void add_data(struct report *r, const char *queue,
		     const struct measure *m, double value)
{
	static const char *const units[] = {
		[MEASURE_SPAN] = "s",
		[MEASURE_PERCENT] = "%",
		[MEASURE_COUNT] = "",
	};

	buf_addf(&r->data, "%s'%s_%s'=%.10g%s;", r->data.len ? " " : "", queue,
		 m->name, value, units[m->unit]);
	range_format(range_find(&args.warning, m), &r->data);
	buf_addch(&r->data, ';');
	range_format(range_find(&args.critical, m), &r->data);
	buf_addstr(&r->data, ";0");
}

/* A number of a queue against its thresholds. */
static void judge(struct report *r, const char *queue, const struct measure *m,
		  const struct stats_queue *s)
{
	const struct range *warning = range_find(&args.warning, m);
	const struct range *critical = range_find(&args.critical, m);
	double value = m->of(s);
	struct buf what = BUF_INIT;

	if (!warning && !critical)
		return;
	add_data(r, queue, m, value);
	measure_tell(m, value, &what);
	if (critical && range_alerts(critical, value))
		raise_alert(r, STATE_CRITICAL, queue, what.p);
	else if (warning && range_alerts(warning, value))
		raise_alert(r, STATE_WARNING, queue, what.p);
	buf_release(&what);
}

static void add_line(struct report *r, const char *queue,
		     const struct stats_queue *s)
{
	buf_addf(&r->lines, "%s:", queue);
	for (const struct measure *m = measure_all; m->name; m++) {
		buf_addstr(&r->lines, m == measure_all ? " " : ", ");
		measure_tell(m, m->of(s), &r->lines);
	}
	buf_addch(&r->lines, '\n');
}

static int on_queue(void *arg, const struct key_set *k,
		    const struct stats_queue *s, const struct err *why,
		    struct err *e)
{
	struct report *r = arg;
	double oldest;

	if (why && (why->code == STATUS_BUG || why->code == STATUS_PROTOCOL)) {
		raise_alert(r, STATE_UNKNOWN, k->queue, why->msg);
		return 0;
	}
	if (why) {
		*e = *why;
		return -1;
	}
	if (!s->known && args.n > 0)
		raise_alert(r, STATE_UNKNOWN, k->queue, "no such queue");
	if (!s->known)
		return 0;
	for (const struct measure *m = measure_all; m->name; m++)
		judge(r, k->queue, m, s);
	oldest = measure_find(strv_of("oldest"), e)->of(s);
	r->n++;
	r->ready += (double)s->ready;
	r->dead += (double)s->dead;
	r->oldest = oldest > r->oldest ? oldest : r->oldest;
	add_line(r, k->queue, s);
	return 0;
}

static int look(struct connect *server, struct report *r, struct err *e)
{
	const struct redis_options once = {
		.connect_timeout = args.common.connect_timeout,
		.request_timeout = args.timeout,
		.patience = args.timeout,
		.fail_first = true,
	};
	struct queues q = {.n = 0};
	int rc;

	if (connect_open(server, &args.common, "check_jq", &once, e) < 0)
		return -1;
	rc = queues_find(&q, server->redis, args.common.namespace, args.queue,
			 args.n, e);
	if (rc == 0)
		rc = queues_ask(
			&q, server->redis,
			(struct stats_queues){.space = args.common.namespace,
					      .fn = on_queue,
					      .arg = r},
			e);
	queues_release(&q);
	return rc;
}

static void print(const struct report *r)
{
	static const char *const words[] = {"OK", "WARNING", "CRITICAL",
					    "UNKNOWN"};
	struct buf oldest = BUF_INIT;
	struct err e;

	printf("JQ %s - ", words[r->state]);
	measure_tell(measure_find(strv_of("oldest"), &e), r->oldest, &oldest);
	if (r->alerts.len)
		fputs(r->alerts.p, stdout);
	else
		printf("%zu queue%s: %.0f ready, %s, %.0f dead", r->n,
		       r->n == 1 ? "" : "s", r->ready, oldest.p, r->dead);
	if (r->data.len)
		printf(" | %s", r->data.p);
	putchar('\n');
	if (args.common.verbose)
		fputs(r->lines.p, stdout);
	buf_release(&oldest);
}

static void parse_args(int argc, char **argv)
{
	static char url[512];
	struct err e;
	int first;

	opt_parse(&command, argc, argv, &first);
	args.queue = argv + first;
	args.n = (size_t)(argc - first);
	for (size_t i = 0; i < args.n; i++)
		if (key_check_queue(strv_of(args.queue[i]), &e) < 0)
			refuse(e.msg);
	if (args.common.json)
		refuse("a plugin has one format: -J is not for it");
	if (args.host) {
		snprintf(url, sizeof(url),
			 strchr(args.host, ':') ? "redis://[%s]:%d"
						: "redis://%s:%d",
			 args.host, (int)args.port);
		args.common.url = url;
		args.common.url_file = NULL;
		args.common.url_from = "--hostname";
	}
	/* a server started by the monitor would be empty, and well */
	if (!args.common.url && !args.common.url_file)
		refuse("which server? (-u URL, -H HOST or JQ_URL)");
}

int main(int argc, char **argv)
{
	struct report r = {
		.alerts = BUF_INIT, .data = BUF_INIT, .lines = BUF_INIT};
	struct connect server = {.loop = NULL};
	struct err e;
	int status;

	parse_args(argc, argv);
	if (look(&server, &r, &e) < 0) {
		struct buf line = BUF_INIT;

		r.state = e.code == STATUS_CONFIG ? STATE_UNKNOWN
						  : STATE_CRITICAL;
		text_escape(&line, strv_of(e.msg));
		buf_clear(&r.data);
		buf_clear(&r.alerts);
		buf_addstr(&r.alerts, line.p);
		buf_release(&line);
	}
	print(&r);
	status = output_finish(&e) < 0 ? STATE_UNKNOWN : (int)r.state;
	connect_close(&server);
	range_list_release(&args.warning);
	range_list_release(&args.critical);
	buf_release(&r.alerts);
	buf_release(&r.data);
	buf_release(&r.lines);
	return status;
}
