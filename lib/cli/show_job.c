/* SPDX-License-Identifier: ISC */
/*
 * How jobs are shown in lists and in JSON. A line of the JSON list can be
 * pushed again: id, payload, priority, name, meta, max_attempts, timeout,
 * backoff and at are named as jq-push -J reads them; it passes over the rest.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/signame.h"
#include "base/text.h"
#include "cli/show.h"

static const struct output_column columns[] = {
	{"JOB", OUTPUT_LEFT, 0},    {"STATE", OUTPUT_LEFT, 0},
	{"NAME", OUTPUT_LEFT, 4},   {"FAILED", OUTPUT_LEFT, 3},
	{"AGE", OUTPUT_RIGHT, 5},   {"WHEN", OUTPUT_LEFT, 1},
	{"SIZE", OUTPUT_RIGHT, 6},  {"LAST", OUTPUT_LEFT, 2},
	{"REASON", OUTPUT_LEFT, 0},
};

/* The number after "exit:" or "signal:". */
static bool number_of(struct strv how, const char *word, int64_t *n)
{
	size_t len = strlen(word);

	return strv_starts(how, word) &&
	       num_int(strv_make(how.p + len, how.n - len), 0, 1000, n, NULL) ==
		       0;
}

static const char *signal_name(struct strv how)
{
	int64_t n;

	return number_of(how, "signal:", &n) ? signame_of((int)n) : NULL;
}

const char *show_how(struct strv how, char to[SHOW_HOW_SIZE])
{
	int64_t n;

	if (strv_eq(how, "-"))
		return "";
	if (number_of(how, "exit:", &n))
		snprintf(to, SHOW_HOW_SIZE, "exit %" PRId64, n);
	else if (signal_name(how))
		snprintf(to, SHOW_HOW_SIZE, "%s", signal_name(how));
	else if (number_of(how, "signal:", &n))
		snprintf(to, SHOW_HOW_SIZE, "signal %" PRId64, n);
	else
		snprintf(to, SHOW_HOW_SIZE, "%.*s", (int)how.n, how.p);
	return to;
}

bool show_says_more(struct strv reason, struct strv how)
{
	static const char plain[] = "exit status ";
	size_t n = sizeof(plain) - 1;
	char text[SHOW_HOW_SIZE];

	if (strv_starts(reason, plain) && strv_starts(how, "exit:"))
		return reason.n - n != how.n - 5 ||
		       memcmp(reason.p + n, how.p + 5, how.n - 5) != 0;
	return reason.n > 0 && !strv_eq(reason, show_how(how, text));
}

static bool is(const struct stats_job *j, const char *state)
{
	return strcmp(j->state, state) == 0;
}

static bool waits(const struct stats_job *j)
{
	return is(j, "delayed") || is(j, "retry");
}

static struct strv unless_dash(struct strv v)
{
	return strv_eq(v, "-") ? strv_of("") : v;
}

static struct strv label_text(struct show_row *r, const struct job_header *h)
{
	size_t start = r->scratch.len;

	for (size_t i = 0; i < h->n_meta; i++) {
		if (i)
			buf_addch(&r->scratch, ' ');
		buf_addstr(&r->scratch, h->meta[i]);
	}
	return strv_make(r->scratch.p + start, r->scratch.len - start);
}

static struct strv full_name(struct show_row *r, const struct show_job *j)
{
	size_t start = r->scratch.len;

	buf_addf(&r->scratch, "%s/%.*s", j->queue, (int)j->job->id.n,
		 j->job->id.p);
	return strv_make(r->scratch.p + start, r->scratch.len - start);
}

/* Room for all that is put together, so that views of it stay. */
static void reserve(struct show_row *r, const struct show_job *j)
{
	size_t n = strlen(j->queue) + j->job->id.n + 2;

	for (size_t i = 0; i < j->job->header.n_meta; i++)
		n += strlen(j->job->header.meta[i]) + 1;
	buf_reserve(&r->scratch, n);
}

