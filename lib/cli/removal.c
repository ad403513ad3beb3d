/* SPDX-License-Identifier: ISC */
/* Ending jobs on an operator's word. */
#include "cli/removal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/ids.h"
#include "cli/look.h"
#include "cli/output.h"
#include "queue/key.h"
#include "queue/stats.h"

static void complain(struct removal *r, const struct err *e)
{
	int status = opt_fail(r->command, e);

	if (r->status == STATUS_OK)
		r->status = status;
}

/* The job is ended, or will be: its name is the answer. */
static void answer(struct removal *r, struct strv id)
{
	struct buf line = BUF_INIT;
	struct err e;

	buf_addf(&line, "%s/%.*s\n", r->queue, (int)id.n, id.p);
	if (!r->command->common->quiet &&
	    output_write(line.p, line.len, &e) < 0) {
		r->cannot_write = true;
		r->why = e;
	}
	buf_release(&line);
}

static void removed(void *arg, struct strv id, struct strv word)
{
	struct removal *r = arg;
	char name[KEY_QUEUE_MAX + KEY_ID_MAX + 2], shown[32];
	struct err e;

	snprintf(name, sizeof(name), "%s/%.*s", r->queue, (int)id.n, id.p);
	if (strv_eq(word, "OK")) {
		answer(r, id);
	} else if (strv_eq(word, "ASKED")) {
		answer(r, id);
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

static int remove_run(void *arg, const char *queue, const struct strv *v,
		      size_t n, struct err *e)
{
	struct removal *r = arg;
	const struct change_ids ids = {v, n, removed, r};
	struct key_set k;

	r->queue = queue;
	key_set_init(&k, r->space, strv_of(queue));
	if (change_remove(r->redis, &k, r->what, r->reason, &ids, e) < 0)
		return -1;
	if (r->cannot_write)
		*e = r->why;
	return r->cannot_write ? -1 : 0;
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

/* The ids of a state, each with its NUL: removing moves the jobs behind, so
 * they are all read before. */
struct harvest {
	struct buf ids;
	size_t n;
};

static int gather(void *arg, const struct stats_job *job, struct err *e)
{
	struct harvest *h = arg;

	(void)e;
	buf_add(&h->ids, job->id.p, job->id.n);
	buf_addch(&h->ids, '\0');
	h->n++;
	return 0;
}

static int gather_states(struct removal *r, const struct key_set *k,
			 const char *state, struct harvest *h, struct err *e)
{
	bool all = strcmp(state, "all") == 0;

	for (size_t i = 0; stats_states[i]; i++) {
		const struct stats_list list = {
			.state = stats_states[i],
			.fn = gather,
			.arg = h,
		};
		bool wanted = all ? strcmp(list.state, "done") != 0
				  : strcmp(list.state, state) == 0;

		if (wanted && stats_each_job(r->redis, k, &list, e) < 0)
			return -1;
	}
	return 0;
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

static int sweep(struct removal *r, const char *queue, const struct harvest *h,
		 struct err *e)
{
	struct strv v[CHANGE_MAX_IDS];
	const char *at = h->ids.p;
	size_t left = h->n;

	r->sweeping = true;
	while (left > 0) {
		size_t n = left < CHANGE_MAX_IDS ? left : CHANGE_MAX_IDS;

		for (size_t i = 0; i < n; i++) {
			v[i] = strv_of(at);
			at += v[i].n + 1;
		}
		if (remove_run(r, queue, v, n, e) < 0)
			return -1;
		left -= n;
	}
	return 0;
}

int removal_all(struct removal *r, const char *queue, const char *state,
		bool force, struct err *e)
{
	struct harvest h = {BUF_INIT, 0};
	struct stats_queue s;
	struct key_set k;
	int rc;

	key_set_init(&k, r->space, strv_of(queue));
	if (stats_queue(r->redis, &k, &s, e) < 0)
		return -1;
	if (!s.known)
		return look_no_queue(queue, e);
	rc = gather_states(r, &k, state, &h, e);
	if (rc == 0 && h.n == 0)
		rc = err_set(e, STATUS_NO,
			     "nothing to do: no job of '%s' is %s", queue,
			     strcmp(state, "all") == 0 ? "unfinished" : state);
	if (rc == 0 && !force)
		rc = confirm(queue, state, h.n, e);
	if (rc == 0)
		rc = sweep(r, queue, &h, e);
	buf_release(&h.ids);
	return rc;
}
