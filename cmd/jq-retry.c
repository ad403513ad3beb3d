/* SPDX-License-Identifier: ISC */
/*
 * jq-retry: puts dead jobs back, by name from operands or stdin, or all of a
 * queue that fit, and prints the name of each one put back. A job that is
 * missing or not dead is one line on stderr and the rest go on; then it exits
 * 1, and also when there was nothing to put back; 66 for a queue that is not
 * there. With --here it runs a dead job's handler in this terminal instead, and
 * exits 1 unless that exits 0.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "base/signame.h"
#include "cli/connect.h"
#include "cli/env.h"
#include "cli/filter.h"
#include "cli/opt.h"
#include "cli/output.h"
#include "cli/putback.h"
#include "queue/job.h"
#include "queue/key.h"
#include "queue/stats.h"
#include "work/rehearse.h"

static struct args {
	struct opt_common common;
	bool all, null, dry_run, has_limit, here, now;
	int64_t limit, delay, max_attempts;
	double step;
	const char *queue, *to;
	struct filter filter;
	struct walk_filter wanted; /* made of it */
	char *const *operands;
	size_t n;
} args;

enum {
	KEY_ALL = 256,
	KEY_QUEUE,
	KEY_TO,
	KEY_DRY_RUN,
	KEY_RATE,
	KEY_HERE,
	KEY_NOW
};

/* clang-format off */
static const struct opt table[] = {
	{KEY_ALL, "all", NULL, "all dead jobs of the queues, oldest first",
	 OPT_FLAG, .at = &args.all},
	FILTER_OPTIONS(args.filter, "that died then or later, or in so long: 3h"),
	{'n', "limit", "N", "at most N jobs",
	 OPT_INT, .at = &args.limit,
	 .min = 1, .max = INT64_MAX, .given = &args.has_limit},
	{'0', "null", NULL, "names on stdin end with NUL",
	 OPT_FLAG, .at = &args.null},
	{KEY_QUEUE, "queue", "QUEUE", "the queue of names that are bare ids",
	 OPT_TEXT, .at = &args.queue},
	{'d', "delay", "DUR", "not before so long from now",
	 OPT_DURATION, .at = &args.delay, .max = NUM_SPAN_MAX_MS},
	{KEY_RATE, "rate", "N/DUR", "no more than N in so long, as 10/s",
	 OPT_CALL, .at = &args.step, .fn = putback_rate},
	{'m', "max-attempts", "N", "they have N attempts from now on",
	 OPT_INT, .at = &args.max_attempts, .min = 1, .max = JOB_MAX_ATTEMPTS},
	{KEY_NOW, "now", NULL, "take those that wait to be tried again, too",
	 OPT_FLAG, .at = &args.now},
	{KEY_TO, "to", "QUEUE", "put them into that queue, under the same ids",
	 OPT_TEXT, .at = &args.to},
	{KEY_DRY_RUN, "dry-run", NULL, "print what would be put back",
	 OPT_FLAG, .at = &args.dry_run},
	{KEY_HERE, "here", NULL, "run COMMAND for the job, in this terminal",
	 OPT_FLAG, .at = &args.here},
	{.name = NULL},
};

static const struct opt_command cmd = {
	.name = "jq-retry",
	.synopsis = "[OPTION ...] JOB ...\n"
		    "[-0] [OPTION ...] -\n"
		    "[FILTER ...] [-n N] [OPTION ...] --all QUEUE ...\n"
		    "--here JOB -- COMMAND [ARG ...]",
	.summary = "Put dead jobs back.",
	.table = table,
	.common = &args.common,
};
/* clang-format on */

static void check_queue(const char *option, const char *name)
{
	struct err e;

	if (name && key_check_queue(strv_of(name), &e) < 0)
		opt_usage(&cmd, "%s%s%s", option, *option ? ": " : "", e.msg);
}

