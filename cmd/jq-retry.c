/* SPDX-License-Identifier: ISC */
/*
 * jq-retry: puts dead jobs back, by name from operands or stdin, or all of a
 * queue, and prints the name of each one put back. A job that is missing or
 * not dead is one line on stderr and the rest go on; then it exits 1, and
 * also when there was nothing to put back.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "base/text.h"
#include "cli/connect.h"
#include "cli/ids.h"
#include "cli/opt.h"
#include "cli/output.h"
#include "queue/change.h"
#include "queue/key.h"
#include "queue/move.h"
#include "queue/page.h"
#include "queue/push.h"
#include "queue/stats.h"

static struct args {
	struct opt_common common;
	bool all, null, dry_run, has_limit;
	int64_t limit, delay;
	const char *queue, *to;
	char *const *operands;
	size_t n;
} args;

enum {
	KEY_ALL = 256,
	KEY_QUEUE,
	KEY_TO,
	KEY_DRY_RUN
};

/* clang-format off */
static const struct opt table[] = {
	{KEY_ALL, "all", NULL, "all dead jobs of the queues, oldest first",
	 OPT_FLAG, .at = &args.all},
	{'n', "limit", "N", "with --all: at most N jobs",
	 OPT_INT, .at = &args.limit,
	 .min = 1, .max = INT64_MAX, .given = &args.has_limit},
	{'0', "null", NULL, "names on stdin end with NUL",
	 OPT_FLAG, .at = &args.null},
	{KEY_QUEUE, "queue", "QUEUE", "the queue of names that are bare ids",
	 OPT_TEXT, .at = &args.queue},
	{'d', "delay", "DUR", "not before so long from now",
	 OPT_DURATION, .at = &args.delay, .max = NUM_SPAN_MAX_MS},
	{KEY_TO, "to", "QUEUE", "put them into that queue, under the same ids",
	 OPT_TEXT, .at = &args.to},
	{KEY_DRY_RUN, "dry-run", NULL, "print what would be put back",
	 OPT_FLAG, .at = &args.dry_run},
	{.name = NULL},
};
/* clang-format on */

static const struct opt_command cmd = {
	.name = "jq-retry",
	.synopsis = "[-d DUR] [--to QUEUE] [--dry-run] QUEUE/ID ...\n"
		    "[-0] [-d DUR] [--to QUEUE] [--dry-run] -\n"
		    "[-n N] [-d DUR] [--to QUEUE] [--dry-run] --all QUEUE ...",
	.summary = "Put dead jobs back.",
	.table = table,
	.common = &args.common,
};

static void check_queue(const char *option, const char *name)
{
	struct err e;

	if (name && key_check_queue(strv_of(name), &e) < 0)
		opt_usage(&cmd, "%s%s%s", option, *option ? ": " : "", e.msg);
}

static void check_args(const struct args *a)
{
	if (a->all && a->queue)
		opt_usage(&cmd, "--queue is for ids, not for --all");
	if (a->all && a->null)
		opt_usage(&cmd, "--null is for names on stdin, not for --all");
	if (a->has_limit && !a->all)
		opt_usage(&cmd, "--limit goes with --all");
	if (a->all && a->n == 0)
		opt_usage(&cmd, "--all needs a QUEUE");
	if (!a->all && a->n == 0 && isatty(STDIN_FILENO))
		opt_usage(&cmd, "no job named");
	check_queue("--queue", a->queue);
	check_queue("--to", a->to);
	for (size_t i = 0; a->all && i < a->n; i++) {
		check_queue("", a->operands[i]);
		if (a->to && strcmp(a->to, a->operands[i]) == 0)
			opt_usage(&cmd, "--to names the queue the jobs are in");
	}
}

static void parse_args(struct args *a, int argc, char **argv)
{
	int first;

	opt_parse(&cmd, argc, argv, &first);
	a->operands = argv + first;
	a->n = (size_t)(argc - first);
	check_args(a);
}

