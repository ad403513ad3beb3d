/* SPDX-License-Identifier: ISC */
/*
 * Records on a stream: lines, NUL-terminated records, and lines of JSON that
 * each are one job. Memory is bounded by the longest record, whatever comes.
 */
#ifndef CLI_RECORD_H
#define CLI_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/strv.h"
#include "queue/job.h"
#include "queue/key.h"
#include "sys/json.h"

struct record_reader {
	int fd;	      /* borrowed */
	char end;     /* ends a record: '\n' or NUL; the last one may lack it */
	size_t limit; /* most bytes of a record, its end not counted */
	uint64_t number; /* of the record that came last; the first is 1 */
	bool eof;	 /* nothing more can be read */
	/* The rest is record.c's. */
	struct buf buf;	 /* what was read */
	size_t at;	 /* in buf: where the next record begins */
	size_t searched; /* in buf: no end of a record before this place */
	bool skipping;	 /* inside a record that is too long */
};

void record_init(struct record_reader *r, int fd, char end, size_t limit);
void record_release(struct record_reader *r);

enum record_found {
	RECORD_NONE, /* read more, or the end when `eof` is set */
	RECORD_ONE,
	RECORD_LONG, /* longer than the limit: the view shows its beginning,
			the rest of it will be passed over */
};

/* The next record that was read, valid until record_read(). */
enum record_found record_next(struct record_reader *r, struct strv *out);

/*
 * Read once; sets `eof` at the end. Blocks when nothing is there, see
 * record_waiting(). -1 with STATUS_NOINPUT for what cannot be read at all
 * (closed, a directory), else STATUS_IO.
 */
int record_read(struct record_reader *r, struct err *e) must_check;

/* Whether record_read() would find something (or the end) at once. */
bool record_waiting(const struct record_reader *r);

/* A job read from a line of JSON. Kept for the next line: its memory is. */
struct record_job {
	char id[KEY_ID_MAX + 1];    /* "" = none given */
	struct job_options options; /* borrows from here and the defaults */
	struct strv payload;	    /* view of what is owned here */
	/* The rest is record_json.c's. */
	struct json *doc;
	struct buf bytes;  /* a payload that was base64 */
	struct buf text;   /* the option's strings, each with its NUL */
	const char **meta; /* owned array; strings in `text`, or defaults */
	size_t meta_cap;
};

void record_job_init(struct record_job *j);
void record_job_release(struct record_job *j);

/* What record_parse_job() goes by. */
struct record_rules {
	const struct job_options *defaults; /* where the line says nothing */
	size_t max_payload;
	int64_t now_ms; /* for times of day */
};

/*
 * Read a job from a line: `payload` or `payload_b64`, and any of id, name,
 * priority, delay, at, expire, timeout, max_attempts, backoff, meta,
 * traceparent, tracestate, baggage. Spans are seconds as numbers, or text as
 * options take it. What jq-stat tells of a job beyond these is passed over;
 * any other member, a wrong type or value is refused with STATUS_DATA.
 */
int record_parse_job(struct strv line, const struct record_rules *rules,
		     struct record_job *out, struct err *e) must_check;

/* Check the name, the back-off and the labels: each of them, no label's NAME
 * twice, at most JOB_META_MAX bytes of labels. STATUS_USAGE, and the message
 * begins with the option. */
int record_check_options(const struct job_options *o, struct err *e) must_check;

/* Append a line for people: "mail/ID size=5 priority=5 meta=TENANT=acme". */
void record_show_job(const char *queue, const char *id,
		     const struct job_options *o, size_t size, struct buf *out);

#endif
