/* SPDX-License-Identifier: ISC */
/*
 * jq-push: bytes from stdin or operands become jobs of a queue; their names go
 * to stdout in input order, each once the server has confirmed the job; with
 * -w its result instead, once it has ended. Exits 0 when all was accepted, 65
 * for refused input, 75 for a full queue or a wait that timed out, 1 when the
 * awaited job ended badly.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/num.h"
#include "cli/connect.h"
#include "cli/durable.h"
#include "cli/follow.h"
#include "cli/opt.h"
#include "cli/outcome.h"
#include "cli/output.h"
#include "cli/pusher.h"
#include "cli/record.h"
#include "queue/job.h"
#include "queue/key.h"

struct args {
	struct opt_common common;
	bool lines, null, no_empty, wait, follow, dry_run;
	int64_t priority, max_payload, wait_timeout;
	const char *id;
	struct opt_list meta;
	struct job_options job;
	struct durable durable;
	struct pusher_frame frame;
	bool has_delay, has_at, dash;
	struct strv queue;
	char *const *payloads; /* operands, or stdin when there are none */
	size_t n_payloads;
};
static struct args args = {
	.max_payload = JOB_MAX_PAYLOAD,
	.job = JOB_OPTIONS_INIT,
};

enum {
	KEY_WAIT_TIMEOUT = 256,
	KEY_FOLLOW,
	KEY_MAX_PAYLOAD,
	KEY_DURABILITY,
	KEY_DRY_RUN,
	KEY_FRAME
};

/* clang-format off */
static const struct opt table[] = {
	{'l', "lines", NULL, "each line of stdin is a job",
	 OPT_FLAG, .at = &args.lines},
	{'0', "null", NULL, "each NUL-terminated record of stdin is a job",
	 OPT_FLAG, .at = &args.null},
	{'J', "json", NULL, "each line of stdin is a job as a JSON object",
	 OPT_FLAG, .at = &args.common.json},
	{'r', "no-empty", NULL, "push nothing for empty input or records",
	 OPT_FLAG, .at = &args.no_empty},
	{'N', "name", "NAME", "the kind of job, for jq-work --handlers",
	 OPT_TEXT, .at = &args.job.name},
	{'p', "priority", "N", "-9 to 9, higher first (default 0)",
	 OPT_INT, .at = &args.priority,
	 .min = JOB_PRIORITY_MIN, .max = JOB_PRIORITY_MAX},
	{'d', "delay", "DUR", "not before so long from now",
	 OPT_DURATION, .at = &args.job.delay_ms,
	 .max = NUM_SPAN_MAX_MS, .given = &args.has_delay},
	{'a', "at", "TIME", "not before then",
	 OPT_TIME, .at = &args.job.at_ms, .given = &args.has_at},
	{'E', "expire", "DUR", "dead if not started by then",
	 OPT_DURATION, .at = &args.job.expire_ms,
	 .min = 1, .max = NUM_SPAN_MAX_MS},
	{'t', "timeout", "DUR", "time limit of an attempt, 0 = none",
	 OPT_DURATION, .at = &args.job.timeout_ms, .max = NUM_SPAN_MAX_MS},
	{'m', "max-attempts", "N", "dead after so many failed attempts",
	 OPT_INT, .at = &args.job.max_attempts,
	 .min = 1, .max = JOB_MAX_ATTEMPTS},
	{'b', "backoff", "SPEC", "wait after a failed attempt: exp:5s,1h",
	 OPT_TEXT, .at = &args.job.backoff},
	{'i', "id", "ID", "the job's id: pushing it again is harmless",
	 OPT_TEXT, .at = &args.id},
	{'M', "meta", "NAME=VALUE", "a label: JQ_META_NAME for the handler",
	 OPT_LIST, .at = &args.meta},
	{'w', "wait", NULL, "wait for the end and print the result",
	 OPT_FLAG, .at = &args.wait},
	{'q', "quiet", NULL, "print no ids; say less",
	 OPT_COUNT, .at = &args.common.quiet},
	{KEY_WAIT_TIMEOUT, "wait-timeout", "DUR", "stop waiting after DUR",
	 OPT_DURATION, .at = &args.wait_timeout,
	 .min = 1, .max = NUM_SPAN_MAX_MS},
	{KEY_FOLLOW, "follow", NULL, "wait, and show its stderr as it comes",
	 OPT_FLAG, .at = &args.follow},
	{KEY_MAX_PAYLOAD, "max-payload", "SIZE", "refuse larger ones (64M)",
	 OPT_SIZE, .at = &args.max_payload, .max = JOB_HARD_MAX_PAYLOAD},
	{KEY_DURABILITY, "durability", "KIND", "memory, fsync or replicas:N",
	 OPT_CALL, .at = &args.durable, .fn = durable_parse, .otherwise = "memory"},
	{KEY_FRAME, "frame", "FRAME", "warn of what is no record of a --stream",
	 OPT_CALL, .at = &args.frame, .fn = pusher_read_frame},
	{KEY_DRY_RUN, "dry-run", NULL, "check and print; needs no server",
	 OPT_FLAG, .at = &args.dry_run},
	{.name = NULL},
};
/* clang-format on */