/* What the steps below work with. */
struct run {
	const struct args *a;
	struct connect c;
	bool connected;
	uint64_t put_back;
	uint64_t missing;    /* jobs complained of */
	uint64_t bad;	     /* lines that name no job */
	struct key_set from; /* the queue at hand */
	struct key_set to;   /* with --to */
	struct err broken;   /* stdout, when `is_broken` */
	bool is_broken;
};

static int use_queue(struct run *r, const char *queue, struct err *e)
{
	const struct opt_common *common = &r->a->common;

	key_set_init(&r->from, common->namespace, strv_of(queue));
	if (r->connected)
		return 0;
	if (connect_open(&r->c, common, cmd.name, NULL, e) < 0)
		return -1;
	r->connected = true;
	if (!r->a->to)
		return 0;
	key_set_init(&r->to, common->namespace, strv_of(r->a->to));
	if (!r->a->dry_run)
		push_announce(r->c.redis, common->namespace, r->a->to);
	return 0;
}

/* One job that cannot be put back; the others can. */
static printf_like(3, 4) void complain(struct run *r, struct strv id,
				       const char *fmt, ...)
{
	char why[200];
	struct err e;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	r->missing++;
	err_set(&e, STATUS_NO, "'%s/%.*s' %s", r->from.queue, (int)id.n, id.p,
		why);
	opt_fail(&cmd, &e);
}

static void complain_of_state(struct run *r, struct strv id, const char *state)
{
	if (strcmp(state, "GONE") == 0)
		complain(r, id, "is not there");
	else
		complain(r, id, "is not dead: it is %s", state);
}

static void put_back(struct run *r, const struct key_set *where, struct strv id)
{
	char line[KEY_QUEUE_MAX + KEY_ID_MAX + 3];
	int n = snprintf(line, sizeof(line), "%s/%.*s\n", where->queue,
			 (int)id.n, id.p);

	r->put_back++;
	if (!r->is_broken && output_write(line, (size_t)n, &r->broken) < 0)
		r->is_broken = true;
}

/* What was done is on stdout before more is done. */
static int flush(struct run *r, struct err *e)
{
	if (!r->is_broken && output_flush(&r->broken) < 0)
		r->is_broken = true;
	if (!r->is_broken)
		return 0;
	*e = r->broken;
	return -1;
}

static void word_for(void *arg, struct strv id, struct strv word)
{
	struct run *r = arg;
	char shown[64];

	if (strv_eq(word, "OK"))
		put_back(r, &r->from, id);
	else if (!r->a->all || strv_eq(word, "GONE"))
		complain_of_state(r, id, text_show(word, shown, sizeof(shown)));
	/* else with --all somebody else was faster: as good */
}

static int move_one(struct run *r, struct strv id, struct err *e)
{
	const struct move m = {r->c.redis, &r->from, &r->to, r->a->delay};
	enum move_verdict verdict;
	const char *state;

	if (move_dead(&m, id, &verdict, &state, e) < 0)
		return -1;
	switch (verdict) {
	case MOVE_OK:
		put_back(r, &r->to, id);
		break;
	case MOVE_GONE:
		complain_of_state(r, id, "GONE");
		break;
	case MOVE_NOT_DEAD:
		complain_of_state(r, id, state);
		break;
	case MOVE_CONFLICT:
		complain(r, id, "stays: queue '%s' has another job of that id",
			 r->to.queue);
		break;
	case MOVE_DROPPED:
		complain(r, id, "stays: it was dropped from queue '%s' before",
			 r->to.queue);
		break;
	}
	return 0;
}

/* What the real run would do to it, as far as can be told. */
static int plan_one(struct run *r, struct strv id, struct err *e)
{
	const char *state;
	int rc = stats_state(r->c.redis, &r->from, id, &state, e);

	if (rc < 0)
		return -1;
	if (rc == 1 || strcmp(state, "dead") != 0)
		complain_of_state(r, id, rc == 1 ? "GONE" : state);
	else
		put_back(r, r->a->to ? &r->to : &r->from, id);
	return 0;
}

/* Up to PAGE_MOST jobs of the queue at hand. */
static int retry_batch(struct run *r, const struct strv *ids, size_t n,
		       struct err *e)
{
	const struct change_ids all = {ids, n, word_for, r};
	int rc = 0;