static void check_all(const struct args *a)
{
	if (a->queue)
		opt_usage(&cmd, "--queue is for ids, not for --all");
	if (a->null)
		opt_usage(&cmd, "--null is for names on stdin, not for --all");
	if (a->n == 0)
		opt_usage(&cmd, "--all needs a QUEUE");
	for (size_t i = 0; i < a->n; i++) {
		check_queue("", a->operands[i]);
		if (a->to && strcmp(a->to, a->operands[i]) == 0)
			opt_usage(&cmd, "--to names the queue the jobs are in");
	}
}

static void check_here(const struct args *a)
{
	struct strv queue, id;
	struct err e;

	if (a->all || a->null || a->dry_run || a->to || a->delay ||
	    a->step > 0 || a->now || a->max_attempts)
		opt_usage(&cmd, "--here puts nothing back: it goes with "
				"--queue alone");
	if (a->n < 2)
		opt_usage(&cmd, a->n ? "--here: which COMMAND?"
				     : "--here: no job named");
	if (key_split_job(strv_of(a->operands[0]), a->queue, &queue, &id, &e) <
	    0)
		opt_usage(&cmd, "%s", e.msg);
}

static void check_args(struct args *a)
{
	struct err e;

	check_queue("--queue", a->queue);
	check_queue("--to", a->to);
	if (filter_make(&a->filter, &a->wanted, &e) < 0)
		opt_usage(&cmd, "%s", e.msg);
	if (!a->all && filter_any(&a->filter))
		opt_usage(&cmd, "what narrows the jobs goes with --all");
	if (a->now && a->to)
		opt_usage(&cmd, "--to takes dead jobs alone, without --now");
	if (a->now && (a->filter.has_since || a->filter.has_before))
		opt_usage(&cmd, "--since and --before are of dead jobs, and "
				"--now takes others, too");
	if (a->has_limit && !a->all)
		opt_usage(&cmd, "--limit goes with --all");
	if (a->here)
		check_here(a);
	else if (a->all)
		check_all(a);
	else if (a->n == 0 && isatty(STDIN_FILENO))
		opt_usage(&cmd, "no job named");
}

static void parse_args(struct args *a, int argc, char **argv)
{
	int first;

	opt_parse(&cmd, argc, argv, &first);
	a->operands = argv + first;
	a->n = (size_t)(argc - first);
	check_args(a);
}

/* How it ended, and what to type next; 1 unless it was well. */
static int tell_end(const struct args *a, const struct rehearsal *r,
		    const struct child_end *end, struct err *e)
{
	const char *signal = end->signo ? signame_of(end->signo) : NULL;
	char how[40], job[KEY_QUEUE_MAX + KEY_ID_MAX + 2];
	struct strv id = r->job->job.id;

	snprintf(job, sizeof(job), "%s/%.*s", r->queue, (int)id.n, id.p);
	if (end->signo)
		snprintf(how, sizeof(how), "ended by %s",
			 signal ? signal : "a signal");
	else
		snprintf(how, sizeof(how), "exit %d", end->code);
	if (!a->common.quiet)
		fprintf(stderr,
			"jq-retry: %s after %.1f s; the queue was not touched\n"
			"next: jq-retry %s      # puts it back\n"
			"  or: jq-ctl drop %s   # %s\n",
			how, (double)r->run_ms / 1000, job, job,
			end->code == 0 ? "what it does was done just now"
				       : "gives it up");
	if (end->code == 0)
		return 0;
	return err_set(e, STATUS_NO, "'%s': %s", job, how);
}

