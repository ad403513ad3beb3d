/* SPDX-License-Identifier: ISC */
/*
 * Moves the wall clock of a program: preloaded into redis-server, it adds the
 * seconds that stand in the file JQ_CLOCK, looked at each time. (The usual tool
 * for that makes Debian's server hang at its start.)
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long offset(void)
{
	static const volatile long *shared;
	static int tried;

	if (!tried) {
		const char *path = getenv("JQ_CLOCK");
		int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;

		tried = 1;
		if (fd != -1) {
			void *p = mmap(NULL, sizeof(long), PROT_READ,
				       MAP_SHARED, fd, 0);

			shared = p == MAP_FAILED ? NULL : p;
			close(fd);
		}
	}
	return shared ? *shared : 0;
}

int clock_gettime(clockid_t id, struct timespec *t)
{
	static int (*real)(clockid_t, struct timespec *);
	int rc;

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
	rc = real(id, t);
	if (rc == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
		t->tv_sec += offset();
	return rc;
}

int gettimeofday(struct timeval *restrict tv, void *restrict tz)
{
	struct timespec t;

	(void)tz;
	clock_gettime(CLOCK_REALTIME, &t);
	tv->tv_sec = t.tv_sec;
	tv->tv_usec = t.tv_nsec / 1000;
	return 0;
}

time_t time(time_t *to)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	if (to)
		*to = t.tv_sec;
	return t.tv_sec;
}
