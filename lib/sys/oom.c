/* SPDX-License-Identifier: ISC */
/* Reads the kernel's counts, of both generations of control groups. */
#include "sys/oom.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/num.h"

int64_t oom_read_count(struct strv text)
{
	int64_t n;

	while (text.n) {
		struct strv value = strv_cut(&text, '\n');
		struct strv name = strv_cut(&value, ' ');

		if (strv_eq(name, "oom_kill") &&
		    num_int(value, 0, INT64_MAX, &n, NULL) == 0)
			return n;
	}
	return -1;
}

/* Whether `list` ("cpu,memory") names the controller. */
static bool has_memory(struct strv list)
{
	while (list.n)
		if (strv_eq(strv_cut(&list, ','), "memory"))
			return true;
	return false;
}

bool oom_count_path(struct strv line, char *to, size_t size)
{
	struct strv rest = line, number = strv_cut(&rest, ':');
	struct strv controllers = strv_cut(&rest, ':');
	bool second = strv_eq(number, "0") && controllers.n == 0;

	if (!second && !has_memory(controllers))
		return false;
	snprintf(to, size, "/sys/fs/cgroup%s%.*s/%s", second ? "" : "/memory",
		 (int)rest.n, rest.p,
		 second ? "memory.events" : "memory.oom_control");
	return true;
}

static struct strv read_file(const char *path, char *to, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = 0;

	if (fd != -1) {
		n = read(fd, to, size);
		close(fd);
	}
	return strv_make(to, n > 0 ? (size_t)n : 0);
}

/* Of the first line about memory whose file is there. */
static int64_t count_of_group(void)
{
	static char text[4096], counts[4096];
	char path[512];
	struct strv rest = read_file("/proc/self/cgroup", text, sizeof(text));
	int64_t n = -1;

	while (rest.n && n < 0)
		if (oom_count_path(strv_cut(&rest, '\n'), path, sizeof(path)))
			n = oom_read_count(
				read_file(path, counts, sizeof(counts)));
	return n;
}

int64_t oom_kills(void)
{
	static char text[16384];
	int64_t n = count_of_group();

	if (n >= 0)
		return n;
	return oom_read_count(read_file("/proc/vmstat", text, sizeof(text)));
}
