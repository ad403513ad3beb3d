/* SPDX-License-Identifier: ISC */
/* Names of jobs from operands and stdin, in runs of one queue. */
#include "cli/ids.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "queue/key.h"

/* The run being gathered. */
struct run {
	const struct ids *ids;
	char queue[KEY_QUEUE_MAX + 1];
	char id[IDS_MOST][KEY_ID_MAX + 1];
	size_t n;
};

/* A name that is longer than any can be is cut here and refused by its
 * length. */
#define LINE_MAX_BYTES (KEY_QUEUE_MAX + KEY_ID_MAX + 64)

static int hand_on(struct run *r, struct err *e)
{
	struct strv v[IDS_MOST];
	size_t n = r->n;

	for (size_t i = 0; i < n; i++)
		v[i] = strv_of(r->id[i]);
	r->n = 0;
	return n ? r->ids->run(r->ids->arg, r->queue, v, n, e) : 0;
}

static int add(struct run *r, struct strv queue, struct strv id, struct err *e)
{
	if (r->n == IDS_MOST || (r->n && !strv_eq(queue, r->queue)))
		if (hand_on(r, e) < 0)
			return -1;
	memcpy(r->queue, queue.p, queue.n);
	r->queue[queue.n] = '\0';
	memcpy(r->id[r->n], id.p, id.n);
	r->id[r->n++][id.n] = '\0';
	return 0;
}

/* Read one name. 1 = got one, 0 = the end, -1. */
static int read_name(char separator, char to[LINE_MAX_BYTES], size_t *n,
		     struct err *e)
{
	int c;

	*n = 0;
	while ((c = getc(stdin)) != EOF && c != (unsigned char)separator)
		if (*n < LINE_MAX_BYTES)
			to[(*n)++] = (char)c;
	if (c == EOF && ferror(stdin))
		return err_sys(e,
			       errno == EBADF || errno == EISDIR
				       ? STATUS_NOINPUT
				       : STATUS_IO,
			       errno, "cannot read standard input");
	return *n > 0 || c != EOF;
}

static int from_stdin(struct run *r, struct err *e)
{
	char line[LINE_MAX_BYTES];
	int64_t number = 0;
	size_t n;
	int rc;

	while ((rc = read_name(r->ids->separator, line, &n, e)) > 0) {
		struct strv queue, id;
		struct err why;

		number++;
		if (n == 0)
			continue;
		if (key_split_job(strv_make(line, n), r->ids->queue, &queue,
				  &id, &why) < 0) {
			why.code = STATUS_DATA;
			err_prefix(&why, "line %lld of standard input",
				   (long long)number);
			r->ids->bad(r->ids->arg, &why);
		} else if (add(r, queue, id, e) < 0) {
			return -1;
		}
	}
	return rc;
}

int ids_each(const struct ids *ids, struct err *e)
{
	struct strv queue, id;
	struct run *r;
	int rc = 0;

	for (size_t i = 0; i < ids->n; i++)
		if (strcmp(ids->operands[i], "-") != 0 &&
		    key_split_job(strv_of(ids->operands[i]), ids->queue, &queue,
				  &id, e) < 0)
			return -1;
	r = buf_zalloc(sizeof(*r));
	r->ids = ids;
	for (size_t i = 0; i < ids->n && rc == 0; i++) {
		if (strcmp(ids->operands[i], "-") == 0)
			rc = from_stdin(r, e);
		else if (key_split_job(strv_of(ids->operands[i]), ids->queue,
				       &queue, &id, e) < 0)
			rc = -1;
		else
			rc = add(r, queue, id, e);
	}
	if (rc == 0)
		rc = hand_on(r, e);
	free(r);
	return rc;
}
