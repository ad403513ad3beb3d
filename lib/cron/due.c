/* SPDX-License-Identifier: ISC */
/* The rules for missed ticks. */
#include "cron/due.h"

#include "base/civil.h"

/* Without missed-window, under missed=all. */
#define WINDOW_ALL_MS (86400LL * 1000)

/* What a step may take to the server whatever the grace. */
#define WAY_MS 1000

/* Twice the longest wait of a scheduler after an error. */
#define RETRY_MS 10000

/* The last second at which a tick is due at `now` or allowed by end=. */
static int64_t last_second(const struct schedule *s, int64_t now)
{
	int64_t last = civil_floor(now, 1000);

	if (s->end && civil_second_from(s->end) - 1 < last)
		last = civil_second_from(s->end) - 1;
	return last;
}

/* The ticks in (after, before), counted up to missed_max + 1. */
static void count(const struct schedule *s, int64_t after, int64_t before,
		  struct due *out)
{
	struct cron_tick t;

	while (schedule_next(s, after, &t) && t.at < before) {
		if (out->missed > s->missed_max) {
			out->more = true;
			return;
		}
		out->missed++;
		after = t.at;
	}
}

/* From which second on ticks are kept, whatever their number. */
static int64_t keep_from(const struct schedule *s, int64_t now)
{
	int64_t window = s->missed_window;

	if (s->missed == SCHEDULE_SKIP)
		return civil_second_from(now - s->grace);
	if (window < 0 && s->missed == SCHEDULE_ALL)
		window = WINDOW_ALL_MS;
	return window < 0 ? INT64_MIN : civil_second_from(now - window);
}

/* The oldest tick in [from, last] that fires; false when none does. */
static bool oldest_kept(const struct schedule *s, int64_t from, int64_t last,
			struct cron_tick *out)
{
	struct cron_tick t;
	int64_t most = s->missed == SCHEDULE_ONCE ? 1 : s->missed_max;

	if (s->missed == SCHEDULE_SKIP)
		return schedule_next(s, from - 1, out) && out->at <= last;
	for (t.at = last + 1; most > 0; most--) {
		if (!cron_previous(&s->cron, s->zone, t.at, &t) || t.at < from)
			break;
		*out = t;
	}
	return t.at != last + 1 && out->at >= from;
}

/* When a tick will be older than `age`. */
static int64_t too_old(int64_t tick, int64_t age)
{
	return tick * 1000 + (age > WAY_MS ? age : WAY_MS);
}

/*
 * How long a plan holds: a tick on time until it is late, one that is late
 * until the first tick is that the plan does not know of. What is dropped as
 * late stays so.
 */
static int64_t holds_until(const struct schedule *s, const struct due *d)
{
	bool windowed = s->missed != SCHEDULE_SKIP && s->missed_window >= 0;
	int64_t until = INT64_MAX, oldest = INT64_MAX;
	struct cron_tick next = d->tick;

	if (d->act != DUE_FIRE)
		return INT64_MAX;
	if (windowed)
		oldest = too_old(d->tick.at, s->missed_window);
	if (s->missed == SCHEDULE_SKIP || d->tick.at > d->settled ||
	    schedule_next(s, d->settled, &next))
		until = too_old(next.at, s->grace);
	return until < oldest ? until : oldest;
}

static bool is_late(const struct schedule *s, int64_t tick, int64_t now)
{
	return tick * 1000 < now - s->grace ||
	       (s->missed != SCHEDULE_SKIP && s->missed_window >= 0 &&
		tick * 1000 < now - s->missed_window);
}

/* Some of the due ticks, of which `first` is one, are late. */
static void catch_up(const struct schedule *s, const struct cron_tick *first,
		     int64_t now, struct due *out)
{
	int64_t last = last_second(s, now);
	int64_t from = keep_from(s, now);
	struct cron_tick kept = {0};

	if (from < first->at)
		from = first->at;
	out->settled = last;
	if (oldest_kept(s, from, last, &kept)) {
		out->act = DUE_FIRE;
	} else {
		out->act = DUE_DROP;
		cron_previous(&s->cron, s->zone, last + 1, &kept);
	}
	count(s, first->at - 1, kept.at + (out->act == DUE_DROP), out);
	out->tick = kept;
}

void due_plan(const struct schedule *s, int64_t watermark, int64_t settled,
	      int64_t now, struct due *out)
{
	struct cron_tick first;

	*out = (struct due){
		.act = DUE_WAIT, .settled = settled, .until = INT64_MAX};
	if (!schedule_next(s, watermark, &first)) {
		out->tick.at = DUE_NEVER;
		return;
	}
	out->tick = first;
	if (first.at > last_second(s, now))
		return;
	out->act = DUE_FIRE;
	if (first.at > settled && is_late(s, first.at, now))
		catch_up(s, &first, now, out);
	out->until = holds_until(s, out);
}

int64_t due_behind(const struct schedule *s, int64_t watermark, int64_t now)
{
	int64_t grace = s->grace > RETRY_MS ? s->grace : RETRY_MS;
	struct cron_tick t;

	if (!schedule_next(s, watermark, &t) || t.at * 1000 >= now - grace)
		return 0;
	return now - t.at * 1000;
}
