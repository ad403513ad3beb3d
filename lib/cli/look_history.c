/* SPDX-License-Identifier: ISC */
/* Fetches the minutes of each queue and has them written. */
#include "cli/look_history.h"

#include <stdlib.h>

#include "base/clock.h"
#include "cli/chart.h"
#include "cli/output.h"
#include "cli/past.h"
#include "cli/queues.h"

#define MINUTE_MS  60000
#define HOUR	   60  /* minutes */
#define PLAIN_COLS 80  /* where there is no terminal */
#define PAGE_STEPS 240 /* points of a line */

/* What is fetched, queue after queue. */
struct telling {
	struct look *look;
	enum look_history how;
	int64_t first; /* minute */
	size_t minutes;
	struct buf out;
};

static int list(struct telling *t, const char *queue, const struct minutes *h,
		struct err *e)
{
	for (size_t i = 0; i < h->n; i++) {
		struct show_minute thing = {
			.queue = queue,
			.at_ms = (h->first + (int64_t)i) * MINUTE_MS,
			.counted = &h->v[i],
		};

		if (show_add(t->look->show, &thing, e) < 0)
			return -1;
	}
	return 0;
}

static int draw(struct telling *t, const char *queue, const struct minutes *h,
		struct err *e)
{
	const struct show *show = t->look->show;
	size_t width = show->width > CHART_SCALE ? show->width : PLAIN_COLS;
	struct past past;

	past_init(&past, queue, h,
		  t->how == LOOK_HISTORY_PAGE ? PAGE_STEPS
					      : width - CHART_SCALE);
	if (t->how == LOOK_HISTORY_PAGE) {
		past_page_add(&past, &t->out);
	} else {
		buf_addstr(&t->out, t->look->shown ? "\n" : "");
		past_plot(&past, show->color, &t->out);
	}
	past_release(&past);
	if (output_write(t->out.p, t->out.len, e) < 0)
		return -1;
	buf_clear(&t->out);
	return 0;
}

static int one_queue(struct telling *t, const char *queue, struct err *e)
{
	struct look *l = t->look;
	struct minute all;
	struct key_set keys;
	struct minutes h;
	bool nothing;
	int rc;

	key_set_init(&keys, l->space, strv_of(queue));
	minutes_init(&h, t->first, t->minutes);
	rc = minutes_read(l->server->redis, &keys, &h, false, e);
	minutes_sum(&h, 0, h.n, &all);
	nothing = all.pushed + all.done + all.failed + spans_count(&all.wait) +
			  spans_count(&all.run) ==
		  0;
	if (rc < 0 && look_is_damage(e)) {
		look_complain(l, e);
		rc = 0;
	} else if (rc == 0 && (!nothing || l->n_queues > 0)) {
		rc = t->how == LOOK_HISTORY_LIST ? list(t, queue, &h, e)
						 : draw(t, queue, &h, e);
		l->shown++;
	}
	minutes_release(&h);
	return rc;
}

/* The names of those that exist, and the server's clock. */
struct known {
	struct look *look;
	bool *is; /* owned; in the order of the questions */
	size_t n;
};

static int on_queue(void *arg, const struct key_set *k,
		    const struct stats_queue *s, const struct err *why,
		    struct err *e)
{
	struct known *known = arg;

	if (why && !look_is_damage(why)) {
		*e = *why;
		return -1;
	}
	if (why)
		look_complain(known->look, why);
	else if (!s->known)
		look_unknown(known->look, k->queue);
	else
		known->look->now_ms = s->now_ms;
	known->is[known->n++] = s && s->known;
	return 0;
}

static int tell_all(struct telling *t, const struct queues *q,
		    const struct known *known, struct err *e)
{
	for (size_t i = 0; i < q->n; i++)
		if (known->is[i] && one_queue(t, q->v[i], e) < 0)
			return -1;
	return 0;
}

int look_history(struct look *l, int64_t since_ms, enum look_history how,
		 struct err *e)
{
	struct telling t = {.look = l, .how = how, .out = BUF_INIT};
	struct queues q = {.n = 0};
	struct redis *redis = l->server->redis;
	struct known known = {.look = l};
	int64_t last;
	int rc = queues_find(&q, redis, l->space, l->queues, l->n_queues, e);

	known.is = buf_zalloc(q.n + 1);
	if (rc == 0)
		rc = queues_ask(&q, redis,
				(struct stats_queues){.space = l->space,
						      .fn = on_queue,
						      .arg = &known},
				e);
	if (l->now_ms == 0)
		l->now_ms = clock_real_ms();
	last = l->now_ms / MINUTE_MS;
	t.first = since_ms ? since_ms / MINUTE_MS : last - HOUR + 1;
	if (t.first <= last - MINUTES_KEPT)
		t.first = last - MINUTES_KEPT + 1;
	t.minutes = t.first <= last ? (size_t)(last - t.first + 1) : 0;
	if (how == LOOK_HISTORY_PAGE)
		past_page_begin(&t.out, l->now_ms);
	if (rc == 0)
		rc = tell_all(&t, &q, &known, e);
	if (how == LOOK_HISTORY_PAGE)
		past_page_end(&t.out);
	if (rc == 0)
		rc = output_write(t.out.p, t.out.len, e);
	free(known.is);
	queues_release(&q);
	buf_release(&t.out);
	return rc;
}
