/* SPDX-License-Identifier: ISC */
/*
 * What the fuzz targets share. A target is one function that gives bytes to a
 * parser and aborts when a rule is broken; libFuzzer makes the bytes up, or
 * replay.c takes them from the corpus.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fnv.h"
#include "base/strv.h"
#include "base/text.h"

/* The name is libFuzzer's. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Abort, saying which rule is broken. */
#define HOLDS(cond, rule) fuzz_holds((cond), rule, __FILE__, __LINE__)

static inline void fuzz_holds(bool ok, const char *rule, const char *file,
			      int line)
{
	if (ok)
		return;
	fprintf(stderr, "%s:%d: broken rule: %s\n", file, line, rule);
	abort();
}

static inline struct strv fuzz_view(const uint8_t *data, size_t size)
{
	return strv_make((const char *)data, size);
}

static inline bool fuzz_equal(struct strv a, struct strv b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* One line that a terminal shows as it is; a backslash is fine. */
static inline bool fuzz_is_line(struct strv v)
{
	struct buf b = BUF_INIT;
	size_t slashes = 0;
	bool same;

	for (size_t i = 0; i < v.n; i++)
		slashes += v.p[i] == '\\';
	text_escape(&b, v);
	same = b.len == v.n + slashes;
	buf_release(&b);
	return same;
}

/* What is said on failure: the status expected, one printable line. */
static inline void fuzz_said(const struct err *e, enum status code)
{
	size_t n = strlen(e->msg);

	HOLDS(e->code == code, "the status fits");
	HOLDS(n > 0, "a failure is explained");
	/* what was too long may end inside a character */
	if (n == sizeof(e->msg) - 1)
		while (n && ((unsigned char)e->msg[n - 1] & 0x80))
			n--;
	HOLDS(fuzz_is_line(strv_make(e->msg, n)),
	      "a message is one printable line");
}

/* A number that depends on all of the input, for choices of the target. */
static inline uint64_t fuzz_hash(struct strv v)
{
	uint64_t h = fnv_add(FNV_INIT, v.p, v.n);

	return h ^ h >> 29;
}

/* Cut a piece of 1 to 16 bytes off the front, or what is left. */
static inline struct strv fuzz_piece(struct strv *rest, uint64_t *seed)
{
	size_t n;
	struct strv piece;

	*seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;
	n = (size_t)(*seed >> 60) + 1;
	piece = strv_make(rest->p, n < rest->n ? n : rest->n);
	*rest = strv_make(rest->p + piece.n, rest->n - piece.n);
	return piece;
}

#endif
