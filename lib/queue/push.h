/* SPDX-License-Identifier: ISC */
/*
 * Putting jobs into a queue, many in one call of the script. Safe to send
 * again at any time: the id and the digest of the payload tell a repeat from
 * a conflict.
 */
#ifndef QUEUE_PUSH_H
#define QUEUE_PUSH_H

#include <stdbool.h>

#include "base/strv.h"
#include "queue/job.h"
#include "queue/key.h"
#include "sys/redis.h"

enum push_verdict {
	PUSH_OK,       /* stored */
	PUSH_DUP,      /* this very job was pushed before: nothing to do */
	PUSH_CONFLICT, /* another job has this id: nothing was stored */
	PUSH_FULL,     /* the queue is at its limit: nothing was stored */
};

/*
 * One batch. Collect with push_add(), send once, read the verdicts in `fn`.
 * Has to live until `fn` was called; push_clear() makes it ready again.
 */
struct push {
	const struct key_set *keys; /* borrowed */
	/* Called once: `why` NULL and the verdicts are there, or the reason
	 * why nothing is known of any job of the batch. */
	void (*fn)(void *arg, struct push *p, const struct err *why);
	void *arg;
	size_t n; /* jobs in the batch */
	/* The rest is push.c's. */
	struct redis_cmd cmd;
	struct buf ids;		    /* the ids, each with its NUL */
	size_t *id_at;		    /* where each begins; owned */
	enum push_verdict *verdict; /* owned */
	size_t cap;
	size_t bytes;
	struct buf scratch;
};

void push_init(struct push *p, const struct key_set *keys);
void push_clear(struct push *p);
void push_release(struct push *p);

/*
 * Add a job. `id` was checked, `payload` is within the limit. With `borrow`
 * the payload's bytes are not copied and have to stay until push_send().
 */
void push_add(struct push *p, const char *id, const struct job_options *o,
	      struct strv payload, bool borrow);

/* What tells a repeated push of a job from another under its id. `name` may
 * be NULL; `to` holds SEAL_DIGEST_SIZE bytes. */
void push_digest(const char *queue, const char *name, const char *id,
		 struct strv payload, char *to);

/* Bytes of payload collected, for deciding when a batch is large enough. */
size_t push_bytes(const struct push *p);

const char *push_id(const struct push *p, size_t i);
enum push_verdict push_verdict(const struct push *p, size_t i);

/* Send the batch (at least one job). */
void push_send(struct push *p, struct redis *r);

/* Send and run the loop until the verdicts are there. */
int push_now(struct push *p, struct redis *r, struct err *e) must_check;

/* Name the queue in the advisory set; send it before the first push of a
 * process, without waiting. */
void push_announce(struct redis *r, const char *space, const char *queue);

#endif
