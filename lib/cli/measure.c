/* SPDX-License-Identifier: ISC */
/* What can be measured of a queue. */
#include "cli/measure.h"

#include <string.h>

#include "base/num.h"
#include "base/text.h"

#define OF(name, expression)                            \
	static double name(const struct stats_queue *s) \
	{                                               \
		return (double)(expression);            \
	}

OF(ready, s->ready)
OF(running, s->running)
OF(delayed, s->delayed)
OF(retry, s->retry)
OF(dead, s->dead)
OF(done, s->done)
OF(waiting, s->ready + s->delayed + s->retry)
OF(workers, s->workers)
OF(halted, s->workers_halted)
OF(slots, s->slots)
OF(paused, s->paused.n > 0)
OF(pushed, s->pushed_minute)
OF(finished, s->done_minute)
OF(failed, s->failed_minute)

static double oldest(const struct stats_queue *s)
{
	int64_t ms = s->oldest_ms ? s->now_ms - s->oldest_ms : 0;

	return ms > 0 ? (double)ms / 1000 : 0;
}

static double fail_rate(const struct stats_queue *s)
{
	double all = s->failed_minute + s->done_minute;

	return all > 0 ? 100 * s->failed_minute / all : 0;
}

const struct measure measure_all[] = {
	{"ready", "ready", MEASURE_COUNT, ready},
	{"running", "running", MEASURE_COUNT, running},
	{"delayed", "delayed", MEASURE_COUNT, delayed},
	{"retry", "wait for a retry", MEASURE_COUNT, retry},
	{"dead", "dead", MEASURE_COUNT, dead},
	{"done", "done", MEASURE_COUNT, done},
	{"waiting", "waiting", MEASURE_COUNT, waiting},
	{"oldest", "oldest", MEASURE_SPAN, oldest},
	{"workers", "workers", MEASURE_COUNT, workers},
	{"halted", "workers halted", MEASURE_COUNT, halted},
	{"slots", "slots", MEASURE_COUNT, slots},
	{"paused", "paused", MEASURE_COUNT, paused},
	{"pushed_minute", "pushed a minute", MEASURE_COUNT, pushed},
	{"done_minute", "done a minute", MEASURE_COUNT, finished},
	{"failed_minute", "failed a minute", MEASURE_COUNT, failed},
	{"fail_rate", "failed", MEASURE_PERCENT, fail_rate},
	{.name = NULL},
};

const struct measure *measure_find(struct strv name, struct err *e)
{
	struct buf names = BUF_INIT;
	char shown[48];

	for (const struct measure *m = measure_all; m->name; m++)
		if (strv_eq(name, m->name))
			return m;
	for (const struct measure *m = measure_all; m->name; m++)
		buf_addf(&names, " %s", m->name);
	err_set(e, STATUS_USAGE,
		"'%s' is nothing that is measured (what is:%s)",
		text_show(name, shown, sizeof(shown)), names.p);
	buf_release(&names);
	return NULL;
}

int measure_read(const struct measure *m, struct strv text, double *out,
		 struct err *e)
{
	int64_t n, hundredths = 0;
	struct strv whole, rest;
	char shown[48];

	if (m->unit == MEASURE_SPAN) {
		if (num_duration(text, 0, NUM_SPAN_MAX_MS, &n, e) < 0)
			return -1;
		*out = (double)n / 1000;
		return 0;
	}
	rest = text;
	if (m->unit == MEASURE_PERCENT && rest.n && rest.p[rest.n - 1] == '%')
		rest.n--;
	whole = strv_cut(&rest, '.');
	if (num_int(whole, 0, INT64_C(1) << 50, &n, NULL) < 0 || rest.n > 2 ||
	    (rest.n && num_int(rest, 0, 99, &hundredths, NULL) < 0))
		return err_set(e, STATUS_USAGE, "'%s' is not a number",
			       text_show(text, shown, sizeof(shown)));
	*out = (double)n + (double)hundredths / (rest.n == 1 ? 10 : 100);
	return 0;
}

void measure_tell(const struct measure *m, double value, struct buf *out)
{
	char span[24];

	switch (m->unit) {
	case MEASURE_COUNT:
		buf_addf(out, "%.0f %s", value, m->what);
		break;
	case MEASURE_SPAN:
		num_format_span((int64_t)(value * 1000), span);
		buf_addf(out, "%s %s", m->what, span);
		break;
	case MEASURE_PERCENT:
		buf_addf(out, "%s %.3g%%", m->what, value);
		break;
	}
}
