/* SPDX-License-Identifier: ISC */
/* The options of a schedule: one table, and how each kind of value reads. */
#include "queue/schedule_option.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/text.h"
#include "queue/backoff.h"
#include "queue/key.h"

enum {
	MISSED_MAX = 100,
	MISSED_MAX_MOST = 10000,
	GRACE_MS = 60000,
	COUNT_MOST = 1000000000,
};

enum kind {
	KIND_INT,
	KIND_DURATION,
	KIND_INSTANT,
	KIND_SECOND, /* an instant, too */
	KIND_BOOL,
	KIND_WORD,
	KIND_PRIORITY,
	KIND_TZ,
	KIND_PAYLOAD_FILE,
	KIND_BACKOFF,
	KIND_NAME,
	KIND_META,
};

static const char *const missed_words[] = {"once", "skip", "all", NULL};
static const char *const overlap_words[] = {"allow", "forbid", "replace", NULL};

#define AT(field) offsetof(struct schedule, field)

static const struct option {
	const char *name;
	enum kind kind;
	size_t at;
	int64_t min, max;
	const char *const *words; /* KIND_WORD: in the order of the enum */
} options[] = {
	{"tz", KIND_TZ, 0, 0, 0, NULL},
	{"missed", KIND_WORD, AT(missed), 0, 0, missed_words},
	{"missed-max", KIND_INT, AT(missed_max), 1, MISSED_MAX_MOST, NULL},
	{"missed-window", KIND_DURATION, AT(missed_window), 1000,
	 NUM_SPAN_MAX_MS, NULL},
	{"grace", KIND_DURATION, AT(grace), 0, NUM_SPAN_MAX_MS, NULL},
	{"overlap", KIND_WORD, AT(overlap), 0, 0, overlap_words},
	{"max-live", KIND_INT, AT(max_live), 1, MISSED_MAX_MOST, NULL},
	{"jitter", KIND_DURATION, AT(jitter), 1, NUM_SPAN_MAX_MS, NULL},
	{"start", KIND_INSTANT, AT(start), 0, 0, NULL},
	{"end", KIND_INSTANT, AT(end), 1, 0, NULL},
	{"limit", KIND_INT, AT(limit), 1, COUNT_MOST, NULL},
	{"anchor", KIND_SECOND, AT(anchor), 0, 0, NULL},
	{"fire-on-create", KIND_BOOL, AT(fire_on_create), 0, 0, NULL},
	{"paused", KIND_BOOL, AT(paused), 0, 0, NULL},
	{"payload-file", KIND_PAYLOAD_FILE, 0, 0, 0, NULL},
	{"priority", KIND_PRIORITY, 0, JOB_PRIORITY_MIN, JOB_PRIORITY_MAX,
	 NULL},
	{"expire", KIND_DURATION, AT(job.expire_ms), 1, NUM_SPAN_MAX_MS, NULL},
	{"timeout", KIND_DURATION, AT(job.timeout_ms), 0, NUM_SPAN_MAX_MS,
	 NULL},
	{"max-attempts", KIND_INT, AT(job.max_attempts), 1, JOB_MAX_ATTEMPTS,
	 NULL},
	{"backoff", KIND_BACKOFF, 0, 0, 0, NULL},
	{"name", KIND_NAME, 0, 0, 0, NULL},
	{"meta", KIND_META, 0, 0, 0, NULL},
};

void schedule_option_defaults(struct schedule *s)
{
	static const struct job_options job = JOB_OPTIONS_INIT;

	memset(s, 0, sizeof(*s));
	buf_init(&s->payload);
	s->missed_max = MISSED_MAX;
	s->missed_window = -1;
	s->grace = GRACE_MS;
	s->job = job;
}

static int refuse(const char *option, struct strv value, const char *why,
		  const char *hint, struct err *e)
{
	char shown[64];

	return err_set(e, STATUS_DATA, "%s '%s': %s (%s)", option,
		       text_show(value, shown, sizeof(shown)), why, hint);
}

/* The parsers of base and job talk to a command line; here it is data. */
static int said(const char *option, struct err *e)
{
	e->code = STATUS_DATA;
	return err_prefix(e, "%s", option);
}

static bool has_offset(struct strv v)
{
	const char *sign;

	if (v.n &&
	    (v.p[0] == '@' || v.p[v.n - 1] == 'Z' || v.p[v.n - 1] == 'z'))
		return true;
	if (v.n < 6)
		return false;
	sign = v.p + v.n - 6;
	return (*sign == '+' || *sign == '-') && sign[3] == ':';
}

static int parse_instant(const struct option *o, struct strv v, int64_t *out,
			 struct err *e)
{
	/* hosts differ in their local time; a schedule means one instant */
	if (!has_offset(v))
		return refuse(o->name, v, "no offset from UTC",
			      "write 2026-12-31T00:00:00Z", e);
	if (num_time(v, 0, out, e))
		return said(o->name, e);
	if (o->kind == KIND_SECOND && *out % 1000)
		return refuse(o->name, v, "a part of a second",
			      "ticks are whole ones", e);
	if (*out < o->min)
		return refuse(o->name, v, "nothing fires before it",
			      "write a later time", e);
	return 0;
}

