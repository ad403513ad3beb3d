/* SPDX-License-Identifier: ISC */
/* Counts failures in a row and spaces the tries. */
#include "work/breaker.h"

#include <string.h>

void breaker_init(struct breaker *b, int64_t limit)
{
	memset(b, 0, sizeof(*b));
	b->limit = limit;
}

bool breaker_failed(struct breaker *b, int64_t now_ms)
{
	if (b->limit == 0 || ++b->row < b->limit)
		return false;
	/* jobs that ran when it tripped do not lengthen the pause */
	if (b->span_ms && now_ms < b->until_ms)
		return false;
	b->span_ms = b->span_ms ? b->span_ms * 2 : BREAKER_FIRST_MS;
	if (b->span_ms > BREAKER_MOST_MS)
		b->span_ms = BREAKER_MOST_MS;
	b->until_ms = now_ms + b->span_ms;
	return true;
}

bool breaker_succeeded(struct breaker *b)
{
	bool tripped = breaker_tripped(b);

	breaker_init(b, b->limit);
	return tripped;
}

bool breaker_tripped(const struct breaker *b)
{
	return b->span_ms > 0;
}

int64_t breaker_allows(const struct breaker *b, int64_t slots, int64_t now_ms,
		       int64_t *wait_ms)
{
	*wait_ms = 0;
	if (!breaker_tripped(b))
		return slots;
	if (now_ms >= b->until_ms)
		return 1;
	*wait_ms = b->until_ms - now_ms;
	return 0;
}
