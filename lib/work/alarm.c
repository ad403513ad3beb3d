/* SPDX-License-Identifier: ISC */
/* A command that is told of dead jobs. */
#include "work/alarm.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/num.h"
#include "base/signame.h"
#include "sys/json.h"

enum {
	LIMIT_MS = 30000, /* for one run */
	KILL_MS = 2000,	  /* between TERM and KILL */
	MINUTE_MS = 60000,
	PARTING_MS = 10000, /* for all that is left when the worker ends */
};

static void on_time(void *arg);
static void on_exit(void *arg);

void alarm_init(struct alarm *a, struct loop *l, const struct settings *set,
		struct log *log)
{
	memset(a, 0, sizeof(*a));
	a->command = set->on_dead;
	a->log = log;
	a->worker = set->worker;
	a->loop = l;
	a->child.pidfd = -1;
	for (size_t i = 0; i < ALARM_WAITING; i++)
		buf_init(&a->waiting[i]);
	if (!a->command)
		return;
	environ_init(&a->environ, set->environ, set->extra);
	a->environ.base[a->environ.n_base] = NULL;
	a->timer = loop_timer_new(l, on_time, a);
}

static void kill_it(struct alarm *a)
{
	struct child_end end;

	if (a->child.pid <= 0)
		return;
	child_signal_group(&a->child, SIGKILL);
	loop_watch_free(a->watch);
	a->watch = NULL;
	child_wait(&a->child, &end);
}

void alarm_release(struct alarm *a)
{
	kill_it(a);
	if (a->command)
		environ_release(&a->environ);
	loop_timer_free(a->timer);
	for (size_t i = 0; i < ALARM_WAITING; i++)
		buf_release(&a->waiting[i]);
}

static void put_how(struct json *j, const char *how)
{
	struct strv rest = strv_of(how), kind = strv_cut(&rest, ':');
	int64_t n;

	json_put_str(j, "last", how);
	if (num_int(rest, 0, 1000, &n, NULL) < 0)
		return;
	if (strv_eq(kind, "exit"))
		json_put_int(j, "exit", n);
	else if (strv_eq(kind, "signal") && signame_of((int)n))
		json_put_str(j, "signal", signame_of((int)n));
}

/* As jq-stat -J has it, with the names it has there. */
static struct json *describe(const struct alarm *a, const struct task *t,
			     const struct slot_report *r)
{
	struct json *j = json_new_object(), *meta = json_new_object();

	json_put_int(j, "v", 1);
	json_put_time(j, "time", clock_real_ms());
	json_put_str(j, "id", t->id);
	json_put_str(j, "queue", t->queue);
	json_put_str(j, "job", t->job);
	json_put_str(j, "state", "dead");
	if (t->header.name)
		json_put_str(j, "name", t->header.name);
	json_put_int(j, "priority", t->header.priority);
	json_put_int(j, "size", (int64_t)t->header.size);
	json_put_time(j, "created", t->header.created_ms);
	json_put_int(j, "attempts", t->failed + 1);
	json_put_int(j, "max_attempts", t->max_attempts);
	put_how(j, r->outcome.how);
	json_put_bytes(j, "error", strv_of(r->outcome.reason));
	json_put_str(j, "worker", a->worker);
	for (size_t i = 0; i < t->header.n_meta; i++) {
		struct strv value = strv_of(t->header.meta[i]);
		struct strv name = strv_cut(&value, '=');
		char key[64];

		snprintf(key, sizeof(key), "%.*s", (int)name.n, name.p);
		json_put_bytes(meta, key, value);
	}
	json_put(j, "meta", meta);
	json_put_bytes(j, "stderr", r->tail);
	json_put_int(j, "untold", a->untold);
	return j;
}

/* How long until one may start: 0 = now. */
static int64_t wait_ms(const struct alarm *a, int64_t now)
{
	int64_t oldest = a->start_ms[a->starts % ALARM_STARTS];

	if (a->ending || a->starts < ALARM_STARTS || now - oldest >= MINUTE_MS)
		return 0;
	return oldest + MINUTE_MS - now;
}

