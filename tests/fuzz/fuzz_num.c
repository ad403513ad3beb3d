/* SPDX-License-Identifier: ISC */
/*
 * Numbers as people type them (base/num.h). A result lies in its range and is
 * read again from its plain form as the same; a refusal leaves the result
 * alone and explains itself.
 */
#include "base/num.h"

#include <errno.h>
#include <inttypes.h>

#include "fuzz.h"

#define UNTOUCHED 0x5eed5eed5eedLL
#define NOW	  1764158400123LL /* 2025-11-26T12:00:00.123Z */
#define TIME_MAX  253402300799999LL

/* Whether the C library reads it as a number, sign and digits alone. */
static bool is_int(struct strv v, int64_t *out)
{
	char text[64];
	size_t sign = strv_starts(v, "-");

	if (v.n >= sizeof(text) || v.n == sign)
		return false;
	for (size_t i = sign; i < v.n; i++)
		if (v.p[i] < '0' || v.p[i] > '9')
			return false;
	memcpy(text, v.p, v.n);
	text[v.n] = '\0';
	errno = 0;
	*out = strtoll(text, NULL, 10);
	return errno == 0;
}

static void integers(struct strv v)
{
	static const struct {
		int64_t min, max;
	} rows[] = {
		{INT64_MIN, INT64_MAX}, {0, INT64_MAX}, {-9, 9}, {1, 65535}};
	struct err e;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int64_t min = rows[i].min, max = rows[i].max;
		int64_t n = UNTOUCHED, want = 0;
		bool good = is_int(v, &want) && want >= min && want <= max &&
			    (min < 0 || v.p[0] != '-');

		if (num_int(v, min, max, &n, &e) == 0) {
			HOLDS(n >= min && n <= max, "an integer in its range");
			HOLDS(v.n >= 64 || (good && n == want),
			      "an integer as the C library reads it");
		} else {
			HOLDS(!good, "every integer in the range is taken");
			HOLDS(n == UNTOUCHED, "no result on failure");
			fuzz_said(&e, STATUS_USAGE);
		}
	}
}

/* Two units are shown at most, so less may come back, but not half. */
static void shown_span(int64_t ms)
{
	char text[24];
	int64_t back;

	num_format_span(ms, text);
	HOLDS(num_duration(strv_of(text), 0, NUM_SPAN_MAX_MS, &back, NULL) == 0,
	      "a span as shown is a duration");
	HOLDS(back <= ms && back * 2 >= ms, "a span as shown is near");
}

static void durations(struct strv v)
{
	static const struct {
		int64_t min, max;
	} rows[] = {{0, NUM_SPAN_MAX_MS}, {1000, 60000}, {1, INT64_MAX}};
	struct err e;
	char text[32];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int64_t ms = UNTOUCHED, back;

		if (num_duration(v, rows[i].min, rows[i].max, &ms, &e) < 0) {
			HOLDS(ms == UNTOUCHED, "no result on failure");
			fuzz_said(&e, STATUS_USAGE);
			continue;
		}
		HOLDS(ms >= rows[i].min && ms <= rows[i].max,
		      "a duration in its range");
		snprintf(text, sizeof(text), "%" PRId64 "ms", ms);
		HOLDS(num_duration(strv_of(text), 0, INT64_MAX, &back, &e) ==
				      0 &&
			      back == ms,
		      "a duration comes back");
		if (ms <= NUM_SPAN_MAX_MS)
			shown_span(ms);
	}
}

static void sizes(struct strv v)
{
	static const uint64_t max[] = {UINT64_MAX, 64ULL << 20, 0};
	struct err e;
	char text[32];

	for (size_t i = 0; i < ARRAY_LEN(max); i++) {
		uint64_t n = UNTOUCHED, back;

		if (num_size(v, max[i], &n, &e) < 0) {
			HOLDS(n == UNTOUCHED, "no result on failure");
			fuzz_said(&e, STATUS_USAGE);
			continue;
		}
		HOLDS(n <= max[i], "a size in its range");
		snprintf(text, sizeof(text), "%" PRIu64, n);
		HOLDS(num_size(strv_of(text), max[i], &back, &e) == 0 &&
			      back == n,
		      "a size comes back");
	}
}

static void times(struct strv v)
{
	struct err e;
	int64_t ms = UNTOUCHED, back;
	char text[32];

	if (num_time(v, NOW, &ms, &e) < 0) {
		HOLDS(ms == UNTOUCHED, "no result on failure");
		fuzz_said(&e, STATUS_USAGE);
		return;
	}
	HOLDS(ms >= 0 && ms <= TIME_MAX, "a time in its range");
	num_format_time(ms, text);
	HOLDS(num_time(strv_of(text), NOW, &back, &e) == 0 && back == ms,
	      "a time comes back");
	if (v.n > 2 && v.p[2] == ':')
		HOLDS(ms > NOW && ms < NOW + 4 * 86400000LL,
		      "a time of day lies ahead, and soon");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool begun;
	struct strv v = fuzz_view(data, size);

	if (!begun)
		setenv("TZ", "Europe/Berlin", 1);
	begun = true;
	integers(v);
	durations(v);
	sizes(v);
	times(v);
	return 0;
}
