/* SPDX-License-Identifier: ISC */
/* Files that exist in memory only, for what a handler reads. */
#include "sys/child.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8U
#endif

static int temporary_file(void)
{
	char path[] = "/tmp/jobq-XXXXXX";
	int fd;

#ifdef O_TMPFILE
	fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd != -1)
		return fd;
#endif
	fd = mkostemp(path, O_CLOEXEC);
	if (fd != -1)
		unlink(path);
	return fd;
}

static int anonymous_file(void)
{
#ifdef MFD_ALLOW_SEALING
	/* asked for by newer kernels, not known to those before 6.3 */
	static unsigned noexec = MFD_NOEXEC_SEAL;
	unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	int fd = memfd_create("jobq-payload", flags | noexec);

	if (fd == -1 && errno == EINVAL && noexec) {
		noexec = 0;
		fd = memfd_create("jobq-payload", flags);
	}
	if (fd != -1 || errno == EMFILE || errno == ENFILE)
		return fd;
#endif
	return temporary_file();
}

/* False for a temporary file. */
static bool seal(int fd)
{
#ifdef F_ADD_SEALS
	return fcntl(fd, F_ADD_SEALS,
		     F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW |
			     F_SEAL_SEAL) == 0;
#else
	(void)fd;
	return false;
#endif
}

/* Some kernels before 6.7 let nobody map a sealed file that is open for writing
 * and shared, not even to read it, which a handler may want to. */
static bool can_be_mapped(int fd)
{
	static bool tried, can;
	void *p;

	if (tried)
		return can;
	tried = true;
	p = mmap(NULL, 1, PROT_READ, MAP_SHARED, fd, 0);
	can = p != MAP_FAILED;
	if (can)
		munmap(p, 1);
	return can;
}

int child_memory_file(const void *p, size_t n, struct err *e)
{
	char path[32];
	int fd, reader;
	bool sealed;

	fd = n ? anonymous_file() : open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return err_sys(e, STATUS_SYSTEM, errno,
			       "cannot make a file for the payload");
	if (!n)
		return fd;
	if (fd_write_all(fd, p, n) == -1) {
		err_sys(e, STATUS_SYSTEM, errno, "cannot store the payload");
		close(fd);
		return -1;
	}
	sealed = seal(fd);
	if (sealed && can_be_mapped(fd)) {
		lseek(fd, 0, SEEK_SET);
		return fd;
	}
	if (!sealed)
		fchmod(fd, 0400);
	/* a second look at the same file cannot write and begins at 0 */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	reader = open(path, O_RDONLY | O_CLOEXEC);
	if (reader != -1) {
		close(fd);
		return reader;
	}
	lseek(fd, 0, SEEK_SET);
	return fd;
}
