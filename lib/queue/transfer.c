/* SPDX-License-Identifier: ISC */
/* Calls of export.lua and import.lua. */
#include "queue/transfer.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "queue/job.h"
#include "queue/push.h"
#include "queue/script.h"
#include "sys/seal.h"

/* An export under way. */
struct walk {
	struct redis *redis;
	const struct key_set *keys;
	const char *state;
	int (*fn)(void *arg, const struct transfer_job *job, struct err *e);
	void *arg;
	struct buf score, id; /* goes on behind this job */
};

static void remember(struct walk *w, const struct transfer_job *job)
{
	buf_clear(&w->score);
	buf_add(&w->score, job->score.p, job->score.n);
	buf_clear(&w->id);
	buf_add(&w->id, job->id.p, job->id.n);
}

static int ask(const struct walk *w, const struct redis_reply **reply,
	       struct err *e)
{
	struct redis_cmd c;
	struct strv word;
	int rc;

	redis_cmd_init(&c);
	script_begin(&c, SCRIPT_EXPORT, w->keys);
	redis_cmd_str(&c, w->state);
	redis_cmd_add(&c, w->score.p, w->score.len);
	redis_cmd_add(&c, w->id.p, w->id.len);
	redis_cmd_int(&c, 100);
	rc = redis_call(w->redis, &c, reply, e);
	redis_cmd_release(&c);
	return rc < 0 ? -1 : script_answer(*reply, w->keys->queue, &word, e);
}

/* 1 = there may be more, 0 = that was the end. */
static int slice(struct walk *w, struct err *e)
{
	const struct redis_reply *reply;
	size_t n;

	if (ask(w, &reply, e) < 0)
		return -1;
	n = redis_count(reply);
	for (size_t i = 1; i + 4 < n; i += 5) {
		const struct transfer_job job = {
			.id = redis_str(redis_at(reply, i)),
			.state = strv_of(w->state),
			.score = redis_str(redis_at(reply, i + 1)),
			.record = redis_str(redis_at(reply, i + 2)),
			.envelope = redis_str(redis_at(reply, i + 3)),
			.result = redis_str(redis_at(reply, i + 4)),
		};

		remember(w, &job);
		if (w->fn(w->arg, &job, e) < 0)
			return -1;
	}
	return n > 5;
}

int transfer_export(struct redis *r, const struct key_set *k, const char *state,
		    int (*fn)(void *arg, const struct transfer_job *job,
			      struct err *e),
		    void *arg, struct err *e)
{
	struct walk w = {r, k, state, fn, arg, BUF_INIT, BUF_INIT};
	int rc;

	buf_addstr(&w.score, "-inf");
	do
		rc = slice(&w, e);
	while (rc == 1);
	buf_release(&w.score);
	buf_release(&w.id);
	return rc;
}

static struct buf *buf_of(struct transfer_copy *c, size_t i)
{
	struct buf *const all[] = {&c->id,     &c->state,    &c->score,
				   &c->record, &c->envelope, &c->result};

	return i < ARRAY_LEN(all) ? all[i] : NULL;
}

void transfer_copy_init(struct transfer_copy *c)
{
	memset(c, 0, sizeof(*c));
	for (size_t i = 0; buf_of(c, i); i++)
		buf_init(buf_of(c, i));
}

void transfer_copy_release(struct transfer_copy *c)
{
	for (size_t i = 0; buf_of(c, i); i++)
		buf_release(buf_of(c, i));
}

static struct strv copy(struct buf *to, struct strv from)
{
	buf_clear(to);
	buf_add(to, from.p, from.n);
	return strv_make(to->p, to->len);
}

int transfer_look(struct redis *r, const struct key_set *k, struct strv id,
		  struct transfer_copy *out, struct err *e)
{
	const struct redis_reply *reply;
	struct transfer_job *job = &out->job;
	struct redis_cmd c;
	struct strv word;
	int rc;

	redis_cmd_init(&c);
	script_begin(&c, SCRIPT_PEEK, k);
	redis_cmd_add(&c, id.p, id.n);
	redis_cmd_str(&c, "");
	rc = redis_call(r, &c, &reply, e);
	redis_cmd_release(&c);
	if (rc < 0 || script_answer(reply, k->queue, &word, e) < 0)
		return -1;
	if (strv_eq(word, "GONE"))
		return 1;
	job->id = copy(&out->id, id);
	job->state = copy(&out->state, redis_str(redis_at(reply, 2)));
	job->score = copy(&out->score, redis_str(redis_at(reply, 3)));
	job->record = copy(&out->record, redis_str(redis_at(reply, 4)));
	job->envelope = copy(&out->envelope, redis_str(redis_at(reply, 5)));
	job->result = copy(&out->result, redis_str(redis_at(reply, 6)));
	return 0;
}

