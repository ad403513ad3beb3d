/* SPDX-License-Identifier: ISC */
/* Jobs by hand, and what became of ticks. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/civil.h"
#include "cli/output.h"
#include "cli/schedules_impl.h"
#include "cli/show_schedule.h"
#include "cron/hand.h"

/* Looks at a schedule that keeps changing. */
#define TRIES 5

static int print_job(const struct schedules *s, const struct find *f,
		     const char *id, struct err *e)
{
	return output_job(s->command->common, "enqueued", f->keys.queue,
			  strv_of(id), e);
}

static struct hand by_hand(const struct schedules *s, const struct find *f)
{
	return (struct hand){
		.redis = s->server.redis,
		.space = schedules_space(s),
		.schedule = f,
		.by = s->by,
	};
}

static int keeps_changing(const struct find *f, struct err *e)
{
	return err_set(e, STATUS_LATER,
		       "schedule '%s' of queue '%s' was changed meanwhile (try "
		       "again)",
		       f->name, f->keys.queue);
}

static int run_one(struct schedules *s, struct find *f, void *arg,
		   struct err *e)
{
	char id[KEY_ID_MAX + 1];
	int rc = 1;

	(void)arg;
	for (int i = 0; rc == 1 && i < TRIES; i++) {
		struct hand h = by_hand(s, f);

		rc = hand_run(&h, id, e);
		if (rc == 1 && schedules_look_again(s, f, e) < 0)
			return -1;
	}
	if (rc == 1)
		return keeps_changing(f, e);
	return rc < 0 ? -1 : print_job(s, f, id, e);
}

int schedules_run(void *with, struct err *e)
{
	return schedules_each(with, run_one, NULL, e);
}

/* A backfill under way. */
struct filling {
	const struct schedules *s;
	const struct find *f;
	int64_t known; /* ticks whose job was there */
};

static int filled(void *arg, const char *id, bool is_new, struct err *e)
{
	struct filling *fill = arg;

	fill->known += !is_new;
	return is_new ? print_job(fill->s, fill->f, id, e) : 0;
}

static int print_ticks(const struct schedules *s, const struct find *f,
		       const int64_t *ticks, size_t n, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n; i++) {
		char id[KEY_ID_MAX + 1];

		schedule_job_id(f->name, ticks[i], id);
		rc = print_job(s, f, id, e);
	}
	return rc;
}

static int fill(struct schedules *s, const struct find *f, const int64_t *ticks,
		size_t n, struct err *e)
{
	struct hand h = by_hand(s, f);
	struct filling filling = {.s = s, .f = f};
	int rc = hand_backfill(&h, ticks, n, filled, &filling, e);

	if (rc == 1)
		return keeps_changing(f, e);
	if (rc == 0 && filling.known && !s->command->common->quiet)
		fprintf(stderr,
			"%s: '%s/%s': %" PRId64 " of %zu ticks had their job "
			"already\n",
			s->command->name, f->keys.queue, f->name, filling.known,
			n);
	return rc;
}

static int backfill_one(struct schedules *s, struct find *f, void *arg,
			struct err *e)
{
	/* a tick of this very second is of the past */
	int64_t now = f->now / 1000 + 1;
	int64_t to =
		s->to == SCHEDULES_NO_TIME ? now : civil_second_from(s->to);
	int64_t *ticks = NULL;
	size_t n;
	int rc;

	(void)arg;
	if (to > now)
		return err_set(e, STATUS_USAGE,
			       "--to lies ahead (leave it out to mean now)");
	rc = hand_ticks(f, civil_second_from(s->from), to, &ticks, &n, e);
	if (rc == 0 && n == 0)
		rc = err_set(e, STATUS_NO,
			     "schedule '%s' of queue '%s' has no tick in that "
			     "time",
			     f->name, f->keys.queue);
	if (rc == 0)
		rc = s->dry_run ? print_ticks(s, f, ticks, n, e)
				: fill(s, f, ticks, n, e);
	free(ticks);
	return rc;
}

int schedules_backfill(void *with, struct err *e)
{
	const struct schedules *s = with;

	if (s->from == SCHEDULES_NO_TIME)
		return err_set(e, STATUS_USAGE, "from when on? (--from TIME)");
	if (s->to != SCHEDULES_NO_TIME && s->from >= s->to)
		return err_set(e, STATUS_USAGE, "--from is not before --to");
	return schedules_each(with, backfill_one, NULL, e);
}

static int history_one(struct schedules *s, struct find *f, void *arg,
		       struct err *e)
{
	struct strv rest = strv_make(f->history.p, f->history.len);
	struct strv count = rest;
	struct history h;
	int64_t n = 0;
	int rc = 0;

	while (history_next(&count, &h))
		n++;
	for (; rc == 0 && history_next(&rest, &h); n--) {
		const struct show_history thing = {f->keys.queue, f->name, &h};

		if (!s->limit || n <= s->limit)
			rc = show_add(arg, &thing, e);
	}
	return rc;
}

int schedules_history(void *with, struct err *e)
{
	struct schedules *s = with;
	struct show show;
	int rc;

	schedules_show_begin(s, &show_histories, &show);
	rc = show_begin(&show, e);
	if (rc == 0)
		rc = schedules_each(s, history_one, &show, e);
	if (rc >= 0 && show_end(&show, 0, e) < 0)
		rc = -1;
	show_release(&show);
	return rc;
}
