/* SPDX-License-Identifier: ISC */
/* Queues as lines of JSON, out and in. */
#include "cli/archive.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/look.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/record.h"
#include "queue/push.h"
#include "queue/stats.h"
#include "queue/transfer.h"
#include "sys/seal.h"

/* The largest line: a payload and a record in base64. */
#define LINE_MOST (1024UL << 20)
/* What is sent in one go, unless one job alone is larger. */
#define BATCH_BYTES (1UL << 20)

/* Jobs move this way: one that goes on meanwhile is met again, not missed. */
static const char *const order[] = {"delayed", "retry", "ready",
				    "running", "dead",	"done"};

struct writer {
	struct archive *a;
	const char *queue;
	struct buf line;
	struct progress progress;
};

static int write_job(void *arg, const struct transfer_job *job, struct err *e)
{
	struct writer *w = arg;
	struct json *j = json_new_object();
	struct strv header, payload;

	json_put_int(j, "v", 1);
	json_put_str(j, "queue", w->queue);
	json_put_bytes(j, "id", job->id);
	json_put_bytes(j, "state", job->state);
	json_put_bytes(j, "score", job->score);
	if (job->record.n)
		json_put_bytes(j, "record", job->record);
	if (job->envelope.n) {
		payload = job->envelope;
		header = strv_cut(&payload, '\n');
		json_put_bytes(j, "pushed", header);
		json_put_bytes(j, "payload", payload);
	}
	if (job->result.n)
		json_put_bytes(j, "result", job->result);
	buf_clear(&w->line);
	json_write(j, &w->line);
	buf_addch(&w->line, '\n');
	json_free(j);
	progress_at(&w->progress, ++w->a->done);
	return output_write(w->line.p, w->line.len, e);
}

static int export_queue(struct writer *w, const struct key_set *k,
			const char *state, struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(order); i++) {
		if (state && strcmp(state, order[i]) != 0)
			continue;
		if (transfer_export(w->a->redis, k, order[i], write_job, w, e) <
		    0)
			return -1;
	}
	return 0;
}

static uint64_t jobs_of(const struct stats_queue *s)
{
	return (uint64_t)(s->ready + s->delayed + s->retry + s->running +
			  s->dead + s->done);
}

int archive_export(struct archive *a, char *const *queues, size_t n,
		   const char *state, struct err *e)
{
	struct writer w = {.a = a, .line = BUF_INIT};
	int rc = 0;

	if (state && strcmp(state, "all") == 0)
		state = NULL;
	for (size_t i = 0; i < n && rc == 0; i++) {
		struct stats_queue s;
		struct key_set k;
		struct err why;

		w.queue = queues[i];
		key_set_init(&k, a->space, strv_of(queues[i]));
		rc = stats_queue(a->redis, &k, &s, e);
		if (rc == 0 && !s.known) {
			look_no_queue(queues[i], &why);
			a->status = opt_fail(a->command, &why);
			continue;
		}
		progress_init(&w.progress, a->command->common, "exporting",
			      rc == 0 ? a->done + jobs_of(&s) : 0, true);
		if (rc == 0)
			rc = export_queue(&w, &k, state, e);
		progress_hide(&w.progress);
	}
	buf_release(&w.line);
	return rc;
}

/* The queue at hand, and what goes into it. */
struct loader {
	struct archive *a;
	const char *into; /* --queue, or NULL */
	struct key_set keys;
	bool open; /* `t` collects for it */
	struct transfer t;
	struct progress progress;
	/* what one job is put together from */
	struct buf bytes[4], envelope, record;
};

static void complain(struct loader *l, const struct err *why)
{
	int status;

	progress_hide(&l->progress);
	status = opt_fail(l->a->command, why);
	if (l->a->status == STATUS_OK)
		l->a->status = status;
}

static void word_for(void *arg, const char *id, struct strv word)
{
	struct loader *l = arg;
	char shown[96];
	struct err why;

	if (strv_eq(word, "OK")) {
		l->a->done++;
	} else if (strv_eq(word, "KNOWN") || strv_eq(word, "ENDED")) {
		l->a->known++;
		l->a->ended += strv_eq(word, "ENDED");
	} else {
		text_show(strv_make(word.p + 4, word.n > 4 ? word.n - 4 : 0),
			  shown, sizeof(shown));
		err_set(&why, STATUS_DATA, "job '%s/%s': %s", l->keys.queue, id,
			shown);
		complain(l, &why);
	}
}

static int send_batch(struct loader *l, struct err *e)
{
	return l->open ? transfer_send(&l->t, l->a->redis, word_for, l, e) : 0;
}

/* Jobs come into `queue` from now on. */
static int use_queue(struct loader *l, struct strv queue, struct err *e)
{
	struct stats_queue s;

	if (l->open && strv_eq(queue, l->keys.queue))
		return 0;
	if (send_batch(l, e) < 0)
		return -1;
	if (l->open)
		transfer_release(&l->t);
	l->open = false;
	key_set_init(&l->keys, l->a->space, queue);
	if (stats_queue(l->a->redis, &l->keys, &s, e) < 0)
		return -1;
	push_announce(l->a->redis, l->a->space, l->keys.queue);
	transfer_init(&l->t, &l->keys, jobs_of(&s) == 0);
	l->open = true;
	return 0;
}

/* A member that is text, or base64 of it under NAME_b64, or not there. */
static int member(const struct json *j, const char *name, struct buf *bytes,
		  struct strv *to, struct err *e)
{
	char coded[16];

