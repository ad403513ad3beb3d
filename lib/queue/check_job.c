/* SPDX-License-Identifier: ISC */
/* Whether all there is about one job fits together. No I/O. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fnv.h"
#include "base/num.h"
#include "queue/check_impl.h"
#include "queue/job.h"
#include "sys/seal.h"

#define BAND	   (1LL << 44) /* 2^44, as in part/ready.lua */
#define LEASE_MAX  3600000LL
#define MAX_SCORE  64
#define DIGEST_LEN (SEAL_DIGEST_SIZE - 1)

/* The judgement under way. */
struct judge {
	struct check *c;
	const struct check_look *l;
	bool say;
	int found;
	struct err *e;
};

/* One more violation. -1 when telling it failed. */
#define FOUND(j, code, meaning, ...)                                           \
	((j)->found++, (j)->say ? check_say((j)->c, (j)->l->id, code, meaning, \
					    (j)->e, __VA_ARGS__)               \
				: 0)

static bool in(const struct check_look *l, const char *state)
{
	return strv_eq(l->states, state);
}

static double score_of(const struct check_look *l)
{
	char text[MAX_SCORE];

	snprintf(text, sizeof(text), "%.*s", (int)l->score.n, l->score.p);
	return strtod(text, NULL);
}

/* An id that no set holds. */
static int judge_homeless(struct judge *j)
{
	const struct check_look *l = j->l;

	if (l->size >= 0)
		return FOUND(j, "no-state", "it would never run",
			     "its payload is here, but no state holds it");
	if (l->has_record)
		return FOUND(j, "no-state", "it takes memory for ever",
			     "its record is here, but no state holds it");
	if (l->result >= 0)
		return FOUND(j, "stray-result", "it takes memory for ever",
			     "a result without a job");
	if (l->news)
		return FOUND(j, "stray-news", "it takes memory for ever",
			     "news of a handler without a job");
	return 0;
}

/* What belongs to each state, and what does not. */
static int judge_parts(struct judge *j)
{
	const struct check_look *l = j->l;
	bool done = in(l, "done");

	if (!done && l->size < 0 &&
	    FOUND(j, "no-payload", "there is nothing to run",
		  "it is %.*s without a payload", (int)l->states.n,
		  l->states.p) < 0)
		return -1;
	if (done && l->size >= 0 &&
	    FOUND(j, "payload-kept", "it takes memory for nothing",
		  "it is done and has a payload") < 0)
		return -1;
	if (!l->has_record && !in(l, "ready") && !in(l, "delayed") &&
	    FOUND(j, "no-record", "nobody knows what became of it",
		  "it is %.*s without a record", (int)l->states.n,
		  l->states.p) < 0)
		return -1;
	if (!done && l->result >= 0 &&
	    FOUND(j, "stray-result", "it is of no run of this job",
		  "it has a result and is not done") < 0)
		return -1;
	if (!in(l, "running") && l->news &&
	    FOUND(j, "stray-news", "it takes memory for nothing",
		  "it has news of a handler and does not run") < 0)
		return -1;
	return 0;
}

/* A ready score that make_ready() gave: number in the first half of the band
 * of a priority. */
static bool is_place(double score)
{
	int64_t n, place;

	if (!(score > -10 * (double)BAND && score < 10 * (double)BAND))
		return false;
	n = (int64_t)score;
	place = (n % BAND + BAND) % BAND;
	return (double)n == score && place > 0 && place <= BAND / 2 &&
	       (place - n) / BAND >= JOB_PRIORITY_MIN &&
	       (place - n) / BAND <= JOB_PRIORITY_MAX;
}

static int judge_score(struct judge *j)
{
	const struct check_look *l = j->l;
	double score = score_of(l);

	if (in(l, "running") && !(score <= (double)(l->now_ms + 2 * LEASE_MAX)))
		return FOUND(j, "score", "nobody would take it back",
			     "its lease ends in more than two hours");
	if ((in(l, "delayed") || in(l, "retry")) &&
	    !(score <= (double)(l->now_ms + NUM_SPAN_MAX_MS + 1000)))
		return FOUND(j, "score", "'jq-ctl drop' or cancel it",
			     "it is due in more than 366 days");
	if (!in(l, "ready"))
		return 0;
	if (l->same > 1)
		return FOUND(j, "score", "their order is by chance",
			     "%" PRId64 " ready jobs have its place", l->same);
	if (!is_place(score))
		return FOUND(j, "score", "its order was changed by hand",
			     "its place in the queue is of no priority");
	return 0;
}

static int judge_header(struct judge *j, struct strv line, const char *where,
			struct job_header *h, struct strv *digest)
{
	struct err why;
	struct strv rest = line;

	for (int i = 0; i < 5; i++)
		*digest = strv_word(&rest);
	if (job_parse_header(line, h, &why) < 0)
		return FOUND(j, "header", "'jq-ctl drop' removes the job",
			     "the header of its %s cannot be read", where);
	if (digest->n != DIGEST_LEN)
		return FOUND(j, "header", "its payload cannot be proved",
			     "the digest in its %s is of the wrong length",
			     where);
	return 0;
}

