/* SPDX-License-Identifier: ISC */
/* Composes environments. */
#include "work/environ.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/signame.h"
#include "base/strv.h"

/* Not passed on: the service manager's words to us, and all that a job sets,
 * for a worker may itself be run by a job. "JQ_META_" stands for all labels. */
static const char *const withheld[] = {
	"NOTIFY_SOCKET", "WATCHDOG_USEC",  "WATCHDOG_PID", "LISTEN_FDS",
	"LISTEN_PID",	 "LISTEN_FDNAMES", "JQ_ID",	   "JQ_JOB",
	"JQ_NAME",	 "JQ_QUEUE",	   "JQ_ATTEMPT",   "JQ_MAX_ATTEMPTS",
	"JQ_PRIORITY",	 "JQ_KEY",	   "JQ_SIZE",	   "JQ_CREATED",
	"JQ_DEADLINE",	 "JQ_LAST_EXIT",   "JQ_WORKER",	   "JQ_SLOT",
	"JQ_CTL_FD",	 "JQ_DELIVERY",	   "JQ_FENCE",	   "TRACEPARENT",
	"TRACESTATE",	 "BAGGAGE",	   "JQ_HANDLER",   "JQ_BATCH_SIZE",
};

static bool names(const char *pair, const char *name)
{
	size_t n = strlen(name);

	return strncmp(pair, name, n) == 0 && pair[n] == '=';
}

static bool keep(const char *pair, const char *const *extra)
{
	const char *eq = strchr(pair, '=');

	/* an entry without a name or '=' cannot be meant for anybody */
	if (!eq || eq == pair || strncmp(pair, "JQ_META_", 8) == 0)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(withheld); i++)
		if (names(pair, withheld[i]))
			return false;
	for (; extra && *extra; extra++)
		if (strncmp(pair, *extra, (size_t)(eq - pair) + 1) == 0)
			return false;
	return true;
}

void environ_init(struct environ *e, const char *const *ours,
		  const char *const *extra)
{
	size_t n = 0, more = 0;

	memset(e, 0, sizeof(*e));
	buf_init(&e->text);
	while (ours && ours[n])
		n++;
	while (extra && extra[more])
		more++;
	e->base = buf_alloc((n + more + 1) * sizeof(*e->base));
	for (size_t i = 0; i < n; i++)
		if (keep(ours[i], extra))
			e->base[e->n_base++] = ours[i];
	for (size_t i = 0; i < more; i++)
		e->base[e->n_base++] = extra[i];
}

void environ_share(struct environ *e, const struct environ *of)
{
	memset(e, 0, sizeof(*e));
	buf_init(&e->text);
	e->base = of->base;
	e->n_base = of->n_base;
	e->shared = true;
}

void environ_release(struct environ *e)
{
	if (!e->shared)
		free(e->base);
	free(e->v);
	free(e->at);
	buf_release(&e->text);
	memset(e, 0, sizeof(*e));
	buf_init(&e->text);
}

/* Begin a variable; its value is appended to e->text, then end(). */
static void begin(struct environ *e, const char *name)
{
	if (e->n == e->at_cap) {
		e->at_cap = e->at_cap ? e->at_cap * 2 : 32;
		e->at = buf_realloc(e->at, e->at_cap * sizeof(*e->at));
	}
	e->at[e->n++] = e->text.len;
	buf_addstr(&e->text, name);
	buf_addch(&e->text, '=');
}

static void end(struct environ *e)
{
	buf_addch(&e->text, '\0');
}

static void put(struct environ *e, const char *name, const char *value)
{
	if (!value)
		return;
	begin(e, name);
	buf_addstr(&e->text, value);
	end(e);
}

static void put_int(struct environ *e, const char *name, int64_t value)
{
	begin(e, name);
	buf_addf(&e->text, "%" PRId64, value);
	end(e);
}

/* Epoch seconds. */
static void put_time(struct environ *e, const char *name, int64_t ms)
{
	begin(e, name);
	buf_addf(&e->text, "%" PRId64 ".%03d", ms / 1000, (int)(ms % 1000));
	end(e);
}

