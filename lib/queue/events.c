/* SPDX-License-Identifier: ISC */
/* Reading the streams that the scripts write. */
#include "queue/events.h"

#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "base/text.h"
#include "queue/job.h"
#include "queue/script.h"

static void keep_id(char to[EVENTS_ID_SIZE], struct strv id)
{
	snprintf(to, EVENTS_ID_SIZE, "%.*s", (int)id.n, id.p);
}

int events_record(struct redis *r, const struct key_set *k, int64_t ms,
		  struct events_state *out, struct err *e)
{
	const struct redis_reply *reply;
	struct redis_cmd c;
	struct strv word;
	int rc;

	redis_cmd_init(&c);
	script_begin(&c, SCRIPT_EVENTS, k);
	redis_cmd_int(&c, ms);
	rc = redis_call(r, &c, &reply, e);
	redis_cmd_release(&c);
	if (rc < 0 || script_answer(reply, k->queue, &word, e) < 0)
		return -1;
	if (strv_eq(word, "NONE"))
		return 1;
	out->now_ms = script_number(redis_at(reply, 1));
	out->since_ms = script_number(redis_at(reply, 2));
	keep_id(out->first, redis_str(redis_at(reply, 3)));
	keep_id(out->last, redis_str(redis_at(reply, 4)));
	return 0;
}

static int split_id(struct strv id, int64_t *ms, int64_t *number)
{
	struct strv ms_text = strv_cut(&id, '-');

	*number = 0;
	if (num_int(ms_text, 0, JOB_NUMBER_MAX, ms, NULL) < 0)
		return -1;
	return id.n ? num_int(id, 0, INT64_MAX, number, NULL) : 0;
}

int events_check_id(struct strv id, struct err *e)
{
	int64_t ms, number;
	char shown[64];

	if (split_id(id, &ms, &number) == 0)
		return 0;
	return err_set(e, STATUS_USAGE,
		       "'%s' is not the id of an event (as 1764180000000-0)",
		       text_show(id, shown, sizeof(shown)));
}

int events_compare(const char *a, const char *b)
{
	int64_t a_ms = -1, a_number = 0, b_ms = -1, b_number = 0;

	if (*a && split_id(strv_of(a), &a_ms, &a_number) < 0)
		a_ms = -1;
	if (*b && split_id(strv_of(b), &b_ms, &b_number) < 0)
		b_ms = -1;
	if (a_ms != b_ms)
		return a_ms < b_ms ? -1 : 1;
	return a_number < b_number ? -1 : a_number > b_number;
}

/* A name and its value; those of a newer program are passed over. */
static void take_field(struct event *v, struct strv name,
		       const struct redis_reply *value)
{
	const struct {
		const char *name;
		struct strv *text;
		int64_t *number;
	} fields[] = {
		{"event", &v->event, NULL},   {"id", &v->job, NULL},
		{"name", &v->name, NULL},     {"worker", &v->worker, NULL},
		{"last", &v->last, NULL},     {"error", &v->error, NULL},
		{"at", NULL, &v->at_ms},      {"start", NULL, &v->start},
		{"run_ms", NULL, &v->run_ms},
	};

	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		if (!strv_eq(name, fields[i].name))
			continue;
		if (fields[i].text)
			*fields[i].text = redis_str(value);
		else
			*fields[i].number = script_number(value);
	}
}

static void read_entry(const struct redis_reply *entry,
		       const struct events_source *s, struct event *v)
{
	const struct redis_reply *words = redis_at(entry, 1);
	int64_t number;

	*v = (struct event){.queue = s->keys.queue,
			    .id = redis_str(redis_at(entry, 0)),
			    .at_ms = -1,
			    .start = -1,
			    .run_ms = -1};
	if (split_id(v->id, &v->time_ms, &number) < 0)
		v->time_ms = 0;
	for (size_t i = 0; i + 1 < redis_count(words); i += 2)
		take_field(v, redis_str(redis_at(words, i)),
			   redis_at(words, i + 1));
}

static struct events_source *find(const struct events_reader *er,
				  struct strv key)
{
	for (size_t i = 0; i < er->n; i++)
		if (strv_eq(key, er->source[i]->keys.key[KEY_EVENTS]))
			return er->source[i];
	return NULL;
}

static void ask(const struct events_reader *er, int64_t block_ms,
		struct redis_cmd *c)
{
	redis_cmd_str(c, "XREAD");
	redis_cmd_str(c, "COUNT");
	redis_cmd_str(c, "500");
	redis_cmd_str(c, "BLOCK");
	redis_cmd_int(c, block_ms);
	redis_cmd_str(c, "STREAMS");
	for (size_t i = 0; i < er->n; i++)
		redis_cmd_str(c, er->source[i]->keys.key[KEY_EVENTS]);
	for (size_t i = 0; i < er->n; i++)
		redis_cmd_str(c,
			      *er->source[i]->from ? er->source[i]->from : "0");
}

/* What came of one queue: its key, and its entries. */
static int read_stream(const struct events_reader *er,
		       const struct redis_reply *stream, struct err *e)
{
	const struct redis_reply *entries = redis_at(stream, 1);
	struct events_source *s = find(er, redis_str(redis_at(stream, 0)));

	for (size_t i = 0; s && i < redis_count(entries); i++) {
		struct event v;

		read_entry(redis_at(entries, i), s, &v);
		keep_id(s->from, v.id);
		if (er->fn(er->arg, &v, e) < 0)
			return -1;
	}
	return 0;
}

int events_read(const struct events_reader *er, struct redis *r,
		int64_t block_ms, struct err *e)
{
	const struct redis_reply *reply;
	struct redis_cmd c;
	int rc;

	redis_cmd_init(&c);
	ask(er, block_ms, &c);
	rc = redis_call(r, &c, &reply, e);
	redis_cmd_release(&c);
	for (size_t i = 0; rc == 0 && i < redis_count(reply); i++)
		rc = read_stream(er, redis_at(reply, i), e);
	return rc;
}
