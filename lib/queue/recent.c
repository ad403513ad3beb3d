/* SPDX-License-Identifier: ISC */
/* Reads what recent.lua tells. */
#include "queue/recent.h"

#include <string.h>

#include "queue/script.h"

enum {
	FIELDS = 6
}; /* of a job in the answer */

static const char *state_of(struct strv word)
{
	return strv_eq(word, "running") ? "running"
	       : strv_eq(word, "dead")	? "dead"
					: "retry";
}

static void tell(const struct redis_reply *reply, size_t at,
		 void (*fn)(void *arg, const struct recent_job *job), void *arg)
{
	struct recent_job job = {
		.state = state_of(redis_str(redis_at(reply, at))),
		.id = redis_str(redis_at(reply, at + 1)),
		.now_ms = script_number(redis_at(reply, 1)),
		.worker = "",
	};
	struct job_worker worker = {.name = NULL};

	if (job_parse_record(redis_str(redis_at(reply, at + 2)), &job.record,
			     NULL) < 0 ||
	    job_parse_header(redis_str(redis_at(reply, at + 3)), &job.header,
			     NULL) < 0)
		return;
	if (job_parse_live(redis_str(redis_at(reply, at + 4)), &job.live,
			   NULL) < 0)
		memset(&job.live, 0, sizeof(job.live));
	if (job_parse_worker(redis_str(redis_at(reply, at + 5)), &worker,
			     NULL) == 0 &&
	    worker.name)
		job.worker = worker.name;
	fn(arg, &job);
	job_worker_release(&worker);
	job_live_release(&job.live);
	job_header_release(&job.header);
}

int recent_read(struct redis *r, const struct key_set *k, int64_t most,
		void (*fn)(void *arg, const struct recent_job *job), void *arg,
		struct err *e)
{
	const struct redis_reply *reply;
	struct redis_cmd c;
	struct strv word;
	int rc;

	redis_cmd_init(&c);
	script_begin(&c, SCRIPT_RECENT, k);
	redis_cmd_int(&c, most);
	rc = redis_call(r, &c, &reply, e);
	redis_cmd_release(&c);
	if (rc < 0 || script_answer(reply, k->queue, &word, e) < 0)
		return -1;
	for (size_t at = 2; at + FIELDS <= redis_count(reply); at += FIELDS)
		tell(reply, at, fn, arg);
	return 0;
}
