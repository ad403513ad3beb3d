/* SPDX-License-Identifier: ISC */
/* Conditions on queues. */
#include "cli/alert.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/text.h"
#include "cli/output.h"
#include "cli/queues.h"

struct alert_field {
	const char *name;
	enum {
		NUMBER,
		SPAN, /* ms */
		PERCENT,
	} kind;
	double (*of)(const struct stats_queue *s);
};

static double ready(const struct stats_queue *s)
{
	return (double)s->ready;
}

static double running(const struct stats_queue *s)
{
	return (double)s->running;
}

static double delayed(const struct stats_queue *s)
{
	return (double)s->delayed;
}

static double retry(const struct stats_queue *s)
{
	return (double)s->retry;
}

static double dead(const struct stats_queue *s)
{
	return (double)s->dead;
}

static double workers(const struct stats_queue *s)
{
	return (double)s->workers;
}

static double paused(const struct stats_queue *s)
{
	return s->paused.n > 0;
}

/* Nothing waits: nothing is old. */
static double oldest(const struct stats_queue *s)
{
	return s->oldest_ms ? (double)(s->now_ms - s->oldest_ms) : 0;
}

static double done_minute(const struct stats_queue *s)
{
	return s->done_minute;
}

static double failed_minute(const struct stats_queue *s)
{
	return s->failed_minute;
}

/* Of the attempts of the last minute; none is no failure. */
static double fail_rate(const struct stats_queue *s)
{
	double all = s->done_minute + s->failed_minute;

	return all > 0 ? s->failed_minute / all * 100 : 0;
}

static const struct alert_field fields[] = {
	{"ready", NUMBER, ready},
	{"running", NUMBER, running},
	{"delayed", NUMBER, delayed},
	{"retry", NUMBER, retry},
	{"dead", NUMBER, dead},
	{"workers", NUMBER, workers},
	{"paused", NUMBER, paused},
	{"oldest", SPAN, oldest},
	{"done_minute", NUMBER, done_minute},
	{"failed_minute", NUMBER, failed_minute},
	{"fail_rate", PERCENT, fail_rate},
};

static const struct {
	const char *text; /* longer ones first */
	int op;
} ops[] = {
	{">=", ALERT_AT_LEAST}, {"<=", ALERT_AT_MOST}, {"!=", ALERT_OTHER},
	{"==", ALERT_EQUAL},	{">", ALERT_ABOVE},    {"<", ALERT_BELOW},
	{"=", ALERT_EQUAL},
};

static int read_value(struct alert *a, struct strv v, struct err *e)
{
	int64_t n;

	if (a->field->kind == PERCENT && v.n && v.p[v.n - 1] == '%')
		v.n--;
	if (a->field->kind == SPAN) {
		if (num_duration(v, 0, NUM_SPAN_MAX_MS, &n, e) < 0)
			return -1;
	} else if (num_int(v, 0,
			   a->field->kind == PERCENT ? 100 : INT64_MAX / 2, &n,
			   e) < 0) {
		return -1;
	}
	a->value = (double)n;
	return 0;
}

static int no_field(struct strv name, struct err *e)
{
	struct buf all = BUF_INIT;
	char shown[40];

	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		buf_addf(&all, "%s%s", i ? " " : "", fields[i].name);
	err_set(e, STATUS_USAGE, "'%s' is none of: %s",
		text_show(name, shown, sizeof(shown)), all.p);
	buf_release(&all);
	return -1;
}

int alert_parse(const char *text, struct alert *out, struct err *e)
{
	size_t n = strcspn(text, "<>=!");
	char shown[48];
	struct strv name = strv_make(text, n);

	memset(out, 0, sizeof(*out));
	out->text = text;
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		if (strv_eq(name, fields[i].name))
			out->field = &fields[i];
	if (!out->field)
		return no_field(name, e);
	for (size_t i = 0; i < ARRAY_LEN(ops); i++) {
		size_t len = strlen(ops[i].text);

		if (strncmp(text + n, ops[i].text, len) != 0)
			continue;
		out->op = ops[i].op;
		if (read_value(out, strv_of(text + n + len), e) < 0)
			return err_prefix(e, "%.*s", (int)n, text);
		return 0;
	}
	return err_set(e, STATUS_USAGE,
		       "'%s' is no condition (dead>0, oldest>10m, "
		       "fail_rate>5%%)",
		       text_show(strv_of(text), shown, sizeof(shown)));
}

static bool compare(const struct alert *a, double there)
{
	switch (a->op) {
	case ALERT_ABOVE:
		return there > a->value;
	case ALERT_AT_LEAST:
		return there >= a->value;
	case ALERT_BELOW:
		return there < a->value;
	case ALERT_AT_MOST:
		return there <= a->value;
	case ALERT_EQUAL:
		return !(there < a->value) && !(there > a->value);
	case ALERT_OTHER:
		return there < a->value || there > a->value;
	}
	return false;
}

bool alert_holds(const struct alert *a, const char *queue,
		 const struct stats_queue *s, struct buf *out)
{
	double there = a->field->of(s);
	char span[24];

	if (!compare(a, there))
		return false;
	buf_addf(out, "%s: %s is ", queue, a->field->name);
	if (a->field->kind == SPAN) {
		num_format_span((int64_t)there, span);
		buf_addstr(out, span);
	} else {
		buf_addf(out, "%.0f%s", there,
			 a->field->kind == PERCENT ? "%" : "");
	}
	buf_addf(out, " (%s)\n", a->text);
	return true;
}

void alert_check(const struct opt_command *command,
		 const struct opt_list *texts)
{
	struct alert a;
	struct err e;

	for (size_t i = 0; i < texts->n; i++)
		if (alert_parse(texts->v[i], &a, &e) < 0)
			opt_usage(command, "--check-alert: %s", e.msg);
}

struct watch {
	struct look *look;
	struct alert *alert;
	size_t n;
	struct buf out;
};

static int one_queue(void *arg, const struct key_set *k,
		     const struct stats_queue *s, const struct err *why,
		     struct err *e)
{
	struct watch *w = arg;

	if (why && look_is_damage(why)) {
		look_complain(w->look, why);
		return 0;
	}
	if (why) {
		*e = *why;
		return -1;
	}
	if (!s->known) {
		look_unknown(w->look, k->queue);
		return 0;
	}
	for (size_t i = 0; i < w->n; i++)
		if (alert_holds(&w->alert[i], k->queue, s, &w->out))
			w->look->status = STATUS_NO;
	return 0;
}

int alert_run(struct look *l, const struct opt_list *texts, struct err *e)
{
	struct watch w = {.look = l, .out = BUF_INIT};
	struct redis *r = l->server->redis;
	struct queues q = {.n = 0};
	int rc = 0;

	w.alert = buf_zalloc((texts->n + 1) * sizeof(*w.alert));
	for (w.n = 0; w.n < texts->n && rc == 0; w.n++)
		rc = alert_parse(texts->v[w.n], &w.alert[w.n], e);
	if (rc == 0)
		rc = queues_find(&q, r, l->space, l->queues, l->n_queues, e);
	if (rc == 0)
		rc = queues_ask(&q, r,
				(struct stats_queues){.space = l->space,
						      .fn = one_queue,
						      .arg = &w},
				e);
	if (rc == 0 && w.out.len)
		rc = output_write(w.out.p, w.out.len, e);
	queues_release(&q);
	buf_release(&w.out);
	free(w.alert);
	return rc;
}
