/* SPDX-License-Identifier: ISC */
/*
 * What operators do to jobs and queues: put dead jobs back, cancel, drop,
 * pause, set. Each call runs the loop until the server has answered.
 */
#ifndef QUEUE_CHANGE_H
#define QUEUE_CHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strv.h"
#include "queue/key.h"
#include "sys/redis.h"

#define CHANGE_MAX_IDS 1000 /* most ids in one call */

/* The jobs of one call, and who hears what became of each. */
struct change_ids {
	const struct strv *v; /* borrowed; CHANGE_MAX_IDS at most */
	size_t n;
	/* Called for each id with the script's word: "OK", "ASKED" (running:
	 * told to stop at its worker's next beat), "GONE" (no such job), else
	 * the state in which there was nothing to do ("done", "running" …);
	 * but "OK" when that may be the work of this very call, whose answer
	 * was lost, so that it was made again. */
	void (*fn)(void *arg, struct strv id, struct strv word);
	void *arg; /* borrowed; for `fn` */
};

/* How jobs are put back. */
struct change_terms {
	double first_ms;      /* the first may run so long from now */
	double step_ms;	      /* from one that is put back to the next */
	bool waiting;	      /* those that wait in back-off, too */
	int64_t max_attempts; /* from now on; 0 = as they had */
};

/* Dead jobs run again on these terms, counters at zero. */
int change_retry(struct redis *r, const struct key_set *k,
		 const struct change_terms *terms, const struct change_ids *ids,
		 struct err *e) must_check;

enum change_removal {
	CHANGE_CANCEL, /* waiting → dead; running → told to stop, then dead */
	CHANGE_DROP, /* waiting, dead → deleted; running → told, deleted */
	CHANGE_HOLD, /* waiting → dead; running ones are left alone */
};
int change_remove(struct redis *r, const struct key_set *k,
		  enum change_removal what, const char *reason,
		  const struct change_ids *ids, struct err *e) must_check;

/* Keep a queue from being claimed from; `reason` ("why, who") is shown. */
int change_pause(struct redis *r, const struct key_set *k, const char *reason,
		 struct err *e) must_check;
int change_resume(struct redis *r, const struct key_set *k,
		  struct err *e) must_check;

/* Do once what a worker does for its queue: `gone` gets how many finished and
 * how many dead jobs were forgotten because of their age, number or size. To be
 * called again until it is none. */
int change_prune(struct redis *r, const struct key_set *k, int64_t gone[2],
		 struct err *e) must_check;

/* A queue's settings, with the meaning, unit and range of each. */
struct change_setting {
	const char *name;  /* as typed: "lease", "keep-done" … */
	const char *field; /* as stored */
	enum {
		CHANGE_DURATION,
		CHANGE_NUMBER,
		CHANGE_SIZE
	} kind;
	int64_t min, max, fallback; /* ms, number or bytes */
	const char *help;
};
extern const struct change_setting change_settings[];
extern const size_t change_n_settings;

/* Find a setting by the name typed. NULL with STATUS_USAGE. */
const struct change_setting *change_find_setting(struct strv name,
						 struct err *e) must_check;

/* Parse `value` for `s` ("default" puts the default back: *is_default). */
int change_parse_value(const struct change_setting *s, struct strv value,
		       int64_t *out, bool *is_default,
		       struct err *e) must_check;

int change_set(struct redis *r, const struct key_set *k,
	       const struct change_setting *s, int64_t value, bool is_default,
	       struct err *e) must_check;

#endif
