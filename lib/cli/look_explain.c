/* SPDX-License-Identifier: ISC */
/*
 * Why a job does not run: one sentence made of what the server knows at this
 * moment, in a handful of questions of bounded cost.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/text.h"
#include "cli/look.h"
#include "cli/output.h"
#include "queue/turn.h"

/* Who could run it, by what they told last. */
struct crew {
	int64_t workers;
	int64_t taking;	      /* of them, those that take jobs */
	int64_t slots, busy;  /* of those */
	char state[16];	      /* of one of the others */
	struct strv instance; /* whose name is wanted; empty = nobody's */
	struct buf name;
};

/* All that goes into the sentence. */
struct facts {
	struct turn turn;
	struct crew crew;
	int64_t running;
	char *paused; /* owned; "MS WHY", or empty */
	struct stats_detail d;
	int64_t start_ms; /* when it may start; 0 = no telling */
	const char *cause;
	struct buf text;
};

static bool is(const struct facts *f, const char *state)
{
	return strcmp(f->d.job.state, state) == 0;
}

static const char *plural(int64_t n)
{
	return n == 1 ? "" : "s";
}

/* "2026-11-24T10:00:00Z (3m ago)" or "… (in 5m)". */
static void add_time(struct buf *out, int64_t ms, int64_t now_ms)
{
	char time[32], span[24];

	num_format_time(ms - ms % 1000, time);
	num_format_span(ms > now_ms ? ms - now_ms : now_ms - ms, span);
	buf_addf(out, "%.19sZ (%s%s%s)", time, ms > now_ms ? "in " : "", span,
		 ms > now_ms ? "" : " ago");
}

static void add_view(struct buf *out, struct strv v)
{
	buf_add(out, v.p, v.n);
}

/* What keeps the whole queue from being worked on: a word, and a clause on
 * `out`; NULL if nothing does. */
static const char *add_blocker(const struct facts *f, struct buf *out)
{
	const struct crew *c = &f->crew;
	const char *queue = "its queue";
	int64_t since;
	struct strv why = show_paused(strv_of(f->paused), &since);

	if (*f->paused) {
		buf_addf(out, "%s is paused", queue);
		if (since) {
			buf_addstr(out, " since ");
			add_time(out, since, f->turn.now_ms);
		}
		if (why.n) {
			buf_addstr(out, ": ");
			add_view(out, why);
		}
		return "paused";
	}
	if (c->workers == 0) {
		buf_addf(out, "no worker serves %s", queue);
		return "no-worker";
	}
	if (c->taking > 0)
		return NULL;
	buf_addf(out, "the %" PRId64 " worker%s of %s take%s no jobs: %s",
		 c->workers, plural(c->workers), queue,
		 c->workers == 1 ? "s" : "", c->state);
	return "no-taker";
}

/* From the jobs ahead and how fast they go; 0 when there is no telling. */
static int64_t expect(const struct facts *f, int64_t from_ms)
{
	const struct turn *t = &f->turn;
	double rate = turn_rate(t);
	int64_t at;

	if (t->ahead < f->crew.slots - f->crew.busy)
		return from_ms;
	if (rate <= 0)
		return 0;
	at = t->now_ms + (int64_t)((double)(t->ahead + 1) * 60000 / rate);
	return at > from_ms ? at : from_ms;
}

static void add_ahead(struct buf *out, int64_t n)
{
	if (n == 0)
		buf_addstr(out, "it is the next");
	else
		buf_addf(out, "%" PRId64 " job%s %s ahead of it", n, plural(n),
			 n == 1 ? "is" : "are");
}

static void add_expiry(struct facts *f)
{
	int64_t expires = f->d.job.header.expires_ms;
	bool late = f->start_ms > expires;

	if (!expires)
		return;
	buf_addstr(&f->text, late ? "; but it expires " : "; it expires ");
	add_time(&f->text, expires, f->turn.now_ms);
	buf_addstr(&f->text, " unless it is started by then");
}

