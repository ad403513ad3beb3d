/* SPDX-License-Identifier: ISC */
/* The order of queues. */
#include "work/pick.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/num.h"

static int add(struct pick *p, struct strv text, struct err *e)
{
	bool weighted = text.n && memchr(text.p, '=', text.n);
	struct strv weight = text, name = strv_cut(&weight, '=');
	struct pick_queue *q;
	int64_t w = 0;

	if (key_check_queue(name, e) < 0)
		return -1;
	if (weighted && num_int(weight, 1, PICK_WEIGHT_MAX, &w, e) < 0)
		return err_prefix(e, "weight of queue '%.*s'", (int)name.n,
				  name.p);
	if (p->n && weighted != p->weighted)
		return err_set(e, STATUS_USAGE,
			       "give every queue a weight, or none "
			       "(a,b for strict order; a=5,b=1 by weight)");
	for (size_t i = 0; i < p->n; i++)
		if (strv_eq(name, p->queue[i].name))
			return err_set(e, STATUS_USAGE,
				       "queue '%s' is named twice",
				       p->queue[i].name);
	p->weighted = weighted;
	p->queue = buf_realloc(p->queue, (p->n + 1) * sizeof(*p->queue));
	q = &p->queue[p->n++];
	snprintf(q->name, sizeof(q->name), "%.*s", (int)name.n, name.p);
	q->weight = w;
	return 0;
}

int pick_init(struct pick *p, struct strv text, struct err *e)
{
	bool more;

	memset(p, 0, sizeof(*p));
	do {
		more = text.n && memchr(text.p, ',', text.n);
		if (add(p, strv_cut(&text, ','), e) < 0) {
			pick_release(p);
			return -1;
		}
	} while (more);
	return 0;
}

void pick_release(struct pick *p)
{
	free(p->queue);
	memset(p, 0, sizeof(*p));
}

int pick_next(const struct pick *p, const bool *open, double chance)
{
	int64_t sum = 0, at;
	int last = -1;

	for (size_t i = 0; i < p->n; i++) {
		if (!open[i])
			continue;
		if (!p->weighted)
			return (int)i;
		sum += p->queue[i].weight;
	}
	at = (int64_t)(chance * (double)sum);
	for (size_t i = 0; i < p->n; i++) {
		if (!open[i])
			continue;
		last = (int)i;
		at -= p->queue[i].weight;
		if (at < 0)
			break;
	}
	return last;
}
