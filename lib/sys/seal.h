/* SPDX-License-Identifier: ISC */
/* libsodium's part: random bytes, digests, wiping. */
#ifndef SYS_SEAL_H
#define SYS_SEAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/strv.h"

/* Fill with unpredictable bytes. */
void seal_random(void *to, size_t n);

/* Evenly distributed in [0, limit). */
uint32_t seal_uniform(uint32_t limit);

/* The same in [0, 1), by steps of 2^-24. */
double seal_chance(void);

/* BLAKE2b-128 of the parts, each with its length before it, so that no two
 * lists of parts run together; 22 characters of unpadded base64url and a NUL.
 */
#define SEAL_DIGEST_SIZE 23
void seal_digest(const struct strv *parts, size_t n, char to[SEAL_DIGEST_SIZE]);

/* Base64 (RFC 4648, padded) of bytes, and back; -1 on bad input. */
void seal_base64(struct buf *out, const void *p, size_t n);
int seal_unbase64(struct buf *out, struct strv text) must_check;

/* Overwrite in a way the compiler does not remove. */
void seal_wipe(void *p, size_t n);

#endif
