/* SPDX-License-Identifier: ISC */
/*
 * The header (what was pushed) and the record line (what became of it): text
 * that Lua and C share. The other texts are in job_text.c.
 */
#include "queue/job.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/text.h"

static const char TRACE_LETTER[] = {'T', 'S', 'B'};

int job_check_meta(struct strv label, struct err *e)
{
	struct strv value = label, name = strv_cut(&value, '=');
	char shown[64];

	if (name.n == label.n)
		return err_set(e, STATUS_USAGE, "'%s' is not NAME=VALUE",
			       text_show(label, shown, sizeof(shown)));
	for (size_t i = 0; i < name.n; i++)
		if (!((name.p[i] >= 'A' && name.p[i] <= 'Z') ||
		      (name.p[i] >= '0' && name.p[i] <= '9') ||
		      name.p[i] == '_'))
			name.n = 0;
	if (name.n == 0 || name.n > 32)
		return err_set(e, STATUS_USAGE,
			       "'%s': a label's name is 1 to 32 of "
			       "A-Z, 0-9 and '_'",
			       text_show(label, shown, sizeof(shown)));
	if (value.n &&
	    (memchr(value.p, '\0', value.n) || memchr(value.p, '\n', value.n)))
		return err_set(e, STATUS_USAGE,
			       "'%s': a label's value has no newline or NUL",
			       text_show(label, shown, sizeof(shown)));
	return 0;
}

static void add_word(struct buf *out, const char *key, const char *value)
{
	if (!value)
		return;
	buf_addf(out, " %s=", key);
	text_percent_encode(out, strv_of(value));
}

void job_encode_options(const struct job_options *o, struct buf *out)
{
	char key[3] = "";

	if (o->priority)
		buf_addf(out, " p=%d", o->priority);
	if (o->max_attempts)
		buf_addf(out, " m=%" PRId64, o->max_attempts);
	if (o->timeout_ms >= 0)
		buf_addf(out, " t=%" PRId64, o->timeout_ms);
	if (o->notify)
		buf_addstr(out, " w=1");
	add_word(out, "b", o->backoff);
	add_word(out, "n", o->name);
	for (size_t i = 0; i < 3; i++) {
		key[0] = TRACE_LETTER[i];
		add_word(out, key, o->trace[i]);
	}
	for (size_t i = 0; i < o->n_meta; i++)
		add_word(out, "M", o->meta[i]);
}

void job_header_release(struct job_header *h)
{
	free(h->backoff);
	free(h->name);
	for (size_t i = 0; i < 3; i++)
		free(h->trace[i]);
	for (size_t i = 0; i < h->n_meta; i++)
		free(h->meta[i]);
	free(h->meta);
	memset(h, 0, sizeof(*h));
}

static int bad_header(struct err *e)
{
	return err_set(e, STATUS_PROTOCOL,
		       "the job's header cannot be read (was it changed by "
		       "hand, or by a newer jobq?)");
}

/* A count, a size or an instant. */
static int read_int(struct strv v, int64_t *out)
{
	return num_int(v, 0, JOB_NUMBER_MAX, out, NULL);
}

static int read_text(struct strv v, char **out)
{
	struct buf b = BUF_INIT;

	if (text_percent_decode(&b, v) < 0 || memchr(b.p, '\0', b.len)) {
		buf_release(&b);
		return -1;
	}
	free(*out);
	*out = buf_detach(&b);
	return 0;
}

static int read_meta(struct strv v, struct job_header *h)
{
	char *text = NULL;

	if (read_text(v, &text) < 0)
		return -1;
	h->meta = buf_realloc(h->meta, (h->n_meta + 1) * sizeof(*h->meta));
	h->meta[h->n_meta++] = text;
	return 0;
}

