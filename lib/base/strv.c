/* SPDX-License-Identifier: ISC */
/* Views of bytes: compare, trim, cut. */
#include "base/strv.h"

#include <string.h>

#include "base/buf.h"

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

struct strv strv_make(const char *p, size_t n)
{
	struct strv v = {p, n};

	return v;
}

struct strv strv_of(const char *s)
{
	return s ? strv_make(s, strlen(s)) : strv_make("", 0);
}

bool strv_eq(struct strv a, const char *s)
{
	size_t n = strlen(s);

	return a.n == n && (n == 0 || memcmp(a.p, s, n) == 0);
}

bool strv_starts(struct strv a, const char *prefix)
{
	size_t n = strlen(prefix);

	return a.n >= n && (n == 0 || memcmp(a.p, prefix, n) == 0);
}

struct strv strv_trim(struct strv a)
{
	while (a.n && blank(a.p[0])) {
		a.p++;
		a.n--;
	}
	while (a.n && blank(a.p[a.n - 1]))
		a.n--;
	return a;
}

struct strv strv_cut(struct strv *rest, char sep)
{
	const char *at = rest->n ? memchr(rest->p, sep, rest->n) : NULL;
	struct strv part = *rest;

	if (!at) {
		*rest = strv_make(rest->p + rest->n, 0);
		return part;
	}
	part.n = (size_t)(at - rest->p);
	*rest = strv_make(at + 1, rest->n - part.n - 1);
	return part;
}

struct strv strv_word(struct strv *rest)
{
	struct strv word;

	while (rest->n && blank(rest->p[0])) {
		rest->p++;
		rest->n--;
	}
	word = strv_make(rest->p, 0);
	while (word.n < rest->n && !blank(word.p[word.n]))
		word.n++;
	*rest = strv_make(rest->p + word.n, rest->n - word.n);
	return word;
}

char *strv_dup(struct strv a)
{
	return buf_memdup(a.p, a.n);
}