static int parse_word(const struct option *o, struct strv v, int *out,
		      struct err *e)
{
	struct buf all = BUF_INIT;

	for (int i = 0; o->words[i]; i++) {
		if (strv_eq(v, o->words[i])) {
			*out = i;
			buf_release(&all);
			return 0;
		}
		buf_addf(&all, "%s%s", i ? ", " : "", o->words[i]);
	}
	refuse(o->name, v, "not one of its words", all.p, e);
	buf_release(&all);
	return -1;
}

static int parse_bool(const char *name, struct strv v, bool *out, struct err *e)
{
	if (!strv_eq(v, "yes") && !strv_eq(v, "no"))
		return refuse(name, v, "neither yes nor no", "write yes or no",
			      e);
	*out = strv_eq(v, "yes");
	return 0;
}

static void replace(const char **to, struct strv v)
{
	free((char *)*to);
	*to = strv_dup(v);
}

/* The name part of "NAME=VALUE". */
static bool same_label(const char *label, struct strv v)
{
	struct strv name = strv_cut(&v, '=');

	return strncmp(label, name.p, name.n) == 0 && label[name.n] == '=';
}

static int parse_meta(struct job_options *j, struct strv v, struct err *e)
{
	const char **list = (const char **)j->meta;
	size_t bytes = v.n;

	if (job_check_meta(v, e))
		return said("meta", e);
	for (size_t i = 0; i < j->n_meta; i++) {
		if (same_label(list[i], v))
			return refuse("meta", v, "this label came before",
				      "say it once", e);
		bytes += strlen(list[i]);
	}
	if (bytes > JOB_META_MAX)
		return refuse("meta", v, "more than 4096 bytes of labels",
			      "put it into the payload", e);
	list = buf_realloc(list, (j->n_meta + 1) * sizeof(*list));
	list[j->n_meta++] = strv_dup(v);
	j->meta = list;
	return 0;
}

/* What needs more than a number at a place in the struct. */
static int parse_special(struct schedule_options *o, const struct option *opt,
			 struct strv v, struct err *e)
{
	struct job_options *job = &o->to->job;
	struct backoff backoff;
	int64_t priority;

	switch (opt->kind) {
	case KIND_PRIORITY:
		if (num_int(v, opt->min, opt->max, &priority, e))
			return said(opt->name, e);
		job->priority = (int)priority;
		return 0;
	case KIND_BACKOFF:
		if (backoff_parse(v, &backoff, e))
			return said(opt->name, e);
		replace(&job->backoff, v);
		return 0;
	case KIND_NAME:
		if (key_check_name(v, e))
			return said(opt->name, e);
		replace(&job->name, v);
		return 0;
	case KIND_META:
		return parse_meta(job, v, e);
	case KIND_TZ:
		o->tz = v;
		return 0;
	default:
		o->payload_file = v;
		return 0;
	}
}

static int parse_value(struct schedule_options *o, const struct option *opt,
		       struct strv v, struct err *e)
{
	void *at = (char *)o->to + opt->at;

	switch (opt->kind) {
	case KIND_INT:
		return num_int(v, opt->min, opt->max, at, e)
			       ? said(opt->name, e)
			       : 0;
	case KIND_DURATION:
		return num_duration(v, opt->min, opt->max, at, e)
			       ? said(opt->name, e)
			       : 0;
	case KIND_INSTANT:
	case KIND_SECOND:
		return parse_instant(opt, v, at, e);
	case KIND_BOOL:
		return parse_bool(opt->name, v, at, e);
	case KIND_WORD:
		return parse_word(opt, v, at, e);
	default:
		return parse_special(o, opt, v, e);
	}
}

static int unknown(struct strv name, struct err *e)
{
	struct buf all = BUF_INIT;
	char shown[48];

	text_show(name, shown, sizeof(shown));
	if (strv_eq(name, "retries"))
		return err_set(e, STATUS_DATA,
			       "option 'retries': unknown (write "
			       "max-attempts=N)");
	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		buf_addf(&all, "%s%s", i ? " " : "", options[i].name);
	err_set(e, STATUS_DATA, "option '%s': unknown (there are %s)", shown,
		all.p);
	buf_release(&all);
	return -1;
}

int schedule_option_parse(struct schedule_options *o, struct strv word,
			  struct err *e)
{
	struct strv value = word;
	struct strv name = strv_cut(&value, '=');

	if (name.n == word.n)
		return refuse("option", word, "not key=value",
			      "a payload comes after ' -- '", e);
	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		const struct option *opt = &options[i];

		if (!strv_eq(name, opt->name))
			continue;
		if (o->given >> i & 1 && opt->kind != KIND_META)
			return refuse("option", word, "given twice",
				      "say it once", e);
		o->given |= 1ULL << i;
		if (!value.n)
			return refuse("option", word, "no value",
				      "write key=value", e);
		return parse_value(o, opt, value, e);
	}
	return unknown(name, e);
}

bool schedule_option_given(const struct schedule_options *o, const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		if (strcmp(options[i].name, name) == 0)
			return o->given >> i & 1;
	return false;
}