static struct strv digest_in(struct strv header)
{
	struct strv word = strv_of("");

	for (int i = 0; i < 5; i++)
		word = strv_cut(&header, ' ');
	return word;
}

/* Put `digest` in the place of the fifth word of the header line that begins
 * `at` bytes into the text. */
static void put_digest(struct buf *text, size_t at, const char *digest)
{
	struct strv rest = strv_make(text->p + at, text->len - at);
	struct strv word = digest_in(strv_cut(&rest, '\n'));

	/* all of them are of one length; what is not is none */
	if (word.n == strlen(digest))
		memcpy(text->p + (word.p - text->p), digest, word.n);
}

bool transfer_is_genuine(const struct transfer_job *job, struct strv queue)
{
	struct strv payload = job->envelope;
	struct strv header = strv_cut(&payload, '\n'), told = digest_in(header);
	char digest[SEAL_DIGEST_SIZE];
	struct job_header h;

	if (told.n != sizeof(digest) - 1 ||
	    job_parse_header(header, &h, NULL) < 0)
		return true;
	seal_digest((struct strv[]){queue, strv_of(h.name), job->id, payload},
		    4, digest);
	job_header_release(&h);
	return strv_eq(told, digest);
}

int transfer_readdress(struct transfer_job *job, const char *queue,
		       struct buf *envelope, struct buf *record, struct err *e)
{
	struct strv payload = job->envelope, inner = job->record;
	struct strv header = strv_cut(&payload, '\n');
	char digest[SEAL_DIGEST_SIZE], id[KEY_ID_MAX + 1];
	struct job_header h;

	if (!job->envelope.n)
		return 0;
	if (job_parse_header(header, &h, e) < 0)
		return -1;
	snprintf(id, sizeof(id), "%.*s", (int)job->id.n, job->id.p);
	push_digest(queue, h.name, id, payload, digest);
	job_header_release(&h);
	if (job->envelope.p != envelope->p)
		copy(envelope, job->envelope);
	if (job->record.p != record->p)
		copy(record, job->record);
	put_digest(envelope, 0, digest);
	strv_cut(&inner, '\n');
	if (record->len)
		put_digest(record, record->len - inner.n, digest);
	job->envelope = strv_make(envelope->p, envelope->len);
	job->record = strv_make(record->p, record->len);
	return 0;
}

static void begin(struct transfer *t)
{
	char epoch[KEY_NEW_ID_SIZE];

	key_new_id(clock_real_ms(), epoch);
	script_begin(&t->cmd, SCRIPT_IMPORT, t->keys);
	redis_cmd_str(&t->cmd, epoch);
	redis_cmd_str(&t->cmd, t->keep ? "keep" : "behind");
	t->n = 0;
	t->bytes = 0;
}

void transfer_init(struct transfer *t, const struct key_set *k, bool keep)
{
	memset(t, 0, sizeof(*t));
	t->keys = k;
	t->keep = keep;
	redis_cmd_init(&t->cmd);
	begin(t);
}

void transfer_release(struct transfer *t)
{
	redis_cmd_release(&t->cmd);
}

void transfer_add(struct transfer *t, const struct transfer_job *job)
{
	const struct strv words[] = {job->id,	  job->state,	 job->score,
				     job->record, job->envelope, job->result};

	memcpy(t->id[t->n], job->id.p, job->id.n);
	t->id[t->n++][job->id.n] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		redis_cmd_add(&t->cmd, words[i].p, words[i].n);
		t->bytes += words[i].n;
	}
}

int transfer_send(struct transfer *t, struct redis *r,
		  void (*fn)(void *arg, const char *id, struct strv word),
		  void *arg, struct err *e)
{
	const struct redis_reply *reply;
	struct strv word;

	if (t->n == 0)
		return 0;
	if (redis_call(r, &t->cmd, &reply, e) < 0 ||
	    script_answer(reply, t->keys->queue, &word, e) < 0)
		return -1;
	for (size_t i = 0; i < t->n; i++)
		fn(arg, t->id[i], redis_str(redis_at(reply, i + 1)));
	begin(t);
	return 0;
}
