/* SPDX-License-Identifier: ISC */
/* The settings of a worker: what holds without a word, and values read. */
#include "work/settings.h"

#include <string.h>
#include <unistd.h>

#include "base/num.h"

#define SLOTS_MOST	10000
#define WORKER_NAME_MAX 128

void settings_init(struct settings *s)
{
	*s = (struct settings){
		.control = true,
		.slots = 1,
		.per_slot = 1,
		.idle_ms = -1,
		.grace_ms = -1,
		.timeout_ms = 300000,
		.kill_after_ms = 10000,
		.max_attempts = 5,
		.max_result = 65536,
		.stderr_tail = 8192,
		.pass = true,
	};
	outcome_rules_init(&s->rules);
	/* our own default is well formed */
	(void)!backoff_parse(strv_of(BACKOFF_DEFAULT), &s->backoff, NULL);
}

void settings_adopt(struct settings *s, const struct settings *from)
{
	s->grace_ms = from->grace_ms;
	s->timeout_ms = from->timeout_ms;
	s->kill_after_ms = from->kill_after_ms;
	s->strict_lease = from->strict_lease;
	s->max_attempts = from->max_attempts;
	s->backoff = from->backoff;
	s->rules = from->rules;
	s->verbose = from->verbose;
}

int settings_slots(struct strv v, void *at, struct err *e)
{
	long cpus;

	if (!strv_eq(v, "auto"))
		return num_int(v, 1, SLOTS_MOST, at, e);
	cpus = sysconf(_SC_NPROCESSORS_ONLN);
	*(int64_t *)at = cpus > 0 ? cpus : 1;
	return 0;
}

int settings_frame(struct strv v, void *at, struct err *e)
{
	return frame_parse(v, at, e);
}

int settings_backoff(struct strv v, void *at, struct err *e)
{
	return backoff_parse(v, at, e);
}

int settings_log_format(struct strv v, void *at, struct err *e)
{
	enum log_format *format = at;

	if (!strv_eq(v, "text") && !strv_eq(v, "json"))
		return err_set(e, STATUS_USAGE, "it is one of text, json");
	*format = strv_eq(v, "json") ? LOG_JSON : LOG_TEXT;
	return 0;
}

int settings_ok_on(struct strv v, void *at, struct err *e)
{
	return outcome_rules_set(at, OUTCOME_OK, v, e);
}

int settings_retry_on(struct strv v, void *at, struct err *e)
{
	return outcome_rules_set(at, OUTCOME_RETRY, v, e);
}

int settings_dead_on(struct strv v, void *at, struct err *e)
{
	return outcome_rules_set(at, OUTCOME_DEAD, v, e);
}

int settings_check_worker(const char *name, struct err *e)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < n; i++)
		if (name[i] <= ' ' || name[i] > '~')
			return err_set(e, STATUS_USAGE,
				       "only printable ASCII without blanks");
	if (n == 0 || n > WORKER_NAME_MAX)
		return err_set(e, STATUS_USAGE, "1 to %d characters",
			       WORKER_NAME_MAX);
	return 0;
}

static int check_replace(const char *text, char *const *command, struct err *e)
{
	if (!*text)
		return err_set(e, STATUS_USAGE,
			       "--replace: an empty string is everywhere");
	for (size_t i = 1; command[0] && command[i]; i++)
		if (strstr(command[i], text))
			return 0;
	return err_set(e, STATUS_USAGE,
		       "--replace: no ARG of COMMAND holds '%s'", text);
}

int settings_check_command(const struct settings *s, const char *shell,
			   char *const *command, struct err *e)
{
	if (shell && s->handlers_dir)
		return err_set(e, STATUS_USAGE,
			       "only one of --command and --handlers");
	if ((shell || s->handlers_dir) && command[0])
		return err_set(e, STATUS_USAGE,
			       "'%s' after the queue: with %s there is no "
			       "COMMAND",
			       command[0], shell ? "-c" : "--handlers");
	if (!shell && !s->handlers_dir && (!command[0] || !*command[0]))
		return err_set(e, STATUS_USAGE, "no COMMAND given");
	if (shell && !*shell)
		return err_set(e, STATUS_USAGE, "--command is empty");
	return s->replace ? check_replace(s->replace, command, e) : 0;
}

static int only_with(const char *option, const char *mode, struct err *e)
{
	return err_set(e, STATUS_USAGE, "%s goes with %s", option, mode);
}

static int check_many(const struct settings *s, const struct settings_said *m,
		      struct err *e)
{
	if (m->has_window && !m->stream)
		return only_with("--window", "--stream", e);
	if (m->has_recycle && !m->stream)
		return only_with("--recycle", "--stream", e);
	if (m->has_recycle_memory && !m->stream)
		return only_with("--recycle-memory", "--stream", e);
	if (m->has_batch_wait && !m->has_batch)
		return only_with("--batch-wait", "--batch", e);
	if (m->stream || m->has_batch) {
		if (!s->handlers_dir && !s->replace)
			return 0;
		return err_set(e, STATUS_USAGE,
			       "%s is for one job: not with --stream or "
			       "--batch",
			       s->replace ? "--replace" : "--handlers");
	}
	if (m->nul || m->has_frame)
		return only_with(m->nul ? "-0" : "--frame",
				 "--stream or --batch", e);
	return s->ids ? only_with("--ids", "--stream or --batch", e) : 0;
}

static int check_pairs(const struct settings *s, const struct settings_said *m,
		       struct err *e)
{
	const struct {
		bool both;
		const char *names;
	} pairs[] = {
		{m->once && m->has_limit, "--once and --limit"},
		{m->drain && m->has_idle, "--drain and --idle"},
		{m->no_result && m->has_max_result,
		 "--no-result and --max-result"},
		{m->no_pass && s->tag, "--no-pass and --tag"},
		{m->stream && m->has_batch, "--stream and --batch"},
		{m->nul && m->has_frame, "-0 and --frame"},
	};

	for (size_t i = 0; i < ARRAY_LEN(pairs); i++)
		if (pairs[i].both)
			return err_set(e, STATUS_USAGE, "only one of %s",
				       pairs[i].names);
	return check_many(s, m, e);
}

int settings_conclude(struct settings *s, const struct settings_said *m,
		      struct err *e)
{
	if (check_pairs(s, m, e) < 0)
		return -1;
	s->control = !m->no_control;
	s->limit = m->once ? 1 : s->limit;
	if (m->drain)
		s->idle_ms = 0;
	s->judge = m->once || s->idle_ms == 0;
	s->need_one = m->once && s->idle_ms >= 0;
	s->max_result = m->no_result ? 0 : s->max_result;
	s->pass = !m->no_pass;
	if (m->nul)
		s->frame = FRAME_NUL;
	if (m->stream) {
		s->mode = SETTINGS_STREAM;
		s->per_slot = m->window;
	} else if (m->has_batch) {
		s->mode = SETTINGS_BATCH;
		s->per_slot = m->batch;
	}
	return 0;
}
