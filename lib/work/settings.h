/* SPDX-License-Identifier: ISC */
/*
 * What the options of jq-work ask for, as plain data. All strings borrowed.
 */
#ifndef WORK_SETTINGS_H
#define WORK_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strv.h"
#include "queue/backoff.h"
#include "queue/frame.h"
#include "work/log.h"
#include "work/outcome.h"
#include "work/supervisor.h"

/* How jobs come to handlers. */
enum settings_mode {
	SETTINGS_EACH,	 /* a process for each */
	SETTINGS_STREAM, /* one after the other to one that lives long */
	SETTINGS_BATCH,	 /* many at once */
};

struct settings {
	/* What to run: argv with its path found, or a directory of handlers. */
	const char *path;	 /* of the program; NULL with handlers_dir */
	const char *const *argv; /* NULL-terminated */
	const char *replace;	 /* -I: this in argv is the payload; or NULL */
	const char *handlers_dir;
	const char *const *environ; /* ours, NULL-terminated */
	const char *const *extra;   /* "NAME=value" for handlers, or NULL */
	bool control;		    /* open descriptor 3 */
	int64_t files; /* soft limit of descriptors for it; 0 = ours */
	int starting;  /* so many at most without waiting for them */

	/* One handler for many jobs. */
	enum settings_mode mode;
	int64_t per_slot; /* jobs a slot holds at most: 1, window or batch */
	enum frame frame; /* of a job on the handler's stdin */
	bool ids;	  /* with "QUEUE/ID\t" before it */
	int64_t recycle;  /* jobs after which a handler is replaced; 0 = none */
	int64_t recycle_bytes; /* likewise, memory it may have */
	int64_t batch_wait_ms; /* for a batch to fill */
	const char *queue;     /* the only one, or NULL; for handlers */

	/* How many, and until when. */
	int64_t slots;
	int64_t limit;	  /* jobs to take in all; 0 = no limit */
	int64_t idle_ms;  /* end when nothing came for so long; -1 = never */
	int64_t grace_ms; /* for handlers on shutdown; -1 = no limit */
	bool judge;	  /* a failed job makes the exit status 1 */
	bool need_one;	  /* no job at all makes it 75 */
	bool on_terminal; /* SIGHUP means that the terminal went away */

	/* Attempts. */
	int64_t timeout_ms; /* for jobs that carry none; 0 = none */
	int64_t kill_after_ms;
	bool strict_lease;	/* ends when it may have run out */
	int64_t max_attempts;	/* likewise */
	struct backoff backoff; /* likewise */
	struct outcome_rules rules;
	int64_t halt; /* failed attempts in a row; 0 = never */

	/* Output. */
	int64_t max_result;  /* bytes of stdout kept */
	int64_t stderr_tail; /* bytes of stderr kept */
	bool pass;	     /* stdout goes on to ours */
	bool tag;
	enum log_format log_format;
	int verbose; /* -v minus -q */
	const char *joblog;
	const char *on_dead; /* a command for the shell; or NULL */

	/* Who we are. */
	const char *worker;  /* name: no blanks, no control characters */
	const char *host;    /* name of the machine */
	const char *version; /* of the program */
	const char *space;   /* key prefix */

	/* Read configuration and URL again and settings_adopt() them, or
	 * change nothing: -1. For the engine, when SIGHUP tells it to. */
	int (*reload)(void *arg, struct err *e);
	void *reload_arg;

	/* Our supervisor, and the service manager's words to it. */
	const struct supervisor *supervisor;
	const char *notify_socket, *watchdog_usec, *watchdog_pid;
};

/* What holds for a worker that is told nothing: one slot, attempts of five
 * minutes, five of them, no end. */
void settings_init(struct settings *s);

/* What was said by options that make settings only together. */
struct settings_said {
	bool once, drain, no_control, no_result, no_pass;
	bool has_limit, has_idle, has_max_result;
	/* Of --stream and --batch: */
	bool stream, has_window, has_recycle, has_recycle_memory;
	bool has_batch, has_batch_wait;
	bool nul, has_frame;
	int64_t window, batch; /* window: 1 before any is read */
};

/* Whether the options go together, and what they come to: fills the settings
 * that follow from them. STATUS_USAGE. */
int settings_conclude(struct settings *s, const struct settings_said *said,
		      struct err *e) must_check;

/*
 * Values as people write them, for tables of options: `at` is the field of
 * `struct settings` that the function is named after, `rules` for the last
 * three. 0, or -1 with STATUS_USAGE.
 */
int settings_slots(struct strv v, void *at, struct err *e) must_check;
int settings_frame(struct strv v, void *at, struct err *e) must_check;
int settings_backoff(struct strv v, void *at, struct err *e) must_check;
int settings_log_format(struct strv v, void *at, struct err *e) must_check;
int settings_ok_on(struct strv v, void *at, struct err *e) must_check;
int settings_retry_on(struct strv v, void *at, struct err *e) must_check;
int settings_dead_on(struct strv v, void *at, struct err *e) must_check;

/* Take over from `from` what may change while a worker runs: all about
 * attempts, the grace, and how much is logged. */
void settings_adopt(struct settings *s, const struct settings *from);

/* Whether `name` may be a worker's: one word of printable ASCII, so that it
 * can stand in records of words. STATUS_USAGE. */
int settings_check_worker(const char *name, struct err *e) must_check;

/* Whether there is exactly one way of saying what is to be run: handlers_dir,
 * a line for the shell (or NULL), or `command`, a NULL-terminated array; and
 * whether `replace` has a place in it. STATUS_USAGE. */
int settings_check_command(const struct settings *s, const char *shell,
			   char *const *command, struct err *e) must_check;

#endif
