/* SPDX-License-Identifier: ISC */
/* Back-off specifications and the delays they give. */
#include "queue/backoff.h"

#include <stdbool.h>
#include <string.h>

#include "base/num.h"
#include "base/text.h"

static int refuse(struct strv spec, struct err *e)
{
	char shown[64];

	return err_set(e, STATUS_USAGE,
		       "'%s' is not a back-off (write exp:5s,1h or fixed:30s "
		       "or list:10s,1m,10m)",
		       text_show(spec, shown, sizeof(shown)));
}

int backoff_parse(struct strv spec, struct backoff *out, struct err *e)
{
	struct strv rest = spec, kind = strv_cut(&rest, ':');
	bool more;

	memset(out, 0, sizeof(*out));
	if (strv_eq(kind, "exp"))
		out->kind = BACKOFF_EXP;
	else if (strv_eq(kind, "fixed"))
		out->kind = BACKOFF_FIXED;
	else if (strv_eq(kind, "list"))
		out->kind = BACKOFF_LIST;
	else
		return refuse(spec, e);
	do {
		more = rest.n && memchr(rest.p, ',', rest.n);
		if (out->n == BACKOFF_LIST_MAX ||
		    num_duration(strv_cut(&rest, ','), 0, NUM_SPAN_MAX_MS,
				 &out->ms[out->n++], NULL) < 0)
			return refuse(spec, e);
	} while (more);
	if (out->kind == BACKOFF_FIXED && out->n != 1)
		return refuse(spec, e);
	if (out->kind == BACKOFF_EXP &&
	    (out->n != 2 || out->ms[0] == 0 || out->ms[1] < out->ms[0]))
		return refuse(spec, e);
	return 0;
}

/* first · 2^(failed-1), stopping at the cap before anything can overflow. */
static int64_t doubled(int64_t first, int64_t cap, int64_t failed)
{
	while (failed-- > 1 && first < cap)
		first *= 2;
	return first < cap ? first : cap;
}

int64_t backoff_delay(const struct backoff *b, int64_t failed, double chance)
{
	int64_t ms;

	if (failed < 1)
		failed = 1;
	if (b->kind == BACKOFF_EXP)
		ms = doubled(b->ms[0], b->ms[1], failed);
	else
		ms = b->ms[failed > (int64_t)b->n ? b->n - 1
						  : (size_t)failed - 1];
	ms = (int64_t)((double)ms * (0.8 + 0.4 * chance));
	if (ms < 1)
		return 1;
	return ms < NUM_SPAN_MAX_MS ? ms : NUM_SPAN_MAX_MS;
}