	snprintf(coded, sizeof(coded), "%s_b64", name);
	*to = json_get_str(j, name);
	if (json_kind(j, coded) == JSON_KIND_MISSING)
		return 0;
	buf_clear(bytes);
	if (seal_unbase64(bytes, json_get_str(j, coded)) < 0)
		return err_set(e, STATUS_DATA, "'%s' is not base64", coded);
	*to = strv_make(bytes->p, bytes->len);
	return 0;
}

static int read_job(struct loader *l, const struct json *j,
		    struct transfer_job *job, struct err *e)
{
	struct strv header = strv_of(""), payload = strv_of("");

	job->id = json_get_str(j, "id");
	job->state = json_get_str(j, "state");
	job->score = json_get_str(j, "score");
	if (json_get_num(j, "v") != 1)
		return err_set(e, STATUS_DATA,
			       "this is no line of 'jq-ctl export' ('v' is "
			       "not 1)");
	if (key_check_id(job->id, e) < 0)
		return -1;
	if (member(j, "record", &l->bytes[0], &job->record, e) < 0 ||
	    member(j, "pushed", &l->bytes[1], &header, e) < 0 ||
	    member(j, "payload", &l->bytes[2], &payload, e) < 0 ||
	    member(j, "result", &l->bytes[3], &job->result, e) < 0)
		return -1;
	buf_clear(&l->envelope);
	if (header.n) {
		buf_add(&l->envelope, header.p, header.n);
		buf_addch(&l->envelope, '\n');
		buf_add(&l->envelope, payload.p, payload.n);
	}
	job->envelope = strv_make(l->envelope.p, l->envelope.len);
	if (!transfer_is_genuine(job, json_get_str(j, "queue")))
		return err_set(e, STATUS_DATA,
			       "job '%.*s': its payload does not have its "
			       "digest",
			       (int)job->id.n, job->id.p);
	return 0;
}

/* 0; 1 = the line is no job, and `why` says so; -1. */
static int load(struct loader *l, struct strv line, struct err *why,
		struct err *e)
{
	struct json *j = json_parse(line, why);
	struct transfer_job job;
	struct strv queue;
	int rc = 1;

	if (!j)
		return 1;
	queue = l->into ? strv_of(l->into) : json_get_str(j, "queue");
	if (key_check_queue(queue, why) == 0 && read_job(l, j, &job, why) == 0)
		rc = use_queue(l, queue, e);
	if (rc == 0 && !strv_eq(json_get_str(j, "queue"), l->keys.queue) &&
	    transfer_readdress(&job, l->keys.queue, &l->envelope, &l->record,
			       why) < 0)
		rc = 1;
	if (rc == 0) {
		transfer_add(&l->t, &job);
		if (l->t.n == TRANSFER_MOST || l->t.bytes >= BATCH_BYTES)
			rc = send_batch(l, e);
	}
	json_free(j);
	return rc;
}

static int one_line(struct loader *l, struct strv line, uint64_t number,
		    bool too_long, struct err *e)
{
	struct err why;
	int rc = 1;

	if (too_long)
		err_set(&why, STATUS_DATA, "it is longer than 1 GiB");
	else if (line.n == 0)
		return 0;
	else
		rc = load(l, line, &why, e);
	if (rc == 1) {
		why.code = STATUS_DATA;
		err_prefix(&why, "line %" PRIu64, number);
		complain(l, &why);
	}
	progress_at(&l->progress, number);
	return rc < 0 ? -1 : 0;
}

static int load_all(struct loader *l, struct record_reader *r, struct err *e)
{
	struct strv line;

	for (;;) {
		enum record_found found = record_next(r, &line);

		if (found != RECORD_NONE) {
			if (one_line(l, line, r->number, found == RECORD_LONG,
				     e) < 0)
				return -1;
			continue;
		}
		if (r->eof)
			return send_batch(l, e);
		/* what was read is stored before we wait for more */
		if (!record_waiting(r) && send_batch(l, e) < 0)
			return -1;
		if (record_read(r, e) < 0)
			return -1;
	}
}

void archive_check_stdin(const struct opt_command *c)
{
	if (isatty(STDIN_FILENO))
		opt_usage(c, "no FILE, and stdin is a terminal");
}

static void tell_sum(const struct archive *a)
{
	fprintf(stderr,
		"%s: imported %" PRIu64 " jobs; %" PRIu64 " were there already",
		a->command->name, a->done, a->known);
	if (a->ended)
		fprintf(stderr, ", %" PRIu64 " of them done or moved since",
			a->ended);
	fputc('\n', stderr);
}

int archive_import(struct archive *a, const char *queue, struct err *e)
{
	struct loader *l = buf_zalloc(sizeof(*l));
	struct record_reader r;
	int rc;

	l->a = a;
	l->into = queue;
	buf_init(&l->envelope);
	buf_init(&l->record);
	for (size_t i = 0; i < ARRAY_LEN(l->bytes); i++)
		buf_init(&l->bytes[i]);
	progress_init(&l->progress, a->command->common, "importing", 0, false);
	record_init(&r, STDIN_FILENO, '\n', LINE_MOST);
	rc = load_all(l, &r, e);
	progress_hide(&l->progress);
	record_release(&r);
	if (l->open)
		transfer_release(&l->t);
	for (size_t i = 0; i < ARRAY_LEN(l->bytes); i++)
		buf_release(&l->bytes[i]);
	buf_release(&l->envelope);
	buf_release(&l->record);
	free(l);
	if (rc < 0 && a->done)
		return err_prefix(e, "imported %" PRIu64 ", then stopped",
				  a->done);
	if (rc == 0 && !a->command->common->quiet)
		tell_sum(a);
	return rc;
}
