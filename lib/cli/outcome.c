/* SPDX-License-Identifier: ISC */
/* Waiting for a job, by its queue's channel and by looking. */
#include "cli/outcome.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/num.h"
#include "base/text.h"
#include "cli/output.h"
#include "queue/watch.h"

/* Between two looks at the job at most. */
#define LOOK_MS	  5000
#define SILENT_MS 1000

struct outcome_watch {
	struct connect *c;
	const struct key_set *keys;
	const char *id;
	struct redis *channel;	    /* owned */
	struct loop_timer *look_at; /* owned, like `limit` */
	struct loop_timer *limit;
	struct follow *follow; /* borrowed; NULL = nobody reads along */
	int64_t mark_ms;       /* the job is to be marked again then */
	bool look;	       /* something may have happened */
	bool over;	       /* the time is up */
	enum outcome_end told; /* by the channel; GONE = nothing yet */
};

static void on_message(void *arg, struct strv message)
{
	struct outcome_watch *w = arg;
	struct strv word = strv_cut(&message, ' ');

	if (word.n && !strv_eq(message, w->id))
		return; /* of another job */
	w->look = true;
	if (strv_eq(word, "done"))
		w->told = OUTCOME_DONE;
	else if (strv_eq(word, "dead"))
		w->told = OUTCOME_DEAD;
}

static void on_look(void *arg)
{
	((struct outcome_watch *)arg)->look = true;
}

static void on_limit(void *arg)
{
	((struct outcome_watch *)arg)->over = true;
}

struct outcome_watch *
outcome_watch_new(struct connect *c, const struct key_set *keys, const char *id)
{
	/* for as long as it takes: the job is in the queue */
	static const struct redis_options patient = {
		.connect_timeout = 5000,
		.request_timeout = 5000,
	};
	struct outcome_watch *w = buf_zalloc(sizeof(*w));

	w->c = c;
	w->keys = keys;
	w->id = id;
	w->told = OUTCOME_GONE;
	w->look_at = loop_timer_new(c->loop, on_look, w);
	w->limit = loop_timer_new(c->loop, on_limit, w);
	w->channel = connect_another(c, "jq-push", &patient);
	redis_subscribe(w->channel, keys->channel, on_message, w);
	return w;
}

void outcome_follow(struct outcome_watch *w, struct follow *f)
{
	w->follow = f;
}

void outcome_watch_free(struct outcome_watch *w)
{
	if (!w)
		return;
	redis_free(w->channel);
	loop_timer_free(w->look_at);
	loop_timer_free(w->limit);
	free(w);
}

void outcome_release(struct outcome *o)
{
	if (o->kept)
		stats_detail_release(&o->detail);
	memset(o, 0, sizeof(*o));
}

static bool is(const struct outcome *o, const char *state)
{
	return strcmp(o->detail.job.state, state) == 0;
}

/* So that its worker tells its news at once. */
static int mark(struct outcome_watch *w, struct err *e)
{
	int64_t now = clock_boot_ms();

	if (!w->follow || now < w->mark_ms)
		return 0;
	w->mark_ms = now + FOLLOW_MARK_MS;
	return watch_mark(w->c->redis, w->keys, strv_of(w->id), FOLLOW_HOLD_MS,
			  e);
}

/* Look at the job: 1 = ended, 0 = not yet, -1. */
static int look(struct outcome_watch *w, struct outcome *out, struct err *e)
{
	int rc = mark(w, e);

	if (rc == 0)
		rc = stats_detail(w->c->redis, w->keys, strv_of(w->id),
				  &out->detail, e);
	if (rc < 0)
		return -1;
	out->kept = rc == 0;
	if (!out->kept) {
		/* a queue that keeps nothing forgets it at its end */
		out->end = w->told;
		return 1;
	}
	if (w->follow && follow_see(w->follow, &out->detail, e) < 0)
		return -1;
	if (is(out, "done")) {
		out->end = job_was_dropped(&out->detail.job.record)
				   ? OUTCOME_DROPPED
				   : OUTCOME_DONE;
		return 1;
	}
	if (is(out, "dead")) {
		out->end = OUTCOME_DEAD;
		return 1;
	}
	outcome_release(out);
	return 0;
}

int outcome_wait(struct outcome_watch *w, int64_t timeout_ms, bool silent,
		 const struct opt_command *cmd, struct outcome *out,
		 struct err *e)
{
	char span[24];
	bool told = false;

	memset(out, 0, sizeof(*out));
	if (timeout_ms > 0)
		loop_timer_set(w->limit, timeout_ms);
	w->look = true;
	while (!w->over) {
		int rc = 0;

		if (!w->look) {
			loop_turn(w->c->loop);
			continue;
		}
		w->look = false;
		loop_timer_set(w->look_at, w->follow ? FOLLOW_LOOK_MS
					   : silent  ? SILENT_MS
						     : LOOK_MS);
		rc = look(w, out, e);
		if (rc > 0)
			return 0;
		if (rc < 0 && e->code != STATUS_UNAVAILABLE)
			return -1;
		if (rc < 0 && !told)
			opt_warn(cmd, "%s; still waiting", e->msg);
		told = told || rc < 0;
	}
	num_format_span(timeout_ms, span);
	return err_set(e, STATUS_LATER, "it has not ended within %s", span);
}

static int tell_result(const struct outcome *o, const struct opt_command *cmd,
		       const char *queue, const char *id, struct err *e)
{
	const struct job_result *result = &o->detail.result;

	if (!o->kept) {
		opt_warn(cmd, "the result of '%s/%s' was not kept", queue, id);
		return 0;
	}
	if (result->total > result->bytes.n)
		opt_warn(cmd,
			 "of the result only %zu of %llu bytes were kept "
			 "(see --max-result of jq-work)",
			 result->bytes.n, (unsigned long long)result->total);
	if (cmd->common->quiet)
		return 0;
	return output_write(result->bytes.p, result->bytes.n, e);
}

int outcome_tell(const struct outcome *o, const struct opt_command *cmd,
		 const char *queue, const char *id, struct err *e)
{
	char reason[256] = "", last[64] = "";
	const char *end = o->end == OUTCOME_DEAD ? "is dead" : "was dropped";

	if (o->kept) {
		text_show(o->detail.job.record.reason, reason, sizeof(reason));
		text_show(o->detail.job.record.last, last, sizeof(last));
	}
	if (cmd->common->verbose && *last)
		fprintf(stderr, "%s: %s/%s: last attempt: %s\n", cmd->name,
			queue, id, last);
	if (o->end == OUTCOME_DONE)
		return tell_result(o, cmd, queue, id, e);
	if (o->end == OUTCOME_GONE)
		return err_set(e, STATUS_NO,
			       "'%s/%s' is gone, and how it ended is not known",
			       queue, id);
	return err_set(e, STATUS_NO, "'%s/%s' %s%s%s", queue, id, end,
		       *reason ? ": " : "", reason);
}
