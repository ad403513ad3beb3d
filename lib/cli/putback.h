/* SPDX-License-Identifier: ISC */
/*
 * Putting dead jobs back for jq-retry: by name, or all of a queue that fit. The
 * name of each one goes to stdout; what could not be put back is one line on
 * stderr, and the others have their turn. Each call of the server is short,
 * however many there are.
 */
#ifndef CLI_PUTBACK_H
#define CLI_PUTBACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strv.h"
#include "cli/connect.h"
#include "cli/opt.h"
#include "cli/progress.h"
#include "queue/key.h"
#include "queue/select.h"

struct putback {
	const struct opt_command *command; /* for messages; borrowed */
	struct connect *server;		   /* open; borrowed */
	const char *to;	  /* into this queue; NULL = where they are */
	int64_t delay_ms; /* not before so long from now */
	double step_ms;	  /* of --rate: from each to the next; 0 = at once */
	bool waiting;	  /* those that wait in back-off, too; not with `to` */
	int64_t max_attempts; /* from now on; 0 = as they had */
	bool dry_run;	      /* name them only */
	/* the rest is the answer, and putback.c's */
	uint64_t done;	  /* put back */
	uint64_t missing; /* complained of */
	uint64_t bad;	  /* lines that name no job */
	struct key_set from, target;
	struct progress progress;
	int64_t begun_ms;
	bool sweeping;	   /* not by name: who was faster did as well */
	struct err broken; /* stdout, when `is_broken` */
	bool is_broken;
	/* of the last queue that is not there; those before were told */
	struct err no_queue;
};

/* OPT_CALL for --rate: "10/s", "600/1h"; `at` is the double of step_ms. */
int putback_rate(struct strv value, void *at, struct err *e);

/* Jobs by name: operands, "-" for stdin; `queue` is that of bare ids or NULL.
 * 0; -1 when the server or stdout fails, or an operand names no job. */
int putback_ids(struct putback *p, char *const *operands, size_t n,
		const char *queue, char separator, struct err *e) must_check;

/* The dead jobs of `queues` that fit `filter` (NULL: all), oldest first, `most`
 * at most. A queue that is not there is passed over. */
int putback_all(struct putback *p, char *const *queues, size_t n,
		const struct walk_filter *filter, int64_t most,
		struct err *e) must_check;

#endif