static const struct opt_command cmd = {
	.name = "jq-push",
	.synopsis = "[-l0Jrqw] [-p N] [-d DUR | -a TIME] [-i ID] "
		    "QUEUE [PAYLOAD ...]",
	.summary = "Put jobs into a queue: each PAYLOAD, or all of stdin.",
	.table = table,
	.common = &args.common,
};

static bool streams(const struct args *a)
{
	return a->lines || a->null || a->common.json;
}

/* Everything that one option can say wrong about a job. */
static void check_job(struct args *a)
{
	struct err e;

	a->job.priority = (int)a->priority;
	a->job.meta = a->meta.v;
	a->job.n_meta = a->meta.n;
	if (record_check_options(&a->job, &e) < 0)
		opt_usage(&cmd, "%s", e.msg);
	if (a->id && key_check_id(strv_of(a->id), &e) < 0)
		opt_usage(&cmd, "--id: %s", e.msg);
	if (a->has_delay && a->has_at)
		opt_usage(&cmd, "--delay and --at cannot both be given");
	if (a->job.at_ms - clock_real_ms() > NUM_SPAN_MAX_MS)
		opt_usage(&cmd, "--at: more than 366 days from now");
}

static void check_input(const struct args *a)
{
	if (a->lines + a->null + a->common.json > 1)
		opt_usage(&cmd, "only one of --lines, --null and --json");
	if (streams(a) && a->n_payloads)
		opt_usage(&cmd, "with --lines, --null and --json the payloads "
				"come from stdin, not from operands");
	if (a->id && (streams(a) || a->n_payloads > 1))
		opt_usage(&cmd, "--id is for one job");
	if (a->wait && (streams(a) || a->n_payloads > 1))
		opt_usage(&cmd, "--wait is for one job");
	if (a->wait_timeout && !a->wait)
		opt_usage(&cmd, "--wait-timeout goes with --wait");
	if (!a->n_payloads && !a->dash && isatty(STDIN_FILENO))
		opt_usage(&cmd, "no PAYLOAD, and stdin is a terminal (write - "
				"to type there)");
}

static void parse_args(struct args *a, int argc, char **argv)
{
	bool dashes = false;
	struct err e;
	int first;

	for (int i = 1; i < argc; i++)
		dashes = dashes || strcmp(argv[i], "--") == 0;
	opt_parse(&cmd, argc, argv, &first);
	if (first == argc)
		opt_usage(&cmd, "no QUEUE given");
	a->queue = strv_of(argv[first]);
	if (key_check_queue(a->queue, &e) < 0)
		opt_usage(&cmd, "%s", e.msg);
	a->payloads = argv + first + 1;
	/* after "--" it is a payload like any other */
	a->dash = argc == first + 2 && !dashes && !strcmp(*a->payloads, "-");
	a->n_payloads = a->dash ? 0 : (size_t)(argc - first - 1);
	check_job(a);
	a->wait |= a->follow;
	check_input(a);
	a->job.notify = a->wait;
}

/* What the steps below work with. */
struct run {
	const struct args *a;
	struct connect c;
	bool connected;
	struct pusher pusher;
	struct outcome_watch *watch; /* with --wait, once there is a job */
	char id[KEY_ID_MAX + 1];     /* of that job */
};

static int connect_once(struct run *r, struct err *e)
{
	const struct opt_common *common = &r->a->common;

	if (r->connected)
		return 0;
	if (connect_open(&r->c, common, cmd.name, NULL, e) < 0)
		return -1;
	r->connected = true;
	return pusher_connect(&r->pusher, common, &r->c, e);
}

static int print_plan(const struct run *r, const char *id,
		      const struct job_options *o, size_t size, struct err *e)
{
	struct buf b = BUF_INIT;
	int rc;

	if (r->a->common.quiet)
		return 0;
	record_show_job(r->pusher.keys.queue, id, o, size, &b);
	rc = output_write(b.p, b.len, e);
	buf_release(&b);
	return rc;
}

/* One job of the input; -1 with the reason why there is no going on. */
static int push_one(struct run *r, uint64_t number, const char *id,
		    const struct job_options *o, struct strv payload,
		    struct err *e)
{
	char made[KEY_NEW_ID_SIZE];

	if (r->a->no_empty && payload.n == 0)
		return 0;
	if (!id || !*id) {
		key_new_id(clock_real_ms(), made);
		id = made;
	}
	pusher_warn_of_frame(&r->pusher, &r->a->frame, number, payload);
	if (r->a->dry_run)
		return print_plan(r, id, o, payload.n, e);
	if (connect_once(r, e) < 0)
		return -1;
	if (r->a->wait) {
		/* listens before there is anything to hear */
		snprintf(r->id, sizeof(r->id), "%s", id);
		r->watch = outcome_watch_new(&r->c, &r->pusher.keys, r->id);
	}
	pusher_add(&r->pusher, number, id, o, payload, !streams(r->a));
	return 0;
}

