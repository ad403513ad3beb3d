/* SPDX-License-Identifier: ISC */
/* Requests and the queues they wait in. */
#include "sys/redis_impl.h"

#include <stdlib.h>

#include "base/clock.h"

struct redis_request *redis_request_new(enum redis_kind kind,
					const struct redis_cmd *c)
{
	struct redis_request *q = buf_zalloc(sizeof(*q));

	q->kind = kind;
	q->bytes = redis_cmd_bytes(c, &q->len);
	q->script = c->script;
	q->born = clock_boot_ms();
	return q;
}

void redis_request_free(struct redis_request *q)
{
	q->over = true;
	if (q->lent)
		return;
	redis_cmd_bytes_free(q->bytes);
	free(q);
}

void redis_request_lend(struct redis_request *q)
{
	q->lent++;
}

void redis_request_back(void *arg)
{
	struct redis_request *q = arg;

	q->lent--;
	if (q->over)
		redis_request_free(q);
}

void redis_queue_add(struct redis_queue *l, struct redis_request *q)
{
	q->next = NULL;
	if (l->last)
		l->last->next = q;
	else
		l->first = q;
	l->last = q;
	l->bytes += q->len;
}

void redis_queue_insert(struct redis_queue *l, struct redis_request *q)
{
	struct redis_request **at = &l->first;

	/* answers come in order, so most often it is the last */
	if (!l->last || l->last->seq < q->seq) {
		redis_queue_add(l, q);
		return;
	}
	while ((*at)->seq < q->seq)
		at = &(*at)->next;
	q->next = *at;
	*at = q;
	l->bytes += q->len;
}

struct redis_request *redis_queue_take(struct redis_queue *l)
{
	struct redis_request *q = l->first;

	if (!q)
		return NULL;
	l->first = q->next;
	if (!l->first)
		l->last = NULL;
	l->bytes -= q->len;
	q->next = NULL;
	return q;
}
