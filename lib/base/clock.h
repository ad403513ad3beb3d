/* SPDX-License-Identifier: ISC */
/*
 * The only reader of the machine's clocks. Shared state is timed by the
 * server; these serve local deadlines and measurements.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* Milliseconds since the Unix epoch, UTC. May jump. */
int64_t clock_real_ms(void);

/* Milliseconds since boot, suspended time included. Never jumps back. */
int64_t clock_boot_ms(void);

/* Microseconds since boot, for measuring spans. */
int64_t clock_boot_us(void);

/* Microseconds of the monotonic clock, as systemd's MONOTONIC_USEC wants. */
int64_t clock_mono_us(void);

#endif
