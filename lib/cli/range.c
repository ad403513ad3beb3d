/* SPDX-License-Identifier: ISC */
/* Ranges of the monitoring plugins' guidelines. */
#include "cli/range.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* "LOW:HIGH", each of which may be missing; "HIGH" alone is from 0. */
static int parse_bounds(struct range *r, struct strv text, struct err *e)
{
	const char *colon = text.n ? memchr(text.p, ':', text.n) : NULL;
	struct strv low = strv_of("0"), high = text;
	char shown[48];

	if (colon)
		low = strv_cut(&high, ':');
	r->low = 0;
	r->high = HUGE_VAL;
	if (strv_eq(low, "~"))
		r->low = -HUGE_VAL;
	else if (low.n && measure_read(r->measure, low, &r->low, e) < 0)
		return -1;
	if ((high.n || !colon) &&
	    measure_read(r->measure, high, &r->high, e) < 0)
		return -1;
	if (r->low <= r->high)
		return 0;
	return err_set(e, STATUS_USAGE,
		       "'%s': the lower bound is above the "
		       "upper one",
		       text_show(text, shown, sizeof(shown)));
}

static int parse_one(struct range *r, struct strv text, struct err *e)
{
	struct strv bounds = text, name = strv_trim(strv_cut(&bounds, '='));

	r->measure = measure_find(name, e);
	if (!r->measure)
		return -1;
	r->inside = strv_starts(bounds, "@");
	if (r->inside)
		strv_cut(&bounds, '@');
	return parse_bounds(r, strv_trim(bounds), e);
}

int range_parse_list(struct strv text, void *at, struct err *e)
{
	struct range_list *l = at;
	struct range r;

	do {
		if (parse_one(&r, strv_cut(&text, ','), e) < 0)
			return -1;
		if (range_find(l, r.measure))
			return err_set(e, STATUS_USAGE,
				       "'%s' has two thresholds",
				       r.measure->name);
		l->v = buf_realloc(l->v, (l->n + 1) * sizeof(*l->v));
		l->v[l->n++] = r;
	} while (text.n > 0);
	return 0;
}

void range_list_release(struct range_list *l)
{
	free(l->v);
	*l = (struct range_list){NULL, 0};
}

bool range_alerts(const struct range *r, double value)
{
	bool in = value >= r->low && value <= r->high;

	return in == r->inside;
}

const struct range *range_find(const struct range_list *l,
			       const struct measure *m)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].measure == m)
			return &l->v[i];
	return NULL;
}

void range_format(const struct range *r, struct buf *out)
{
	if (!r)
		return;
	if (r->inside)
		buf_addch(out, '@');
	if (isinf(r->low))
		buf_addstr(out, "~:");
	else if (r->low > 0 || isinf(r->high))
		buf_addf(out, "%.10g:", r->low);
	if (!isinf(r->high))
		buf_addf(out, "%.10g", r->high);
}
