/* SPDX-License-Identifier: ISC */
/* Everything taken from libsodium. */
#include "sys/seal.h"

#include <sodium.h>
#include <string.h>

#define DIGEST_BYTES 16

void seal_random(void *to, size_t n)
{
	randombytes_buf(to, n);
}

uint32_t seal_uniform(uint32_t limit)
{
	return randombytes_uniform(limit);
}

double seal_chance(void)
{
	return seal_uniform(1U << 24) / (double)(1U << 24);
}

void seal_digest(const struct strv *parts, size_t n, char to[SEAL_DIGEST_SIZE])
{
	crypto_generichash_state st;
	unsigned char sum[DIGEST_BYTES];

	/* Chooses the fastest code for this processor, once. It cannot fail
	 * unless there is no randomness, which is fatal to libsodium too. */
	if (sodium_init() < 0)
		sodium_misuse();
	crypto_generichash_init(&st, NULL, 0, sizeof(sum));
	for (size_t i = 0; i < n; i++) {
		unsigned char len[8];

		for (size_t k = 0; k < sizeof(len); k++)
			len[k] = (unsigned char)((uint64_t)parts[i].n >> 8 * k);
		crypto_generichash_update(&st, len, sizeof(len));
		crypto_generichash_update(
			&st, (const unsigned char *)parts[i].p, parts[i].n);
	}
	crypto_generichash_final(&st, sum, sizeof(sum));
	sodium_bin2base64(to, SEAL_DIGEST_SIZE, sum, sizeof(sum),
			  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

void seal_base64(struct buf *out, const void *p, size_t n)
{
	size_t size =
		sodium_base64_ENCODED_LEN(n, sodium_base64_VARIANT_ORIGINAL);

	sodium_bin2base64(buf_reserve(out, size), size, p, n,
			  sodium_base64_VARIANT_ORIGINAL);
	out->len += size - 1;
}

int seal_unbase64(struct buf *out, struct strv text)
{
	size_t max = text.n / 4 * 3 + 3, n = 0;
	char *to = buf_reserve(out, max);

	if (sodium_base642bin((unsigned char *)to, max, text.p, text.n, NULL,
			      &n, NULL, sodium_base64_VARIANT_ORIGINAL) != 0) {
		buf_cut(out, out->len);
		return -1;
	}
	out->len += n;
	buf_cut(out, out->len);
	return 0;
}

void seal_wipe(void *p, size_t n)
{
	sodium_memzero(p, n);
}
