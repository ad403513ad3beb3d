/* SPDX-License-Identifier: ISC */
/*
 * The limit of latency, the taking half: BRPOP, spawn COMMAND with what came
 * on its stdin, wait for it, and again. brpop COMMAND…
 */
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "limit.h"

extern char **environ;

static void run(char **argv, const char *p, size_t n)
{
	posix_spawn_file_actions_t files;
	int fd[2], status;
	pid_t pid;

	if (pipe2(fd, O_CLOEXEC) < 0 || write(fd[1], p, n) != (ssize_t)n)
		limit_die("pipe");
	close(fd[1]);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, fd[0], 0);
	if (posix_spawn(&pid, argv[0], &files, NULL, argv, environ))
		limit_die(argv[0]);
	posix_spawn_file_actions_destroy(&files);
	close(fd[0]);
	if (waitpid(pid, &status, 0) < 0 || status)
		exit(1);
}

int main(int argc, char **argv)
{
	redisContext *c = limit_connect();

	if (argc < 2)
		return 64;
	for (;;) {
		redisReply *r;

		redisAppendCommand(c, "BRPOP limit:list 0");
		r = limit_reply(c);
		run(argv + 1, r->element[1]->str, r->element[1]->len);
		freeReplyObject(r);
	}
}
