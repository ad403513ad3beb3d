/* SPDX-License-Identifier: ISC */
/* A hash of names. */
#include "base/fnv.h"

uint64_t fnv_add(uint64_t h, const void *p, size_t n)
{
	const unsigned char *byte = p;

	for (size_t i = 0; i < n; i++)
		h = (h ^ byte[i]) * 0x100000001b3;
	return h;
}
