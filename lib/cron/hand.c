/* SPDX-License-Identifier: ISC */
/* Steps that somebody asked for. */
#include "cron/hand.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cron/call.h"
#include "queue/push.h"

/* Steps on their way at once. */
#define WINDOW 100

/* What the server said to one step. */
struct step {
	const struct hand *h;
	enum call_word word;
	char id[KEY_ID_MAX + 1]; /* of the job, or of the one in the way */
	bool failed;
	struct err why;
};

static void answered(void *arg, const struct redis_reply *reply,
		     const struct err *why)
{
	struct step *s = arg;
	struct call_answer a;

	s->failed = true;
	if (why)
		s->why = *why;
	else if (call_read(reply, s->h->schedule->keys.queue, &a, &s->why) == 0)
		s->failed = false;
	if (s->failed)
		return;
	s->word = a.word;
	snprintf(s->id, sizeof(s->id), "%.*s", (int)a.detail.n, a.detail.p);
}

static void send(const struct hand *h, struct step *s, enum call_kind kind,
		 int64_t tick)
{
	const struct call_fire f = {
		.schedule = find_schedule(h->schedule),
		.rev = h->schedule->state.rev,
		.kind = kind,
		.due.tick.at = tick,
		.by = h->by,
	};

	memset(s, 0, sizeof(*s));
	s->h = h;
	call_fire(h->redis, &h->schedule->keys, &f, answered, s);
}

/* 0 = there is a job, or was one before; 1 = the schedule has changed; -1. */
static int judge(const struct step *s, struct err *e)
{
	const struct find *f = s->h->schedule;

	if (s->failed) {
		*e = s->why;
		return -1;
	}
	switch (s->word) {
	case CALL_FIRED:
	case CALL_KNOWN:
		return 0;
	case CALL_STALE:
		return 1;
	case CALL_BLOCKED:
		return err_set(e, STATUS_NO,
			       "schedule '%s' of queue '%s': '%s/%s' is "
			       "unfinished, and jobs of it may not overlap",
			       f->name, f->keys.queue, f->keys.queue, s->id);
	case CALL_FULL:
		return err_set(e, STATUS_LATER, "queue '%s' is full",
			       f->keys.queue);
	case CALL_GONE:
		return err_set(e, STATUS_NO,
			       "no such schedule: '%s' of queue '%s'", f->name,
			       f->keys.queue);
	default:
		return err_set(e, STATUS_BUG,
			       "schedule '%s' of queue '%s': unexpected answer "
			       "'%s' (please report this)",
			       f->name, f->keys.queue, call_word_name(s->word));
	}
}

int hand_run(const struct hand *h, char id[KEY_ID_MAX + 1], struct err *e)
{
	struct step s;
	int rc;

	push_announce(h->redis, h->space, h->schedule->keys.queue);
	send(h, &s, CALL_RUN, h->schedule->now / 1000);
	redis_drain(h->redis);
	rc = judge(&s, e);
	if (rc == 0)
		memcpy(id, s.id, sizeof(s.id));
	return rc;
}

int hand_ticks(const struct find *schedule, int64_t from, int64_t to,
	       int64_t **ticks, size_t *n, struct err *e)
{
	struct cron_tick t = {.at = from - 1};

	*n = 0;
	*ticks = buf_alloc(HAND_TICKS_MAX * sizeof(**ticks));
	while (schedule_next(find_schedule(schedule), t.at, &t) && t.at < to) {
		if (*n == HAND_TICKS_MAX)
			return err_set(e, STATUS_USAGE,
				       "schedule '%s' of queue '%s' has more "
				       "than %d ticks in that time (take a "
				       "shorter one)",
				       schedule->name, schedule->keys.queue,
				       HAND_TICKS_MAX);
		(*ticks)[(*n)++] = t.at;
	}
	return 0;
}

int hand_backfill(const struct hand *h, const int64_t *ticks, size_t n,
		  int (*fn)(void *arg, const char *id, bool is_new,
			    struct err *e),
		  void *arg, struct err *e)
{
	struct step *s = buf_alloc(WINDOW * sizeof(*s));
	int rc = 0;

	push_announce(h->redis, h->space, h->schedule->keys.queue);
	while (rc == 0 && n > 0) {
		size_t some = n < WINDOW ? n : WINDOW;

		for (size_t i = 0; i < some; i++)
			send(h, &s[i], CALL_BACKFILL, ticks[i]);
		redis_drain(h->redis);
		for (size_t i = 0; rc == 0 && i < some; i++) {
			rc = judge(&s[i], e);
			if (rc == 0)
				rc = fn(arg, s[i].id, s[i].word == CALL_FIRED,
					e);
		}
		ticks += some;
		n -= some;
	}
	free(s);
	return rc;
}
