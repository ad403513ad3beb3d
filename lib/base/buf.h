/* SPDX-License-Identifier: ISC */
/*
 * A growing byte buffer. Holds any bytes; one NUL always follows the contents
 * so that `p` may be read as a string. Memory exhaustion ends the program
 * (err_nomem), so nothing here can fail.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stddef.h>

#include "base/attr.h"

struct buf {
	char *p;    /* contents, NUL after the last byte; never NULL */
	size_t len; /* bytes in use */
	size_t cap; /* bytes allocated; 0 = `p` is not ours to free */
};

/* What `p` points at before the first byte comes; never written to. */
extern char buf_empty[1];

#define BUF_INIT                \
	{                       \
		buf_empty, 0, 0 \
	}

void buf_init(struct buf *b);

/* Free the contents; the buffer is then as after buf_init(). */
void buf_release(struct buf *b);

/* Forget the contents, keep the memory. */
void buf_clear(struct buf *b);

/* Make room for `more` bytes beyond `len`; returns where they go. */
char *buf_reserve(struct buf *b, size_t more);

void buf_add(struct buf *b, const void *p, size_t n);
void buf_addstr(struct buf *b, const char *s);
void buf_addch(struct buf *b, char c);
void buf_addf(struct buf *b, const char *fmt, ...) printf_like(2, 3);

/* Drop the first `n` bytes (n <= len). */
void buf_drop(struct buf *b, size_t n);

/* Shorten to `n` bytes (n <= len). */
void buf_cut(struct buf *b, size_t n);

/* Hand the contents to the caller, who frees them; the buffer is empty. */
char *buf_detach(struct buf *b);

/* malloc, calloc and strdup that end the program instead of returning NULL. */
void *buf_alloc(size_t n);
void *buf_zalloc(size_t n);
void *buf_realloc(void *p, size_t n);
char *buf_strdup(const char *s);
char *buf_memdup(const void *p, size_t n);

#endif
