/* SPDX-License-Identifier: ISC */
/* Pages of a list that shrinks while it is read. */
#include "queue/page.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "queue/stats.h"

void page_init(struct page *p)
{
	memset(p, 0, sizeof(*p));
	buf_init(&p->ids);
}

void page_release(struct page *p)
{
	buf_release(&p->ids);
	p->n = 0;
}

/* The list's order: by time of death, then by id. */
static bool was_seen(const struct page *p, int64_t ms, const char *id)
{
	return ms < p->seen_ms ||
	       (ms == p->seen_ms && strcmp(id, p->seen) <= 0);
}

static int put(void *arg, const struct stats_job *job, struct err *e)
{
	struct page *p = arg;
	char id[KEY_ID_MAX + 1];

	(void)e;
	snprintf(id, sizeof(id), "%.*s", (int)job->id.n, job->id.p);
	if (!p->until_ms)
		p->until_ms = job->now_ms;
	if (p->n == p->most || job->score_ms > p->until_ms ||
	    was_seen(p, job->score_ms, id))
		return 0;
	p->v[p->n++].n = strlen(id);
	buf_add(&p->ids, id, strlen(id) + 1);
	p->seen_ms = job->score_ms;
	memcpy(p->seen, id, sizeof(id));
	return 0;
}

int page_next(struct page *p, struct redis *r, const struct key_set *k,
	      int64_t most, struct err *e)
{
	struct stats_list list = {.state = "dead", .fn = put, .arg = p};
	const char *at;

	p->n = 0;
	p->most = most < PAGE_MOST ? (size_t)most : PAGE_MOST;
	buf_clear(&p->ids);
	list.limit = (int64_t)(p->left + p->most);
	if (p->most && stats_each_job(r, k, &list, e) < 0)
		return -1;
	/* only now does the buffer stay where it is */
	at = p->ids.p;
	for (size_t i = 0; i < p->n; at += p->v[i++].n + 1)
		p->v[i].p = at;
	return 0;
}
