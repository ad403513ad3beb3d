/* SPDX-License-Identifier: ISC */
/*
 * Schedule files: which job is enqueued into which queue at which times.
 *
 *   # comment
 *   SOURCE=web  CRON_TZ=Europe/London  DEFAULTS=missed=once ...
 *   30 2 * * *  reports  nightly  tz=America/New_York -- {"kind":"nightly"}
 *   @seconds 0/10 * * * * *  io  tick
 *
 * A file is taken whole or not at all. Parsing is pure but for the zone
 * database and what the caller gives it to read payload files with.
 */
#ifndef QUEUE_SCHEDULE_H
#define QUEUE_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/strv.h"
#include "queue/cron.h"
#include "queue/job.h"
#include "sys/zone.h"

/* Longest line, and the largest file, in bytes. */
#define SCHEDULE_LINE_MAX 65536
#define SCHEDULE_FILE_MAX (16 << 20)

/* Longest name: "cron:NAME:20261124T100000Z" has to be a job's id. */
#define SCHEDULE_NAME_MAX 106

/* What becomes of ticks whose time passed while nobody was there. */
enum schedule_missed {
	SCHEDULE_ONCE, /* one job, for the latest */
	SCHEDULE_SKIP, /* none, but for those within `grace` */
	SCHEDULE_ALL,  /* one job each, the `missed_max` latest */
};

/* What becomes of a tick while a job of the schedule is still live. */
enum schedule_overlap {
	SCHEDULE_ALLOW,	  /* enqueue, while fewer than `max_live` are */
	SCHEDULE_FORBID,  /* drop the tick */
	SCHEDULE_REPLACE, /* stop the old ones and enqueue */
};

struct schedule {
	char *name;		 /* owned; unique in its file and its queue */
	char *queue;		 /* owned */
	char *text;		 /* owned; the expression, single blanks */
	char *tz;		 /* owned; name of the zone in force */
	const struct zone *zone; /* borrowed from the file */
	struct cron cron;
	struct buf payload;
	enum schedule_missed missed;
	int64_t missed_max;    /* SCHEDULE_ALL: at most so many */
	int64_t missed_window; /* ms; older ticks are dropped; -1 not said */
	int64_t grace;	       /* ms; from when on a tick is late */
	enum schedule_overlap overlap;
	int64_t max_live;   /* SCHEDULE_ALLOW: 0 = no cap */
	int64_t jitter;	    /* ms; 0 = none */
	int64_t start, end; /* ms since the epoch; 0 = not said */
	int64_t limit;	    /* jobs enqueued in all; 0 = no limit */
	int64_t anchor;	    /* ms since the epoch; @every counts from here */
	bool fire_on_create;
	bool paused;
	struct job_options job; /* its strings are owned by the schedule */
	int line;		/* where it stands in the file, from 1 */
};

struct schedule_file {
	char *source;	    /* owned; which set of schedules this is */
	int64_t generation; /* 0 = not said */
	bool allow_empty;   /* may remove all schedules of its source */
	struct schedule *v; /* owned, in the order of the file */
	size_t n;
	struct zone **zones; /* owned; each zone in use once */
	size_t n_zones;
};

/* One thing to be said about a file; borrowed for the call. */
struct schedule_report {
	bool warning;	  /* the file can be applied all the same */
	int line;	  /* from 1 */
	size_t column;	  /* from 1, in bytes */
	const char *text; /* what: why (hint); printable */
};

struct schedule_input {
	const char *zone_dir; /* NULL: ZONE_DIR */
	const char *zone;     /* of lines without one; NULL: UTC */
	const char *source;   /* without SOURCE=; NULL: that is an error */
	int64_t now;	      /* Unix seconds; what lies ahead is judged from
				 here */
	/* Append the file that payload-file= names; NULL refuses it. 1: it is
	 * taken, and `e` says what speaks against that. */
	int (*read_file)(void *arg, struct strv name, struct buf *to,
			 struct err *e);
	/* Told of every error and warning. */
	void (*report)(void *arg, const struct schedule_report *r);
	void *arg;
};

/*
 * Parse the text of a schedule file. All errors are reported, then -1 with
 * STATUS_CONFIG and their number; `f` is empty then. `f` is released by the
 * caller in either case.
 */
int schedule_parse(struct schedule_file *f, struct strv text,
		   const struct schedule_input *in, struct err *e) must_check;

/*
 * Read and parse the file `path`. Payload files are read from beside it, and
 * its base name is the source unless it says SOURCE=; `in` needs neither. A
 * file of either kind that others may write, and a payload file that is a link
 * out of the directory, is reported, as an error when `trusted` (it is
 * about to be applied), else as a warning. Blocks. -1 with STATUS_NOINPUT when
 * it cannot be read, STATUS_RIGHTS when it is not safe so, else as
 * schedule_parse().
 */
int schedule_load(struct schedule_file *f, const char *path, bool trusted,
		  const struct schedule_input *in, struct err *e) must_check;

/* Append the schedule as a line of a file, without its payload and without the
 * newline, each option that is not the default in one spelling: parsed again
 * it is the same schedule. */
void schedule_format(const struct schedule *s, struct buf *out);

/* Free what it holds; a zeroed one is fine. */
void schedule_file_release(struct schedule_file *f);

/* The first tick after `after` (seconds since the epoch) that start and end
 * allow; false: none. */
bool schedule_next(const struct schedule *s, int64_t after,
		   struct cron_tick *out);

/* The offset by which `jitter` delays the jobs of a schedule, ms: the same on
 * every host and in every run. */
int64_t schedule_jitter(const struct schedule *s);

/* "cron:NAME:20261124T100000Z"; `to` holds KEY_ID_MAX + 1 bytes. */
void schedule_job_id(const char *name, int64_t tick, char *to);

/* 0 if `name` may be the name of a schedule or a source, [A-Za-z0-9_] and then
 * [A-Za-z0-9_.-]*; STATUS_DATA. */
int schedule_check_name(struct strv name, struct err *e) must_check;

#endif
