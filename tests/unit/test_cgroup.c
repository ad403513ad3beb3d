/* SPDX-License-Identifier: ISC */
/* cgroup: a real one, where we may make one; elsewhere there is none to use. */
#include "sys/cgroup.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "base/attr.h"
#include "sys/child.h"
#include "unit.h"

extern char **environ;

static const char *root; /* of all groups */
static char home[64];	 /* a group of this test's */

static void join(const char *group)
{
	char path[96];
	int fd;

	snprintf(path, sizeof(path), "%s/cgroup.procs", group);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	CHECK_INT(write(fd, "0", 1), 1);
	close(fd);
}

/* A group below the root, and this process in it; false where there can be
 * none. */
static bool move_in(void)
{
	static const char *const roots[] = {"/sys/fs/cgroup",
					    "/sys/fs/cgroup/unified"};
	char path[64];

	for (size_t i = 0; i < ARRAY_LEN(roots); i++) {
		snprintf(path, sizeof(path), "%s/cgroup.procs", roots[i]);
		snprintf(home, sizeof(home), "%s/jobq-unit-%d", roots[i],
			 (int)getpid());
		if (access(path, W_OK) == -1 || mkdir(home, 0755) == -1)
			continue;
		root = roots[i];
		join(home);
		return true;
	}
	printf("no control group can be made here\n");
	return false;
}

static void move_out(void)
{
	join(root);
	CHECK_INT(rmdir(home), 0);
}

static void delegated(void)
{
	struct buf path = BUF_INIT;

	if (!move_in())
		return;
	CHECK(!cgroup_delegated(&path));
	CHECK_INT(setxattr(home, "user.delegate", "0", 1, 0), 0);
	CHECK(!cgroup_delegated(&path));
	CHECK_INT(setxattr(home, "user.delegate", "1", 1, 0), 0);
	CHECK(cgroup_delegated(&path));
	CHECK_STR(path.p, home);
	buf_release(&path);
	move_out();
}

/* Wait for what was killed. */
static bool empties(const struct cgroup *g)
{
	for (int i = 0; i < 500 && cgroup_is_populated(g); i++)
		poll(NULL, 0, 10);
	return !cgroup_is_populated(g);
}

static void nobody_escapes(void)
{
	static const char *const argv[] = {
		"sh", "-c",
		"setsid sh -c 'setsid sleep 1000 & sleep 1000' & :", NULL};
	struct child_spec spec = {.path = "/bin/sh",
				  .argv = argv,
				  .envp = (const char *const *)environ,
				  .in = -1,
				  .out = -1,
				  .err = -1,
				  .control = -1};
	struct child c;
	struct child_end end;
	struct cgroup g;
	char name[128];
	struct err e;

	if (!move_in())
		return;
	CHECK(cgroup_open(&g, home, "slot"));
	CHECK(!cgroup_is_populated(&g));
	spec.group = &g;
	CHECK_INT(child_spawn(&spec, &c, &e), 0);
	while (child_reap(&c, &end) == 0)
		poll(NULL, 0, 5);
	child_close(&c);
	CHECK_INT(end.code, 0);
	/* the child is gone; its children are not */
	CHECK(cgroup_is_populated(&g));
	cgroup_kill(&g);
	CHECK(empties(&g));
	snprintf(name, sizeof(name), "%s", g.path);
	cgroup_close(&g);
	CHECK_INT(access(name, F_OK), -1);
	move_out();
}

static void what_was_left(void)
{
	struct cgroup mine, left, other;
	pid_t gone = fork();
	char text[32];

	if (gone == 0)
		_exit(0);
	waitpid(gone, NULL, 0);
	if (!move_in())
		return;
	snprintf(text, sizeof(text), "jobq-%d.1", (int)getpid());
	CHECK(cgroup_open(&mine, home, text));
	snprintf(text, sizeof(text), "jobq-%d.1", (int)gone);
	CHECK(cgroup_open(&left, home, text));
	CHECK(cgroup_open(&other, home, "other-1.1"));
	cgroup_clear_left(home, "jobq-");
	CHECK_INT(access(mine.path, F_OK), 0);
	CHECK_INT(access(left.path, F_OK), -1);
	CHECK_INT(access(other.path, F_OK), 0);
	cgroup_close(&mine);
	cgroup_close(&left);
	cgroup_close(&other);
	move_out();
}

static void none(void)
{
	struct cgroup g;

	CHECK(!cgroup_open(&g, "/nonexistent", "x"));
	CHECK(!cgroup_is_populated(&g));
	cgroup_kill(&g);
	cgroup_close(&g);
	cgroup_clear_left("/nonexistent", "x");
}

int main(void)
{
	static const struct unit_test tests[] = {
		{UNIT_TEST(delegated)},
		{UNIT_TEST(nobody_escapes)},
		{UNIT_TEST(what_was_left)},
		{UNIT_TEST(none)},
	};

	return unit_run("cgroup", tests, ARRAY_LEN(tests));
}