/* One option word. Unknown letters are from a newer program: passed over. */
static int read_word(struct strv word, struct job_header *h)
{
	struct strv value = word, key = strv_cut(&value, '=');
	int64_t n = 0;
	const char *trace;

	if (key.n != 1)
		return -1;
	switch (key.p[0]) {
	case 'p':
		if (num_int(value, JOB_PRIORITY_MIN, JOB_PRIORITY_MAX, &n,
			    NULL) < 0)
			return -1;
		h->priority = (int)n;
		return 0;
	case 'm':
		return read_int(value, &h->max_attempts);
	case 't':
		return num_int(value, 0, NUM_SPAN_MAX_MS, &h->timeout_ms, NULL);
	case 'b':
		return read_text(value, &h->backoff);
	case 'n':
		return read_text(value, &h->name);
	case 'M':
		return read_meta(value, h);
	default:
		trace = memchr(TRACE_LETTER, key.p[0], sizeof(TRACE_LETTER));
		if (trace)
			return read_text(value,
					 &h->trace[trace - TRACE_LETTER]);
		return 0;
	}
}

int job_parse_header(struct strv line, struct job_header *out, struct err *e)
{
	struct strv word;
	int64_t size = 0;

	memset(out, 0, sizeof(*out));
	out->timeout_ms = -1;
	word = strv_word(&line);
	if (!strv_eq(word, "1") ||
	    read_int(strv_word(&line), &out->created_ms) < 0 ||
	    read_int(strv_word(&line), &out->expires_ms) < 0 ||
	    read_int(strv_word(&line), &size) < 0)
		return bad_header(e);
	out->size = (uint64_t)size;
	if (strv_word(&line).n == 0) /* the digest is for Lua alone */
		return bad_header(e);
	while ((word = strv_word(&line)).n > 0) {
		if (read_word(word, out) < 0) {
			job_header_release(out);
			return bad_header(e);
		}
	}
	return 0;
}

int job_split_envelope(struct strv envelope, struct strv *header,
		       struct strv *payload, struct err *e)
{
	*payload = envelope;
	*header = strv_cut(payload, '\n');
	if (header->n == envelope.n)
		return bad_header(e);
	return 0;
}

int job_parse_record(struct strv line, struct job_record *out, struct err *e)
{
	int64_t row, score;

	memset(out, 0, sizeof(*out));
	out->token = out->closed = out->flags = out->last = strv_of("-");
	out->reason = strv_of("");
	if (line.n == 0)
		return 0;
	out->token = strv_word(&line);
	out->closed = strv_word(&line);
	if (read_int(strv_word(&line), &out->since_ms) < 0 ||
	    num_int(strv_word(&line), INT64_MIN, INT64_MAX, &score, NULL) < 0 ||
	    read_int(strv_word(&line), &out->deliveries) < 0 ||
	    read_int(strv_word(&line), &out->attempts) < 0 ||
	    read_int(strv_word(&line), &out->losses) < 0 ||
	    read_int(strv_word(&line), &out->releases) < 0 ||
	    read_int(strv_word(&line), &row) < 0 ||
	    read_int(strv_word(&line), &out->attempts_before) < 0 ||
	    read_int(strv_word(&line), &out->losses_before) < 0 ||
	    read_int(strv_word(&line), &out->releases_before) < 0 ||
	    read_int(strv_word(&line), &out->retries) < 0)
		return err_set(e, STATUS_PROTOCOL,
			       "the job's record cannot be read (was it "
			       "changed by hand, or by a newer jobq?)");
	out->flags = strv_word(&line);
	out->last = strv_word(&line);
	if (line.n && line.p[0] == ' ')
		line = strv_make(line.p + 1, line.n - 1);
	out->reason = line;
	return 0;
}

void job_split_record(struct strv text, struct strv *line, struct strv *header,
		      struct strv *history)
{
	*history = text;
	*line = strv_cut(history, '\n');
	*header = strv_cut(history, '\n');
}

bool job_was_dropped(const struct job_record *r)
{
	return strv_eq(r->last, "deleted") ||
	       (strv_eq(r->flags, "d") && !strv_eq(r->last, "exit:0"));
}
