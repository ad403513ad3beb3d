/* SPDX-License-Identifier: ISC */
/* Cuts what a descriptor gives into records. */
#include "cli/record.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define CHUNK 131072

void record_init(struct record_reader *r, int fd, char end, size_t limit)
{
	memset(r, 0, sizeof(*r));
	r->fd = fd;
	r->end = end;
	r->limit = limit;
	buf_init(&r->buf);
}

void record_release(struct record_reader *r)
{
	buf_release(&r->buf);
}

/* The record that goes up to `to`; the next one begins at `next`. */
static enum record_found give(struct record_reader *r, size_t to, size_t next,
			      struct strv *out)
{
	bool too_long = to - r->at > r->limit;

	*out = strv_make(r->buf.p + r->at, too_long ? r->limit : to - r->at);
	r->at = r->searched = next;
	r->number++;
	return too_long ? RECORD_LONG : RECORD_ONE;
}

enum record_found record_next(struct record_reader *r, struct strv *out)
{
	size_t rest = r->buf.len - r->searched;
	const char *end =
		rest ? memchr(r->buf.p + r->searched, r->end, rest) : NULL;

	if (end && r->skipping) {
		r->skipping = false;
		r->at = r->searched = (size_t)(end - r->buf.p) + 1;
		return record_next(r, out);
	}
	if (end)
		return give(r, (size_t)(end - r->buf.p),
			    (size_t)(end - r->buf.p) + 1, out);
	r->searched = r->buf.len;
	if (r->skipping) {
		r->at = r->buf.len;
		return RECORD_NONE;
	}
	if (r->buf.len - r->at > r->limit) {
		r->skipping = true;
		return give(r, r->buf.len, r->buf.len, out);
	}
	if (r->eof && r->buf.len > r->at)
		return give(r, r->buf.len, r->buf.len, out);
	return RECORD_NONE;
}

int record_read(struct record_reader *r, struct err *e)
{
	ssize_t k;

	buf_drop(&r->buf, r->at);
	r->searched -= r->at;
	r->at = 0;
	do {
		k = read(r->fd, buf_reserve(&r->buf, CHUNK), CHUNK);
	} while (k < 0 && errno == EINTR);
	if (k < 0)
		return err_sys(e,
			       errno == EBADF || errno == EISDIR
				       ? STATUS_NOINPUT
				       : STATUS_IO,
			       errno, "cannot read standard input");
	r->eof = k == 0;
	buf_cut(&r->buf, r->buf.len + (size_t)k);
	return 0;
}

bool record_waiting(const struct record_reader *r)
{
	struct pollfd p = {.fd = r->fd, .events = POLLIN};

	/* what poll() cannot tell, read() will */
	return poll(&p, 1, 0) != 0;
}
