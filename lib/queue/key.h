/* SPDX-License-Identifier: ISC */
/*
 * Names: queues, jobs, ids, and the keys of a queue in Redis. Pure but for
 * the random bytes of a new id.
 */
#ifndef QUEUE_KEY_H
#define QUEUE_KEY_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strv.h"

#define KEY_QUEUE_MAX 64
#define KEY_ID_MAX    128
#define KEY_NAME_MAX  64
/* A generated id: 26 characters and a NUL. */
#define KEY_NEW_ID_SIZE 27

/* How many keys a queue has; every script declares all, in one order. */
#define KEY_COUNT 16

/* The keys of one queue. */
struct key_set {
	char queue[KEY_QUEUE_MAX + 1];
	char key[KEY_COUNT][KEY_QUEUE_MAX * 2 + 16]; /* "jq:{mail}:rdy" … */
	char channel[KEY_QUEUE_MAX * 2 + 16]; /* "jq:{mail}:end" (pub/sub) */
	char cron[KEY_QUEUE_MAX * 2 + 16]; /* "jq:{mail}:cron": its schedules,
					      declared by their scripts alone */
	char crons[80]; /* "jq:crons": the queues that schedules feed */
};

/* Places in key_set.key that C looks at by name. */
enum {
	KEY_META = 9,
	KEY_WAKE = 11,
	KEY_EVENTS = 15
};

/* Fill the keys for a queue and a namespace that were checked before. */
void key_set_init(struct key_set *k, const char *space, struct strv queue);

/* "jq:queues": the advisory set of queue names; `to` holds 80 bytes. */
void key_queues(const char *space, char *to);

/* "jq:crons": the set of queues that schedules feed; likewise. */
void key_crons(const char *space, char *to);

/*
 * Checks, 0 or -1 with STATUS_USAGE and the offender made printable:
 * queue and namespace  [A-Za-z0-9][A-Za-z0-9._-]{0,63}
 * id                   [A-Za-z0-9][A-Za-z0-9._:-]{0,127}
 * job name             [a-z0-9][a-z0-9._-]{0,63}
 */
int key_check_queue(struct strv v, struct err *e) must_check;
int key_check_id(struct strv v, struct err *e) must_check;
int key_check_name(struct strv v, struct err *e) must_check;

/*
 * Split "QUEUE/ID" and check both. A bare id takes `queue` (NULL: refused
 * with a hint at --queue). STATUS_USAGE.
 */
int key_split_job(struct strv text, const char *queue, struct strv *out_queue,
		  struct strv *out_id, struct err *e) must_check;

/* A new id, ULID in lower case: 48 bits of milliseconds, 80 random bits,
 * Crockford base32. Ids made by one process in one millisecond rise. */
void key_new_id(int64_t now_ms, char to[KEY_NEW_ID_SIZE]);

/* The same from given random bytes. Pure. */
void key_format_id(int64_t ms, const unsigned char random[10],
		   char to[KEY_NEW_ID_SIZE]);

#endif