/* The payload is what was pushed. */
static int judge_payload(struct judge *j)
{
	const struct check_look *l = j->l;
	struct strv header, payload, told = strv_of("");
	struct job_header h = {.size = 0};
	char digest[SEAL_DIGEST_SIZE];
	int rc = 0, before = j->found;

	if (!l->has_envelope) {
		j->c->large += l->size >= 0 && !j->say;
		return 0;
	}
	if (job_split_envelope(l->envelope, &header, &payload, NULL) < 0)
		return FOUND(j, "header", "'jq-ctl drop' removes the job",
			     "its payload has no header");
	rc = judge_header(j, header, "payload", &h, &told);
	if (rc == 0 && j->found == before) {
		struct strv parts[4] = {strv_of(j->c->keys.queue),
					strv_of(h.name), l->id, payload};

		seal_digest(parts, 4, digest);
		j->c->payloads += !j->say;
		if (h.size != payload.n)
			rc = FOUND(j, "payload", "it is not what was pushed",
				   "its payload has %zu bytes, not %" PRIu64,
				   payload.n, h.size);
		else if (!strv_eq(told, digest))
			rc = FOUND(j, "payload", "it is not what was pushed",
				   "its payload does not have its digest");
	}
	job_header_release(&h);
	return rc;
}

/* The number before the dot of a token; 0 = none. */
static int64_t fence_of(struct strv token)
{
	int64_t n = 0;

	if (num_int(strv_cut(&token, '.'), 0, INT64_MAX, &n, NULL) < 0)
		return 0;
	return n;
}

static int judge_lease(struct judge *j, const struct job_record *r)
{
	const struct check_look *l = j->l;
	bool running = in(l, "running"), held = !strv_eq(r->token, "-");
	int64_t most = fence_of(r->token), closed = fence_of(r->closed);

	if (running && held && !j->say) {
		struct check_fence f = {most,
					fnv_add(FNV_INIT, l->id.p, l->id.n)};

		buf_add(&j->c->fences, &f, sizeof(f));
	}
	if (running && fence_of(r->token) == 0 &&
	    FOUND(j, "token", "no worker can close it",
		  "it is running without a token") < 0)
		return -1;
	if (!running && held &&
	    FOUND(j, "token", "a worker could still close it",
		  "it has a token and is not running") < 0)
		return -1;
	if (running && held && !l->worker && score_of(l) > (double)l->now_ms &&
	    FOUND(j, "worker", "it is taken back when its lease ends",
		  "its worker is not known") < 0)
		return -1;
	if (l->unlisted &&
	    FOUND(j, "claim", "asked again, the server would not tell of it",
		  "its worker's last claim gave out older jobs, and not it") <
		    0)
		return -1;
	most = closed > most ? closed : most;
	if (most > l->fence)
		return FOUND(j, "fence", "a token might be given again",
			     "its token %" PRId64 " is above the fence", most);
	return 0;
}

/* Starts are explained by what became of them. */
static int judge_counts(struct judge *j, const struct job_record *r,
			const struct job_header *h)
{
	const struct check_look *l = j->l;
	bool waits = !in(l, "dead") && !in(l, "done");
	int64_t sum = r->attempts + r->losses + r->releases +
		      r->attempts_before + r->losses_before +
		      r->releases_before + in(l, "running");

	if (r->deliveries != sum &&
	    !(in(l, "done") && r->deliveries == sum + 1) &&
	    FOUND(j, "deliveries", "runs were not counted",
		  "%" PRId64 " deliveries, but %" PRId64 " are explained",
		  r->deliveries, sum) < 0)
		return -1;
	if (waits && h->max_attempts > 0 && r->attempts >= h->max_attempts &&
	    FOUND(j, "attempts", "it ought to be dead",
		  "it failed %" PRId64 " times, of %" PRId64 " allowed",
		  r->attempts, h->max_attempts) < 0)
		return -1;
	if (waits && r->losses > l->max_losses)
		return FOUND(j, "losses", "it ought to be dead",
			     "%" PRId64 " workers vanished with it", r->losses);
	return 0;
}

static int judge_record(struct judge *j)
{
	const struct check_look *l = j->l;
	struct strv line, header, history, digest = strv_of("");
	struct job_header h = {.size = 0};
	struct job_attempt a;
	struct job_record r;
	struct err why;
	int rc, more = 1;

	if (!l->has_record)
		return 0;
	job_split_record(l->record, &line, &header, &history);
	if (line.n == 0 || job_parse_record(line, &r, &why) < 0 ||
	    r.last.n == 0)
		return FOUND(j, "record", "nobody knows what became of it",
			     "its record cannot be read");
	while (more == 1)
		more = job_next_attempt(&history, &a, &why);
	rc = more < 0 ? FOUND(j, "history", "its attempts cannot be shown",
			      "the history in its record cannot be read")
		      : 0;
	if (rc == 0)
		rc = judge_header(j, header, "record", &h, &digest);
	if (rc == 0)
		rc = judge_lease(j, &r);
	if (rc == 0)
		rc = judge_counts(j, &r, &h);
	if (rc == 0 && !in(l, "running") && !in(l, "done") && !in(l, "dead") &&
	    !strv_eq(r.flags, "-"))
		rc = FOUND(j, "flags", "it would stop at its next failure",
			   "it was asked to stop and does not run");
	job_header_release(&h);
	return rc;
}

int check_judge(struct check *c, const struct check_look *l, bool say,
		struct err *e)
{
	struct judge j = {.c = c, .l = l, .say = say, .e = e};
	int rc;

	if (l->states.n == 0)
		rc = judge_homeless(&j);
	else if (memchr(l->states.p, ' ', l->states.n))
		rc = FOUND(&j, "states", "it could run twice, or be lost",
			   "it is in several states: %.*s", (int)l->states.n,
			   l->states.p);
	else if ((rc = judge_parts(&j)) == 0 && (rc = judge_score(&j)) == 0 &&
		 (rc = judge_payload(&j)) == 0)
		rc = judge_record(&j);
	return rc < 0 ? -1 : j.found;
}