	if (!r->a->dry_run && !r->a->to)
		rc = change_retry(r->c.redis, &r->from, r->a->delay, &all, e);
	else
		for (size_t i = 0; i < n && rc == 0; i++)
			rc = r->a->dry_run ? plan_one(r, ids[i], e)
					   : move_one(r, ids[i], e);
	return rc < 0 ? -1 : flush(r, e);
}

static int retry_named(void *arg, const char *queue, const struct strv *v,
		       size_t n, struct err *e)
{
	struct run *r = arg;

	if (use_queue(r, queue, e) < 0)
		return -1;
	if (r->a->to && strcmp(r->a->to, queue) == 0) {
		for (size_t i = 0; i < n; i++)
			complain(r, v[i], "is in queue '%s' already", queue);
		return 0;
	}
	for (size_t i = 0; i < n; i += PAGE_MOST)
		if (retry_batch(r, v + i, n - i < PAGE_MOST ? n - i : PAGE_MOST,
				e) < 0)
			return -1;
	return 0;
}

static void bad_line(void *arg, const struct err *why)
{
	((struct run *)arg)->bad++;
	opt_fail(&cmd, why);
}

static int retry_ids(struct run *r, struct err *e)
{
	static char dash[] = "-";
	char *const from_stdin[] = {dash};
	const struct ids ids = {
		.operands = r->a->n ? r->a->operands : from_stdin,
		.n = r->a->n ? r->a->n : 1,
		.queue = r->a->queue,
		.separator = r->a->null ? '\0' : '\n',
		.run = retry_named,
		.bad = bad_line,
		.arg = r,
	};

	return ids_each(&ids, e);
}

static int plan_listed(void *arg, const struct stats_job *job, struct err *e)
{
	struct run *r = arg;

	(void)e;
	put_back(r, r->a->to ? &r->to : &r->from, job->id);
	return 0;
}

/* The dead jobs of the queue at hand, the oldest `most` of them. */
static int retry_queue(struct run *r, int64_t most, struct err *e)
{
	const struct stats_list list = {
		.state = "dead",
		.limit = r->a->has_limit ? most : 0,
		.fn = plan_listed,
		.arg = r,
	};
	struct page p;
	int rc;

	if (r->a->dry_run)
		return stats_each_job(r->c.redis, &r->from, &list, e);
	page_init(&p);
	do {
		uint64_t missing = r->missing;

		rc = page_next(&p, r->c.redis, &r->from, most, e);
		if (rc == 0 && p.n)
			rc = retry_batch(r, p.v, p.n, e);
		most -= (int64_t)p.n;
		p.left += r->missing - missing;
	} while (rc == 0 && p.n);
	page_release(&p);
	return rc;
}

static int retry_all(struct run *r, struct err *e)
{
	const struct args *a = r->a;
	int64_t most = a->has_limit ? a->limit : INT64_MAX;

	for (size_t i = 0; i < a->n; i++) {
		uint64_t before = r->put_back;

		if (most == 0)
			break;
		if (use_queue(r, a->operands[i], e) < 0 ||
		    retry_queue(r, most, e) < 0)
			return -1;
		most -= (int64_t)(r->put_back - before);
	}
	return 0;
}

static int run(const struct args *a, struct err *e)
{
	struct run r = {.a = a};
	int rc = a->all ? retry_all(&r, e) : retry_ids(&r, e);

	if (r.connected)
		connect_close(&r.c);
	if (rc < 0 && r.put_back)
		return err_prefix(e, "put back %" PRIu64 ", then stopped",
				  r.put_back);
	if (rc < 0)
		return -1;
	if (r.bad)
		return err_set(e, STATUS_DATA,
			       "%" PRIu64 " of the lines named no job", r.bad);
	if (r.missing)
		return err_set(e, STATUS_NO,
			       "put back %" PRIu64 ", but not %" PRIu64,
			       r.put_back, r.missing);
	if (r.put_back == 0)
		return err_set(e, STATUS_NO, "nothing to do: no job is dead");
	return 0;
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
