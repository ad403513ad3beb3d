/* SPDX-License-Identifier: ISC */
/*
 * The limit of a process per job, and the clock of everything else that is a
 * process: runs COMMAND so many times, so many at once, stdin and stdout
 * /dev/null, and prints the seconds that took. spawn AT-ONCE TIMES COMMAND…
 */
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "limit.h"

extern char **environ;

int main(int argc, char **argv)
{
	posix_spawn_file_actions_t files;
	long at_once, times, begun = 0, running = 0;
	long long start;

	if (argc < 4)
		return 64;
	at_once = strtol(argv[1], NULL, 10);
	times = strtol(argv[2], NULL, 10);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
	start = limit_now();
	while (begun < times || running) {
		int status;
		pid_t pid;

		if (begun < times && running < at_once) {
			if (posix_spawn(&pid, argv[3], &files, NULL, argv + 3,
					environ))
				limit_die(argv[3]);
			begun++;
			running++;
			continue;
		}
		if (wait(&status) < 0 || status) {
			fprintf(stderr, "spawn: %s failed\n", argv[3]);
			return 1;
		}
		running--;
	}
	printf("%.6f\n", (double)(limit_now() - start) / 1e9);
	return 0;
}
