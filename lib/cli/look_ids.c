/* SPDX-License-Identifier: ISC */
/* The jobs that jq-stat was asked about. */
#include <string.h>

#include "cli/ids.h"
#include "cli/look.h"

bool look_known_state(const char *name)
{
	if (strcmp(name, "all") == 0)
		return true;
	for (size_t i = 0; stats_states[i]; i++)
		if (strcmp(name, stats_states[i]) == 0)
			return true;
	return false;
}

struct asked {
	struct look *look;
	int (*each)(struct look *l, const char *queue, struct strv id,
		    struct err *e);
};

static int some_ids(void *arg, const char *queue, const struct strv *v,
		    size_t n, struct err *e)
{
	const struct asked *a = arg;

	for (size_t i = 0; i < n; i++)
		if (a->each(a->look, queue, v[i], e) < 0)
			return -1;
	return 0;
}

static void bad_id(void *arg, const struct err *why)
{
	const struct asked *a = arg;

	a->look->status = opt_fail(a->look->command, why);
}

int look_ids(struct look *l, const char *queue,
	     int (*each)(struct look *l, const char *queue, struct strv id,
			 struct err *e),
	     struct err *e)
{
	struct asked asked = {l, each};
	struct ids ids = {
		.operands = (char **)l->queues,
		.n = l->n_queues,
		.queue = queue,
		.separator = '\n',
		.run = some_ids,
		.bad = bad_id,
		.arg = &asked,
	};

	return ids_each(&ids, e);
}
