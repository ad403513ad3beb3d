/* SPDX-License-Identifier: ISC */
/* A handler run once, for a person at a terminal. */
#include "work/rehearse.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "work/environ.h"

/* ^C is for the handler: what it was, we tell afterwards. */
static void ignore_terminal(struct sigaction old[2])
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	sigaction(SIGINT, &ignore, &old[0]);
	sigaction(SIGQUIT, &ignore, &old[1]);
}

static void heed_terminal(const struct sigaction old[2])
{
	sigaction(SIGINT, &old[0], NULL);
	sigaction(SIGQUIT, &old[1], NULL);
}

static const char *const *environment(const struct rehearsal *r,
				      struct environ *env)
{
	const struct stats_job *job = &r->job->job;
	struct job_record record = job->record;
	char id[KEY_ID_MAX + 1], worker[32];
	const struct environ_facts f = {
		.queue = r->queue,
		.id = id,
		.token = "0.",
		.header = &job->header,
		.record = &record,
		.max_attempts = job->header.max_attempts > 0
					? job->header.max_attempts
					: JOB_DEFAULT_ATTEMPTS,
		.worker = worker,
		.slot = 1,
		.control = true,
	};

	/* as after jq-retry: the counters begin again */
	record.attempts = 0;
	snprintf(id, sizeof(id), "%.*s", (int)job->id.n, job->id.p);
	snprintf(worker, sizeof(worker), "here:%ld", (long)getpid());
	environ_init(env, r->environ, r->extra);
	return environ_build(env, &f);
}

int rehearse_run(struct rehearsal *r, struct child_end *end, struct err *e)
{
	struct strv payload = r->job->job.payload;
	struct child_spec spec = {
		.path = r->path,
		.argv = r->argv,
		.out = -1,
		.err = -1,
		.control = STDERR_FILENO,
	};
	struct sigaction old[2];
	struct environ env;
	struct child child;
	int64_t begun = clock_boot_ms();
	int rc;

	spec.in = child_memory_file(payload.p, payload.n, e);
	if (spec.in == -1)
		return -1;
	spec.envp = environment(r, &env);
	ignore_terminal(old);
	rc = child_spawn(&spec, &child, e);
	if (rc == 0)
		child_wait(&child, end);
	heed_terminal(old);
	r->run_ms = clock_boot_ms() - begun;
	environ_release(&env);
	fd_close(&spec.in);
	return rc;
}
