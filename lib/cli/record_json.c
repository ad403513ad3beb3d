/* SPDX-License-Identifier: ISC */
/* A job from a line of JSON, as jq-push -J takes it. */
#include "cli/record.h"

#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/text.h"
#include "queue/backoff.h"
#include "sys/seal.h"

/* One line while it is read. */
struct line {
	const struct record_rules *rules;
	struct record_job *job;
	struct err *e;
	bool has_payload;
	bool has_delay, has_at;
};

void record_job_init(struct record_job *j)
{
	memset(j, 0, sizeof(*j));
	buf_init(&j->bytes);
	buf_init(&j->text);
}

void record_job_release(struct record_job *j)
{
	json_free(j->doc);
	buf_release(&j->bytes);
	buf_release(&j->text);
	free(j->meta);
	record_job_init(j);
}

static int check_meta(const char *const *meta, size_t n, struct err *e)
{
	size_t bytes = 0;

	for (size_t i = 0; i < n; i++) {
		size_t name = strcspn(meta[i], "=") + 1;

		if (job_check_meta(strv_of(meta[i]), e) < 0)
			return -1;
		bytes += strlen(meta[i]);
		for (size_t k = 0; k < i; k++)
			if (strncmp(meta[i], meta[k], name) == 0)
				return err_set(e, STATUS_USAGE,
					       "label '%.*s' is given twice",
					       (int)name - 1, meta[i]);
	}
	if (bytes > JOB_META_MAX)
		return err_set(e, STATUS_USAGE,
			       "the labels take %zu bytes, of at most %d",
			       bytes, JOB_META_MAX);
	return 0;
}

int record_check_options(const struct job_options *o, struct err *e)
{
	struct backoff unused;

	if (o->name && key_check_name(strv_of(o->name), e) < 0)
		return err_prefix(e, "--name");
	if (o->backoff && backoff_parse(strv_of(o->backoff), &unused, e) < 0)
		return err_prefix(e, "--backoff");
	if (check_meta(o->meta, o->n_meta, e) < 0)
		return err_prefix(e, "--meta");
	return 0;
}

static void show_span(struct buf *out, const char *name, int64_t ms)
{
	bool whole = ms % 1000 == 0;

	buf_addf(out, " %s=%lld%s", name, (long long)(whole ? ms / 1000 : ms),
		 whole ? "s" : "ms");
}

void record_show_job(const char *queue, const char *id,
		     const struct job_options *o, size_t size, struct buf *out)
{
	char at[32];

	buf_addf(out, "%s/%s size=%zu", queue, id, size);
	if (o->name)
		buf_addf(out, " name=%s", o->name);
	if (o->priority)
		buf_addf(out, " priority=%d", o->priority);
	if (o->delay_ms > 0)
		show_span(out, "delay", o->delay_ms);
	if (o->at_ms > 0) {
		num_format_time(o->at_ms, at);
		buf_addf(out, " at=%s", at);
	}
	if (o->expire_ms > 0)
		show_span(out, "expire", o->expire_ms);
	if (o->timeout_ms >= 0)
		show_span(out, "timeout", o->timeout_ms);
	if (o->max_attempts)
		buf_addf(out, " max-attempts=%lld", (long long)o->max_attempts);
	if (o->backoff)
		buf_addf(out, " backoff=%s", o->backoff);
	for (size_t i = 0; i < o->n_meta; i++) {
		buf_addstr(out, " meta=");
		text_percent_encode(out, strv_of(o->meta[i]));
	}
	buf_addch(out, '\n');
}

static int wrong_type(struct line *l, const char *name, const char *wanted)
{
	return err_set(l->e, STATUS_DATA, "'%s' is not %s", name, wanted);
}

/* What a parser of options said, as said of a member of the line. */
static int refused(struct line *l, const char *name)
{
	l->e->code = STATUS_DATA;
	return err_prefix(l->e, "'%s'", name);
}

/* Keep a string: `text` was made large enough for all of them, so that it
 * does not move. */
static const char *keep(struct line *l, struct strv v)
{
	struct buf *b = &l->job->text;
	const char *at = b->p + b->len;

	buf_add(b, v.p, v.n);
	buf_add(b, "", 1);
	return at;
}

static int read_text(struct line *l, const char *name, enum json_kind kind,
		     struct strv v, const char **to)
{
	if (kind != JSON_KIND_TEXT)
		return wrong_type(l, name, "a string");
	if (v.n && memchr(v.p, '\0', v.n))
		return wrong_type(l, name, "text: it holds a NUL");
	*to = keep(l, v);
	return 0;
}

static int read_int(struct line *l, const char *name, enum json_kind kind,
		    struct strv v, int64_t range[2], int64_t *to)
{
	if (kind != JSON_KIND_INT)
		return wrong_type(l, name, "a whole number");
	if (num_int(v, range[0], range[1], to, l->e) < 0)
		return refused(l, name);
	return 0;
}

static int read_span(struct line *l, const char *name, enum json_kind kind,
		     struct strv v, int64_t *to)
{
	double s = json_get_num(l->job->doc, name);

