/* SPDX-License-Identifier: ISC */
/* The growing buffer and the allocators that cannot fail. */
#include "base/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

char buf_empty[1] = "";

void *buf_alloc(size_t n)
{
	void *p = malloc(n ? n : 1);

	if (!p)
		err_nomem();
	return p;
}

void *buf_zalloc(size_t n)
{
	void *p = calloc(1, n ? n : 1);

	if (!p)
		err_nomem();
	return p;
}

void *buf_realloc(void *p, size_t n)
{
	void *q = realloc(p, n ? n : 1);

	if (!q)
		err_nomem();
	return q;
}

char *buf_memdup(const void *p, size_t n)
{
	char *q = buf_alloc(n + 1);

	if (n)
		memcpy(q, p, n);
	q[n] = '\0';
	return q;
}

char *buf_strdup(const char *s)
{
	return buf_memdup(s, strlen(s));
}

void buf_init(struct buf *b)
{
	b->p = buf_empty;
	b->len = 0;
	b->cap = 0;
}

void buf_release(struct buf *b)
{
	if (b->cap)
		free(b->p);
	buf_init(b);
}

void buf_clear(struct buf *b)
{
	b->len = 0;
	if (b->cap)
		b->p[0] = '\0';
}

char *buf_reserve(struct buf *b, size_t more)
{
	size_t need, cap;

	if (more > SIZE_MAX / 2 - b->len)
		err_nomem();
	need = b->len + more + 1;
	if (need > b->cap) {
		cap = b->cap ? b->cap + b->cap / 2 : 64;
		if (cap < need)
			cap = need;
		b->p = buf_realloc(b->cap ? b->p : NULL, cap);
		b->cap = cap;
		b->p[b->len] = '\0';
	}
	return b->p + b->len;
}

void buf_add(struct buf *b, const void *p, size_t n)
{
	char *to = buf_reserve(b, n);

	if (n)
		memcpy(to, p, n);
	b->len += n;
	b->p[b->len] = '\0';
}

void buf_addstr(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_addch(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	buf_reserve(b, (size_t)n);
	va_start(ap, fmt);
	vsnprintf(b->p + b->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
}

void buf_drop(struct buf *b, size_t n)
{
	if (!n)
		return;
	memmove(b->p, b->p + n, b->len - n);
	buf_cut(b, b->len - n);
}

void buf_cut(struct buf *b, size_t n)
{
	b->len = n;
	if (b->cap)
		b->p[n] = '\0';
}

char *buf_detach(struct buf *b)
{
	char *p = b->cap ? b->p : buf_strdup("");

	buf_init(b);
	return p;
}