/* "exit:1" is told as 1 and "signal:9" as SIGKILL, as a shell would. */
static void put_last(struct environ *e, struct strv last)
{
	struct strv rest = last, kind = strv_cut(&rest, ':');
	const char *name = NULL;
	int64_t n;

	if (last.n == 0 || strv_eq(last, "-"))
		return;
	begin(e, "JQ_LAST_EXIT");
	if (strv_eq(kind, "signal") && num_int(rest, 0, 1000, &n, NULL) == 0)
		name = signame_of((int)n);
	if (name)
		buf_addstr(&e->text, name);
	else if (strv_eq(kind, "exit"))
		buf_add(&e->text, rest.p, rest.n);
	else if (strv_eq(kind, "signal"))
		buf_addf(&e->text, "SIG%.*s", (int)rest.n, rest.p);
	else
		buf_add(&e->text, last.p, last.n);
	end(e);
}

static void put_job(struct environ *e, const struct environ_facts *f)
{
	static const char *const traces[] = {"TRACEPARENT", "TRACESTATE",
					     "BAGGAGE"};
	const struct job_header *h = f->header;

	put(e, "JQ_ID", f->id);
	begin(e, "JQ_JOB");
	buf_addf(&e->text, "%s/%s", f->queue, f->id);
	end(e);
	put(e, "JQ_NAME", h->name);
	put_int(e, "JQ_ATTEMPT", f->record->attempts + 1);
	put_int(e, "JQ_MAX_ATTEMPTS", f->max_attempts);
	put_int(e, "JQ_PRIORITY", h->priority);
	put_int(e, "JQ_SIZE", (int64_t)h->size);
	put_time(e, "JQ_CREATED", h->created_ms);
	put_last(e, f->record->last);
	put_int(e, "JQ_DELIVERY", f->record->deliveries);
	/* the number in front of the token's '.', which grows with each claim
	 */
	begin(e, "JQ_FENCE");
	buf_add(&e->text, f->token, strcspn(f->token, "."));
	end(e);
	for (size_t i = 0; i < h->n_meta; i++) {
		struct strv value = strv_of(h->meta[i]);
		struct strv name = strv_cut(&value, '=');

		begin(e, "JQ_META_");
		buf_cut(&e->text, e->text.len - 1);
		buf_addf(&e->text, "%.*s=%.*s", (int)name.n, name.p,
			 (int)value.n, value.p);
		end(e);
	}
	for (size_t i = 0; i < ARRAY_LEN(traces); i++)
		put(e, traces[i], h->trace[i]);
}

static void put_mark(struct environ *e, const char *mark)
{
	begin(e, "JQ_HANDLER");
	buf_addstr(&e->text, strchr(mark, '=') + 1);
	end(e);
}

const char *const *environ_build(struct environ *e,
				 const struct environ_facts *f)
{
	size_t need;

	e->n = 0;
	buf_clear(&e->text);
	if (f->id)
		put_job(e, f);
	else
		put_mark(e, f->mark);
	put(e, "JQ_QUEUE", f->queue);
	if (f->deadline_ms)
		put_time(e, "JQ_DEADLINE", f->deadline_ms);
	if (f->batch)
		put_int(e, "JQ_BATCH_SIZE", (int64_t)f->batch);
	put(e, "JQ_WORKER", f->worker);
	put_int(e, "JQ_SLOT", f->slot);
	if (f->control)
		put_int(e, "JQ_CTL_FD", 3);
	need = e->n_base + e->n + 1;
	if (need > e->cap) {
		e->cap = need + 16;
		e->v = buf_realloc(e->v, e->cap * sizeof(*e->v));
		memcpy(e->v, e->base, e->n_base * sizeof(*e->v));
	}
	for (size_t i = 0; i < e->n; i++)
		e->v[e->n_base + i] = e->text.p + e->at[i];
	e->v[e->n_base + e->n] = NULL;
	return e->v;
}