static void run(struct alarm *a, struct buf *text, int64_t now)
{
	const char *argv[] = {"sh", "-c", a->command, NULL};
	struct child_spec spec = {
		.path = "/bin/sh",
		.argv = argv,
		.envp = a->environ.base,
		.out = STDERR_FILENO,
		.err = -1,
		.control = -1,
		.own_session = true,
		.death_signal = SIGKILL,
	};
	struct err e;

	spec.in = child_memory_file(text->p, text->len, &e);
	a->start_ms[a->starts++ % ALARM_STARTS] = now;
	if (spec.in == -1 || child_spawn(&spec, &a->child, &e) < 0) {
		log_say(a->log, LOG_ERROR, "--on-dead: %s", e.msg);
		a->child.pid = 0;
	} else {
		a->told_to_end = false;
		loop_timer_set(a->timer, LIMIT_MS);
		if (a->child.pidfd != -1)
			a->watch = loop_watch_new(a->loop, a->child.pidfd,
						  on_exit, a);
	}
	fd_close(&spec.in);
}

static void start_next(struct alarm *a)
{
	int64_t now = clock_boot_ms(), wait = wait_ms(a, now);

	while (a->child.pid <= 0 && a->n > 0 && wait == 0) {
		run(a, &a->waiting[a->first], now);
		a->first = (a->first + 1) % ALARM_WAITING;
		a->n--;
		wait = wait_ms(a, now);
	}
	if (a->child.pid <= 0 && a->n > 0)
		loop_timer_set(a->timer, wait);
}

void alarm_raise(struct alarm *a, const struct task *t,
		 const struct slot_report *r)
{
	struct json *j;
	struct buf *to;

	if (!a->command)
		return;
	if (a->n == ALARM_WAITING) {
		a->untold++;
		return;
	}
	to = &a->waiting[(a->first + a->n++) % ALARM_WAITING];
	j = describe(a, t, r);
	buf_clear(to);
	json_write(j, to);
	buf_addch(to, '\n');
	json_free(j);
	a->untold = 0;
	start_next(a);
}

bool alarm_owns(const struct alarm *a, pid_t pid)
{
	return a->child.pid > 0 && a->child.pid == pid;
}

void alarm_look(struct alarm *a)
{
	struct child_end end;

	if (a->child.pid <= 0)
		return;
	/* what it left in its group goes with it, before its number is free */
	if (child_peek() == a->child.pid)
		child_signal_group(&a->child, SIGKILL);
	if (child_reap(&a->child, &end) == 0)
		return;
	loop_watch_free(a->watch);
	a->watch = NULL;
	child_close(&a->child);
	loop_timer_clear(a->timer);
	if (end.code != 0)
		log_say(a->log, LOG_WARN, "--on-dead: the command %s%d",
			end.signo ? "was ended by signal " : "exited ",
			end.signo ? end.signo : end.code);
	start_next(a);
}

static void on_exit(void *arg)
{
	alarm_look(arg);
}

static void on_time(void *arg)
{
	struct alarm *a = arg;

	if (a->child.pid <= 0) {
		start_next(a);
	} else if (!a->told_to_end) {
		log_say(a->log, LOG_WARN,
			"--on-dead: the command took longer than %d s",
			LIMIT_MS / 1000);
		a->told_to_end = true;
		child_signal_group(&a->child, SIGTERM);
		loop_timer_set(a->timer, KILL_MS);
	} else {
		child_signal_group(&a->child, SIGKILL);
	}
}

bool alarm_keeps(struct alarm *a)
{
	int64_t now = clock_boot_ms();

	if (!a->command || (a->child.pid <= 0 && a->n == 0))
		return false;
	if (!a->ending) {
		a->ending = true;
		a->ending_ms = now;
		start_next(a);
	}
	if (now - a->ending_ms < PARTING_MS && (a->child.pid > 0 || a->n > 0))
		return true;
	kill_it(a);
	a->untold += (int64_t)a->n;
	a->n = 0;
	log_say(a->log, LOG_WARN,
		"--on-dead: no time left; %" PRId64 " dead jobs were not told",
		a->untold);
	return false;
}
