/* SPDX-License-Identifier: ISC */
/*
 * The handler of the torture test: writes down that it starts and how it
 * ends, outside Redis, in one append each, and in between does what its
 * payload says:
 *
 *   ok · exit N · sleep MS · linger (long, when given out for the first
 *   time) · life MS (fails on its first attempt, then has news and sleeps) ·
 *   kill (itself) · stop (itself) · orphan (leaves a
 *   process in a session of its own) · talk (much on stdout) · flaky (fails on
 *   its first attempt) · deaf MS (ignores TERM)
 *
 *   ledger FILE     lines «start ID FENCE ATTEMPT PID US», «end ID FENCE STATUS
 *                   PID US» and, where another handler of this job is alive,
 *                   «overlap ID FENCE ITS-PID PID US»; US = microseconds since
 *                   boot. FILE.locks tells who is alive.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
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
	int n = snprintf(line, sizeof(line), "%s %s/%s %s %s %d %lld\n", what,
			 env("JQ_QUEUE"), env("JQ_ID"), env("JQ_FENCE"), more,
			 (int)getpid(), now());

	if (write(fd, line, (size_t)n) != n)
		exit(74);
}

static off_t hash(off_t h, const char *text)
{
	for (; *text; text++)
		h = (h ^ *text) * 0x100000001b3 & 0x3fffffffffffffff;
	return h;
}

/* A lock for each job, which the kernel takes off with the process: it shows
 * another handler of the job, be it stopped or forgotten. 0 = there is none. */
static pid_t other_one(const char *path)
{
	off_t at = hash(hash(14695981, env("JQ_QUEUE")), env("JQ_ID"));
	struct flock lock = {F_WRLCK, SEEK_SET, at, 1, 0};
	char name[400];
	int fd;

	snprintf(name, sizeof(name), "%s.locks", path);
	fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd == -1)
		exit(74);
	if (fcntl(fd, F_SETLK, &lock) == 0)
		return 0;
	return fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK
		       ? lock.l_pid
		       : 0;
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

static bool first(const char *counter)
{
	return strcmp(env(counter), "1") == 0;
}

/* What a job can do with the queue in one life. */
static int live(long ms)
{
	if (first("JQ_ATTEMPT"))
		return 1;
	dprintf((int)strtol(env("JQ_CTL_FD"), NULL, 10),
		"progress 1/2 so far\n");
	pause_for(ms);
	return 0;
}

static int act(const char *word, long n)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	if (strcmp(word, "exit") == 0)
		return (int)n;
	if (strcmp(word, "flaky") == 0)
		return first("JQ_ATTEMPT");
	if (strcmp(word, "life") == 0)
		return live(n);
	if (strcmp(word, "linger") == 0)
		n = first("JQ_DELIVERY") ? 600000 : 0;
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
	if (strcmp(word, "sleep") == 0 || strcmp(word, "deaf") == 0 ||
	    strcmp(word, "linger") == 0)
		pause_for(n);
	return 0;
}

int main(int argc, char **argv)
{
	char text[64] = "", word[16] = "", code[16];
	pid_t other;
	int fd = argc == 2 ? open(argv[1], O_WRONLY | O_APPEND) : -1, status;
	long n = 0;

	if (fd == -1 || read(STDIN_FILENO, text, sizeof(text) - 1) < 0)
		return 75;
	snprintf(word, sizeof(word), "%.*s", (int)strcspn(text, " \n"), text);
	if (strchr(text, ' '))
		n = strtol(strchr(text, ' '), NULL, 10);
	note(fd, "start", env("JQ_ATTEMPT"));
	other = other_one(argv[1]);
	if (other) {
		snprintf(code, sizeof(code), "%d", (int)other);
		note(fd, "overlap", code);
	}
	status = act(word, n);
	snprintf(code, sizeof(code), "%d", status);
	note(fd, "end", code);
	return status;
}
