/* SPDX-License-Identifier: ISC */
/*
 * A view of bytes that somebody else owns. Cutting words off the front of a
 * view is how all text of ours is parsed: no copies, no terminators.
 */
#ifndef BASE_STRV_H
#define BASE_STRV_H

#include <stdbool.h>
#include <stddef.h>

struct strv {
	const char *p; /* borrowed; not NUL-terminated */
	size_t n;      /* bytes */
};

/* View of a NUL-terminated string; NULL gives the empty view. */
struct strv strv_of(const char *s);
struct strv strv_make(const char *p, size_t n);

bool strv_eq(struct strv a, const char *s);
bool strv_starts(struct strv a, const char *prefix);

/* Without blanks and tabs at both ends. */
struct strv strv_trim(struct strv a);

/*
 * Cut the part before the first `sep` off the front of `rest`, with the
 * separator; without one the part is all of it and `rest` is left empty.
 */
struct strv strv_cut(struct strv *rest, char sep);

/* Cut the next word, skipping blanks and tabs; empty at the end. */
struct strv strv_word(struct strv *rest);

/* Copy as a NUL-terminated string that the caller frees. */
char *strv_dup(struct strv a);

#endif
