/* SPDX-License-Identifier: ISC */
/* Options that narrow a list of jobs. */
#include "cli/filter.h"

#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "base/signame.h"
#include "base/text.h"
#include "queue/key.h"

int filter_exit(struct strv value, void *at, struct err *e)
{
	int64_t n;

	if (num_int(value, 0, 255, &n, e) < 0)
		return -1;
	snprintf(at, sizeof(((struct filter *)0)->exit), "exit:%d", (int)n);
	return 0;
}

int filter_signal(struct strv value, void *at, struct err *e)
{
	char shown[32];
	int64_t n = 0;

	if (num_int(value, 1, 64, &n, NULL) < 0)
		for (int i = 1; i <= 64 && n == 0; i++)
			if (signame_of(i) &&
			    (strv_eq(value, signame_of(i)) ||
			     strv_eq(value, signame_of(i) + strlen("SIG"))))
				n = i;
	if (n == 0)
		return err_set(e, STATUS_USAGE,
			       "'%s' is not a signal (9, KILL, SIGKILL)",
			       text_show(value, shown, sizeof(shown)));
	snprintf(at, sizeof(((struct filter *)0)->signal), "signal:%d", (int)n);
	return 0;
}

bool filter_any(const struct filter *f)
{
	return f->has_other || f->has_since || f->has_before;
}

int filter_make(const struct filter *f, struct walk_filter *out, struct err *e)
{
	memset(out, 0, sizeof(*out));
	if (f->exit[0] && f->signal[0])
		return err_set(e, STATUS_USAGE,
			       "only one of --exit and --signal: an attempt "
			       "ends in one way");
	if (f->name && key_check_name(strv_of(f->name), e) < 0)
		return err_prefix(e, "--name");
	if (f->since_ms && f->before_ms && f->since_ms >= f->before_ms)
		return err_set(e, STATUS_USAGE,
			       "--since is not earlier than --before");
	if (f->exit[0])
		out->last = f->exit;
	if (f->signal[0])
		out->last = f->signal;
	out->error = f->error;
	out->name = f->name;
	out->worker = f->worker;
	out->since_ms = f->since_ms;
	out->before_ms = f->before_ms;
	return 0;
}

int filter_check_state(const struct filter *f, const char *state, struct err *e)
{
	if (!state || (!f->has_since && !f->has_before) ||
	    strcmp(state, "dead") == 0 || strcmp(state, "done") == 0)
		return 0;
	return err_set(e, STATUS_USAGE,
		       "--since and --before are of when jobs ended: for -s "
		       "dead and -s done");
}
