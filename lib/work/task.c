/* SPDX-License-Identifier: ISC */
/* Jobs in hand. */
#include "work/task.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"

static void copy(char *to, size_t size, struct strv v)
{
	size_t n = v.n < size ? v.n : size - 1;

	memcpy(to, v.p, n);
	to[n] = '\0';
}

int task_begin(struct task *t, void *lane, const char *queue,
	       const struct claim_job *job, int64_t attempts, struct err *e)
{
	static uint64_t serial;
	size_t n = strlen(queue);
	int rc = job_parse_header(job->header, &t->header, e);

	if (rc < 0) {
		t->header = (struct job_header){.timeout_ms = -1};
		if (e)
			e->code = STATUS_DATA;
	}
	t->serial = ++serial;
	t->lane = lane;
	t->queue = queue;
	copy(t->id, sizeof(t->id), job->id);
	copy(t->token, sizeof(t->token), job->token);
	copy(t->job, sizeof(t->job), strv_make(queue, n));
	copy(t->job + n, sizeof(t->job) - n, strv_of("/"));
	copy(t->job + n + 1, sizeof(t->job) - n - 1, job->id);
	t->failed = job->record.attempts;
	t->max_attempts =
		t->header.max_attempts > 0 ? t->header.max_attempts : attempts;
	t->lost = t->cancel = t->watched = false;
	task_start(t);
	return rc;
}

void task_start(struct task *t)
{
	t->started_ms = clock_real_ms();
	t->started_us = t->ended_us = clock_boot_us();
}

void task_clear(struct task *t)
{
	job_header_release(&t->header);
	t->serial = 0;
	t->lane = NULL;
}