/* Nothing blocks the queue: it is a matter of its place. */
static void add_turn(struct facts *f)
{
	const struct turn *t = &f->turn;
	const struct crew *c = &f->crew;
	double rate = turn_rate(t);
	struct buf *out = &f->text;

	f->start_ms = expect(f, t->now_ms);
	if (t->ahead < c->slots - c->busy) {
		f->cause = "next";
		buf_addf(out,
			 "is ready and about to start: %" PRId64 " of %" PRId64
			 " slots are free",
			 c->slots - c->busy, c->slots);
		return;
	}
	f->cause = "turn";
	buf_addstr(out, "waits its turn: ");
	add_ahead(out, t->ahead);
	buf_addf(out, ", %" PRId64 " run%s on %" PRId64 " worker%s", f->running,
		 f->running == 1 ? "s" : "", c->taking, plural(c->taking));
	if (f->start_ms) {
		buf_addf(out, "; at %.*f a minute it starts about ",
			 rate < 10 ? 1 : 0, rate);
		add_time(out, f->start_ms, t->now_ms);
	} else {
		buf_addstr(out, "; no job has ended lately, so there is no "
				"telling when it starts");
	}
}

static void explain_ready(struct facts *f)
{
	struct buf why = BUF_INIT;

	f->cause = add_blocker(f, &why);
	if (f->cause) {
		buf_addf(&f->text, "is ready, but %s; ", why.p);
		add_ahead(&f->text, f->turn.ahead);
	} else {
		add_turn(f);
	}
	add_expiry(f);
	buf_release(&why);
}

/* Why there is a next attempt: "attempt 1 of 5 failed with exit 1: reason". */
static void add_failure(struct facts *f)
{
	const struct job_record *c = &f->d.job.record;
	struct buf *out = &f->text;
	char how[SHOW_HOW_SIZE];

	if (strv_eq(c->last, "lost")) {
		buf_addf(out, "its worker vanished, for the %" PRId64 ". time",
			 c->losses);
		return;
	}
	buf_addf(out, "attempt %" PRId64, c->attempts);
	if (f->d.job.header.max_attempts)
		buf_addf(out, " of %" PRId64, f->d.job.header.max_attempts);
	buf_addf(out, " failed with %s", show_how(c->last, how));
	if (show_says_more(c->reason, c->last)) {
		buf_addstr(out, ": ");
		add_view(out, c->reason);
	}
}

static void explain_due(struct facts *f)
{
	const struct stats_job *j = &f->d.job;
	struct buf why = BUF_INIT;
	struct buf *out = &f->text;
	const char *blocker = add_blocker(f, &why);
	bool retry = is(f, "retry"), due = j->score_ms <= f->turn.now_ms;

	f->cause = retry		? "retry"
		   : j->record.releases ? "released"
					: "delayed";
	buf_addstr(out, retry ? "waits for its next attempt until "
			      : "is delayed until ");
	add_time(out, j->score_ms, f->turn.now_ms);
	if (retry) {
		buf_addstr(out, ", because ");
		add_failure(f);
	} else if (j->record.releases) {
		buf_addf(out,
			 ", because it was handed back (%" PRId64 " time%s)",
			 j->record.releases, plural(j->record.releases));
	}
	if (due)
		buf_addstr(out, "; that is over, and the next worker that "
				"asks makes it ready");
	if (blocker) {
		buf_addf(out, "; and %s", why.p);
	} else {
		f->start_ms = expect(f, due ? f->turn.now_ms : j->score_ms);
		if (f->turn.ahead > 0)
			buf_addf(out,
				 "; %" PRId64 " job%s would be taken before it "
				 "now",
				 f->turn.ahead, plural(f->turn.ahead));
	}
	add_expiry(f);
	buf_release(&why);
}

