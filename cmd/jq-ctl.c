/* SPDX-License-Identifier: ISC */
/*
 * jq-ctl: the verbs that change or destroy. Reads ids from operands or stdin;
 * writes the ids of the jobs it ended, or what was asked for, to stdout. Exits
 * 0; 1 when some jobs were not there or had nothing to be done to, or when the
 * private server does not run; else as all commands do.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/archive.h"
#include "cli/checkup.h"
#include "cli/connect.h"
#include "cli/look.h"
#include "cli/mover.h"
#include "cli/opt.h"
#include "cli/output.h"
#include "cli/overview.h"
#include "cli/ping.h"
#include "cli/private.h"
#include "cli/removal.h"
#include "cli/setting.h"
#include "cli/tune.h"
#include "cli/verb.h"
#include "cli/who.h"
#include "queue/key.h"
#include "queue/stats.h"

static struct {
	struct opt_common common;
	const char *reason, *state, *queue, *to;
	bool all, force, repair;
	char **operand; /* after the verb */
	size_t n;
} args;

enum {
	KEY_REASON = 256,
	KEY_ALL,
	KEY_REPAIR,
	KEY_QUEUE_OPTION,
	KEY_TO
};

/* clang-format off */
static const struct opt table[] = {
	{.key = KEY_REASON, .name = "reason", .arg = "TEXT", .kind = OPT_TEXT,
	 .help = "pause: why, for those who look", .at = &args.reason},
	{.key = KEY_ALL, .name = "all", .kind = OPT_FLAG,
	 .help = "drop: all jobs of the queue in the state of -s",
	 .at = &args.all},
	{.key = 's', .name = "state", .arg = "STATE", .kind = OPT_TEXT,
	 .help = "ready, running, delayed, retry, dead, (done,) all",
	 .at = &args.state},
	{.key = 'f', .name = "force", .kind = OPT_FLAG,
	 .help = "with --all: do not ask", .at = &args.force},
	{.key = KEY_QUEUE_OPTION, .name = "queue", .arg = "QUEUE",
	 .kind = OPT_TEXT, .help = "the queue of ids that name none",
	 .at = &args.queue},
	{.key = KEY_TO, .name = "to", .arg = "QUEUE", .kind = OPT_TEXT,
	 .help = "move: into this queue", .at = &args.to},
	{.key = KEY_REPAIR, .name = "repair", .kind = OPT_FLAG,
	 .help = "check: mend what can be mended, and say what was done",
	 .at = &args.repair},
	{.name = NULL},
};
/* clang-format on */

/* What the verbs work with. */
struct ctl {
	struct connect server;
	struct tune tune;
	struct buf out; /* the answer, if it is not written at once */
	int status;	/* exit status: the first failure, or 0 */
	char who[160];	/* user@host */
};

static struct opt_command command = {
	.name = "jq-ctl",
	.synopsis = "[OPTION ...] VERB [ARG ...]",
	.summary = "Change queues, stop jobs, look after the private server.",
	.table = table,
	.common = &args.common,
};

static int ping(void *with, struct err *e)
{
	struct ctl *c = with;
	return ping_run(&command, &c->server, &c->out, e);
}

static int pause_queues(void *with, struct err *e)
{
	struct ctl *c = with;
	return tune_pause(&c->tune, args.reason, args.operand, args.n, e);
}

static int resume_queues(void *with, struct err *e)
{
	struct ctl *c = with;
	return tune_resume(&c->tune, args.operand, args.n, e);
}

static int set(void *with, struct err *e)
{
	struct ctl *c = with;
	return tune_set(&c->tune, args.operand[0], args.operand + 1, args.n - 1,
			e);
}

static int get(void *with, struct err *e)
{
	struct ctl *c = with;
	return tune_get(&c->tune, args.operand[0], args.operand + 1, args.n - 1,
			e);
}

static int prune(void *with, struct err *e)
{
	struct ctl *c = with;
	return tune_prune(&c->tune, args.operand, args.n, e);
}

