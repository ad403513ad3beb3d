/* SPDX-License-Identifier: ISC */
/*
 * Metrics, family by family, as the formats demand: so all queues are asked
 * first. What a family holds is in one table.
 */
#include "cli/metrics.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "cli/output.h"
#include "cli/queues.h"
#include "queue/stats.h"

/* A queue, with what has to be worked out. */
struct sampled {
	char name[KEY_QUEUE_MAX + 1];
	struct stats_queue s; /* without its views */
	int64_t oldest_ready_ms, paused, attempts_retry;
};

#define MOST_SERIES 6 /* of a family and queue */

/* One family of metrics. */
struct family {
	const char *name, *help;
	enum {
		GAUGE,
		COUNTER
	} type;
	const char *label; /* besides the queue's; or NULL */
	struct {
		const char *value; /* of `label` */
		size_t at;	   /* int64_t in struct sampled */
	} series[MOST_SERIES];
	size_t n;
	bool ms; /* the numbers are milliseconds, the metric seconds */
};

#define AT(field) offsetof(struct sampled, field)

/* clang-format off */
static const struct family families[] = {
	{"jq_jobs", "Jobs in each state.", GAUGE, "state",
	 {{"ready", AT(s.ready)}, {"running", AT(s.running)},
	  {"delayed", AT(s.delayed)}, {"retry", AT(s.retry)},
	  {"dead", AT(s.dead)}, {"done", AT(s.done)}}, 6, false},
	{"jq_queue_oldest_ready_seconds",
	 "How long the oldest job that is ready or due has waited.", GAUGE, NULL,
	 {{NULL, AT(oldest_ready_ms)}}, 1, true},
	{"jq_queue_paused", "1 while the queue is paused.", GAUGE, NULL,
	 {{NULL, AT(paused)}}, 1, false},
	{"jq_queue_limit_jobs", "Most jobs that may wait, 0 without a limit.",
	 GAUGE, NULL, {{NULL, AT(s.max_len)}}, 1, false},
	{"jq_queue_kept_bytes", "Bytes that ended jobs take.", GAUGE, "state",
	 {{"done", AT(s.done_bytes)}, {"dead", AT(s.dead_bytes)}}, 2, false},
	{"jq_workers", "Living workers of the queue.", GAUGE, NULL,
	 {{NULL, AT(s.workers)}}, 1, false},
	{"jq_workers_halted", "Workers that pause because of their handler.",
	 GAUGE, NULL, {{NULL, AT(s.workers_halted)}}, 1, false},
	{"jq_worker_slots", "Jobs that the workers may run at once.", GAUGE,
	 NULL, {{NULL, AT(s.slots)}}, 1, false},
	{"jq_worker_slots_busy", "Jobs that the workers run, of any queue.",
	 GAUGE, NULL, {{NULL, AT(s.slots_busy)}}, 1, false},
	{"jq_jobs_pushed", "Jobs that came in.", COUNTER, NULL,
	 {{NULL, AT(s.pushed)}}, 1, false},
	{"jq_jobs_duplicate", "Pushes of a job that was there.", COUNTER, NULL,
	 {{NULL, AT(s.dup)}}, 1, false},
	{"jq_attempts", "Attempts by what became of them.", COUNTER, "outcome",
	 {{"done", AT(s.completed)}, {"retry", AT(attempts_retry)},
	  {"dead", AT(s.failed_dead)}, {"lost", AT(s.lost)},
	  {"deferred", AT(s.released)}}, 5, false},
	{"jq_jobs_dead", "Jobs that became dead.", COUNTER, NULL,
	 {{NULL, AT(s.dead_in)}}, 1, false},
	{"jq_jobs_put_back", "Dead jobs that were put back.", COUNTER, NULL,
	 {{NULL, AT(s.retried)}}, 1, false},
	{"jq_jobs_expired", "Jobs that were not started in time.", COUNTER,
	 NULL, {{NULL, AT(s.expired)}}, 1, false},
	{"jq_jobs_deleted", "Jobs that were dropped by hand.", COUNTER, NULL,
	 {{NULL, AT(s.deleted)}}, 1, false},
	{"jq_jobs_trimmed", "Ended jobs that are no longer kept.", COUNTER,
	 NULL, {{NULL, AT(s.trimmed)}}, 1, false},
};

static const struct {
	const char *name, *help;
	size_t at; /* struct spans in struct sampled */
} histograms[] = {
	{"jq_job_wait_seconds",
	 "Time from the push, or from when it was due, to the first start.",
	 AT(s.wait)},
	{"jq_attempt_seconds", "Time that attempts ran.", AT(s.run)},
};
/* clang-format on */

struct metrics {
	struct look *look;
	bool openmetrics;
	struct sampled *v; /* owned */
	size_t n;
	struct buf out;
};

static int sample(void *arg, const struct key_set *k,
		  const struct stats_queue *s, const struct err *why,
		  struct err *e)
{
	struct metrics *m = arg;
	struct sampled *to;

