/* SPDX-License-Identifier: ISC */
/*
 * Zone files (sys/zone.h). A file that was taken covers all time with periods
 * that meet; a local time found again shows that time; a refusal is explained.
 * The footer and names are tried alone as well.
 */
#include "sys/zone.h"

#include "fuzz.h"

#define FAR (1LL << 40) /* seconds: some 35,000 years */

static void period(const struct zone *z, int64_t at)
{
	struct zone_period p = zone_at(z, at), next;

	HOLDS(p.since <= at && at < p.until, "a period holds its instant");
	HOLDS(p.offset >= -ZONE_REACH && p.offset <= ZONE_REACH,
	      "an offset in its range");
	HOLDS(strlen(p.abbr) < 256, "an abbreviation ends");
	if (p.until < ZONE_FOREVER) {
		next = zone_at(z, p.until);
		HOLDS(next.since <= p.until && p.until < next.until,
		      "a period follows");
	}
}

static void local(const struct zone *z, int64_t at)
{
	struct zone_map m = zone_from_local(z, at);

	HOLDS(m.n >= 0 && m.n <= ZONE_MAP_MAX, "a few instants at most");
	for (int i = 0; i < m.n; i++) {
		HOLDS(m.at[i] + zone_at(z, m.at[i]).offset == at,
		      "an instant shows its local time");
		HOLDS(i == 0 || m.at[i - 1] < m.at[i], "instants ascend");
	}
	HOLDS(m.n || m.gap > 0, "a gap has a length");
}

static void instant(const struct zone *z, int64_t at)
{
	struct zone_period p = zone_at(z, at);
	struct zone_map m;
	bool found = false;

	period(z, at);
	m = zone_from_local(z, at + p.offset);
	for (int i = 0; i < m.n; i++)
		found |= m.at[i] == at;
	HOLDS(found || m.n == ZONE_MAP_MAX, "an instant is found again");
	local(z, at);
}

static void file(struct strv v)
{
	struct err e;
	struct zone *z = zone_parse(strv_of("Fuzz/Zone"), v, &e);
	int64_t at;

	if (!z) {
		fuzz_said(&e, STATUS_CONFIG);
		return;
	}
	at = (int64_t)(fuzz_hash(v) % (2 * FAR)) - FAR;
	instant(z, at);
	instant(z, at % (1LL << 32));
	instant(z, ZONE_FOREVER / 4);
	instant(z, -ZONE_FOREVER / 4);
	for (size_t i = 0; i < z->n; i += 1 + z->n / 4) {
		instant(z, z->at[i]);
		instant(z, z->at[i] - 1);
	}
	if (z->n)
		instant(z, z->at[z->n - 1] + 366 * 86400);
	zone_free(z);
}

static void footer(struct strv v, int version)
{
	struct zone_footer f;
	struct err e;

	if (zone_footer_parse(&f, v, version, &e) < 0) {
		fuzz_said(&e, STATUS_CONFIG);
		return;
	}
	for (int64_t at = -FAR; at < FAR; at += FAR / 5 + 86400 * 50) {
		struct zone_period p = zone_footer_at(&f, at);

		HOLDS(p.since <= at && at < p.until,
		      "a period of a rule holds its instant");
		HOLDS(strlen(p.abbr) >= 3, "an abbreviation has 3 letters");
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct strv v = fuzz_view(data, size);
	struct err e;

	file(v);
	footer(v, 2);
	footer(v, 3);
	if (zone_check_name(v, &e) < 0)
		fuzz_said(&e, STATUS_CONFIG);
	else
		HOLDS(v.n && v.n <= ZONE_NAME_MAX && v.p[0] != '/' &&
			      !memchr(v.p, '.', v.n),
		      "a zone's name leads nowhere else");
	return 0;
}
