/* SPDX-License-Identifier: ISC */
/* Writes records. */
#include "work/frame.h"

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

static void add(struct buf *out, const char *job, struct strv payload)
{
	if (job) {
		buf_addstr(out, job);
		buf_addch(out, '\t');
	}
	buf_add(out, payload.p, payload.n);
}

int frame_add(enum frame f, const char *job, struct strv payload,
	      struct buf *out, struct err *e)
{
	char end = f == FRAME_LINE ? '\n' : '\0';

	if (f == FRAME_NETSTRING) {
		buf_addf(out, "%zu:", payload.n + (job ? strlen(job) + 1 : 0));
		add(out, job, payload);
		buf_addch(out, ',');
		return 0;
	}
	if (f == FRAME_LINE && payload.n && payload.p[payload.n - 1] == '\n')
		payload.n--;
	if (payload.n && memchr(payload.p, end, payload.n))
		return err_set(e, STATUS_DATA,
			       "the payload holds %s, which ends a record "
			       "(use --frame netstring)",
			       f == FRAME_LINE ? "a newline" : "a NUL byte");
	add(out, job, payload);
	buf_addch(out, end);
	return 0;
}