	if (why && look_is_damage(why)) {
		look_complain(m->look, why);
		return 0;
	}
	if (why) {
		*e = *why;
		return -1;
	}
	if (!s->known) {
		look_unknown(m->look, k->queue);
		return 0;
	}
	to = &m->v[m->n++];
	memcpy(to->name, k->queue, sizeof(to->name));
	to->s = *s;
	to->paused = s->paused.n > 0;
	to->oldest_ready_ms = s->oldest_ms ? s->now_ms - s->oldest_ms : 0;
	if (to->oldest_ready_ms < 0)
		to->oldest_ready_ms = 0;
	to->attempts_retry = s->failed - s->failed_dead;
	to->s.reply = NULL;
	to->s.paused = strv_of("");
	return 0;
}

static int gather(struct metrics *m, struct err *e)
{
	struct look *l = m->look;
	struct queues q = {.n = 0};
	int rc = queues_find(&q, l->server->redis, l->space, l->queues,
			     l->n_queues, e);

	m->v = buf_zalloc((q.n + 1) * sizeof(*m->v));
	if (rc == 0)
		rc = queues_ask(&q, l->server->redis,
				(struct stats_queues){.space = l->space,
						      .spans = true,
						      .fn = sample,
						      .arg = m},
				e);
	queues_release(&q);
	return rc;
}

/* In the old format a counter's family is named as its samples are. */
static void head(struct metrics *m, const char *name, const char *help,
		 const char *type)
{
	const char *total =
		!m->openmetrics && strcmp(type, "counter") == 0 ? "_total" : "";

	buf_addf(&m->out, "# HELP %s%s %s\n# TYPE %s%s %s\n", name, total, help,
		 name, total, type);
}

static void add_family(struct metrics *m, const struct family *f)
{
	const char *total = f->type == COUNTER ? "_total" : "";

	head(m, f->name, f->help, f->type == COUNTER ? "counter" : "gauge");
	for (size_t i = 0; i < m->n * f->n; i++) {
		const struct sampled *q = &m->v[i / f->n];
		const char *value = f->series[i % f->n].value;
		int64_t n;

		memcpy(&n, (const char *)q + f->series[i % f->n].at, sizeof(n));
		buf_addf(&m->out, "%s%s{queue=\"%s\"", f->name, total, q->name);
		if (f->label)
			buf_addf(&m->out, ",%s=\"%s\"", f->label, value);
		if (f->ms)
			buf_addf(&m->out, "} %.3f\n", (double)n / 1000);
		else
			buf_addf(&m->out, "} %" PRId64 "\n", n);
	}
}

/* Seconds, as the label of a bucket; OpenMetrics wants a point in it. */
static void add_bound(struct metrics *m, int64_t ms)
{
	if (ms == INT64_MAX)
		buf_addstr(&m->out, "+Inf");
	else if (m->openmetrics && ms % 1000 == 0)
		buf_addf(&m->out, "%" PRId64 ".0", ms / 1000);
	else
		buf_addf(&m->out, "%.10g", (double)ms / 1000);
}

static void add_histogram(struct metrics *m, const char *name,
			  const char *queue, const struct spans *s)
{
	int64_t n = 0;

	for (size_t i = 0; i < SPANS_BUCKETS; i++) {
		n += s->n[i];
		buf_addf(&m->out, "%s_bucket{queue=\"%s\",le=\"", name, queue);
		add_bound(m, spans_bound_ms[i]);
		buf_addf(&m->out, "\"} %" PRId64 "\n", n);
	}
	buf_addf(&m->out, "%s_sum{queue=\"%s\"} %.3f\n", name, queue,
		 (double)s->sum_ms / 1000);
	buf_addf(&m->out, "%s_count{queue=\"%s\"} %" PRId64 "\n", name, queue,
		 n);
}

static void add_all(struct metrics *m, bool up)
{
	head(m, "jq_up", "1 if the server answered.", "gauge");
	buf_addf(&m->out, "jq_up %d\n", up);
	head(m, m->openmetrics ? "jq_build" : "jq_build_info",
	     "The program that asked.", m->openmetrics ? "info" : "gauge");
	buf_addf(&m->out, "jq_build_info{version=\"%s\"} 1\n", opt_version());
	for (size_t i = 0; up && i < ARRAY_LEN(families); i++)
		add_family(m, &families[i]);
	for (size_t i = 0; up && i < ARRAY_LEN(histograms); i++) {
		head(m, histograms[i].name, histograms[i].help, "histogram");
		for (size_t j = 0; j < m->n; j++) {
			const char *at = (const char *)&m->v[j];

			add_histogram(m, histograms[i].name, m->v[j].name,
				      (const void *)(at + histograms[i].at));
		}
	}
	if (m->openmetrics)
		buf_addstr(&m->out, "# EOF\n");
}

int metrics_run(struct look *l, bool openmetrics, struct err *e)
{
	struct metrics m = {
		.look = l, .openmetrics = openmetrics, .out = BUF_INIT};
	struct err writing;
	int rc =
		connect_open(l->server, l->command->common, "jq-stat", NULL, e);

	if (rc == 0)
		rc = gather(&m, e);
	add_all(&m, rc == 0);
	if (output_write(m.out.p, m.out.len, &writing) < 0) {
		*e = writing;
		rc = -1;
	}
	free(m.v);
	buf_release(&m.out);
	return rc;
}
