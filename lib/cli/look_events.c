/* SPDX-License-Identifier: ISC */
/* Following the events of queues. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/num.h"
#include "cli/look.h"
#include "cli/output.h"
#include "queue/events.h"
#include "queue/stats.h"

#define RECORD_MS 600000 /* events stay on record for so long without us */
#define RENEW_MS  30000	 /* between two times that we say so */
#define SEARCH_MS 5000	 /* between two looks for new queues */
#define BLOCK_MS  1000	 /* longest wait in one call */

/* The queues that are followed. */
struct trail {
	struct look *look;
	const char *from;	     /* where to begin; NULL = now */
	struct events_reader reader; /* its sources are ours */
	bool first;		     /* the queues there were at the start */
};

static bool is_followed(const struct trail *t, struct strv queue)
{
	for (size_t i = 0; i < t->reader.n; i++)
		if (strv_eq(queue, t->reader.source[i]->keys.queue))
			return true;
	return false;
}

/* Just before a millisecond. */
static void before(char to[EVENTS_ID_SIZE], int64_t ms)
{
	snprintf(to, EVENTS_ID_SIZE, "%" PRId64, ms > 0 ? ms - 1 : 0);
}

/* Nothing was recorded for a while, or not all of it is kept any more. */
static void warn_of_gap(const struct trail *t, const struct events_source *s,
			const struct events_state *now)
{
	char begin[EVENTS_ID_SIZE], time[32];

	before(begin, now->since_ms);
	if (events_compare(begin, now->first) < 0)
		memcpy(begin, now->first, sizeof(begin));
	if (events_compare(s->from, begin) >= 0)
		return;
	num_format_time(strtoll(begin, NULL, 10), time);
	opt_warn(t->look->command,
		 "queue '%s': events before %s may be missing", s->keys.queue,
		 time);
}

/* Where to begin in a queue. In one of several, events of one millisecond may
 * come twice, but none is left out. */
static void begin_at(const struct trail *t, struct events_source *s,
		     const struct events_state *now)
{
	if (t->from && t->look->n_queues == 1) {
		snprintf(s->from, sizeof(s->from), "%s", t->from);
	} else if (t->from) {
		before(s->from, strtoll(t->from, NULL, 10));
	} else if (t->first) {
		before(s->from, now->since_ms);
		if (events_compare(s->from, now->last) < 0)
			memcpy(s->from, now->last, sizeof(s->from));
	}
}

static int add_queue(void *arg, struct strv queue, struct err *e)
{
	struct trail *t = arg;
	struct events_state now;
	struct events_source *s;
	struct err why;
	int rc;

	if (is_followed(t, queue))
		return 0;
	s = buf_zalloc(sizeof(*s));
	key_set_init(&s->keys, t->look->space, queue);
	rc = events_record(t->look->server->redis, &s->keys, RECORD_MS, &now,
			   e);
	if (rc != 0) {
		if (rc > 0 && t->look->n_queues > 0) {
			look_no_queue(s->keys.queue, &why);
			look_complain(t->look, &why);
		}
		free(s);
		return rc < 0 ? -1 : 0;
	}
	begin_at(t, s, &now);
	if (t->from && t->first)
		warn_of_gap(t, s, &now);
	t->reader.source =
		buf_realloc(t->reader.source,
			    (t->reader.n + 1) * sizeof(struct events_source *));
	t->reader.source[t->reader.n++] = s;
	return 0;
}

static int find_queues(struct trail *t, struct err *e)
{
	struct look *l = t->look;
	int rc = 0;

	if (l->n_queues == 0)
		rc = stats_each_queue(l->server->redis, l->space, add_queue, t,
				      e);
	for (size_t i = 0; rc == 0 && t->first && i < l->n_queues; i++)
		rc = add_queue(t, strv_of(l->queues[i]), e);
	t->first = false;
	return rc;
}

static int renew(struct trail *t, struct err *e)
{
	for (size_t i = 0; i < t->reader.n; i++) {
		struct events_source *s = t->reader.source[i];
		struct events_state now;
		int rc = events_record(t->look->server->redis, &s->keys,
				       RECORD_MS, &now, e);

		if (rc < 0)
			return -1;
		if (rc == 0 && *s->from)
			warn_of_gap(t, s, &now);
	}
	return 0;
}

static int one_event(void *arg, const struct event *v, struct err *e)
{
	struct trail *t = arg;
	struct look *l = t->look;
	struct buf line = BUF_INIT;
	int rc;

	if (l->limit > 0 && (int64_t)l->shown >= l->limit)
		return 0;
	l->shown++;
	if (l->show->format != SHOW_TABLE)
		return show_add(l->show, v, e);
	show_event_line(v, l->show->color, l->show->width > 0, &line);
	rc = output_write(line.p, line.len, e);
	buf_release(&line);
	return rc;
}

static int64_t time_left(const struct look *l)
{
	int64_t left = l->deadline_ms - clock_boot_ms();

	if (l->deadline_ms < 0 || left > BLOCK_MS)
		return BLOCK_MS;
	return left > 1 ? left : 1;
}

/* A turn: what is due, then events as they come. */
static int turn(struct trail *t, int64_t *search_ms, int64_t *renew_ms,
		struct err *e)
{
	int64_t now = clock_boot_ms();

	if (now >= *search_ms) {
		*search_ms = now + SEARCH_MS;
		if (find_queues(t, e) < 0)
			return -1;
	}
	if (now >= *renew_ms) {
		*renew_ms = now + RENEW_MS;
		if (renew(t, e) < 0)
			return -1;
	}
	if (t->reader.n == 0)
		loop_sleep(t->look->server->loop, time_left(t->look));
	else if (events_read(&t->reader, t->look->server->redis,
			     time_left(t->look), e) < 0)
		return -1;
	return output_flush(e);
}

int look_events(struct look *l, const char *from, struct err *e)
{
	struct trail t = {.look = l, .from = from, .first = true};
	int64_t search_ms = 0, renew_ms = clock_boot_ms() + RENEW_MS;
	int rc = 0;

	t.reader.fn = one_event;
	t.reader.arg = &t;
	while (rc == 0 && (l->limit == 0 || (int64_t)l->shown < l->limit)) {
		if (l->deadline_ms >= 0 && clock_boot_ms() >= l->deadline_ms) {
			l->status = STATUS_LATER;
			break;
		}
		rc = turn(&t, &search_ms, &renew_ms, e);
		/* of named queues none is there */
		if (rc == 0 && t.reader.n == 0 && l->n_queues > 0)
			break;
	}
	for (size_t i = 0; i < t.reader.n; i++)
		free(t.reader.source[i]);
	free(t.reader.source);
	return rc;
}
