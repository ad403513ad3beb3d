/* SPDX-License-Identifier: ISC */
/* Reads the counters of minutes. */
#include "queue/minutes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/num.h"
#include "queue/script.h"

#define SLICE 30 /* minutes a call, so that none takes long (60 at most) */

void minutes_init(struct minutes *h, int64_t first, size_t n)
{
	h->first = first;
	h->n = n;
	h->v = buf_zalloc((n + !n) * sizeof(*h->v));
}

void minutes_release(struct minutes *h)
{
	free(h->v);
	memset(h, 0, sizeof(*h));
}

static void add_word(struct minute *m, struct strv word)
{
	struct strv value = word, name = strv_cut(&value, '=');
	struct spans one = {.sum_ms = 0};
	int64_t n;

	if (num_int(value, 0, INT64_MAX / MINUTES_KEPT, &n, NULL) < 0)
		return; /* changed by hand */
	if (strv_eq(name, "p"))
		m->pushed += n;
	else if (strv_eq(name, "d"))
		m->done += n;
	else if (strv_eq(name, "f"))
		m->failed += n;
	else if (strv_starts(name, "w:") &&
		 spans_set(&one, strv_make(name.p + 2, name.n - 2), n))
		spans_add(&m->wait, &one);
	else if (strv_starts(name, "r:") &&
		 spans_set(&one, strv_make(name.p + 2, name.n - 2), n))
		spans_add(&m->run, &one);
}

/* The questions under way. */
struct asking {
	const struct key_set *keys;
	struct minutes *h;
	bool failed;
	struct err *e;
};

static void take(void *arg, const struct redis_reply *reply,
		 const struct err *why)
{
	struct asking *a = arg;
	struct strv word;
	struct err e;

	if (a->failed)
		return;
	if (why || script_answer(reply, a->keys->queue, &word, &e) < 0) {
		*a->e = why ? *why : e;
		a->failed = true;
		return;
	}
	for (size_t i = 2; i + 1 < redis_count(reply); i += 2) {
		int64_t at = script_number(redis_at(reply, i)) - a->h->first;
		struct strv words = redis_str(redis_at(reply, i + 1));

		while (at >= 0 && at < (int64_t)a->h->n && words.n > 0)
			add_word(&a->h->v[at], strv_word(&words));
	}
}

int minutes_read(struct redis *r, const struct key_set *k, struct minutes *h,
		 bool jobs_alone, struct err *e)
{
	struct asking a = {.keys = k, .h = h, .e = e};
	struct redis_cmd c;

	redis_cmd_init(&c);
	for (size_t at = 0; at < h->n; at += SLICE) {
		size_t n = h->n - at < SLICE ? h->n - at : SLICE;

		script_begin(&c, SCRIPT_HISTORY, k);
		redis_cmd_int(&c, h->first + (int64_t)at);
		redis_cmd_int(&c, (int64_t)n);
		redis_cmd_str(&c, jobs_alone ? "jobs" : "");
		redis_send(r, &c, 0, take, &a);
	}
	redis_cmd_release(&c);
	redis_drain(r);
	return a.failed ? -1 : 0;
}

void minutes_sum(const struct minutes *h, size_t from, size_t n,
		 struct minute *out)
{
	memset(out, 0, sizeof(*out));
	for (size_t i = from; i < h->n && i - from < n; i++) {
		const struct minute *m = &h->v[i];

		out->pushed += m->pushed;
		out->done += m->done;
		out->failed += m->failed;
		spans_add(&out->wait, &m->wait);
		spans_add(&out->run, &m->run);
	}
}