static int end_jobs(struct ctl *c, enum change_removal what, struct err *e)
{
	struct removal r = {
		.command = &command,
		.redis = c->server.redis,
		.space = args.common.namespace,
		.what = what,
	};
	char reason[200];
	int rc;

	snprintf(reason, sizeof(reason), "%s by %s",
		 what == CHANGE_DROP ? "dropped" : "cancelled", c->who);
	r.reason = reason;
	if (args.all)
		rc = removal_all(&r, args.operand[0], args.state, args.force,
				 e);
	else
		rc = removal_ids(&r, args.operand, args.n, args.queue, e);
	c->status = r.status;
	return rc;
}

static int cancel(void *with, struct err *e)
{
	return end_jobs(with, CHANGE_CANCEL, e);
}

static int drop(void *with, struct err *e)
{
	return end_jobs(with, CHANGE_DROP, e);
}

static int move_jobs(void *with, struct err *e)
{
	struct ctl *c = with;
	struct mover m = {
		.command = &command,
		.redis = c->server.redis,
		.space = args.common.namespace,
		.to = args.to,
	};
	int rc = args.all ? mover_all(&m, args.operand[0], args.state, e)
			  : mover_ids(&m, args.operand, args.n, args.queue, e);

	c->status = m.status;
	return rc;
}

static struct archive archive_of(const struct ctl *c)
{
	return (struct archive){
		.command = &command,
		.redis = c->server.redis,
		.space = args.common.namespace,
	};
}

static int export_jobs(void *with, struct err *e)
{
	struct ctl *c = with;
	struct archive a = archive_of(c);
	int rc = archive_export(&a, args.operand, args.n, args.state, e);

	c->status = a.status;
	return rc;
}

static int import_jobs(void *with, struct err *e)
{
	struct ctl *c = with;
	struct archive a = archive_of(c);
	int rc = archive_import(&a, args.queue, e);

	c->status = a.status;
	return rc;
}

static int server(void *with, struct err *e)
{
	struct ctl *c = with;
	c->status = private_do(args.operand[0], args.common.json, &c->out, e);
	return c->status < 0 ? -1 : 0;
}

static int config(void *with, struct err *e)
{
	struct ctl *c = with;

	c->status = overview_run(&command, args.operand, args.n, &c->out, e);
	return c->status < 0 ? -1 : 0;
}

static int check(void *with, struct err *e)
{
	struct ctl *c = with;
	const struct checkup up = {
		.command = &command,
		.server = &c->server,
		.queues = args.operand,
		.n_queues = args.n,
		.repair = args.repair,
	};

	c->status = checkup_run(&up, e);
	return c->status < 0 ? -1 : 0;
}

/* The last one's notes are its settings, put in when it starts. */
static struct verb verbs[] = {
	{"ping", "ping", "Say whether the server answers, and how fast.", "",
	 NULL, NULL, ping},
	{"pause", "pause [--reason TEXT] QUEUE ...",
	 "Give out no more jobs; running ones go on.", "reason ", "queue", NULL,
	 pause_queues},
	{"resume", "resume QUEUE ...", "Give out jobs again.", "", "queue",
	 NULL, resume_queues},
	{"cancel", "cancel [--queue QUEUE] QUEUE/ID ...",
	 "Make waiting jobs dead; stop running ones ('-' reads ids).", "queue ",
	 "job", NULL, cancel},
	{"drop",
	 "drop [--queue QUEUE] QUEUE/ID ...\n"
	 "drop --all -s STATE [-f] QUEUE",
	 "Delete jobs, waiting or dead; stop running ones ('-' reads ids).",
	 "queue all state force ", "job", NULL, drop},
	{"move",
	 "move --to QUEUE [--queue QUEUE] QUEUE/ID ...\n"
	 "move --to QUEUE --all -s STATE QUEUE",
	 "Put waiting and dead jobs into another queue, as they are.",
	 "to queue all state ", "job", NULL, move_jobs},
	{"config", "config [COMMAND ...]",
	 "Print what the options of all commands are set to, and where.", "",
	 "command?", NULL, config},
	{"check", "check [--repair] [QUEUE ...]",
	 "Check that the data fits together, and mend it.", "repair ", "queue?",
	 NULL, check},
	{"export", "export [-s STATE] QUEUE ...",
	 "Write all jobs, with their attempts, as lines of JSON.", "state ",
	 "queue", NULL, export_jobs},
	{"import", "import [--queue QUEUE] <FILE",
	 "Read such lines, and put the jobs where they were.", "queue ", NULL,
	 NULL, import_jobs},
	{"get", "get QUEUE [KEY ...]",
	 "Print settings: all with type and default, or values.", "", "queue",
	 NULL, get},
	{"prune", "prune [QUEUE ...]",
	 "Forget now what is beyond what the queues keep.", "", "queue?", NULL,
	 prune},
	{"server", "server status|stop|url", "Look after the private server.",
	 "", "of status, stop, url", NULL, server},
	{"set", "set QUEUE [KEY=VALUE ...]",
	 "Set limits and retention, or show those in force.", "", "queue", NULL,
	 set},
};

