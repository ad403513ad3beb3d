/* SPDX-License-Identifier: ISC */
/* Reads the lines that share/lua/part/cron_log.lua writes. */
#include "cron/history.h"

#include <string.h>

#include "base/attr.h"
#include "base/num.h"

bool history_has_job(const struct history *h)
{
	static const char *const with[] = {"fired", "run", "backfill"};

	for (size_t i = 0; i < ARRAY_LEN(with); i++)
		if (strv_eq(h->event, with[i]))
			return true;
	return false;
}

static bool parse(struct strv line, struct history *out)
{
	struct strv at = strv_cut(&line, ' ');
	struct strv tick, count;

	memset(out, 0, sizeof(*out));
	out->event = strv_cut(&line, ' ');
	tick = strv_cut(&line, ' ');
	count = strv_cut(&line, ' ');
	out->tick = -1;
	if (!strv_eq(tick, "-") &&
	    num_int(tick, 0, INT64_MAX / 1000, &out->tick, NULL) < 0)
		return false;
	if (history_has_job(out) || strv_eq(out->event, "overlap"))
		out->stamp = strv_cut(&line, ' ');
	if (!strv_eq(line, "-"))
		out->by = line;
	return num_int(at, 0, INT64_MAX, &out->at, NULL) == 0 &&
	       num_int(count, 0, INT64_MAX, &out->count, NULL) == 0;
}

bool history_next(struct strv *text, struct history *out)
{
	while (text->n)
		if (parse(strv_cut(text, '\n'), out))
			return true;
	return false;
}
