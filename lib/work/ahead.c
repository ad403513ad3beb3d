/* SPDX-License-Identifier: ISC */
#include "work/ahead.h"

#include <stdlib.h>
#include <string.h>

enum {
	/* Handlers that take longer gain nothing. */
	SHORT_US = 10000,
	/* What is held is what the slots can do in this time. */
	WORTH_US = 20000,
	LONG_US = 100000,
	/* And that is at most so many: half of them make a call cheap. */
	MOST = 64,
	/* One job's megabytes are not kept for the next one's few bytes. */
	BYTES_KEPT = 65536
};

void ahead_init(struct ahead *a, int64_t slots)
{
	memset(a, 0, sizeof(*a));
	a->slots = slots;
	a->span_us = LONG_US;
}

void ahead_release(struct ahead *a)
{
	for (size_t i = 0; i < a->cap; i++)
		buf_release(&a->job[i].bytes);
	free(a->job);
	memset(a, 0, sizeof(*a));
}

void ahead_learn(struct ahead *a, int64_t took_us)
{
	if (took_us > LONG_US)
		took_us = LONG_US;
	a->span_us = (7 * a->span_us + took_us) / 8;
}

void ahead_failed(struct ahead *a)
{
	a->span_us = LONG_US;
}

size_t ahead_most(const struct ahead *a)
{
	size_t worth;

	if (a->span_us > SHORT_US)
		return 0;
	worth = (size_t)(WORTH_US * a->slots / (a->span_us + 1));
	return worth < MOST ? worth : MOST;
}

/* Made when it is needed first: most workers never do. */
static void make_room(struct ahead *a)
{
	if (a->job)
		return;
	a->cap = MOST;
	a->job = buf_alloc(a->cap * sizeof(*a->job));
	for (size_t i = 0; i < a->cap; i++)
		buf_init(&a->job[i].bytes);
}

static struct strv copy(struct buf *b, struct strv word)
{
	char *p = b->p + b->len;

	buf_add(b, word.p, word.n);
	return strv_make(p, word.n);
}

bool ahead_put(struct ahead *a, const struct claim_words *w, int64_t since_ms)
{
	struct ahead_job *job;

	make_room(a);
	if (a->n == a->cap)
		return false;
	job = &a->job[(a->first + a->n++) % a->cap];
	if (job->bytes.cap > BYTES_KEPT)
		buf_release(&job->bytes);
	buf_clear(&job->bytes);
	/* so that it does not move under the views */
	buf_reserve(&job->bytes,
		    w->id.n + w->token.n + w->record.n + w->envelope.n);
	job->words.id = copy(&job->bytes, w->id);
	job->words.token = copy(&job->bytes, w->token);
	job->words.record = copy(&job->bytes, w->record);
	job->words.envelope = copy(&job->bytes, w->envelope);
	job->since_ms = since_ms;
	return true;
}

const struct ahead_job *ahead_first(const struct ahead *a)
{
	return a->n ? &a->job[a->first] : NULL;
}

const struct ahead_job *ahead_take(struct ahead *a)
{
	const struct ahead_job *job = ahead_first(a);

	if (job) {
		a->first = (a->first + 1) % a->cap;
		a->n--;
	}
	return job;
}
