/* SPDX-License-Identifier: ISC */
/*
 * jq-cron as a service: the keeper, the signals that it obeys, its log, and
 * words to the service manager.
 */
#ifndef CRON_DAEMON_H
#define CRON_DAEMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "cron/keeper.h"
#include "cron/logbook.h"
#include "queue/schedule.h"
#include "sys/loop.h"
#include "sys/notify.h"
#include "sys/redis.h"

struct daemon {
	struct loop *loop; /* borrowed, like all of the caller's */
	struct redis *redis;
	struct redis *ears;	 /* for the keeper; both are freed here */
	const char *space;	 /* the namespace */
	const char *version;	 /* of the program, for the log */
	const char *by;		 /* who applies the files */
	struct keeper_sure sure; /* see there */
	struct logbook log;
	struct notify notify; /* released by the caller */
	/* Read all files into `f`, zeroed, `n_files` of them; -1: none is
	 * applied. Called on SIGHUP. */
	int (*read)(struct schedule_file *f, struct err *e);
	size_t n_files;
	/* The rest is daemon.c's. */
	struct keeper keeper;
	struct loop_timer *alive;
};

/*
 * Bring the files `f` into force and push what is due until SIGTERM or SIGINT.
 * -1: they could not be brought into force.
 */
int daemon_run(struct daemon *d, const struct schedule_file *f,
	       struct err *e) must_check;

#endif
