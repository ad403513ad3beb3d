/* SPDX-License-Identifier: ISC */
/* Cuts lines and keeps ends. */
#include "work/lines.h"

#include <string.h>

void lines_init(struct lines *l, size_t max)
{
	buf_init(&l->partial);
	l->max = max;
}

void lines_release(struct lines *l)
{
	buf_release(&l->partial);
}

/* What belongs to a line that goes on behind these bytes. A piece is full only
 * when more comes: a newline may be next. */
static void keep(struct lines *l, struct strv part, lines_fn *fn, void *arg)
{
	while (l->partial.len + part.n > l->max) {
		size_t n = l->max - l->partial.len;

		buf_add(&l->partial, part.p, n);
		part = strv_make(part.p + n, part.n - n);
		fn(arg, strv_make(l->partial.p, l->partial.len));
		buf_clear(&l->partial);
	}
	buf_add(&l->partial, part.p, part.n);
}

void lines_feed(struct lines *l, struct strv bytes, lines_fn *fn, void *arg)
{
	while (bytes.n) {
		const char *end = memchr(bytes.p, '\n', bytes.n);
		struct strv part = strv_cut(&bytes, '\n');

		if (end && !l->partial.len && part.n <= l->max) {
			fn(arg, part);
			continue;
		}
		keep(l, part, fn, arg);
		if (end) {
			fn(arg, strv_make(l->partial.p, l->partial.len));
			buf_clear(&l->partial);
		}
	}
}

void lines_end(struct lines *l, lines_fn *fn, void *arg)
{
	if (l->partial.len)
		fn(arg, strv_make(l->partial.p, l->partial.len));
	buf_clear(&l->partial);
}

void lines_tail_init(struct lines_tail *t, size_t max)
{
	buf_init(&t->b);
	t->max = max;
}

void lines_tail_release(struct lines_tail *t)
{
	buf_release(&t->b);
}

void lines_tail_clear(struct lines_tail *t)
{
	buf_clear(&t->b);
}

void lines_tail_add(struct lines_tail *t, struct strv bytes)
{
	if (bytes.n > t->max)
		bytes = strv_make(bytes.p + bytes.n - t->max, t->max);
	if (t->b.len + bytes.n > 2 * t->max)
		buf_drop(&t->b, t->b.len + bytes.n - t->max);
	buf_add(&t->b, bytes.p, bytes.n);
}

struct strv lines_tail_view(const struct lines_tail *t, size_t most)
{
	size_t n = t->b.len;

	if (most > t->max)
		most = t->max;
	if (n > most)
		n = most;
	return strv_make(t->b.p + t->b.len - n, n);
}

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct strv lines_last(struct strv text)
{
	size_t from;

	while (text.n && blank(text.p[text.n - 1]))
		text.n--;
	from = text.n;
	while (from && text.p[from - 1] != '\n')
		from--;
	return strv_trim(strv_make(text.p + from, text.n - from));
}
