/* SPDX-License-Identifier: ISC */
/*
 * The texts beside header and record: attempts, live news, results, and what
 * workers tell of themselves.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/text.h"
#include "queue/job.h"

static int unreadable(const char *what, struct err *e)
{
	return err_set(e, STATUS_PROTOCOL,
		       "the %s cannot be read (was it changed by hand, or by "
		       "a newer jobq?)",
		       what);
}

/* A count, a size or an instant. */
static int read_int(struct strv v, int64_t *out)
{
	return num_int(v, 0, JOB_NUMBER_MAX, out, NULL);
}

/* NULL for nothing, and for what is no text. */
static char *read_text(struct strv v)
{
	struct buf b = BUF_INIT;

	if (v.n == 0 || text_percent_decode(&b, v) < 0 ||
	    memchr(b.p, '\0', b.len)) {
		buf_release(&b);
		return NULL;
	}
	return buf_detach(&b);
}

/* Words must not be empty or hold blanks; "-" stands for nothing. */
static void add_plain(struct buf *out, struct strv v)
{
	if (v.n == 0)
		v = strv_of("-");
	text_percent_encode(out, v);
}

void job_encode_attempt(const struct job_attempt *a, struct buf *out)
{
	buf_addf(out, "%" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " ",
		 a->user_us, a->sys_us, a->peak_kib, a->pid);
	add_plain(out, a->worker);
	buf_addch(out, ' ');
	for (size_t i = 0; i < a->reason.n; i++)
		buf_addch(out, a->reason.p[i] == '\n' ? ' ' : a->reason.p[i]);
	buf_addch(out, '\n');
	buf_add(out, a->stderr_tail.p, a->stderr_tail.n);
}

static int parse_attempt(struct strv entry, struct job_attempt *a)
{
	struct strv line;

	a->stderr_tail = entry;
	line = strv_cut(&a->stderr_tail, '\n');
	if (read_int(strv_word(&line), &a->start_ms) < 0 ||
	    read_int(strv_word(&line), &a->run_ms) < 0)
		return -1;
	a->how = strv_word(&line);
	if (read_int(strv_word(&line), &a->user_us) < 0 ||
	    read_int(strv_word(&line), &a->sys_us) < 0 ||
	    read_int(strv_word(&line), &a->peak_kib) < 0 ||
	    read_int(strv_word(&line), &a->pid) < 0)
		return -1;
	a->worker = strv_word(&line);
	if (line.n && line.p[0] == ' ')
		line = strv_make(line.p + 1, line.n - 1);
	a->reason = line;
	return 0;
}

int job_next_attempt(struct strv *history, struct job_attempt *out,
		     struct err *e)
{
	struct strv rest = *history, length;
	int64_t n;

	if (rest.n == 0)
		return 0;
	length = strv_cut(&rest, ':');
	if (num_int(length, 0, INT64_MAX, &n, NULL) < 0 ||
	    (uint64_t)n >= rest.n || rest.p[n] != ',' ||
	    parse_attempt(strv_make(rest.p, (size_t)n), out) < 0)
		return unreadable("history of attempts", e);
	*history = strv_make(rest.p + n + 1, rest.n - (size_t)n - 1);
	return 1;
}

void job_encode_live(int64_t progress, int64_t total, struct strv text,
		     int64_t stderr_total, struct strv stderr_tail,
		     struct buf *out)
{
	buf_addf(out, "%" PRId64 " %" PRId64 " ", progress, total);
	/* what cannot be decoded is no text */
	if (text.n == 0)
		buf_addch(out, '%');
	text_percent_encode(out, text);
	buf_addf(out, " %" PRId64 "\n", stderr_total);
	buf_add(out, stderr_tail.p, stderr_tail.n);
}

int job_parse_live(struct strv text, struct job_live *out, struct err *e)
{
	struct strv line;

	memset(out, 0, sizeof(*out));
	out->progress = out->stderr_total = -1;
	out->stderr_tail = text;
	if (text.n == 0)
		return 0;
	line = strv_cut(&out->stderr_tail, '\n');
	if (num_int(strv_word(&line), -1, INT64_MAX, &out->progress, NULL) <
		    0 ||
	    num_int(strv_word(&line), 0, INT64_MAX, &out->total, NULL) < 0)
		return unreadable("running job's news", e);
	out->text = read_text(strv_word(&line));
	if (read_int(strv_word(&line), &out->stderr_total) < 0)
		out->stderr_total = -1;
	return 0;
}

void job_live_release(struct job_live *l)
{
	free(l->text);
	l->text = NULL;
}

void job_encode_result(uint64_t total, struct strv line, struct strv bytes,
		       struct buf *out)
{
	if (total == 0 && line.n == 0)
		return;
	buf_addf(out, "%" PRIu64 " ", total);
	text_percent_encode(out, line);
	buf_addch(out, '\n');
	buf_add(out, bytes.p, bytes.n);
}

int job_parse_result(struct strv text, struct job_result *out, struct err *e)
{
	struct strv line;
	int64_t total = 0;

	memset(out, 0, sizeof(*out));
	out->bytes = text;
	if (text.n == 0)
		return 0;
	line = strv_cut(&out->bytes, '\n');
	if (num_int(strv_word(&line), 0, INT64_MAX, &total, NULL) < 0)
		return unreadable("result", e);
	out->total = (uint64_t)total;
	out->line = read_text(strv_word(&line));
	return 0;
}

void job_result_release(struct job_result *r)
{
	free(r->line);
	r->line = NULL;
}

void job_encode_worker(const struct job_worker *w, struct buf *out)
{
	add_plain(out, strv_of(w->name));
	buf_addch(out, ' ');
	add_plain(out, strv_of(w->host));
	buf_addf(out,
		 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64
		 " %" PRId64 " ",
		 w->pid, w->slots, w->busy, w->started_ms, w->done, w->failed);
	add_plain(out, strv_of(w->version));
	buf_addch(out, ' ');
	add_plain(out, strv_of(w->state));
}

int job_parse_worker(struct strv text, struct job_worker *out, struct err *e)
{
	memset(out, 0, sizeof(*out));
	out->name = read_text(strv_word(&text));
	out->host = read_text(strv_word(&text));
	if (read_int(strv_word(&text), &out->pid) < 0 ||
	    read_int(strv_word(&text), &out->slots) < 0 ||
	    read_int(strv_word(&text), &out->busy) < 0 ||
	    read_int(strv_word(&text), &out->started_ms) < 0 ||
	    read_int(strv_word(&text), &out->done) < 0 ||
	    read_int(strv_word(&text), &out->failed) < 0) {
		job_worker_release(out);
		return unreadable("worker's entry", e);
	}
	out->version = read_text(strv_word(&text));
	out->state = read_text(strv_word(&text));
	return 0;
}

void job_worker_release(struct job_worker *w)
{
	free(w->name);
	free(w->host);
	free(w->version);
	free(w->state);
	memset(w, 0, sizeof(*w));
}