static void check_queues(size_t most)
{
	struct err e;

	for (size_t i = 0; i < args.n && i < most; i++)
		if (key_check_queue(strv_of(args.operand[i]), &e) < 0)
			opt_usage(&command, "%s", e.msg);
}

/* Deleting many needs one queue, one state, and a word from a person. */
static void check_sweep(void)
{
	if (!args.all && (args.state || args.force))
		opt_usage(&command, "%s is for --all",
			  args.state ? "-s" : "-f");
	if (!args.all)
		return;
	if (args.n != 1 || args.queue)
		opt_usage(&command, "--all takes one queue");
	check_queues(1);
	removal_check_all(&command, args.state, args.force);
}

static void check_move(void)
{
	struct err e;

	if (!args.to)
		opt_usage(&command, "where to (--to QUEUE)?");
	if (key_check_queue(strv_of(args.to), &e) < 0)
		opt_usage(&command, "--to: %s", e.msg);
	if (args.all != (args.state != NULL) || (args.all && args.n != 1))
		opt_usage(&command, "--all, -s and one queue go together");
	if (args.all)
		check_queues(1);
}

static void check_operands(const struct verb *v)
{
	struct err e;

	if (v->operand && strncmp(v->operand, "queue", 5) == 0)
		check_queues(v->run == set || v->run == get ? 1 : args.n);
	if (v->run == export_jobs && args.state &&
	    !look_known_state(args.state))
		opt_usage(&command, "'%s' is not a state (ready … done, all)",
			  args.state);
	if (v->run == import_jobs)
		archive_check_stdin(&command);
	if (v->run == drop)
		check_sweep();
	if (v->run == move_jobs)
		check_move();
	if (args.queue && key_check_queue(strv_of(args.queue), &e) < 0)
		opt_usage(&command, "%s", e.msg);
	if (v->run == server &&
	    (args.n != 1 || !private_knows(args.operand[0])))
		opt_usage(&command, "it is one of status, stop, url");
}

static const struct verb *parse_args(int argc, char **argv)
{
	static struct buf settings = BUF_INIT;
	const struct verb *v;
	int first;

	setting_help(&settings);
	verbs[ARRAY_LEN(verbs) - 1].notes = settings.p;
	v = verb_parse(&command, verbs, ARRAY_LEN(verbs), argc, argv, &first);
	args.operand = argv + first;
	args.n = (size_t)(argc - first);
	check_operands(v);
	return v;
}

static bool needs_server(const struct verb *v)
{
	return v->run != server && v->run != config;
}

static int run(const struct verb *v, struct ctl *c, struct err *e)
{
	if (needs_server(v) &&
	    connect_open(&c->server, &args.common, "jq-ctl", NULL, e) < 0)
		return -1;
	who_find(c->who, sizeof(c->who));
	c->tune = (struct tune){
		.command = &command,
		.redis = c->server.redis,
		.space = args.common.namespace,
		.who = c->who,
		.out = &c->out,
	};
	if (v->run(c, e) < 0)
		return -1;
	if (c->status == 0)
		c->status = c->tune.status;
	/* what nobody waits for (announce) has to arrive too */
	if (needs_server(v))
		redis_drain(c->server.redis);
	return output_write(c->out.p, c->out.len, e);
}

int main(int argc, char **argv)
{
	struct ctl c = {.out = BUF_INIT};
	struct err e, closing;
	int status;

	if (run(parse_args(argc, argv), &c, &e) < 0)
		status = opt_end(&command, &e);
	else
		status = c.status;
	buf_release(&c.out);
	if (c.server.loop)
		connect_close(&c.server);
	if (output_finish(&closing) < 0 && status != STATUS_IO)
		status = opt_fail(&command, &closing);
	return status;
}