static void explain_running(struct facts *f)
{
	const struct stats_job *j = &f->d.job;
	const struct job_live *live = &f->d.live;
	struct buf *out = &f->text;

	f->cause = "running";
	buf_addstr(out, "runs since ");
	add_time(out, j->record.since_ms, f->turn.now_ms);
	if (f->crew.name.len)
		buf_addf(out, " on %s", f->crew.name.p);
	else
		buf_addstr(out, " on a worker that is not heard of any more");
	if (j->record.attempts || j->record.losses)
		buf_addf(out, ", started for the %" PRId64 ". time",
			 j->record.deliveries);
	if (live->progress >= 0 && live->total > 0)
		buf_addf(out, ", %" PRId64 " of %" PRId64 " done",
			 live->progress, live->total);
	if (!strv_eq(j->record.flags, "-")) {
		f->cause = "stopping";
		buf_addstr(out, "; its worker was asked to stop it");
	}
	if (j->score_ms < f->turn.now_ms) {
		f->cause = "overdue";
		buf_addstr(out, "; its lease ran out ");
		add_time(out, j->score_ms, f->turn.now_ms);
		buf_addstr(out,
			   ", and the next worker that asks takes it back");
	}
}

/* The last of the history; false if there is none. */
static bool last_attempt(const struct facts *f, struct job_attempt *a)
{
	struct strv rest = f->d.history;
	bool any = false;

	while (job_next_attempt(&rest, a, NULL) > 0)
		any = true;
	return any;
}

static void explain_done(struct facts *f)
{
	const struct job_record *c = &f->d.job.record;
	struct buf *out = &f->text;
	struct job_attempt a;
	bool dropped = job_was_dropped(c);
	char span[24];

	f->cause = dropped ? "dropped" : "done";
	buf_addf(out, dropped ? "was dropped " : "is done since ");
	add_time(out, c->since_ms, f->turn.now_ms);
	if (c->reason.n) {
		buf_addstr(out, ": ");
		add_view(out, c->reason);
	} else if (last_attempt(f, &a)) {
		num_format_span(a.run_ms, span);
		buf_addf(out, ", after %s on ", span);
		add_view(out, a.worker);
	}
}

static void explain_dead(struct facts *f, const char *queue)
{
	const struct stats_job *j = &f->d.job;
	const struct job_record *c = &j->record;
	struct buf *out = &f->text;
	char how[SHOW_HOW_SIZE];

	f->cause = strv_starts(c->reason, "expired before") ? "expired"
		   : strv_starts(c->reason, "cancelled")    ? "cancelled"
							    : "dead";
	buf_addstr(out, "is dead since ");
	add_time(out, c->since_ms, f->turn.now_ms);
	if (c->reason.n) {
		buf_addstr(out, ": ");
		add_view(out, c->reason);
	}
	if (*show_how(c->last, how) && show_says_more(c->reason, c->last))
		buf_addf(out, "; its last attempt ended with %s", how);
	buf_addf(out, " (jq-retry %s/%.*s puts it back)", queue, (int)j->id.n,
		 j->id.p);
}

static void explain(struct facts *f, const char *queue)
{
	if (is(f, "ready"))
		explain_ready(f);
	else if (is(f, "delayed") || is(f, "retry"))
		explain_due(f);
	else if (is(f, "running"))
		explain_running(f);
	else if (is(f, "done"))
		explain_done(f);
	else
		explain_dead(f, queue);
}

static int count_worker(void *arg, struct strv instance, int64_t age_ms,
			const struct job_worker *w, struct err *e)
{
	struct crew *c = arg;

	(void)age_ms;
	(void)e;
	c->workers++;
	if (instance.n == c->instance.n && w->name &&
	    memcmp(instance.p, c->instance.p, instance.n) == 0)
		buf_addstr(&c->name, w->name);
	if (w->state && strcmp(w->state, "run") == 0) {
		c->taking++;
		c->slots += w->slots;
		c->busy += w->busy;
	} else {
		snprintf(c->state, sizeof(c->state), "%s",
			 w->state ? w->state : "?");
	}
	return 0;
}

