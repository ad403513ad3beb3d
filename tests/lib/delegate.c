/* SPDX-License-Identifier: ISC */
/*
 * Runs a command in a control group of its own that it may divide, as a service
 * manager does with Delegate=yes:
 *
 *   delegate NAME COMMAND [ARG …]    77 where no group can be made
 *   delegate -r NAME                 removes it
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

static char group[256];

static const char *root_of_groups(void)
{
	static const char *const roots[] = {"/sys/fs/cgroup",
					    "/sys/fs/cgroup/unified"};
	char path[128];

	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/cgroup.procs", roots[i]);
		if (access(path, W_OK) == 0)
			return roots[i];
	}
	return "/nonexistent";
}

static int move_in(void)
{
	char path[300];
	int fd;

	snprintf(path, sizeof(path), "%s/cgroup.procs", group);
	if (mkdir(group, 0755) == -1 && errno != EEXIST)
		return -1;
	if (setxattr(group, "user.delegate", "1", 1, 0) == -1)
		return -1;
	fd = open(path, O_WRONLY | O_CLOEXEC);
	return write(fd, "0", 1) == 1 ? 0 : -1;
}

int main(int argc, char **argv)
{
	int remove = argc > 1 && strcmp(argv[1], "-r") == 0;

	if (argc < 3)
		return 64;
	snprintf(group, sizeof(group), "%s/%s", root_of_groups(),
		 argv[1 + remove]);
	if (remove)
		return rmdir(group) == 0 ? 0 : 1;
	if (move_in() == -1)
		return 77;
	execvp(argv[2], argv + 2);
	return 127;
}
