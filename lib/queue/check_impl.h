/* SPDX-License-Identifier: ISC */
/* What the files of check share. */
#ifndef QUEUE_CHECK_IMPL_H
#define QUEUE_CHECK_IMPL_H

#include "queue/check.h"
#include "queue/script.h"

/* Payloads beyond this are not read: the server would stand still. */
#define CHECK_LARGEST (1 << 20)

/* What audit.lua tells of one id. Views into the answer. */
struct check_look {
	struct strv id;
	struct strv states; /* "ready dead": the sets that hold it */
	struct strv score;  /* in the first of them */
	int64_t same;	    /* ready jobs of that score */
	bool has_record;
	struct strv record;
	int64_t size; /* bytes of the envelope; -1 = none */
	bool has_envelope;
	struct strv envelope; /* when it is not too large */
	int64_t result;	      /* bytes; -1 = none */
	bool news, worker;    /* live text; the worker is known */
	bool unlisted;	      /* … and its last claim does not tell of it */
	int64_t now_ms, fence, max_losses;
};

/* The number of a running job's token, and whose it is. */
struct check_fence {
	int64_t fence;
	uint64_t id; /* a hash of it */
};

/* Tell of a violation, or count it. `id` empty: the queue. */
int check_say(struct check *c, struct strv id, const char *code,
	      const char *meaning, struct err *e, const char *fmt, ...)
	printf_like(6, 7);

/* Tell what mending did: the words of an answer from the second on, `step` of
 * them each; with two the first is the name of a key. */
int check_tell(struct check *c, struct strv id, const struct redis_reply *reply,
	       size_t step, struct err *e);

/* Judge one job. How many violations; they are told of only with `say`; -1. */
int check_judge(struct check *c, const struct check_look *l, bool say,
		struct err *e) must_check;

/* All jobs of the six sets, then what no set holds. */
int check_jobs(struct check *c, struct err *e) must_check;

/* The bytes of finished and of dead jobs against their counters. */
int check_bytes(struct check *c, struct err *e) must_check;

/* Types and lifetimes of the keys. 1 = scripts cannot be called; -1. */
int check_types(struct check *c, struct err *e) must_check;

/* Begin `s` on the queue and call it; -1 unless it answers OK. `cmd` is the
 * caller's, begun with script_begin(). */
int check_call(struct check *c, struct redis_cmd *cmd,
	       const struct redis_reply **reply, struct err *e) must_check;

#endif