	if (kind == JSON_KIND_TEXT) {
		if (num_duration(v, 0, NUM_SPAN_MAX_MS, to, l->e) < 0)
			return refused(l, name);
		return 0;
	}
	if (kind != JSON_KIND_INT && kind != JSON_KIND_REAL)
		return wrong_type(l, name, "a span in seconds");
	if (!(s >= 0 && s * 1000 <= (double)NUM_SPAN_MAX_MS))
		return wrong_type(l, name, "a span of 0 s to 366 days");
	*to = (int64_t)(s * 1000 + 0.5);
	return 0;
}

static int on_id(struct line *l, const char *name, enum json_kind kind,
		 struct strv v)
{
	if (kind != JSON_KIND_TEXT)
		return wrong_type(l, name, "a string");
	if (key_check_id(v, l->e) < 0)
		return refused(l, name);
	memcpy(l->job->id, v.p, v.n);
	l->job->id[v.n] = '\0';
	return 0;
}

static int on_name(struct line *l, const char *name, enum json_kind kind,
		   struct strv v)
{
	if (read_text(l, name, kind, v, &l->job->options.name) < 0)
		return -1;
	return key_check_name(v, l->e) < 0 ? refused(l, name) : 0;
}

static int on_backoff(struct line *l, const char *name, enum json_kind kind,
		      struct strv v)
{
	struct backoff unused;

	if (read_text(l, name, kind, v, &l->job->options.backoff) < 0)
		return -1;
	return backoff_parse(v, &unused, l->e) < 0 ? refused(l, name) : 0;
}

static int on_priority(struct line *l, const char *name, enum json_kind kind,
		       struct strv v)
{
	int64_t n = 0, range[2] = {JOB_PRIORITY_MIN, JOB_PRIORITY_MAX};

	if (read_int(l, name, kind, v, range, &n) < 0)
		return -1;
	l->job->options.priority = (int)n;
	return 0;
}

static int on_max_attempts(struct line *l, const char *name,
			   enum json_kind kind, struct strv v)
{
	int64_t range[2] = {1, JOB_MAX_ATTEMPTS};

	return read_int(l, name, kind, v, range, &l->job->options.max_attempts);
}

static int on_delay(struct line *l, const char *name, enum json_kind kind,
		    struct strv v)
{
	l->has_delay = true;
	l->job->options.at_ms = 0;
	return read_span(l, name, kind, v, &l->job->options.delay_ms);
}

static int on_at(struct line *l, const char *name, enum json_kind kind,
		 struct strv v)
{
	int64_t *to = &l->job->options.at_ms, now = l->rules->now_ms;

	l->has_at = true;
	l->job->options.delay_ms = 0;
	if (kind != JSON_KIND_TEXT)
		return wrong_type(l, name, "a time in text");
	if (num_time(v, now, to, l->e) < 0)
		return refused(l, name);
	if (*to - now > NUM_SPAN_MAX_MS)
		return wrong_type(l, name, "within 366 days from now");
	return 0;
}

static int on_expire(struct line *l, const char *name, enum json_kind kind,
		     struct strv v)
{
	if (read_span(l, name, kind, v, &l->job->options.expire_ms) < 0)
		return -1;
	if (l->job->options.expire_ms == 0)
		return wrong_type(l, name, "above 0");
	return 0;
}

static int on_timeout(struct line *l, const char *name, enum json_kind kind,
		      struct strv v)
{
	return read_span(l, name, kind, v, &l->job->options.timeout_ms);
}

static int on_trace(struct line *l, const char *name, enum json_kind kind,
		    struct strv v)
{
	size_t i = name[0] == 'b' ? 2 : name[5] == 's';

	return read_text(l, name, kind, v, &l->job->options.trace[i]);
}

static void add_meta(struct record_job *j, const char *label)
{
	if (j->options.n_meta == j->meta_cap) {
		j->meta_cap = j->meta_cap ? j->meta_cap * 2 : 8;
		j->meta = buf_realloc(j->meta, j->meta_cap * sizeof(*j->meta));
	}
	j->meta[j->options.n_meta++] = label;
	j->options.meta = j->meta;
}

static int one_label(void *arg, const char *name, enum json_kind kind,
		     struct strv v)
{
	struct line *l = arg;
	struct buf *b = &l->job->text;
	const char *label = b->p + b->len;

	if (kind != JSON_KIND_TEXT && kind != JSON_KIND_INT &&
	    kind != JSON_KIND_BOOL)
		return wrong_type(l, "meta", "made of strings alone");
	if (v.n && memchr(v.p, '\0', v.n))
		return wrong_type(l, "meta", "text: it holds a NUL");
	buf_addstr(b, name);
	buf_add(b, "=", 1);
	keep(l, v);
	add_meta(l->job, label);
	return 0;
}

/* The line's labels, then those of the command line that it does not have. */
static int on_meta(struct line *l, const char *name, enum json_kind kind,
		   struct strv v)
{
	const struct job_options *defaults = l->rules->defaults;
	size_t own;

