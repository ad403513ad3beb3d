/* SPDX-License-Identifier: ISC */
/*
 * A job as Redis holds it: what was pushed (header), what became of it
 * (record), how each attempt went. All text; pure encoding and decoding.
 *
 * Changing the layout: see "changing the job record" in HACKING.md. The Lua
 * side is share/lua/part/record.lua and push.lua.
 */
#ifndef QUEUE_JOB_H
#define QUEUE_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/strv.h"

#define JOB_PRIORITY_MIN     (-9)
#define JOB_PRIORITY_MAX     9
#define JOB_META_MAX	     4096 /* bytes of all labels together */
#define JOB_DEFAULT_ATTEMPTS 5
#define JOB_MAX_ATTEMPTS     1000000
/* The largest number of a record or header: what Lua counts exactly. Beyond,
 * and below zero, the text is not ours. */
#define JOB_NUMBER_MAX 9007199254740992LL
/* Bytes: the default limit, and what Redis takes in one piece. */
#define JOB_MAX_PAYLOAD	     (64ULL << 20)
#define JOB_HARD_MAX_PAYLOAD (500ULL << 20)

/* What a pusher may say about a job; zero is "not said" unless noted. */
struct job_options {
	int priority;	    /* JOB_PRIORITY_MIN … MAX, higher first */
	int64_t delay_ms;   /* from now, by the server's clock */
	int64_t at_ms;	    /* absolute; used when > 0 */
	int64_t expire_ms;  /* from now; dead unless started by then */
	int64_t timeout_ms; /* per attempt; -1 = not said, 0 = none */
	int64_t max_attempts;
	const char *backoff;	 /* spec as in backoff.h; borrowed; or NULL */
	const char *name;	 /* borrowed; or NULL */
	const char *trace[3];	 /* TRACEPARENT, TRACESTATE, BAGGAGE; or NULL */
	const char *const *meta; /* "NAME=VALUE"; borrowed */
	size_t n_meta;
	bool notify; /* somebody waits: tell the queue's channel of the end */
};

#define JOB_OPTIONS_INIT         \
	{                        \
		.timeout_ms = -1 \
	}

/* Check one label "NAME=VALUE": NAME is [A-Z0-9_]{1,32}; no NUL, no newline
 * in VALUE. STATUS_USAGE. */
int job_check_meta(struct strv label, struct err *e) must_check;

/* Append the words of `o` that the header carries (" p=5 m=3 …"). */
void job_encode_options(const struct job_options *o, struct buf *out);

/* What was pushed, read back. Strings are owned and may be NULL. */
struct job_header {
	int64_t created_ms;
	int64_t expires_ms; /* absolute; 0 = never */
	uint64_t size;	    /* bytes of payload */
	int priority;
	int64_t timeout_ms;   /* -1 = not said, 0 = none */
	int64_t max_attempts; /* 0 = not said */
	char *backoff;
	char *name;
	char *trace[3];
	char **meta; /* "NAME=VALUE", n_meta of them */
	size_t n_meta;
};

/* Parse a header line (without its newline). -1 with STATUS_PROTOCOL. */
int job_parse_header(struct strv line, struct job_header *out,
		     struct err *e) must_check;
void job_header_release(struct job_header *h); /* zeroed is fine */

/* Split an envelope into its header line and the payload. -1 with
 * STATUS_PROTOCOL when it has no header. */
int job_split_envelope(struct strv envelope, struct strv *header,
		       struct strv *payload, struct err *e) must_check;

/* What became of a job; all views point into the parsed text. */
struct job_record {
	struct strv token;  /* of the running lease; "-" = none */
	struct strv closed; /* token that closed it last; "-" = none */
	int64_t since_ms;   /* last change: claimed, done, dead … */
	int64_t deliveries; /* times it was claimed, lifetime */
	int64_t attempts;   /* failed attempts since the last jq-retry */
	int64_t losses;	    /* workers that vanished with it, likewise */
	int64_t releases;   /* times it was handed back, likewise */
	int64_t attempts_before, losses_before, releases_before;
	int64_t retries;    /* times jq-retry put it back */
	struct strv flags;  /* "c" cancel asked, "d" delete asked, "-" none */
	struct strv last;   /* how the last attempt ended; "-" = none */
	struct strv reason; /* why it is dead or waits for a retry; or "" */
};

/*
 * Parse the first line of a record. An empty `line` (never claimed) gives a
 * record of zeros. -1 with STATUS_PROTOCOL.
 */
int job_parse_record(struct strv line, struct job_record *out,
		     struct err *e) must_check;

/* Of a job in state done: a tombstone serves for two ends, and it was dropped,
 * while it waited or while it ran (told to stop, then it ended). */
bool job_was_dropped(const struct job_record *r);

/* One attempt of the history. Views into the text. */
struct job_attempt {
	int64_t start_ms; /* epoch, server's clock */
	int64_t run_ms;
	struct strv how; /* "exit:1", "signal:9", "timeout", "lost" … */
	int64_t user_us, sys_us, peak_kib;
	int64_t pid;
	struct strv worker; /* its name */
	struct strv reason;
	struct strv stderr_tail;
};

/* Append what close.lua takes as an attempt's detail (start and run time are
 * the server's). Newlines in `reason` become blanks. */
void job_encode_attempt(const struct job_attempt *a, struct buf *out);

/* Cut the next attempt off the front of a history (oldest first). 1 = got
 * one, 0 = the end, -1 = malformed, with STATUS_PROTOCOL. */
int job_next_attempt(struct strv *history, struct job_attempt *out,
		     struct err *e) must_check;

/* Split the whole record text into its line, header and history. */
void job_split_record(struct strv text, struct strv *line, struct strv *header,
		      struct strv *history);

/* A running job's news, or a finished one's result; same shape of text. */
struct job_live {
	int64_t progress, total; /* -1 = never told; total 0 = open-ended */
	char *text;		 /* owned; of `progress`; may be NULL */
	int64_t stderr_total;	 /* bytes of it so far; -1 = never told */
	struct strv stderr_tail; /* view: the last of them */
};
void job_encode_live(int64_t progress, int64_t total, struct strv text,
		     int64_t stderr_total, struct strv stderr_tail,
		     struct buf *out);
int job_parse_live(struct strv text, struct job_live *out,
		   struct err *e) must_check;
void job_live_release(struct job_live *l);

struct job_result {
	uint64_t total;	   /* bytes the handler wrote to stdout */
	char *line;	   /* owned; short result line, may be NULL */
	struct strv bytes; /* view: the first bytes; fewer than total = cut */
};
/* Appends nothing when there is nothing to keep. */
void job_encode_result(uint64_t total, struct strv line, struct strv bytes,
		       struct buf *out);
int job_parse_result(struct strv text, struct job_result *out,
		     struct err *e) must_check;
void job_result_release(struct job_result *r);

/* What a worker tells of itself with each beat. Strings owned when parsed. */
struct job_worker {
	char *name; /* "host:pid" or --worker-name */
	char *host;
	int64_t pid;
	int64_t slots, busy;
	int64_t started_ms;
	int64_t done, failed;
	char *version;
	char *state; /* "run", "quiet", "stopping", "halted" */
};
void job_encode_worker(const struct job_worker *w, struct buf *out);
int job_parse_worker(struct strv text, struct job_worker *out,
		     struct err *e) must_check;
void job_worker_release(struct job_worker *w);

#endif
