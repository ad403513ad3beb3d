/* SPDX-License-Identifier: ISC */
/* Spans and times that lie in the past. */
#include "cli/since.h"

#include "base/clock.h"
#include "base/num.h"
#include "base/text.h"

#define DAY_MS 86400000

int since_parse_at(struct strv text, int64_t now_ms, int64_t *out_ms,
		   struct err *e)
{
	char shown[48];
	int64_t span;

	if (num_duration(text, 0, now_ms, &span, NULL) == 0) {
		*out_ms = now_ms - span;
		return 0;
	}
	/* a time of day is read as the next one: seen from a day ago, the last
	 * one before now */
	if (num_time(text, now_ms - DAY_MS, out_ms, NULL) < 0)
		return err_set(e, STATUS_USAGE,
			       "'%s' is neither a span nor a time (write 2h, "
			       "14:30, 2026-11-24 14:30 or @EPOCH)",
			       text_show(text, shown, sizeof(shown)));
	if (*out_ms <= now_ms)
		return 0;
	return err_set(e, STATUS_USAGE, "'%s' is yet to come",
		       text_show(text, shown, sizeof(shown)));
}

int since_parse(struct strv text, void *at, struct err *e)
{
	return since_parse_at(text, clock_real_ms(), at, e);
}
