/* SPDX-License-Identifier: ISC */
/*
 * Lines of JSON that are jobs (cli/record.h). A job that was taken keeps to
 * what jq-push holds its options to, and written out as JSON it reads as the
 * same; the header made of it says the same, too.
 */
#include "cli/record.h"

#include <inttypes.h>

#include "base/num.h"
#include "fuzz.h"

#define NOW	    1764158400000LL
#define PAYLOAD_MAX 512

static const char *const labels[] = {"TENANT=acme", "LANG=de"};

static const struct job_options defaults = {
	.timeout_ms = -1, .priority = 2, .meta = labels, .n_meta = 2};

static const struct record_rules rules = {
	.defaults = &defaults, .max_payload = PAYLOAD_MAX, .now_ms = NOW};

static bool same(const char *a, const char *b)
{
	return (!a && !b) || (a && b && strcmp(a, b) == 0);
}

static void bounds(const struct record_job *j)
{
	const struct job_options *o = &j->options;
	struct err e;

	HOLDS(!j->id[0] || key_check_id(strv_of(j->id), &e) == 0, "an id");
	HOLDS(j->payload.n <= PAYLOAD_MAX, "a payload within its limit");
	HOLDS(o->priority >= JOB_PRIORITY_MIN &&
		      o->priority <= JOB_PRIORITY_MAX,
	      "a priority in its range");
	HOLDS(o->delay_ms >= 0 && o->delay_ms <= NUM_SPAN_MAX_MS,
	      "a delay in its range");
	HOLDS(o->at_ms >= 0 && o->at_ms - NOW <= NUM_SPAN_MAX_MS,
	      "a time in its range");
	HOLDS(o->expire_ms >= 0 && o->expire_ms <= NUM_SPAN_MAX_MS,
	      "an expiry in its range");
	HOLDS(o->timeout_ms >= -1 && o->timeout_ms <= NUM_SPAN_MAX_MS,
	      "a time limit in its range");
	HOLDS(o->max_attempts >= 0 && o->max_attempts <= JOB_MAX_ATTEMPTS,
	      "attempts in their range");
	HOLDS(record_check_options(o, &e) == 0,
	      "options that the command line takes");
}

static void put_ms(struct json *j, const char *key, int64_t ms)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRId64 "ms", ms);
	json_put_str(j, key, text);
}

static void put_labels(struct json *j, const struct job_options *o)
{
	struct json *meta = json_new_object();

	for (size_t i = 0; i < o->n_meta; i++) {
		struct strv value = strv_of(o->meta[i]);
		char *name = strv_dup(strv_cut(&value, '='));
		char *text = strv_dup(value);

		json_put_str(meta, name, text);
		free(name);
		free(text);
	}
	json_put(j, "meta", meta);
}

/* The job as a line, each option in another form than people write. */
static void write_out(const struct record_job *j, struct buf *out)
{
	static const char *const trace[] = {"traceparent", "tracestate",
					    "baggage"};
	const struct job_options *o = &j->options;
	struct json *to = json_new_object();
	char at[32];

	json_put_bytes(to, "payload", j->payload);
	if (j->id[0])
		json_put_str(to, "id", j->id);
	if (o->name)
		json_put_str(to, "name", o->name);
	if (o->backoff)
		json_put_str(to, "backoff", o->backoff);
	for (int i = 0; i < 3; i++)
		if (o->trace[i])
			json_put_str(to, trace[i], o->trace[i]);
	json_put_int(to, "priority", o->priority);
	if (o->max_attempts)
		json_put_int(to, "max_attempts", o->max_attempts);
	if (o->delay_ms)
		put_ms(to, "delay", o->delay_ms);
	num_format_time(o->at_ms, at);
	if (o->at_ms)
		json_put_str(to, "at", at);
	if (o->expire_ms)
		put_ms(to, "expire", o->expire_ms);
	if (o->timeout_ms >= 0)
		put_ms(to, "timeout", o->timeout_ms);
	put_labels(to, o);
	json_write(to, out);
	json_free(to);
}

static void same_options(const struct job_options *a,
			 const struct job_options *b)
{
	bool good = same(a->name, b->name) && same(a->backoff, b->backoff) &&
		    a->priority == b->priority && a->delay_ms == b->delay_ms &&
		    a->at_ms == b->at_ms && a->expire_ms == b->expire_ms &&
		    a->timeout_ms == b->timeout_ms &&
		    a->max_attempts == b->max_attempts &&
		    a->n_meta == b->n_meta;

	for (int i = 0; i < 3; i++)
		good = good && same(a->trace[i], b->trace[i]);
	for (size_t i = 0; good && i < a->n_meta; i++)
		good = same(a->meta[i], b->meta[i]);
	HOLDS(good, "the options of a job come back");
}

static void comes_back(const struct record_job *j)
{
	struct record_job again;
	struct buf line = BUF_INIT;
	struct err e;

	write_out(j, &line);
	HOLDS(fuzz_is_line(strv_make(line.p, line.len)),
	      "JSON is one printable line");
	record_job_init(&again);
	HOLDS(record_parse_job(strv_make(line.p, line.len), &rules, &again,
			       &e) == 0,
	      "a job written out is one");
	HOLDS(fuzz_equal(j->payload, again.payload), "a payload comes back");
	HOLDS(same(j->id, again.id), "an id comes back");
	same_options(&j->options, &again.options);
	record_job_release(&again);
	buf_release(&line);
}

static void header_says(const struct record_job *j)
{
	const struct job_options *o = &j->options;
	struct buf b = BUF_INIT;
	struct job_header h;
	struct err e;
	bool good;

	buf_addf(&b, "1 %lld 0 %zu digest", NOW, j->payload.n);
	job_encode_options(o, &b);
	HOLDS(fuzz_is_line(strv_make(b.p, b.len)), "a header is one line");
	HOLDS(job_parse_header(strv_make(b.p, b.len), &h, &e) == 0,
	      "the header of a job can be read");
	good = same(h.name, o->name) && same(h.backoff, o->backoff) &&
	       h.priority == o->priority && h.timeout_ms == o->timeout_ms &&
	       h.max_attempts == o->max_attempts && h.n_meta == o->n_meta;
	for (int i = 0; i < 3; i++)
		good = good && same(h.trace[i], o->trace[i]);
	for (size_t i = 0; good && i < h.n_meta; i++)
		good = same(h.meta[i], o->meta[i]);
	HOLDS(good, "the header of a job says what was asked for");
	job_header_release(&h);
	buf_release(&b);
}

/* What --dry-run shows. */
static void shown(const struct record_job *j)
{
	struct buf b = BUF_INIT;

	record_show_job("mail", j->id, &j->options, j->payload.n, &b);
	HOLDS(b.len && b.p[b.len - 1] == '\n' &&
		      fuzz_is_line(strv_make(b.p, b.len - 1)),
	      "a job is shown on one printable line");
	buf_release(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct record_job j;
	struct err e;

	record_job_init(&j);
	if (record_parse_job(fuzz_view(data, size), &rules, &j, &e) < 0) {
		fuzz_said(&e, STATUS_DATA);
	} else {
		bounds(&j);
		comes_back(&j);
		header_says(&j);
		shown(&j);
	}
	record_job_release(&j);
	return 0;
}
