/* SPDX-License-Identifier: ISC */
/* Queues as a whole on an operator's word. */
#include "cli/tune.h"

#include <inttypes.h>
#include <stdlib.h>

#include "cli/look.h"
#include "cli/progress.h"
#include "cli/queues.h"
#include "cli/setting.h"
#include "queue/change.h"
#include "queue/key.h"
#include "queue/push.h"
#include "queue/stats.h"
#include "sys/json.h"

/* One look at a queue before it is changed. */
static int look_at(struct tune *t, const char *queue, struct key_set *k,
		   struct stats_queue *s, struct err *e)
{
	key_set_init(k, t->space, strv_of(queue));
	return stats_queue(t->redis, k, s, e);
}

/* A queue may be paused or set up before its first job; jq-stat then has to
 * know of it, and who misspelt its name too. */
static void announce(struct tune *t, const struct stats_queue *s,
		     const char *queue)
{
	if (s->known)
		return;
	opt_warn(t->command, "queue '%s' is new: nothing was pushed to it yet",
		 queue);
	push_announce(t->redis, t->space, queue);
}

static int pause_one(struct tune *t, const char *queue, const char *why,
		     struct err *e)
{
	struct stats_queue s;
	struct key_set k;

	if (look_at(t, queue, &k, &s, e) < 0)
		return -1;
	if (s.paused.n > 0)
		opt_warn(t->command,
			 "'%s' was paused already; who did "
			 "so stays on record",
			 queue);
	announce(t, &s, queue);
	return change_pause(t->redis, &k, why, e);
}

int tune_pause(struct tune *t, const char *reason, char *const *queues,
	       size_t n, struct err *e)
{
	struct buf why = BUF_INIT;
	int rc = 0;

	if (reason)
		buf_addf(&why, "%s, ", reason);
	buf_addstr(&why, t->who);
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = pause_one(t, queues[i], why.p, e);
	buf_release(&why);
	return rc;
}

int tune_resume(struct tune *t, char *const *queues, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		struct stats_queue s;
		struct key_set k;
		struct err why;

		if (look_at(t, queues[i], &k, &s, e) < 0)
			return -1;
		if (!s.known) {
			look_no_queue(queues[i], &why);
			t->status = opt_fail(t->command, &why);
		} else if (change_resume(t->redis, &k, e) < 0) {
			return -1;
		}
	}
	return 0;
}

int tune_set(struct tune *t, const char *queue, char *const *changes, size_t n,
	     struct err *e)
{
	struct setting_change *change;
	struct stats_queue s;
	struct key_set k;
	int rc = 0;

	change = buf_zalloc((n + 1) * sizeof(*change));
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = setting_parse(changes[i], &change[i], e);
	if (rc == 0)
		rc = look_at(t, queue, &k, &s, e);
	if (rc == 0 && n > 0)
		announce(t, &s, queue);
	else if (rc == 0 && !s.known)
		rc = look_no_queue(queue, e);
	else if (rc == 0)
		setting_show(&s, queue, t->command->common, t->out);
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = change_set(t->redis, &k, change[i].setting,
				change[i].value, change[i].is_default, e);
	free(change);
	return rc;
}

int tune_get(struct tune *t, const char *queue, char *const *keys, size_t n,
	     struct err *e)
{
	const struct change_setting *s;
	struct stats_queue q;
	struct key_set k;

	for (size_t i = 0; i < n; i++)
		if (!change_find_setting(strv_of(keys[i]), e))
			return -1;
	if (look_at(t, queue, &k, &q, e) < 0)
		return -1;
	if (!q.known)
		return look_no_queue(queue, e);
	if (n == 0 || t->command->common->json)
		setting_table(&q, queue, t->command->common, t->out);
	for (size_t i = 0; i < n && !t->command->common->json; i++) {
		char text[SETTING_TEXT_SIZE];

		s = change_find_setting(strv_of(keys[i]), e);
		if (!s)
			return -1;
		setting_format(s, setting_value(&q, s), text);
		buf_addf(t->out, "%s\n", text);
	}
	return 0;
}

static void pruned_json(struct tune *t, const char *queue, const int64_t *n)
{
	struct json *j = json_new_object();

	json_put_str(j, "queue", queue);
	json_put_int(j, "done", n[0]);
	json_put_int(j, "dead", n[1]);
	json_write(j, t->out);
	json_free(j);
	buf_addch(t->out, '\n');
}

static int prune_one(struct tune *t, const char *queue,
		     struct progress *progress, struct err *e)
{
	int64_t gone[2], all[2] = {0, 0};
	struct key_set k;

	key_set_init(&k, t->space, strv_of(queue));
	do {
		if (change_prune(t->redis, &k, gone, e) < 0)
			return -1;
		all[0] += gone[0];
		all[1] += gone[1];
		progress_at(progress,
			    progress->done + (uint64_t)(gone[0] + gone[1]));
	} while (gone[0] || gone[1]);
	if (t->command->common->json)
		pruned_json(t, queue, all);
	else if (all[0] || all[1])
		buf_addf(t->out, "%s: %" PRId64 " done, %" PRId64 " dead\n",
			 queue, all[0], all[1]);
	return 0;
}

int tune_prune(struct tune *t, char *const *queues, size_t n, struct err *e)
{
	struct progress progress;
	struct queues q = {.n = 0};
	int rc = queues_find(&q, t->redis, t->space, queues, n, e);

	progress_init(&progress, t->command->common, "forgetting", 0, false);
	for (size_t i = 0; i < q.n && rc == 0; i++)
		rc = prune_one(t, q.v[i], &progress, e);
	progress_hide(&progress);
	queues_release(&q);
	return rc;
}