static void pushed_fields(struct show_row *r, const struct show_job *job)
{
	const struct stats_job *j = job->job;
	const struct job_header *h = &j->header;

	show_put_text(r, "id", j->id);
	show_put_text(r, "queue", strv_of(job->queue));
	show_put_text(r, "job", full_name(r, job));
	show_put_text(r, "state", strv_of(j->state));
	show_put_text(r, "name", strv_of(h->name));
	show_put_int(r, "priority", h->priority);
	show_put_time(r, "at", waits(j) ? j->score_ms : 0);
	r->unknown = h->max_attempts == 0;
	show_put_int(r, "max_attempts", h->max_attempts);
	r->unknown = false;
	show_put_span(r, "timeout", h->timeout_ms);
	show_put_text(r, "backoff", strv_of(h->backoff));
	show_put_int(r, "size", (int64_t)h->size);
	show_put_time(r, "created", h->created_ms);
	show_put_time(r, "expires", h->expires_ms);
	show_put_text(r, "traceparent", strv_of(h->trace[0]));
	show_put_text(r, "tracestate", strv_of(h->trace[1]));
	show_put_text(r, "baggage", strv_of(h->trace[2]));
}

/* What only one job in full has; -1 and empty in a list. */
static void detail_fields(struct show_row *r, const struct show_job *job)
{
	const struct stats_detail *d = job->detail;
	bool told = d && d->live.progress >= 0;

	r->unknown = !told;
	show_put_int(r, "progress", told ? d->live.progress : 0);
	r->unknown = !told || d->live.total <= 0;
	show_put_int(r, "progress_total", told ? d->live.total : 0);
	r->unknown = !d;
	show_put_text(r, "progress_text", strv_of(d ? d->live.text : NULL));
	r->unknown = !d || !is(job->job, "done");
	show_put_int(r, "result_bytes", d ? (int64_t)d->result.bytes.n : 0);
	show_put_int(r, "result_total", d ? (int64_t)d->result.total : 0);
	show_put_text(r, "result_line", strv_of(d ? d->result.line : NULL));
	r->unknown = false;
	show_put_text(r, "worker", job->worker);
}

static void fields(struct show_row *r, const void *thing)
{
	const struct show_job *job = thing;
	const struct stats_job *j = job->job;
	const struct job_record *c = &j->record;
	int64_t exit = 0;

	reserve(r, job);
	pushed_fields(r, job);
	show_put_words(r, "meta", label_text(r, &j->header));
	show_put_int(r, "attempts", c->attempts);
	show_put_int(r, "losses", c->losses);
	show_put_int(r, "releases", c->releases);
	show_put_int(r, "deliveries", c->deliveries);
	show_put_int(r, "retries", c->retries);
	r->unknown = !number_of(c->last, "exit:", &exit);
	show_put_int(r, "exit", exit);
	r->unknown = false;
	show_put_text(r, "signal", strv_of(signal_name(c->last)));
	show_put_text(r, "last", unless_dash(c->last));
	show_put_text(r, "error", c->reason);
	show_put_text(r, "damaged", strv_of(j->damaged));
	show_put_time(r, "changed", c->since_ms);
	show_put_time(r, "lease_until", is(j, "running") ? j->score_ms : 0);
	show_put_text(r, "stopping", unless_dash(c->flags));
	detail_fields(r, job);
}

static void put_meta(struct json *j, const struct job_header *h)
{
	struct json *labels = json_new_object();

	for (size_t i = 0; i < h->n_meta; i++) {
		struct strv value = strv_of(h->meta[i]);
		char *name = strv_dup(strv_cut(&value, '='));

		json_put_bytes(labels, name, value);
		free(name);
	}
	json_put(j, "meta", labels);
}

static void put_attempt(struct json *list, const struct job_attempt *a)
{
	struct json *o = json_new_object();
	int64_t exit;

	json_put_time(o, "start", a->start_ms);
	json_put_num(o, "run_s", (double)a->run_ms / 1000);
	json_put_bytes(o, "last", a->how);
	if (number_of(a->how, "exit:", &exit))
		json_put_int(o, "exit", exit);
	if (signal_name(a->how))
		json_put_str(o, "signal", signal_name(a->how));
	json_put_num(o, "user_s", (double)a->user_us / 1e6);
	json_put_num(o, "system_s", (double)a->sys_us / 1e6);
	json_put_int(o, "peak_bytes", a->peak_kib * 1024);
	json_put_int(o, "pid", a->pid);
	json_put_bytes(o, "worker", unless_dash(a->worker));
	json_put_bytes(o, "error", a->reason);
	json_put_bytes(o, "stderr", a->stderr_tail);
	json_put(list, NULL, o);
}