static int push_operands(struct run *r, struct err *e)
{
	const struct args *a = r->a;

	for (size_t i = 0; i < a->n_payloads; i++)
		if (strlen(a->payloads[i]) > (size_t)a->max_payload)
			return err_set(e, STATUS_DATA,
				       "payload %zu is larger than %lld bytes "
				       "(see --max-payload)",
				       i + 1, (long long)a->max_payload);
	for (size_t i = 0; i < a->n_payloads && !r->pusher.stopped; i++)
		if (push_one(r, i + 1, a->id, &a->job, strv_of(a->payloads[i]),
			     e) < 0)
			return -1;
	return pusher_finish(&r->pusher, e);
}

static int push_stdin(struct run *r, struct err *e)
{
	struct buf all = BUF_INIT;
	int rc = fd_read_all(STDIN_FILENO, "standard input",
			     (size_t)r->a->max_payload, &all, e);

	if (rc == 0)
		rc = push_one(r, 1, r->a->id, &r->a->job,
			      strv_make(all.p, all.len), e);
	if (rc == 0)
		rc = pusher_finish(&r->pusher, e);
	buf_release(&all);
	return rc;
}

/* A record becomes a job, or is complained of; -1 ends the input. */
static int take_record(struct run *r, const struct record_reader *in,
		       struct strv v, bool too_long, struct record_job *job,
		       struct err *e)
{
	const struct args *a = r->a;
	struct record_rules rules = {&a->job, (size_t)a->max_payload,
				     clock_real_ms()};

	if (too_long)
		err_set(e, STATUS_DATA,
			"larger than %zu bytes (see --max-payload)", in->limit);
	if (!a->common.json && too_long)
		return -1;
	if (!a->common.json)
		return push_one(r, in->number, NULL, &a->job, v, e);
	if (too_long || record_parse_job(v, &rules, job, e) < 0) {
		pusher_refuse(&r->pusher, in->number, e);
		return 0;
	}
	return push_one(r, in->number, job->id, &job->options, job->payload, e);
}

static int push_stream(struct run *r, struct err *e)
{
	const struct args *a = r->a;
	/* base64 and escapes take more room than what they stand for */
	size_t limit = (size_t)a->max_payload * (a->common.json ? 2 : 1) +
		       (a->common.json ? 1U << 20 : 0);
	struct record_reader in;
	struct record_job job;
	int rc = 0;

	record_init(&in, STDIN_FILENO, a->null ? '\0' : '\n', limit);
	record_job_init(&job);
	while (rc == 0 && !r->pusher.stopped) {
		struct strv v;
		enum record_found found = record_next(&in, &v);

		if (found != RECORD_NONE) {
			rc = take_record(r, &in, v, found == RECORD_LONG, &job,
					 e);
			continue;
		}
		if (in.eof)
			break;
		if (r->connected && !record_waiting(&in))
			pusher_await_input(&r->pusher, in.fd);
		else if (record_read(&in, e) < 0) {
			in.number++;
			rc = -1;
		}
	}
	if (rc < 0)
		pusher_stop(&r->pusher, in.number, e);
	rc = pusher_finish(&r->pusher, e);
	record_job_release(&job);
	record_release(&in);
	return rc;
}

static int wait_for_end(const struct run *r, struct err *e)
{
	struct follow follow = {.to = FOLLOW_STDERR,
				.quiet = r->a->common.quiet > 0};
	struct outcome o;
	int rc;

	follow_init(&follow, r->pusher.keys.queue, strv_of(r->id));
	if (r->a->follow)
		outcome_follow(r->watch, &follow);
	/* a job that was there before may be one that tells nobody */
	rc = outcome_wait(r->watch, r->a->wait_timeout, r->pusher.known > 0,
			  &cmd, &o, e);
	if (rc == 0)
		rc = outcome_tell(&o, &cmd, r->pusher.keys.queue, r->id, e);
	else
		err_prefix(e, "'%s/%s' was pushed", r->pusher.keys.queue,
			   r->id);
	outcome_release(&o);
	follow_release(&follow);
	return rc;
}

static int run(const struct args *a, struct err *e)
{
	struct run r = {.a = a};
	int rc;

	pusher_init(&r.pusher, &cmd, a->common.namespace, a->queue,
		    !a->common.quiet && !a->wait);
	r.pusher.durable = a->durable;
	r.pusher.single = !streams(a) && a->n_payloads <= 1;
	if (streams(a))
		rc = push_stream(&r, e);
	else if (a->n_payloads)
		rc = push_operands(&r, e);
	else
		rc = push_stdin(&r, e);
	if (rc == 0 && r.watch)
		rc = wait_for_end(&r, e);
	outcome_watch_free(r.watch);
	pusher_release(&r.pusher);
	if (r.connected)
		connect_close(&r.c);
	return rc;
}

int main(int argc, char **argv)
{
	struct err e, late;
	int rc;

	parse_args(&args, argc, argv);
	pusher_read_trace(&cmd, &args.job);
	rc = run(&args, &e);
	if (output_finish(&late) < 0 && rc == 0) {
		e = late;
		rc = -1;
	}
	return rc < 0 ? opt_end(&cmd, &e) : STATUS_OK;
}
