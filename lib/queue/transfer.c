/* SPDX-License-Identifier: ISC */
/* Calls of export.lua and import.lua. */
#include "queue/transfer.h"

#include <string.h>

#include "base/clock.h"
#include "queue/script.h"

/* Where an export goes on: behind this job. */
struct place {
	struct buf score, id;
};

static void remember(struct place *p, const struct transfer_job *job)
{
	buf_clear(&p->score);
	buf_add(&p->score, job->score.p, job->score.n);
	buf_clear(&p->id);
	buf_add(&p->id, job->id.p, job->id.n);
}

static void ask(struct redis_cmd *c, const struct key_set *k, const char *state,
		const struct place *p)
{
	script_begin(c, SCRIPT_EXPORT, k);
	redis_cmd_str(c, state);
	redis_cmd_add(c, p->score.p, p->score.len);
	redis_cmd_add(c, p->id.p, p->id.len);
	redis_cmd_int(c, 100);
}

/* 1 = there may be more, 0 = that was the end. */
static int slice(struct redis *r, const struct key_set *k, const char *state,
		 struct place *p,
		 int (*fn)(void *arg, const struct transfer_job *job,
			   struct err *e),
		 void *arg, struct err *e)
{
	const struct redis_reply *reply;
	struct transfer_job job = {.id = strv_of("")};
	struct redis_cmd c;
	struct strv word;
	size_t n;
	int rc;

	redis_cmd_init(&c);
	ask(&c, k, state, p);
	rc = redis_call(r, &c, &reply, e);
	redis_cmd_release(&c);
	if (rc < 0 || script_answer(reply, k->queue, &word, e) < 0)
		return -1;
	n = redis_count(reply);
	for (size_t i = 1; i + 4 < n; i += 5) {
		job = (struct transfer_job){
			.id = redis_str(redis_at(reply, i)),
			.state = strv_of(state),
			.score = redis_str(redis_at(reply, i + 1)),
			.record = redis_str(redis_at(reply, i + 2)),
			.envelope = redis_str(redis_at(reply, i + 3)),
			.result = redis_str(redis_at(reply, i + 4)),
		};
		remember(p, &job);
		if (fn(arg, &job, e) < 0)
			return -1;
	}
	return n > 5;
}

int transfer_export(struct redis *r, const struct key_set *k, const char *state,
		    int (*fn)(void *arg, const struct transfer_job *job,
			      struct err *e),
		    void *arg, struct err *e)
{
	struct place p = {BUF_INIT, BUF_INIT};
	int rc;

	buf_addstr(&p.score, "-inf");
	do
		rc = slice(r, k, state, &p, fn, arg, e);
	while (rc == 1);
	buf_release(&p.score);
	buf_release(&p.id);
	return rc;
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
