/* SPDX-License-Identifier: ISC */
/* Puts payloads into arguments. */
#include "work/replace.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

void replace_init(struct replace *r, const char *str, const char *const *argv)
{
	memset(r, 0, sizeof(*r));
	r->str = str;
	r->argv = argv;
	buf_init(&r->text);
	while (argv[r->n])
		r->n++;
	r->v = buf_alloc((r->n + 1) * sizeof(*r->v));
	r->at = buf_alloc((r->n + 1) * sizeof(*r->at));
}

void replace_release(struct replace *r)
{
	free(r->v);
	free(r->at);
	buf_release(&r->text);
	memset(r, 0, sizeof(*r));
	buf_init(&r->text);
}

static int check(const struct replace *r, struct strv payload, struct err *e)
{
	char shown[64];

	if (payload.n && memchr(payload.p, '\0', payload.n))
		return err_set(e, STATUS_DATA,
			       "the payload has a NUL byte: it cannot be an "
			       "argument (-I)");
	if (payload.n > REPLACE_PAYLOAD_MAX)
		return err_set(e, STATUS_DATA,
			       "the payload is over 128 kB: it cannot be an "
			       "argument (-I)");
	if (!strv_starts(payload, "-"))
		return 0;
	for (size_t i = 1; i < r->n && strcmp(r->argv[i], "--") != 0; i++)
		if (strncmp(r->argv[i], r->str, strlen(r->str)) == 0)
			return err_set(e, STATUS_DATA,
				       "the payload begins with '-' and would "
				       "be taken for an option (-I; put -- "
				       "before '%s')",
				       text_show(strv_of(r->str), shown,
						 sizeof(shown)));
	return 0;
}

/* One argument with every STR replaced. */
static void substitute(struct replace *r, const char *arg, struct strv payload)
{
	size_t len = strlen(r->str);
	const char *hit;

	while ((hit = strstr(arg, r->str))) {
		buf_add(&r->text, arg, (size_t)(hit - arg));
		buf_add(&r->text, payload.p, payload.n);
		arg = hit + len;
	}
	buf_addstr(&r->text, arg);
	buf_addch(&r->text, '\0');
}

const char *const *replace_build(struct replace *r, struct strv payload,
				 struct err *e)
{
	if (payload.n && payload.p[payload.n - 1] == '\n')
		payload.n--;
	if (check(r, payload, e) < 0)
		return NULL;
	buf_clear(&r->text);
	for (size_t i = 1; i < r->n; i++) {
		r->at[i] = r->text.len;
		substitute(r, r->argv[i], payload);
		if (r->text.len - r->at[i] > REPLACE_ARG_MAX) {
			err_set(e, STATUS_DATA,
				"the payload makes argument %zu longer than "
				"128 kB (-I)",
				i);
			return NULL;
		}
	}
	/* only now: the text may have moved while it grew */
	r->v[0] = r->argv[0];
	for (size_t i = 1; i < r->n; i++)
		r->v[i] = r->text.p + r->at[i];
	r->v[r->n] = NULL;
	return r->v;
}
