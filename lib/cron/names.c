/* SPDX-License-Identifier: ISC */
/* A short list: looked through from its front. */
#include "cron/names.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

bool names_has(const struct names *l, struct strv name)
{
	for (size_t i = 0; i < l->n; i++)
		if (strv_eq(name, l->v[i]))
			return true;
	return false;
}

bool names_add(struct names *l, struct strv name)
{
	if (names_has(l, name))
		return false;
	l->v = buf_realloc(l->v, (l->n + 1) * sizeof(*l->v));
	l->v[l->n++] = strv_dup(name);
	return true;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void names_sort(struct names *l)
{
	if (l->n)
		qsort(l->v, l->n, sizeof(*l->v), by_bytes);
}

void names_release(struct names *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i]);
	free(l->v);
	l->v = NULL;
	l->n = 0;
}
