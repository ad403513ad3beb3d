/* SPDX-License-Identifier: ISC */
/* Reads the clocks. */
#include "base/clock.h"

#include <time.h>

#ifndef CLOCK_BOOTTIME
#define CLOCK_BOOTTIME CLOCK_MONOTONIC
#endif

static int64_t micros(clockid_t which)
{
	struct timespec ts;

	clock_gettime(which, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t clock_real_ms(void)
{
	return micros(CLOCK_REALTIME) / 1000;
}

int64_t clock_boot_ms(void)
{
	return micros(CLOCK_BOOTTIME) / 1000;
}

int64_t clock_boot_us(void)
{
	return micros(CLOCK_BOOTTIME);
}

int64_t clock_mono_us(void)
{
	return micros(CLOCK_MONOTONIC);
}
