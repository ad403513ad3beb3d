/* SPDX-License-Identifier: ISC */
/* Turns the text of an option into its value, whatever source it is from. */
#include "cli/opt_value.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/num.h"
#include "base/text.h"
#include "queue/key.h"

/* A namespace becomes part of every key, so it is as plain as a queue. */
int opt_value_name(struct strv v, void *at, struct err *e)
{
	char shown[96];

	if (key_check_queue(v, e))
		return err_set(e, STATUS_USAGE,
			       "'%s' cannot be a namespace (1 to 64 letters, "
			       "digits, '.', '_' or '-', the first a letter or "
			       "digit)",
			       text_show(v, shown, sizeof(shown)));
	*(const char **)at = v.p;
	return 0;
}

int opt_value_color(struct strv v, void *at, struct err *e)
{
	static const char *const words[] = {"auto", "always", "never"};
	char shown[32];

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (strv_eq(v, words[i])) {
			*(const char **)at = words[i];
			return 0;
		}
	}
	return err_set(e, STATUS_USAGE, "'%s' is not auto, always or never",
		       text_show(v, shown, sizeof(shown)));
}

static int store_flag(bool *at, const char *text, struct err *e)
{
	char shown[32];
	struct strv v = strv_of(text);

	*at = !text || strv_eq(v, "true") || strv_eq(v, "yes");
	if (*at || strv_eq(v, "false") || strv_eq(v, "no"))
		return 0;
	return err_set(e, STATUS_USAGE, "'%s' is neither true nor false",
		       text_show(v, shown, sizeof(shown)));
}

static int store_count(int *at, const char *text, struct err *e)
{
	int64_t n = *at + 1;

	if (text && num_int(strv_of(text), 0, 9, &n, e))
		return -1;
	*at = (int)n;
	return 0;
}

static int store_size(const struct opt *o, struct strv v, struct err *e)
{
	uint64_t n;
	char shown[64];

	if (num_size(v, o->max ? (uint64_t)o->max : INT64_MAX, &n, e))
		return -1;
	if ((int64_t)n < o->min)
		return err_set(e, STATUS_USAGE,
			       "'%s' is too small (at least %lld bytes)",
			       text_show(v, shown, sizeof(shown)),
			       (long long)o->min);
	*(int64_t *)o->at = (int64_t)n;
	return 0;
}

static void store_list(struct opt_list *list, const char *text)
{
	list->v = buf_realloc(list->v, (list->n + 1) * sizeof(*list->v));
	list->v[list->n++] = text;
}

int opt_value_store(const struct opt *o, const char *text, struct err *e)
{
	struct strv v = strv_of(text);

	switch (o->kind) {
	case OPT_FLAG:
		return store_flag(o->at, text, e);
	case OPT_COUNT:
		return store_count(o->at, text, e);
	case OPT_TEXT:
		*(const char **)o->at = text;
		return 0;
	case OPT_LIST:
		store_list(o->at, text);
		return 0;
	case OPT_INT:
		return num_int(v, o->min, o->max ? o->max : INT64_MAX, o->at,
			       e);
	case OPT_DURATION:
		return num_duration(
			v, o->min, o->max ? o->max : NUM_SPAN_MAX_MS, o->at, e);
	case OPT_SIZE:
		return store_size(o, v, e);
	case OPT_TIME:
		return num_time(v, clock_real_ms(), o->at, e);
	case OPT_CALL:
		return o->fn(v, o->at, e);
	}
	return -1;
}

static void write_list(const struct opt_list *list, struct buf *out)
{
	for (size_t i = 0; i < list->n; i++)
		buf_addf(out, "%s%s", i ? " " : "", list->v[i]);
}

/* What no user could have written is what stands there for "not set". */
static void write_number(const struct opt *o, struct buf *out)
{
	int64_t n = *(const int64_t *)o->at;
	char text[NUM_TEXT_SIZE];

	if (n < o->min || (o->kind == OPT_TIME && n == 0))
		return;
	if (o->kind == OPT_DURATION)
		num_format_duration(n, text);
	else if (o->kind == OPT_SIZE)
		num_format_size(n, text);
	else if (o->kind == OPT_TIME)
		num_format_time(n, text);
	else
		snprintf(text, sizeof(text), "%" PRId64, n);
	buf_addstr(out, text);
}

void opt_value_write(const struct opt *o, struct buf *out)
{
	const char *text;

	switch (o->kind) {
	case OPT_FLAG:
		buf_addstr(out, *(const bool *)o->at ? "true" : "false");
		return;
	case OPT_COUNT:
		buf_addf(out, "%d", *(const int *)o->at);
		return;
	case OPT_TEXT:
		text = *(const char *const *)o->at;
		buf_addstr(out, text ? text : "");
		return;
	case OPT_LIST:
		write_list(o->at, out);
		return;
	case OPT_INT:
	case OPT_DURATION:
	case OPT_SIZE:
	case OPT_TIME:
		write_number(o, out);
		return;
	case OPT_CALL:
		return;
	}
}
