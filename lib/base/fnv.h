/* SPDX-License-Identifier: ISC */
/*
 * FNV-1a with 64 bits: a hash that is the same everywhere and for ever, for
 * what is derived from a name. No defence against anybody.
 */
#ifndef BASE_FNV_H
#define BASE_FNV_H

#include <stddef.h>
#include <stdint.h>

#define FNV_INIT 0xcbf29ce484222325ULL

/* Go on from `h` (FNV_INIT at the start) with more bytes. */
uint64_t fnv_add(uint64_t h, const void *p, size_t n);

/* Each bit of the result depends on all of `h`. What differs in its last byte
 * alone is, without it, apart by a multiple of one prime, modulo anything. */
uint64_t fnv_mix(uint64_t h);

#endif
