/* SPDX-License-Identifier: ISC */
/* oom: the kernel's counts, read from what its files look like. */
#include "sys/oom.h"

#include "base/attr.h"
#include "unit.h"

static void counts(void)
{
	static const struct {
		const char *text;
		int64_t n;
	} rows[] = {
		{"low 0\nhigh 0\nmax 7\noom 3\noom_kill 2\noom_group_kill 1\n",
		 2},
		{"oom_kill_disable 0\nunder_oom 0\noom_kill 5\n", 5},
		{"oom_kill_disable 0\nunder_oom 0\n", -1},
		{"oom_kill 12", 12},
		{"oom_kill x\n", -1},
		{"", -1},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		CHECK_INT(oom_read_count(strv_of(rows[i].text)), rows[i].n);
}

static void paths(void)
{
	static const struct {
		const char *line, *path;
	} rows[] = {
		{"0::/user.slice/a",
		 "/sys/fs/cgroup/user.slice/a/memory.events"},
		{"0::/", "/sys/fs/cgroup//memory.events"},
		{"4:memory:/a/b",
		 "/sys/fs/cgroup/memory/a/b/memory.oom_control"},
		{"9:cpu,memory:/a",
		 "/sys/fs/cgroup/memory/a/memory.oom_control"},
		{"3:cpuset:/a", NULL},
		{"1:name=systemd:/a", NULL},
		{"", NULL},
	};
	char path[200];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		bool found = oom_count_path(strv_of(rows[i].line), path,
					    sizeof(path));

		CHECK_INT(found, rows[i].path != NULL);
		if (found)
			CHECK_STR(path, rows[i].path);
	}
}

int main(void)
{
	static const struct unit_test tests[] = {
		{UNIT_TEST(counts)},
		{UNIT_TEST(paths)},
	};

	return unit_run("oom", tests, ARRAY_LEN(tests));
}
