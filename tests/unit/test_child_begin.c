/* SPDX-License-Identifier: ISC */
/*
 * child_begin(): what is promised of a child that starts while we run on. Many
 * at once, each from texts of its own; failures that are told by its end; and
 * an errno that stays ours.
 */
#include "sys/child.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "child.h"

#define MANY 32

/* Wait for it, and say how it began. */
static int result(struct child *c, const struct child_start *s)
{
	finish(c);
	return child_start_result(s, &err);
}

static void runs_what_it_is_told(void)
{
	const char *argv[] = {"sh", "-c", "read x; echo \"$x $JQ_T\"", NULL};
	const char *envp[] = {"JQ_T=told", NULL};
	struct child_start *s = child_start_new();
	struct child_spec spec = PLAIN;
	struct buf b = BUF_INIT;
	int64_t limit = clock_boot_ms() + LIMIT_MS;
	struct child c;
	int in[2], out[2];

	make_pipe(in);
	make_pipe(out);
	spec.path = "/bin/sh";
	spec.argv = argv;
	spec.envp = envp;
	spec.in = in[0];
	spec.out = out[1];
	CHECK_INT(child_begin(s, &spec, false, &c, &err), 0);
	/* the spec itself is not looked at again */
	memset(&spec, 0x55, sizeof(spec));
	while (!child_begun(s) && clock_boot_ms() < limit)
		sched_yield();
	/* it waits for us: so it has executed, and needs nothing of ours */
	CHECK(child_begun(s));
	envp[0] = argv[2] = "";
	close(in[0]);
	close(out[1]);
	CHECK_INT(write(in[1], "in\n", 3), 3);
	close(in[1]);
	take(out[0], 100, &b);
	CHECK_STR(b.p, "in told\n");
	CHECK_INT(result(&c, s), 0);
	buf_release(&b);
	close(out[0]);
	child_start_free(s);
}

/* One of many that start at the same time. */
struct one {
	struct child_start *start;
	struct child child;
	char text[16];
	const char *argv[3], *envp[2];
	int out[2];
};

static void begin(struct one *o, int number)
{
	struct child_spec spec = PLAIN;

	snprintf(o->text, sizeof(o->text), "N=%d", number);
	o->argv[0] = "env";
	o->argv[1] = NULL;
	o->envp[0] = o->text;
	o->envp[1] = NULL;
	o->start = child_start_new();
	make_pipe(o->out);
	spec.path = "/usr/bin/env";
	spec.argv = o->argv;
	spec.envp = o->envp;
	spec.out = o->out[1];
	spec.own_session = true;
	spec.death_signal = SIGKILL;
	CHECK_INT(child_begin(o->start, &spec, false, &o->child, &err), 0);
}

static void many_at_once(void)
{
	static struct one all[MANY];
	char want[24];

	for (int i = 0; i < MANY; i++)
		begin(&all[i], i);
	for (int i = 0; i < MANY; i++) {
		struct buf b = BUF_INIT;

		CHECK_INT(result(&all[i].child, all[i].start), 0);
		close(all[i].out[1]);
		take(all[i].out[0], 100, &b);
		snprintf(want, sizeof(want), "N=%d\n", i);
		CHECK_STR(b.p, want);
		buf_release(&b);
		close(all[i].out[0]);
		child_start_free(all[i].start);
	}
}

/* Who waits knows at once that it has executed. */
static void waited_for(void)
{
	const char *argv[] = {"sleep", "60", NULL};
	struct child_start *s = child_start_new();
	struct child_spec spec = PLAIN;
	struct child c;

	spec.path = "/bin/sleep";
	spec.argv = argv;
	spec.envp = env;
	for (int i = 0; i < 20; i++) {
		CHECK_INT(child_begin(s, &spec, true, &c, &err), 0);
		CHECK(child_begun(s));
		CHECK_INT(child_signal_tree(&c, NULL, SIGKILL), 1);
		CHECK_INT(finish(&c).signo, SIGKILL);
	}
	child_start_free(s);
}

/* One start's failure is not told of the next (test_child.c has the kinds). */
static void failures(void)
{
	struct child_start *s = child_start_new();
	const char *argv[] = {"x", NULL};
	struct child_spec spec = PLAIN;
	struct child c;

	spec.argv = argv;
	spec.envp = env;
	spec.path = "/nonexistent";
	CHECK_INT(child_begin(s, &spec, false, &c, &err), 0);
	CHECK_INT(result(&c, s), -1);
	CHECK_INT(err.code, STATUS_NOTFOUND);
	spec.path = "/bin/true";
	CHECK_INT(child_begin(s, &spec, false, &c, &err), 0);
	CHECK_INT(result(&c, s), 0);
	/* a descriptor that is none */
	spec.in = 999;
	CHECK_INT(child_begin(s, &spec, false, &c, &err), 0);
	CHECK_INT(result(&c, s), -1);
	CHECK_INT(err.code, STATUS_SYSTEM);
	CHECK_HAS(err.msg, "cannot prepare a process: Bad file descriptor");
	child_start_free(s);
}

/* The child's failure is not written to our errno while it ends. */
static void errno_is_ours(void)
{
	struct child_start *s = child_start_new();
	const char *argv[] = {"x", NULL};
	struct child_spec spec = PLAIN;
	struct child c;
	siginfo_t info;
	int changed = 0;

	spec.path = "/nonexistent";
	spec.argv = argv;
	spec.envp = env;
	for (int i = 0; i < 300; i++) {
		CHECK_INT(child_begin(s, &spec, false, &c, &err), 0);
		errno = 0;
		do {
			info.si_pid = 0;
			waitid(P_PID, (id_t)c.pid, &info,
			       WEXITED | WNOHANG | WNOWAIT);
			changed += errno != 0;
		} while (info.si_pid == 0);
		CHECK_INT(result(&c, s), -1);
	}
	CHECK_INT(changed, 0);
	child_start_free(s);
}

/* Killed in the middle of it, at whatever place: its end is told as it was. */
static void killed_meanwhile(void)
{
	struct child_start *s = child_start_new();
	const char *argv[] = {"sleep", "60", NULL};
	struct child_spec spec = PLAIN;
	struct child_end end;
	struct child c;

	spec.path = "/bin/sleep";
	spec.argv = argv;
	spec.envp = env;
	spec.own_session = true;
	for (int i = 0; i < 200; i++) {
		int signo = i % 2 ? SIGKILL : SIGTERM;

		CHECK_INT(child_begin(s, &spec, false, &c, &err), 0);
		for (int n = 0; n < i; n++)
			sched_yield();
		CHECK_INT(child_signal_tree(&c, NULL, signo), 1);
		end = finish(&c);
		CHECK_INT(end.signo, signo);
		CHECK_INT(child_start_result(s, &err), 0);
	}
	child_start_free(s);
}

static const struct unit_test tests[] = {
	{UNIT_TEST(runs_what_it_is_told)}, {UNIT_TEST(many_at_once)},
	{UNIT_TEST(waited_for)},	   {UNIT_TEST(failures)},
	{UNIT_TEST(errno_is_ours)},	   {UNIT_TEST(killed_meanwhile)},
};

int main(void)
{
	return unit_run("child begin", tests, ARRAY_LEN(tests));
}