static int rehearse_one(const struct args *a, const char *queue,
			const struct stats_detail *d, struct err *e)
{
	char *pass_on[CONNECT_PASS_ON];
	char *path = child_find(a->operands[1], env_get("PATH"), e);
	struct rehearsal r = {
		.queue = queue,
		.job = d,
		.path = path,
		.argv = (const char *const *)a->operands + 1,
		.environ = (const char *const *)environ,
		.extra = (const char *const *)pass_on,
	};
	struct child_end end;
	int rc = -1;

	if (!path)
		return -1;
	connect_pass_on(&a->common, pass_on);
	if (rehearse_run(&r, &end, e) == 0)
		rc = tell_end(a, &r, &end, e);
	for (size_t i = 0; i < CONNECT_PASS_ON; i++)
		free(pass_on[i]);
	free(path);
	return rc;
}

static int run_here(const struct args *a, struct connect *c, struct err *e)
{
	struct strv queue, id;
	struct stats_detail d;
	struct key_set k;
	int rc;

	if (key_split_job(strv_of(a->operands[0]), a->queue, &queue, &id, e) <
	    0)
		return -1;
	key_set_init(&k, a->common.namespace, queue);
	rc = stats_detail(c->redis, &k, id, &d, e);
	if (rc < 0)
		return -1;
	if (rc == 1)
		return err_set(e, STATUS_NO, "no such job: '%s/%.*s'", k.queue,
			       (int)id.n, id.p);
	if (strcmp(d.job.state, "dead") != 0)
		rc = err_set(e, STATUS_NO, "'%s/%.*s' is not dead: it is %s",
			     k.queue, (int)id.n, id.p, d.job.state);
	else if (!d.job.has_payload)
		rc = err_set(e, STATUS_NO, "'%s/%.*s' has lost its payload",
			     k.queue, (int)id.n, id.p);
	else
		rc = rehearse_one(a, k.queue, &d, e);
	stats_detail_release(&d);
	return rc;
}

static int put_back(const struct args *a, struct connect *c, struct err *e)
{
	static char dash[] = "-";
	char *const from_stdin[] = {dash};
	struct putback p = {
		.command = &cmd,
		.server = c,
		.to = a->to,
		.delay_ms = a->delay,
		.step_ms = a->step,
		.waiting = a->now,
		.max_attempts = a->max_attempts,
		.dry_run = a->dry_run,
	};
	int rc;

	if (a->all)
		rc = putback_all(&p, a->operands, a->n,
				 filter_any(&a->filter) ? &a->wanted : NULL,
				 a->has_limit ? a->limit : INT64_MAX, e);
	else
		rc = putback_ids(&p, a->n ? a->operands : from_stdin,
				 a->n ? a->n : 1, a->queue,
				 a->null ? '\0' : '\n', e);
	if (rc < 0 && p.done)
		return err_prefix(e, "put back %" PRIu64 ", then stopped",
				  p.done);
	if (rc < 0)
		return -1;
	if (p.bad)
		return err_set(e, STATUS_DATA,
			       "%" PRIu64 " of the lines named no job", p.bad);
	if (p.no_queue.code) {
		*e = p.no_queue;
		return -1;
	}
	if (p.missing)
		return err_set(e, STATUS_NO,
			       "put back %" PRIu64 ", but not %" PRIu64, p.done,
			       p.missing);
	if (p.done == 0)
		return err_set(e, STATUS_NO,
			       "nothing to do: no job is dead%s%s",
			       a->now ? " or waits to be tried again" : "",
			       filter_any(&a->filter) ? " and fits" : "");
	return 0;
}

static int run(const struct args *a, struct err *e)
{
	struct connect c;
	int rc;

	if (connect_open(&c, &a->common, cmd.name, NULL, e) < 0)
		return -1;
	rc = a->here ? run_here(a, &c, e) : put_back(a, &c, e);
	connect_close(&c);
	return rc;
}

int main(int argc, char **argv)
{
	struct err e, late;
	int rc;

	parse_args(&args, argc, argv);
	rc = run(&args, &e);
	if (output_finish(&late) < 0 && rc == 0) {
		e = late;
		rc = -1;
	}
	return rc < 0 ? opt_end(&cmd, &e) : STATUS_OK;
}
