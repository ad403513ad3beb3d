/* SPDX-License-Identifier: ISC */
/* Writes records. */
#include "queue/frame.h"

#include <string.h>

int frame_parse(struct strv name, enum frame *out, struct err *e)
{
	static const char *const names[] = {
		[FRAME_LINE] = "line",
		[FRAME_NUL] = "nul",
		[FRAME_NETSTRING] = "netstring",
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (strv_eq(name, names[i])) {
			*out = (enum frame)i;
			return 0;
		}
	}
	return err_set(e, STATUS_USAGE, "it is one of line, nul, netstring");
}

/* What of a payload goes into its record. */
static struct strv body(enum frame f, struct strv payload)
{
	if (f == FRAME_LINE && payload.n && payload.p[payload.n - 1] == '\n')
		payload.n--;
	return payload;
}

static char end_of(enum frame f)
{
	return f == FRAME_LINE ? '\n' : '\0';
}

int frame_check(enum frame f, struct strv payload, struct err *e)
{
	struct strv v = body(f, payload);

	if (f == FRAME_NETSTRING || v.n == 0 || !memchr(v.p, end_of(f), v.n))
		return 0;
	return err_set(e, STATUS_DATA,
		       "the payload holds %s, which ends a record (use "
		       "--frame netstring)",
		       f == FRAME_LINE ? "a newline" : "a NUL byte");
}

int frame_add(enum frame f, const char *job, struct strv payload,
	      struct buf *out, struct err *e)
{
	struct strv v = body(f, payload);

	if (frame_check(f, payload, e) < 0)
		return -1;
	if (f == FRAME_NETSTRING)
		buf_addf(out, "%zu:", v.n + (job ? strlen(job) + 1 : 0));
	if (job) {
		buf_addstr(out, job);
		buf_addch(out, '\t');
	}
	buf_add(out, v.p, v.n);
	buf_addch(out, f == FRAME_NETSTRING ? ',' : end_of(f));
	return 0;
}
