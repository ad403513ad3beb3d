/* SPDX-License-Identifier: ISC */
/*
 * The handler of the torture test: writes down that it starts and how it
 * ends, outside Redis, in one append each, and in between does what its
 * payload says:
 *
 *   ok · exit N · sleep MS · kill (itself) · stop (itself) · orphan (leaves a
 *   process in a session of its own) · talk (much on stdout) · flaky (fails on
 *   its first attempt) · deaf MS (ignores TERM)
 *
 *   ledger FILE     lines «start ID FENCE ATTEMPT US» and «end ID FENCE N US»,
 *                   with microseconds since boot
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

static const char *env(const char *name)
{
	const char *value = getenv(name);

	return value ? value : "-";
}

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (long long)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void pause_for(long ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000};

	nanosleep(&t, NULL);
}

static void note(int fd, const char *what, const char *more)
{
	char line[400];
	int n = snprintf(line, sizeof(line), "%s %s/%s %s %s %lld\n", what,
			 env("JQ_QUEUE"), env("JQ_ID"), env("JQ_FENCE"), more,
			 now());

	if (write(fd, line, (size_t)n) != n)
		exit(74);
}

static int leave_orphan(void)
{
	if (fork() == 0) {
		prctl(PR_SET_NAME, "ledger-orphan");
		setsid();
		pause_for(600000);
		_exit(0);
	}
	return 0;
}

static int talk(void)
{
	static char text[100000];

	memset(text, 'x', sizeof(text));
	return write(STDOUT_FILENO, text, sizeof(text)) < 0;
}

static int act(const char *word, long n)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	if (strcmp(word, "exit") == 0)
		return (int)n;
	if (strcmp(word, "flaky") == 0)
		return strcmp(env("JQ_ATTEMPT"), "1") == 0;
	if (strcmp(word, "orphan") == 0)
		return leave_orphan();
	if (strcmp(word, "talk") == 0)
		return talk();
	if (strcmp(word, "kill") == 0)
		kill(getpid(), SIGKILL);
	if (strcmp(word, "stop") == 0)
		kill(getpid(), SIGSTOP);
	if (strcmp(word, "deaf") == 0)
		sigaction(SIGTERM, &ignore, NULL);
	if (strcmp(word, "sleep") == 0 || strcmp(word, "deaf") == 0)
		pause_for(n);
	return 0;
}

int main(int argc, char **argv)
{
	char text[64] = "", word[16] = "", code[16];
	int fd = argc == 2 ? open(argv[1], O_WRONLY | O_APPEND) : -1, status;
	long n = 0;

	if (fd == -1 || read(STDIN_FILENO, text, sizeof(text) - 1) < 0)
		return 75;
	snprintf(word, sizeof(word), "%.*s", (int)strcspn(text, " \n"), text);
	if (strchr(text, ' '))
		n = strtol(strchr(text, ' '), NULL, 10);
	note(fd, "start", env("JQ_ATTEMPT"));
	status = act(word, n);
	snprintf(code, sizeof(code), "%d", status);
	note(fd, "end", code);
	return status;
}
