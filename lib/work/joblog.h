/* SPDX-License-Identifier: ISC */
/*
 * --joblog FILE: one line of tab-separated values for each attempt. Machine
 * format, only added to: start runtime exit signal outcome attempt queue id
 * worker.
 */
#ifndef WORK_JOBLOG_H
#define WORK_JOBLOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct joblog {
	const char *path; /* borrowed; NULL = none is kept */
	int fd;
	bool failing; /* the last write failed; told once */
	struct buf line;
};

/* Open (to append), creating it. -1 with STATUS_CANTCREATE. `path` may be
 * NULL: then nothing is written. */
int joblog_open(struct joblog *j, const char *path, struct err *e) must_check;
void joblog_close(struct joblog *j);

/* Open the file anew, after it was rotated away. -1 with STATUS_CANTCREATE;
 * the old one is kept then. */
int joblog_reopen(struct joblog *j, struct err *e) must_check;

struct joblog_line {
	int64_t start_ms; /* epoch */
	int64_t took_us;
	int code;  /* exit status; -1 = none */
	int signo; /* 0 = none */
	const char *outcome;
	int64_t attempt; /* from 1 */
	const char *queue, *id, *worker;
};

/* Append a line in one write. -1 with STATUS_IO the first time in a row that
 * it fails, 0 after that: the log may be full, the jobs go on. */
int joblog_write(struct joblog *j, const struct joblog_line *l,
		 struct err *e) must_check;

#endif
