/* SPDX-License-Identifier: ISC */
/* Ending jobs on an operator's word. */
#include "cli/removal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/ids.h"
#include "cli/look.h"
#include "cli/output.h"
#include "queue/key.h"
#include "queue/select.h"
#include "queue/stats.h"

/* Jobs of one call: it reads and writes all of their records. */
#define BATCH 40

void removal_check_all(const struct opt_command *cmd, const char *state,
		       bool force)
{
	if (!state)
		opt_usage(cmd, "--all needs a state (-s)");
	if (strcmp(state, "done") == 0)
		opt_usage(cmd, "finished jobs are not dropped; they go by "
			       "themselves ('jq-ctl set QUEUE keep-done=…')");
	if (!look_known_state(state))
		opt_usage(cmd,
			  "'%s' is not a state (ready, running, delayed, "
			  "retry, dead, all)",
			  state);
	if (!force && !isatty(STDIN_FILENO))
		opt_usage(cmd, "--all needs -f when nobody can be asked "
			       "(stdin is no terminal)");
}

static void complain(struct removal *r, const struct err *e)
{
	progress_hide(&r->progress);
	int status = opt_fail(r->command, e);

	if (r->status == STATUS_OK)
		r->status = status;
}

/* The job is ended, or will be: its name is the answer. */
static void answer(struct removal *r, const char *what, struct strv id)
{
	struct err e;

	if (output_job(r->command->common, what, r->queue, id, &e) < 0) {
		r->cannot_write = true;
		r->why = e;
	}
}

static void removed(void *arg, struct strv id, struct strv word)
{
	struct removal *r = arg;
	char name[KEY_QUEUE_MAX + KEY_ID_MAX + 2], shown[32];
	struct err e;

	snprintf(name, sizeof(name), "%s/%.*s", r->queue, (int)id.n, id.p);
	if (strv_eq(word, "OK")) {
		answer(r, r->what == CHANGE_DROP ? "dropped" : "cancelled", id);
	} else if (strv_eq(word, "ASKED")) {
		answer(r, "asked", id);
		if (!r->command->common->quiet)
			fprintf(stderr,
				"%s: '%s' is running; its worker was asked to "
				"stop it\n",
				r->command->name, name);
	} else if (r->sweeping) {
		return;
	} else if (strv_eq(word, "GONE")) {
		err_set(&e, STATUS_NO, "no such job: '%s'", name);
		complain(r, &e);
	} else {
		err_set(&e, STATUS_NO, "nothing to do: '%s' is %s already",
			name, text_show(word, shown, sizeof(shown)));
		complain(r, &e);
	}
}

/* In calls that are short for the server. */
static int remove_run(void *arg, const char *queue, const struct strv *v,
		      size_t n, struct err *e)
{
	struct removal *r = arg;
	struct key_set k;

	r->queue = queue;
	key_set_init(&k, r->space, strv_of(queue));
	for (size_t i = 0; i < n; i += BATCH) {
		const struct change_ids ids = {
			v + i, n - i < BATCH ? n - i : BATCH, removed, r};

		if (change_remove(r->redis, &k, r->what, r->reason, &ids, e) <
		    0)
			return -1;
		if (r->cannot_write) {
			*e = r->why;
			return -1;
		}
		progress_at(&r->progress, r->progress.done + ids.n);
	}
	return 0;
}

static void bad_name(void *arg, const struct err *why)
{
	complain(arg, why);
}

int removal_ids(struct removal *r, char *const *operands, size_t n,
		const char *queue, struct err *e)
{
	struct ids ids = {
		.operands = operands,
		.n = n,
		.queue = queue,
		.separator = '\n',
		.run = remove_run,
		.bad = bad_name,
		.arg = r,
	};

	return ids_each(&ids, e);
}

/* Ask at the terminal. 0 = go on. */
static int confirm(const char *queue, const char *state, size_t n,
		   struct err *e)
{
	char line[KEY_QUEUE_MAX + 8] = "";

	fprintf(stderr,
		"%zu %s of queue '%s' (%s) will be deleted.\n"
		"Type the queue's name to go on: ",
		n, n == 1 ? "job" : "jobs", queue, state);
	fflush(stderr);
	if (fgets(line, sizeof(line), stdin))
		line[strcspn(line, "\n")] = '\0';
	if (strcmp(line, queue) == 0)
		return 0;
	return err_set(e, STATUS_NO, "nothing was dropped");
}

static bool is_meant(const char *state, const char *wanted)
{
	if (strcmp(wanted, "all") == 0)
		return strcmp(state, "done") != 0;
	return strcmp(state, wanted) == 0;
}

/* No more than `most`, which were told of: others may have come since. */
static int sweep_state(struct removal *r, const struct key_set *k,
		       const char *state, int64_t most, struct err *e)
{
	struct select *s = buf_zalloc(sizeof(*s));
	int rc = 0;

	select_init(s, state, NULL);
	while (rc == 0 && !s->walk.end && most > 0) {
		rc = select_next(s, r->redis, k, most, e);
		if (rc == 0 && s->n)
			rc = remove_run(r, k->queue, s->v, s->n, e);
		most -= (int64_t)s->n;
	}
	select_release(s);
	free(s);
	return rc;
}

int removal_all(struct removal *r, const char *queue, const char *state,
		bool force, struct err *e)
{
	int64_t all = 0;
	struct stats_queue s;
	struct key_set k;

	key_set_init(&k, r->space, strv_of(queue));
	if (stats_queue(r->redis, &k, &s, e) < 0)
		return -1;
	if (!s.known)
		return look_no_queue(queue, e);
	for (size_t i = 0; stats_states[i]; i++)
		if (is_meant(stats_states[i], state))
			all += stats_count(&s, stats_states[i]);
	if (all == 0)
		return err_set(e, STATUS_NO,
			       "nothing to do: no job of '%s' is %s", queue,
			       strcmp(state, "all") == 0 ? "unfinished"
							 : state);
	if (!force && confirm(queue, state, (size_t)all, e) < 0)
		return -1;
	r->sweeping = true;
	progress_init(&r->progress, r->command->common, "dropping",
		      (uint64_t)all, true);
	for (size_t i = 0; stats_states[i]; i++)
		if (is_meant(stats_states[i], state) &&
		    sweep_state(r, &k, stats_states[i],
				stats_count(&s, stats_states[i]), e) < 0)
			return -1;
	progress_hide(&r->progress);
	return 0;
}

/* Of a slice those whose id begins so; how many there are. */
static size_t keep_prefix(struct select *s, const char *prefix)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		if (strv_starts(s->v[i], prefix))
			s->v[n++] = s->v[i];
	return n;
}

int removal_waiting(struct removal *r, const char *queue, const char *prefix,
		    struct err *e)
{
	static const char *const waiting[] = {"ready", "delayed", "retry"};
	struct select *s = buf_zalloc(sizeof(*s));
	struct key_set k;
	int rc = 0;

	r->sweeping = true;
	key_set_init(&k, r->space, strv_of(queue));
	for (size_t i = 0; rc == 0 && i < ARRAY_LEN(waiting); i++) {
		select_init(s, waiting[i], NULL);
		while (rc == 0 && !s->walk.end) {
			size_t n;

			rc = select_next(s, r->redis, &k, SELECT_MOST, e);
			n = rc == 0 ? keep_prefix(s, prefix) : 0;
			if (n)
				rc = remove_run(r, queue, s->v, n, e);
		}
		select_release(s);
	}
	free(s);
	return rc;
}
