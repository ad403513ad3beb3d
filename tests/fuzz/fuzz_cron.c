/* SPDX-License-Identifier: ISC */
/*
 * Cron expressions (queue/cron.h). One spelling reads as the same schedule and
 * is the spelling of itself; looking for firings forwards and backwards gives
 * the same ones, no nearer to each other than promised; a refusal points into
 * the text.
 */
#include "queue/cron.h"

#include "fuzz.h"

#define ZONES  "tests/fuzz/corpus/zone"
#define NOW    1764158400LL
#define AROUND (1LL << 31) /* seconds around 2025 that are looked at */

static const struct zone *zone(const char *name)
{
	struct err e;
	struct zone *z = zone_load(ZONES, strv_of(name), &e);

	HOLDS(z != NULL, "started at the top of the tree, which has " ZONES);
	return z;
}

static void comes_back(const struct cron *c)
{
	struct buf text = BUF_INIT, more = BUF_INIT;
	struct cron again;
	struct err e;
	size_t column;

	cron_format(c, &text);
	HOLDS(fuzz_is_line(strv_make(text.p, text.len)), "a printable line");
	HOLDS(cron_parse(&again, strv_make(text.p, text.len), NULL, &column,
			 &e) == 0,
	      "one spelling is an expression");
	HOLDS(cron_same(c, &again), "one spelling means the same");
	cron_format(&again, &more);
	HOLDS(strcmp(text.p, more.p) == 0, "there is but one spelling");
	buf_release(&text);
	buf_release(&more);
}

static void firings(const struct cron *c, const struct zone *z, int64_t from,
		    int64_t least)
{
	struct cron_tick tick, before;

	for (int i = 0; i < 3; i++) {
		int64_t last = from;

		if (!cron_next(c, z, from, &tick))
			return;
		HOLDS(tick.at > from, "the next firing is later");
		HOLDS(i == 0 || tick.at - last >= least,
		      "firings keep their distance");
		HOLDS(cron_previous(c, z, tick.at + 1, &before) &&
			      before.at == tick.at && before.mark == tick.mark,
		      "the firing before is the one found");
		HOLDS(!cron_previous(c, z, tick.at, &before) ||
			      before.at <= from,
		      "there is no firing in between");
		from = tick.at;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct zone *utc, *berlin;
	struct strv text = fuzz_view(data, size), name;
	size_t column = 0;
	struct cron c;
	struct err e;
	int64_t from;

	if (!utc) {
		utc = zone("UTC");
		berlin = zone("Berlin");
	}
	cron_cut_zone(&text, &name);
	if (cron_parse(&c, text, "nightly", &column, &e) < 0) {
		fuzz_said(&e, STATUS_DATA);
		HOLDS(column >= 1 && column <= text.n + 1,
		      "a refusal points into the text");
		return 0;
	}
	comes_back(&c);
	from = NOW + (int64_t)(fuzz_hash(text) % (2 * AROUND)) - AROUND;
	firings(&c, utc, from, cron_shortest(&c));
	firings(&c, berlin, from, 1);
	return 0;
}