static void more(struct json *o, const void *thing)
{
	const struct show_job *job = thing;

	if (job->job->header.n_meta)
		put_meta(o, &job->job->header);
	if (job->job->has_payload)
		json_put_bytes(o, "payload", job->job->payload);
}

static void more_in_full(struct json *o, const void *thing)
{
	const struct show_job *job = thing;
	const struct stats_detail *d = job->detail;
	struct strv rest = d->history;
	struct job_attempt attempt;
	struct json *history = json_new_array();

	more(o, thing);
	if (is(job->job, "done"))
		json_put_bytes(o, "result", d->result.bytes);
	if (d->live.stderr_tail.n)
		json_put_bytes(o, "stderr", d->live.stderr_tail);
	while (job_next_attempt(&rest, &attempt, NULL) > 0)
		put_attempt(history, &attempt);
	json_put(o, "history", history);
}

/* "for 4s", "in 10s", "3m1s ago". */
static void when(const struct stats_job *j, char *to, size_t size)
{
	int64_t left = j->score_ms - j->now_ms;
	char span[24];

	if (is(j, "ready")) {
		snprintf(to, size, "-");
	} else if (is(j, "running")) {
		num_format_span(j->now_ms - j->record.since_ms, span);
		snprintf(to, size, "for %s", span);
	} else if (waits(j) && left > 0) {
		num_format_span(left, span);
		snprintf(to, size, "in %s", span);
	} else if (waits(j)) {
		snprintf(to, size, "due");
	} else {
		num_format_span(-left, span);
		snprintf(to, size, "%s ago", span);
	}
}

static void failed_cell(struct output_table *t, const struct stats_job *j)
{
	int64_t n = j->record.attempts, most = j->header.max_attempts;
	enum output_hue hue = n ? OUTPUT_WARN : OUTPUT_DIM;

	if (most)
		output_table_cell(t, hue, "%" PRId64 "/%" PRId64, n, most);
	else
		output_table_cell(t, hue, "%" PRId64, n);
}

static void cells(struct output_table *t, const void *thing)
{
	const struct show_job *job = thing;
	const struct stats_job *j = job->job;
	enum output_hue hue = is(j, "dead")	 ? OUTPUT_BAD
			      : is(j, "retry")	 ? OUTPUT_WARN
			      : is(j, "running") ? OUTPUT_GOOD
						 : OUTPUT_PLAIN;
	char age[24] = "-", then[32], how[SHOW_HOW_SIZE];
	const char *last = show_how(j->record.last, how);

	if (j->header.created_ms)
		num_format_span(j->now_ms - j->header.created_ms, age);
	when(j, then, sizeof(then));
	output_table_cell(t, OUTPUT_PLAIN, "%s/%.*s", job->queue, (int)j->id.n,
			  j->id.p);
	output_table_cell(t, hue, "%s", j->state);
	output_table_cell(t, OUTPUT_PLAIN, "%s",
			  j->header.name ? j->header.name : "-");
	failed_cell(t, j);
	output_table_cell(t, OUTPUT_PLAIN, "%s", age);
	output_table_cell(t, OUTPUT_PLAIN, "%s", then);
	output_table_cell(t, OUTPUT_PLAIN, "%" PRIu64, j->header.size);
	output_table_cell(t, OUTPUT_PLAIN, "%s", *last ? last : "-");
	if (j->damaged)
		output_table_cell(t, OUTPUT_BAD, "damaged: %s", j->damaged);
	else
		output_table_cell(t, OUTPUT_PLAIN, "%.*s",
				  (int)j->record.reason.n, j->record.reason.p);
}

static const struct stats_job nothing = {.state = ""};
static const struct show_job example = {.queue = "", .job = &nothing};

const struct show_kind show_jobs = {
	.one = "job",
	.sparse = true,
	.columns = columns,
	.n_columns = ARRAY_LEN(columns),
	.example = &example,
	.fields = fields,
	.cells = cells,
	.more = more,
};

const struct show_kind show_job_full = {
	.one = "job",
	.many = "jobs",
	.sparse = true,
	.columns = columns,
	.n_columns = ARRAY_LEN(columns),
	.example = &example,
	.fields = fields,
	.cells = cells,
	.more = more_in_full,
};
