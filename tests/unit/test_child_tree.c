/* SPDX-License-Identifier: ISC */
/* child: what stands below it, what it leaves behind, what outlives us. */
#include "sys/child.h"

#include <signal.h>

#include "base/fd.h"
#include "child.h"
#include "sys/proc.h"

static const char *const env_marked[] = {"PATH=/usr/local/bin:/usr/bin:/bin",
					 "JQ_MARK=q/1", NULL};

/* The middle process is killed; its child has to follow. */
static void death_signal(void)
{
	struct child_spec spec = PLAIN;
	struct pollfd alive;
	pid_t middle;
	int p[2];

	make_pipe(p);
	child_become_subreaper();
	middle = fork();
	if (middle == 0) {
		spec.death_signal = SIGTERM;
		spec.out = p[1];
		shell("exec tail -f /dev/null", spec);
		raise(SIGKILL);
	}
	close(p[1]);
	CHECK_INT(waitpid(middle, NULL, 0), middle);
	/* end of file: nobody holds the writing end any more */
	alive = (struct pollfd){.fd = p[0], .events = POLLIN};
	CHECK_INT(poll(&alive, 1, LIMIT_MS), 1);
	CHECK(alive.revents & POLLHUP);
	close(p[0]);
}

/*
 * Below the handler: a plain child, one in a session of its own, an orphan,
 * and an orphan in a session of its own. Each says so on descriptor 3.
 */
static const char tree[] = "live() { echo >&3; exec tail -f /dev/null; };"
			   "live & "
			   "setsid sh -c 'echo >&3; exec tail -f /dev/null' & "
			   "(live & exit 0); "
			   "(setsid sh -c 'echo >&3; "
			   "exec tail -f /dev/null' & exit 0); "
			   "live";

static struct child start_tree(int *control)
{
	struct child_spec spec = PLAIN;
	struct buf b = BUF_INIT;
	struct child c;
	int p[2];

	child_become_subreaper();
	make_pipe(p);
	spec.own_session = true;
	spec.control = p[1];
	spec.envp = env_marked;
	c = shell(tree, spec);
	close(p[1]);
	take(p[0], 5, &b);
	CHECK_INT(b.len, 5);
	buf_release(&b);
	*control = p[0];
	return c;
}

/* The pipe's other end is closed when the last of the tree is gone. */
static void check_gone(int control)
{
	struct pollfd p = {.fd = control, .events = POLLIN};

	CHECK_INT(poll(&p, 1, LIMIT_MS), 1);
	CHECK(p.revents & POLLHUP);
	close(control);
}

static void tree_is_killed(void)
{
	int control;
	struct child c = start_tree(&control);
	int n = 0;

	CHECK_INT(child_signal_tree(&c, "JQ_MARK=q/1", SIGKILL), 5);
	check_gone(control);
	CHECK(ended(&c));
	CHECK_INT(finish(&c).signo, SIGKILL);
	/* all others became ours, as the one above them died */
	while (waitpid(-1, NULL, 0) > 0)
		n++;
	CHECK_INT(n, 4);
}

/* The handler is gone and collected: its leavings carry the mark. */
static void leavings_are_found_by_mark(void)
{
	int control;
	struct child c = start_tree(&control);
	struct child none = {0};

	CHECK_INT(kill(c.pid, SIGKILL), 0);
	finish(&c);
	CHECK_INT(child_signal_tree(&none, "JQ_MARK=q/2", SIGKILL), 0);
	CHECK_INT(child_signal_tree(&none, "JQ_MARK=q/", SIGKILL), 0);
	CHECK_INT(child_signal_tree(&none, "JQ_MARK=q/1", SIGKILL), 4);
	check_gone(control);
	while (waitpid(-1, NULL, 0) > 0)
		;
}

/* TERM goes to what there is, once: a handler may clean up after it. */
static void term_lets_clean_up(void)
{
	struct child_spec spec = PLAIN;
	struct buf b = BUF_INIT;
	struct child c;
	int p[2];

	/* the shell may end before its command is told to: that is ours then */
	child_become_subreaper();
	make_pipe(p);
	spec.own_session = true;
	spec.out = p[1];
	/* up is a program of its own: one that is still the shell it was
	 * forked from would take TERM for the trap, and lose it in exec */
	c = shell("trap 'sh -c \"echo cleaned\"; exit 3' TERM; "
		  "sh -c 'echo up; exec tail -f /dev/null' & wait",
		  spec);
	close(p[1]);
	take(p[0], 3, &b);
	CHECK_INT(child_signal_tree(&c, NULL, SIGTERM), 2);
	take(p[0], 100, &b);
	CHECK_STR(b.p, "up\ncleaned\n");
	CHECK_INT(finish(&c).code, 3);
	CHECK_INT(child_signal_tree(&c, NULL, SIGTERM), 0);
	while (waitpid(-1, NULL, 0) > 0)
		;
	buf_release(&b);
	close(p[0]);
}

static void daemons(void)
{
	const char *argv[] = {"sh", "-c",
			      "echo up; echo too >&2; read x; exec tail -f "
			      "/dev/null",
			      NULL};
	struct child_spec spec = PLAIN;
	struct buf b = BUF_INIT;
	struct proc_stat st;
	struct child c = {0};
	struct pollfd gone;
	int p[2];

	child_become_subreaper();
	make_pipe(p);
	spec.path = "/bin/sh";
	spec.argv = argv;
	spec.envp = env;
	spec.out = p[1];
	CHECK_INT(child_daemon(&spec, &c, &err), 0);
	close(p[1]);
	take(p[0], 7, &b);
	CHECK_STR(b.p, "up\ntoo\n");
	CHECK(proc_stat(c.pid, &st));
	CHECK_INT(st.session, c.pid);
	/* it was left to its nearest reaper at once */
	CHECK_INT(st.parent, getpid());
	gone = (struct pollfd){.fd = c.pidfd, .events = POLLIN};
	CHECK_INT(poll(&gone, 1, 0), 0);
	CHECK_INT(kill(c.pid, SIGTERM), 0);
	CHECK_INT(poll(&gone, 1, LIMIT_MS), 1);
	fd_close(&c.pidfd);
	CHECK_INT(waitpid(c.pid, NULL, 0), c.pid);
	buf_release(&b);
	close(p[0]);
	spec.path = "/nonexistent/server";
	spec.out = -1;
	CHECK_INT(child_daemon(&spec, &c, &err), -1);
	CHECK_INT(err.code, STATUS_NOTFOUND);
	CHECK_HAS(err.msg, "/nonexistent/server");
	CHECK_INT(waitpid(-1, NULL, WNOHANG), -1);
}

static void holders_of_a_file(void)
{
	int lock = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	struct child_spec spec = PLAIN;
	struct child c;

	CHECK_INT(child_signal_holders(lock, 3, SIGTERM), 0);
	spec.control = lock;
	c = shell("exec tail -f /dev/null", spec);
	CHECK_INT(child_signal_holders(lock, 4, SIGTERM), 0);
	CHECK_INT(child_signal_holders(lock, 3, SIGTERM), 1);
	CHECK_INT(finish(&c).signo, SIGTERM);
	close(lock);
}

static const struct unit_test tests[] = {
	{UNIT_TEST(death_signal)},
	{UNIT_TEST(tree_is_killed)},
	{UNIT_TEST(leavings_are_found_by_mark)},
	{UNIT_TEST(term_lets_clean_up)},
	{UNIT_TEST(daemons)},
	{UNIT_TEST(holders_of_a_file)},
};

int main(void)
{
	return unit_run("child tree", tests, ARRAY_LEN(tests));
}
