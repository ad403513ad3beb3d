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

/* The last steps of MurmurHash3. */
uint64_t fnv_mix(uint64_t h)
{
	h = (h ^ h >> 33) * 0xff51afd7ed558ccd;
	h = (h ^ h >> 33) * 0xc4ceb9fe1a85ec53;
	return h ^ h >> 33;
}
