/* SPDX-License-Identifier: ISC */
/* sink: a pipe that is read slowly, or not any more. */
#include "work/sink.h"

#include <errno.h>
#include <signal.h>

#include "sys/loop.h"
#include "unit.h"

static struct loop *loop;
static struct sink sink;
static int end[2];
static int rooms;

static void room(void *arg)
{
	(void)arg;
	rooms++;
}

static void start(void)
{
	struct err e;

	loop = loop_new(&e);
	if (!loop || pipe(end) == -1)
		exit(1);
	sink_init(&sink, loop, end[1], room, NULL);
}

static void finish(void)
{
	sink_release(&sink);
	loop_free(loop);
	close(end[0]);
	close(end[1]);
}

/* More than any pipe holds. */
static void fill(void)
{
	static char chunk[65536];

	while (!sink_full(&sink))
		sink_write(&sink, chunk, sizeof(chunk));
}

/* Some of what is in the pipe. */
static void take(void)
{
	char chunk[65536];

	CHECK(read(end[0], chunk, sizeof(chunk)) > 0);
}

static void told_by_the_loop(void)
{
	start();
	fill();
	CHECK_INT(rooms, 0);
	while (sink_full(&sink)) {
		take();
		loop_turn(loop);
	}
	CHECK_INT(rooms, 1);
	finish();
}

/* Another one's bytes may be what moves the queue: the word is due then. */
static void told_by_any_write(void)
{
	start();
	fill();
	while (sink_full(&sink)) {
		take();
		sink_write(&sink, "x", 1);
	}
	CHECK_INT(rooms, 1);
	finish();
}

/* Nobody reads: all that waited is dropped, and nobody waits any more. */
static void told_of_the_end(void)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	sigaction(SIGPIPE, &ignore, NULL);
	start();
	fill();
	close(end[0]);
	sink_write(&sink, "x", 1);
	CHECK_INT(rooms, 1);
	CHECK_INT(sink.error, EPIPE);
	CHECK(sink_empty(&sink));
	CHECK(sink.dropped > 0);
	finish();
}

int main(void)
{
	static const struct unit_test tests[] = {
		{UNIT_TEST(told_by_the_loop)},
		{UNIT_TEST(told_by_any_write)},
		{UNIT_TEST(told_of_the_end)},
	};

	return unit_run("sink", tests, ARRAY_LEN(tests));
}
