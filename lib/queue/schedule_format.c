/* SPDX-License-Identifier: ISC */
/* A schedule as one line, as it is kept in the server. */
#include <inttypes.h>

#include "queue/schedule.h"
#include "queue/schedule_option.h"

static void add_number(struct buf *out, const char *name, int64_t v,
		       int64_t fallback)
{
	if (v != fallback)
		buf_addf(out, " %s=%" PRId64, name, v);
}

static void add_span(struct buf *out, const char *name, int64_t ms,
		     int64_t fallback)
{
	if (ms != fallback)
		buf_addf(out, " %s=%" PRId64 "ms", name, ms);
}

static void add_instant(struct buf *out, const char *name, int64_t ms)
{
	if (ms)
		buf_addf(out, " %s=@%" PRId64 ".%03d", name, ms / 1000,
			 (int)(ms % 1000));
}

static void add_word(struct buf *out, const char *name, const char *word)
{
	if (word)
		buf_addf(out, " %s=%s", name, word);
}

/* When it fires, and what becomes of ticks. */
static void add_rules(const struct schedule *s, const struct schedule *d,
		      struct buf *out)
{
	static const char *const missed[] = {NULL, "skip", "all"};
	static const char *const overlap[] = {NULL, "forbid", "replace"};

	add_word(out, "missed", missed[s->missed]);
	add_number(out, "missed-max", s->missed_max, d->missed_max);
	add_span(out, "missed-window", s->missed_window, d->missed_window);
	add_span(out, "grace", s->grace, d->grace);
	add_word(out, "overlap", overlap[s->overlap]);
	add_number(out, "max-live", s->max_live, d->max_live);
	add_span(out, "jitter", s->jitter, d->jitter);
	add_instant(out, "start", s->start);
	add_instant(out, "end", s->end);
	add_number(out, "limit", s->limit, d->limit);
	add_instant(out, "anchor", s->anchor);
	add_word(out, "fire-on-create", s->fire_on_create ? "yes" : NULL);
	add_word(out, "paused", s->paused ? "yes" : NULL);
}

/* What is pushed, but for the payload. */
static void add_job(const struct job_options *j, const struct job_options *d,
		    struct buf *out)
{
	add_number(out, "priority", j->priority, d->priority);
	add_span(out, "expire", j->expire_ms, d->expire_ms);
	add_span(out, "timeout", j->timeout_ms, d->timeout_ms);
	add_number(out, "max-attempts", j->max_attempts, d->max_attempts);
	add_word(out, "backoff", j->backoff);
	add_word(out, "name", j->name);
	for (size_t i = 0; i < j->n_meta; i++)
		add_word(out, "meta", j->meta[i]);
}

void schedule_format(const struct schedule *s, struct buf *out)
{
	struct schedule defaults;

	schedule_option_defaults(&defaults);
	buf_addf(out, "%s %s %s tz=%s", s->text, s->queue, s->name, s->tz);
	add_rules(s, &defaults, out);
	add_job(&s->job, &defaults.job, out);
}
