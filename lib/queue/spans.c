/* SPDX-License-Identifier: ISC */
/* Histograms: buckets by name, quantiles. */
#include "queue/spans.h"

#include "base/num.h"

const int64_t spans_bound_ms[SPANS_BUCKETS] = {
	1,	2,	5,	 10,	  20,	    50,	      100,	 200,
	500,	1000,	2000,	 5000,	  10000,    30000,    60000,	 120000,
	300000, 600000, 1800000, 3600000, 14400000, 86400000, INT64_MAX,
};

bool spans_set(struct spans *s, struct strv name, int64_t value)
{
	int64_t bound = INT64_MAX;

	if (strv_eq(name, "sum")) {
		s->sum_ms = value;
		return true;
	}
	if (!strv_eq(name, "inf") &&
	    num_int(name, 1, INT64_MAX - 1, &bound, NULL) < 0)
		return false;
	for (size_t i = 0; i < SPANS_BUCKETS; i++) {
		if (spans_bound_ms[i] != bound)
			continue;
		s->n[i] = value;
		return true;
	}
	return false;
}

void spans_add(struct spans *to, const struct spans *more)
{
	for (size_t i = 0; i < SPANS_BUCKETS; i++)
		to->n[i] += more->n[i];
	to->sum_ms += more->sum_ms;
}

int64_t spans_count(const struct spans *s)
{
	int64_t n = 0;

	for (size_t i = 0; i < SPANS_BUCKETS; i++)
		n += s->n[i];
	return n;
}

double spans_quantile(const struct spans *s, double q)
{
	double rank = q * (double)spans_count(s), below = 0;

	if (spans_count(s) == 0)
		return -1;
	for (size_t i = 0; i + 1 < SPANS_BUCKETS; i++) {
		double low = i ? (double)spans_bound_ms[i - 1] : 0;
		double high = (double)spans_bound_ms[i], n = (double)s->n[i];

		if (n > 0 && below + n >= rank)
			return low + (high - low) * (rank - below) / n;
		below += n;
	}
	return (double)spans_bound_ms[SPANS_BUCKETS - 2];
}

double spans_mean(const struct spans *s)
{
	int64_t n = spans_count(s);

	return n ? (double)s->sum_ms / (double)n : -1;
}
