/* SPDX-License-Identifier: ISC */
/*
 * Times from a push to the start of its handler (stamp), one at a time, with a
 * pause between them so that all are idle. COMMAND pushes each line of its
 * stdin. Prints microseconds, one a line. latency TIMES COMMAND…
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "limit.h"

#define PAUSE_MS 4
#define FIRST_MS 20000 /* until the first job has come through */

extern char **environ;

static pid_t start(char **argv, int *to)
{
	posix_spawn_file_actions_t files;
	int fd[2];
	pid_t pid;

	if (pipe2(fd, O_CLOEXEC) < 0)
		limit_die("pipe");
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, fd[0], 0);
	posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
	if (posix_spawnp(&pid, argv[0], &files, NULL, argv, environ))
		limit_die(argv[0]);
	close(fd[0]);
	*to = fd[1];
	return pid;
}

/* -1 when nothing came in time. */
static long long once(int to, int from)
{
	struct pollfd p = {.fd = from, .events = POLLIN};
	char text[64] = "";

	if (dprintf(to, "%lld\n", limit_now()) < 0)
		limit_die("write");
	if (poll(&p, 1, FIRST_MS) != 1 ||
	    read(from, text, sizeof(text) - 1) <= 0)
		return -1;
	return strtoll(text, NULL, 10);
}

int main(int argc, char **argv)
{
	const char *path = getenv("BENCH_STAMPS");
	/* both ways, so that there is always a reader and no end of file */
	int from = open(path ? path : "", O_RDWR | O_CLOEXEC), to;
	long times;
	pid_t pid;

	if (argc < 3 || from < 0)
		return 64;
	times = strtol(argv[1], NULL, 10);
	pid = start(argv + 2, &to);
	/* the first one includes the start of the programs */
	for (long i = -1; i < times; i++) {
		long long ns = once(to, from);

		if (ns < 0) {
			fprintf(stderr, "latency: a job did not come\n");
			kill(pid, SIGTERM);
			return 1;
		}
		if (i >= 0)
			printf("%.1f\n", (double)ns / 1e3);
		poll(NULL, 0, PAUSE_MS);
	}
	close(to);
	return waitpid(pid, NULL, 0) < 0;
}
