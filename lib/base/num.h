/* SPDX-License-Identifier: ISC */
/*
 * Numbers as people type them: integers, durations, sizes, times. One grammar
 * for options, files and fd 3 lines. ASCII only, no locale, no sign, no blank,
 * no wrap-around. Pure: no clock is read, nothing is printed.
 *
 * All parsers return 0, or -1 with a message that starts with the text refused
 * (made printable) and says what would do: "'5x' is not a duration (write 90,
 * 30s, 5m, 1h30m)". The status is STATUS_USAGE; the caller puts the option's
 * name before it with err_prefix().
 */
#ifndef BASE_NUM_H
#define BASE_NUM_H

#include <stdint.h>

#include "base/err.h"
#include "base/strv.h"

/* The longest delay or retention anybody may ask for: 366 days. */
#define NUM_SPAN_MAX_MS (366LL * 86400 * 1000)

/* Plain decimal in [min, max]; a leading '-' only where min is negative. */
int num_int(struct strv text, int64_t min, int64_t max, int64_t *out,
	    struct err *e) must_check;

/*
 * A duration in milliseconds: "90" (seconds), "500ms", "30s", "5m", "2h", "1d",
 * "1w", sums with falling units ("1h30m"). Result in [min_ms, max_ms].
 */
int num_duration(struct strv text, int64_t min_ms, int64_t max_ms,
		 int64_t *out_ms, struct err *e) must_check;

/* A size in bytes: "4096", "64k", "1M", "2G" (powers of 1024), <= max. */
int num_size(struct strv text, uint64_t max, uint64_t *out,
	     struct err *e) must_check;

/*
 * An instant in milliseconds since the epoch: "@EPOCH[.frac]", RFC 3339
 * ("2026-11-24T10:00:00Z", "…+02:00"), "YYYY-MM-DD HH:MM[:SS]" (blank or T) and
 * "HH:MM[:SS]" (the next such time after `now_ms`) in the zone of TZ. Years
 * 1970 to 9999. Impossible dates are refused.
 */
int num_time(struct strv text, int64_t now_ms, int64_t *out_ms,
	     struct err *e) must_check;

/* "4s", "9m3s", "1h12m", "3d4h": two units at most, for people. `to` holds at
 * least 24 bytes. */
void num_format_span(int64_t ms, char *to);

/* What num_duration() and num_size() read, exactly: "1h30m", "64M". */
#define NUM_TEXT_SIZE 48
void num_format_duration(int64_t ms, char to[NUM_TEXT_SIZE]);
void num_format_size(int64_t bytes, char to[NUM_TEXT_SIZE]);

/* The same instant back as "2026-11-24T10:00:00.123Z"; 32 bytes at least. */
void num_format_time(int64_t ms, char *to);

/* A whole second since the epoch as "2026-11-24T10:00:00Z"; 32 bytes. */
void num_format_second(int64_t at, char *to);

#endif
