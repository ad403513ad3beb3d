/* SPDX-License-Identifier: ISC */
/*
 * The private server for those who look after it: jq-ctl server.
 */
#ifndef CLI_PRIVATE_H
#define CLI_PRIVATE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

/* Whether `word` is status, stop or url. */
bool private_knows(const char *word);

/* Do as `word` says; the answer is appended to `out`. Returns the exit status,
 * 1 when it was asked for and does not run; or -1. */
int private_do(const char *word, bool as_json, struct buf *out,
	       struct err *e) must_check;

#endif
