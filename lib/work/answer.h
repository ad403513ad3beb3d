/* SPDX-License-Identifier: ISC */
/*
 * What a handler that is given many jobs says of one: a line of its standard
 * output with --stream, a line on descriptor 3 (behind the job's id) with
 * --batch. Pure.
 */
#ifndef WORK_ANSWER_H
#define WORK_ANSWER_H

#include <stdint.h>

#include "base/err.h"
#include "base/strv.h"

/* The longest line: a result has to fit. */
#define ANSWER_LINE_MAX (1UL << 20)

enum answer_kind {
	ANSWER_OK,    /* ok [RESULT] */
	ANSWER_RETRY, /* retry [DELAY] [REASON] */
	ANSWER_DEAD,  /* dead [REASON] */
};

struct answer {
	enum answer_kind kind;
	int64_t delay_ms; /* of RETRY; -1 = not said */
	struct strv text; /* RESULT byte for byte, or REASON trimmed */
};

/*
 * Parse a line without its newline; a final carriage return is dropped. A
 * first word after `retry` that is no duration begins the REASON. -1 with
 * STATUS_DATA when it begins with none of the three words.
 */
int answer_parse(struct strv line, struct answer *out,
		 struct err *e) must_check;

/* The same of what stands behind "retry". */
void answer_retry(struct strv rest, struct answer *out);

#endif