/* Each answer ends the views of the one before: the job itself comes last,
 * and once before, for the token of who runs it. 1 = no such job. */
static int find_out(struct look *l, const struct key_set *k, struct strv id,
		    struct facts *f, struct err *e)
{
	struct redis *redis = l->server->redis;
	struct stats_queue s;
	char *token;
	int rc = stats_detail(redis, k, id, &f->d, e);

	if (rc != 0)
		return rc;
	token = strv_dup(f->d.job.record.token);
	stats_detail_release(&f->d);
	f->crew.instance = strv_of(token);
	strv_cut(&f->crew.instance, '.');
	rc = stats_queue(redis, k, &s, e);
	if (rc == 0) {
		f->running = s.running;
		f->paused = strv_dup(s.paused);
		rc = stats_each_worker(redis, k, count_worker, &f->crew, e);
	}
	free(token);
	if (rc == 0)
		rc = turn_ask(redis, k, id, &f->turn, e);
	return rc == 0 ? stats_detail(redis, k, id, &f->d, e) : -1;
}

static enum output_hue hue_of(const struct facts *f)
{
	if (is(f, "dead"))
		return OUTPUT_BAD;
	if (is(f, "running") || is(f, "done") || strcmp(f->cause, "next") == 0)
		return OUTPUT_GOOD;
	return OUTPUT_WARN;
}

static int print(struct look *l, const char *queue, const struct facts *f,
		 struct err *e)
{
	struct buf line = BUF_INIT;
	struct buf name = BUF_INIT;
	int rc;

	buf_addf(&name, "%s/%.*s", queue, (int)f->d.job.id.n, f->d.job.id.p);
	output_paint(&line, hue_of(f), l->show->color,
		     strv_make(name.p, name.len));
	buf_addch(&line, ' ');
	text_escape(&line, strv_make(f->text.p, f->text.len));
	buf_addch(&line, '\n');
	rc = output_write(line.p, line.len, e);
	buf_release(&name);
	buf_release(&line);
	return rc;
}

static int tell(struct look *l, const char *queue, struct facts *f,
		struct err *e)
{
	struct show_explained thing = {
		.job = {.queue = queue, .job = &f->d.job, .detail = &f->d},
		.ahead = f->turn.ahead,
		.rate = turn_rate(&f->turn),
		.workers = f->crew.workers,
		.paused = strv_of(f->paused),
	};

	explain(f, queue);
	thing.job.worker = strv_make(f->crew.name.p, f->crew.name.len);
	thing.cause = f->cause;
	thing.text = strv_make(f->text.p, f->text.len);
	thing.start_ms = f->start_ms;
	l->shown++;
	l->now_ms = f->turn.now_ms;
	if (l->show->format == SHOW_TABLE)
		return print(l, queue, f, e);
	return show_add(l->show, &thing, e);
}

int look_explain(struct look *l, const char *queue, struct strv id,
		 struct err *e)
{
	struct facts f = {.paused = NULL};
	struct key_set k;
	int rc;

	buf_init(&f.text);
	buf_init(&f.crew.name);
	key_set_init(&k, l->space, strv_of(queue));
	rc = find_out(l, &k, id, &f, e);
	if (rc == 0)
		rc = tell(l, queue, &f, e);
	if (rc > 0) {
		look_no_job(l, queue, id);
		rc = 0;
	} else if (rc < 0 && look_is_damage(e)) {
		err_prefix(e, "%s/%.*s", queue, (int)id.n, id.p);
		look_complain(l, e);
		rc = 0;
	}
	stats_detail_release(&f.d);
	free(f.paused);
	buf_release(&f.text);
	buf_release(&f.crew.name);
	return rc;
}
