/* SPDX-License-Identifier: ISC */
/*
 * Which queue a free slot asks next: "high,default,low" in that order, or
 * "a=5,b=1" by weight. Pure: chance is an argument.
 */
#ifndef WORK_PICK_H
#define WORK_PICK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "queue/key.h"

#define PICK_WEIGHT_MAX 1000

struct pick_queue {
	char name[KEY_QUEUE_MAX + 1];
	int64_t weight; /* 0 = strict order */
};

struct pick {
	struct pick_queue *queue; /* owned array */
	size_t n;
	bool weighted;
};

/* Parse QUEUE[,QUEUE...]. -1 with STATUS_USAGE: a bad name, one given twice,
 * weights for some queues only. */
int pick_init(struct pick *p, struct strv text, struct err *e) must_check;
void pick_release(struct pick *p);

/*
 * The queue to ask, as an index: of those that are `open`, the first, or one
 * by weight with `chance` from [0, 1). -1 when none is open.
 */
int pick_next(const struct pick *p, const bool *open, double chance);

#endif
