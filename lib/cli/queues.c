/* SPDX-License-Identifier: ISC */
/* Which queues to look at. */
#include "cli/queues.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "queue/stats.h"

struct list {
	char **v;
	size_t n;
};

static int add(void *arg, struct strv queue, struct err *e)
{
	struct list *l = arg;

	(void)e;
	l->v = buf_realloc(l->v, (l->n + 1) * sizeof(*l->v));
	l->v[l->n++] = strv_dup(queue);
	return 0;
}

int queues_find(struct queues *q, struct redis *r, const char *space,
		char *const *named, size_t n, struct err *e)
{
	struct list all = {NULL, 0};
	int rc;

	*q = (struct queues){named, n, n > 0};
	if (q->named)
		return 0;
	rc = stats_each_queue(r, space, add, &all, e);
	*q = (struct queues){all.v, all.n, false};
	if (rc < 0)
		queues_release(q);
	return rc;
}

int queues_ask(const struct queues *q, struct redis *r, struct stats_queues ask,
	       struct err *e)
{
	ask.names = q->v;
	ask.n = q->n;
	return stats_queues(r, &ask, e);
}

void queues_release(struct queues *q)
{
	for (size_t i = 0; !q->named && i < q->n; i++)
		free(q->v[i]);
	if (!q->named)
		free((void *)q->v);
	memset(q, 0, sizeof(*q));
}
