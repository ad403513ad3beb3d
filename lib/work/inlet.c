/* SPDX-License-Identifier: ISC */
/* Reads pipes. */
#include "work/inlet.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"

/* Reads in one drain: more than a pipe holds. */
#define DRAIN_READS 64

void inlet_init(struct inlet *in, struct loop *l, char *chunk)
{
	memset(in, 0, sizeof(*in));
	in->loop = l;
	in->chunk = chunk;
	in->fd = -1;
}

/* One read; false when there was nothing to read or it was the end. */
static bool take(struct inlet *in)
{
	ssize_t n = read(in->fd, in->chunk, INLET_CHUNK);

	if (n > 0) {
		in->data(in->arg, strv_make(in->chunk, (size_t)n));
		return true;
	}
	if (n == -1 && errno == EINTR)
		return true;
	if (n == 0 || errno != EAGAIN)
		inlet_close(in);
	return false;
}

static void readable(void *arg)
{
	struct inlet *in = arg;

	take(in);
	if (!inlet_is_open(in))
		in->end(in->arg);
}

int inlet_open(struct inlet *in, int *theirs, struct err *e)
{
	int fd[2];

	if (pipe2(fd, O_CLOEXEC) == -1)
		return err_sys(e, STATUS_SYSTEM, errno, "cannot make a pipe");
	/* each end has a description of its own: theirs goes on blocking */
	fcntl(fd[0], F_SETFL, O_NONBLOCK);
	in->fd = fd[0];
	fd_move_up(&in->fd);
	*theirs = fd[1];
	return 0;
}

void inlet_listen(struct inlet *in)
{
	if (in->fd != -1 && !in->watch)
		in->watch = loop_watch_new(in->loop, in->fd, readable, in);
}

void inlet_close(struct inlet *in)
{
	loop_watch_free(in->watch);
	in->watch = NULL;
	fd_close(&in->fd);
}

bool inlet_is_open(const struct inlet *in)
{
	return in->fd != -1;
}

void inlet_drain(struct inlet *in)
{
	int reads = DRAIN_READS;

	while (in->fd != -1 && reads-- > 0 && take(in))
		;
}

void inlet_pause(struct inlet *in)
{
	if (in->watch)
		loop_watch_pause(in->watch);
}

void inlet_resume(struct inlet *in)
{
	if (in->watch)
		loop_watch_resume(in->watch);
}