	(void)v;
	if (kind != JSON_KIND_OBJECT)
		return wrong_type(l, name, "an object");
	l->job->options.n_meta = 0;
	l->job->options.meta = l->job->meta;
	if (json_each(l->job->doc, name, one_label, l) < 0)
		return -1;
	own = l->job->options.n_meta;
	for (size_t i = 0; i < defaults->n_meta; i++) {
		const char *label = defaults->meta[i];
		size_t n = strcspn(label, "=") + 1, k = 0;

		while (k < own && strncmp(l->job->meta[k], label, n) != 0)
			k++;
		if (k == own)
			add_meta(l->job, label);
	}
	if (check_meta(l->job->options.meta, l->job->options.n_meta, l->e) < 0)
		return refused(l, name);
	return 0;
}

static int on_payload(struct line *l, const char *name, enum json_kind kind,
		      struct strv v)
{
	if (kind != JSON_KIND_TEXT)
		return wrong_type(l, name, "a string");
	if (l->has_payload)
		return err_set(l->e, STATUS_DATA,
			       "both 'payload' and 'payload_b64' are given");
	l->has_payload = true;
	l->job->payload = json_get_str(l->job->doc, name);
	if (strcmp(name, "payload_b64") == 0) {
		if (seal_unbase64(&l->job->bytes, v) < 0)
			return wrong_type(l, name, "base64");
		l->job->payload = strv_make(l->job->bytes.p, l->job->bytes.len);
	}
	if (l->job->payload.n > l->rules->max_payload)
		return err_set(l->e, STATUS_DATA,
			       "the payload of %zu bytes is larger than %zu "
			       "(see --max-payload)",
			       l->job->payload.n, l->rules->max_payload);
	return 0;
}

/* Told by jq-stat, and not ours to set. */
static int on_told(struct line *l, const char *name, enum json_kind kind,
		   struct strv v)
{
	(void)l, (void)name, (void)kind, (void)v;
	return 0;
}

static const struct {
	const char *name;
	int (*read)(struct line *l, const char *name, enum json_kind kind,
		    struct strv v);
} members[] = {
	{"payload", on_payload},
	{"payload_b64", on_payload},
	{"id", on_id},
	{"name", on_name},
	{"priority", on_priority},
	{"delay", on_delay},
	{"at", on_at},
	{"expire", on_expire},
	{"timeout", on_timeout},
	{"max_attempts", on_max_attempts},
	{"backoff", on_backoff},
	{"meta", on_meta},
	{"traceparent", on_trace},
	{"tracestate", on_trace},
	{"baggage", on_trace},
	{"attempts", on_told},
	{"changed", on_told},
	{"created", on_told},
	{"damaged", on_told},
	{"deliveries", on_told},
	{"error", on_told},
	{"exit", on_told},
	{"expires", on_told},
	{"history", on_told},
	{"job", on_told},
	{"last", on_told},
	{"lease_until", on_told},
	{"losses", on_told},
	{"progress", on_told},
	{"progress_text", on_told},
	{"progress_total", on_told},
	{"queue", on_told},
	{"releases", on_told},
	{"result", on_told},
	{"result_b64", on_told},
	{"result_bytes", on_told},
	{"result_line", on_told},
	{"result_total", on_told},
	{"retries", on_told},
	{"signal", on_told},
	{"size", on_told},
	{"state", on_told},
	{"stderr", on_told},
	{"stderr_b64", on_told},
	{"stopping", on_told},
	{"worker", on_told},
};

static int one_member(void *arg, const char *name, enum json_kind kind,
		      struct strv text)
{
	struct line *l = arg;
	char shown[64];

	for (size_t i = 0; i < ARRAY_LEN(members); i++) {
		if (strcmp(name, members[i].name) != 0)
			continue;
		if (kind == JSON_KIND_NULL) /* as if it were not there */
			return 0;
		return members[i].read(l, name, kind, text);
	}
	return err_set(l->e, STATUS_DATA, "'%s' is nothing that a job has",
		       text_show(strv_of(name), shown, sizeof(shown)));
}

int record_parse_job(struct strv line, const struct record_rules *rules,
		     struct record_job *out, struct err *e)
{
	struct line l = {.rules = rules, .job = out, .e = e};

	json_free(out->doc);
	out->doc = json_parse(line, e);
	if (!out->doc)
		return -1;
	out->id[0] = '\0';
	out->options = *rules->defaults;
	out->payload = strv_of("");
	buf_clear(&out->bytes);
	buf_clear(&out->text);
	/* no string of the line is longer decoded than written */
	buf_reserve(&out->text, line.n);
	if (json_each(out->doc, NULL, one_member, &l) < 0)
		return -1;
	if (l.has_delay && l.has_at)
		return err_set(e, STATUS_DATA,
			       "both 'delay' and 'at' are given");
	if (!l.has_payload)
		return err_set(e, STATUS_DATA,
			       "it has no 'payload' or 'payload_b64'");
	return 0;
}
