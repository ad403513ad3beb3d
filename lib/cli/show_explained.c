/* SPDX-License-Identifier: ISC */
/* The fields of an explanation. */
#include <string.h>

#include "cli/show.h"

static void fields(struct show_row *r, const void *thing)
{
	const struct show_explained *x = thing;
	const struct stats_job *j = x->job.job;
	int64_t since = 0;
	struct strv why = show_paused(x->paused, &since);
	size_t size = strlen(x->job.queue) + j->id.n + 2;

	buf_reserve(&r->scratch, size);
	buf_addf(&r->scratch, "%s/%.*s", x->job.queue, (int)j->id.n, j->id.p);
	show_put_text(r, "id", j->id);
	show_put_text(r, "queue", strv_of(x->job.queue));
	show_put_text(r, "job", strv_make(r->scratch.p, r->scratch.len));
	show_put_text(r, "state", strv_of(j->state));
	show_put_text(r, "cause", strv_of(x->cause));
	show_put_text(r, "text", x->text);
	r->unknown = x->ahead < 0;
	show_put_int(r, "ahead", x->ahead);
	r->unknown = false;
	show_put_num(r, "ends_minute", x->rate);
	show_put_time(r, "expected_start", x->start_ms);
	show_put_int(r, "workers", x->workers);
	show_put_text(r, "worker", x->job.worker);
	show_put_time(r, "paused_since", since);
	show_put_text(r, "paused_why", why);
	show_put_text(r, "error", j->record.reason);
}

static const struct stats_job nothing = {.state = ""};
static const struct show_explained example = {
	.job = {.queue = "", .job = &nothing}, .cause = "", .ahead = -1};

const struct show_kind show_explanations = {
	.one = "explanation",
	.many = "jobs",
	.sparse = true,
	.example = &example,
	.fields = fields,
};
