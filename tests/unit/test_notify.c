/* SPDX-License-Identifier: ISC */
/* notify: what the service manager hears. */
#include "sys/notify.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "unit.h"

static int server;
static char path[64];

static void listen_at(bool abstract)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	socklen_t len;

	snprintf(path, sizeof(path), "%sjobq-notify.%d",
		 abstract ? "@" : "/tmp/", (int)getpid());
	memcpy(at.sun_path, path, strlen(path) + 1);
	len = (socklen_t)(sizeof(sa_family_t) + strlen(path) + !abstract);
	if (abstract)
		at.sun_path[0] = '\0';
	server = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	CHECK_INT(bind(server, (struct sockaddr *)&at, len), 0);
}

/* The next datagram, "" when there is none. */
static const char *heard(void)
{
	static char text[512];
	ssize_t n = recv(server, text, sizeof(text) - 1, MSG_DONTWAIT);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void talks(void)
{
	struct notify n;

	for (int abstract = 0; abstract < 2; abstract++) {
		listen_at(abstract);
		notify_init(&n, path, NULL, NULL, -1);
		notify_ready(&n);
		CHECK_STR(heard(), "READY=1");
		notify_ready(&n);
		CHECK_STR(heard(), "");
		notify_status(&n, "%d/4 busy", 3);
		CHECK_STR(heard(), "STATUS=3/4 busy");
		notify_status(&n, "%d/4 busy", 3);
		CHECK_STR(heard(), "");
		notify_alive(&n);
		CHECK_STR(heard(), "WATCHDOG=1");
		notify_reloading(&n);
		CHECK_INT(strncmp(heard(), "RELOADING=1\nMONOTONIC_USEC=", 27),
			  0);
		notify_reloaded(&n);
		CHECK_STR(heard(), "READY=1");
		notify_stopping(&n);
		CHECK_STR(heard(), "STOPPING=1");
		notify_extend(&n, 10000);
		CHECK_STR(heard(), "EXTEND_TIMEOUT_USEC=10000000");
		notify_release(&n);
		close(server);
		unlink(path);
	}
}

static void watchdog(void)
{
	char me[16];
	struct notify n;

	snprintf(me, sizeof(me), "%d", (int)getpid());
	notify_init(&n, "/nonexistent", "30000000", me, -1);
	CHECK_INT(n.watchdog_ms, 15000);
	/* nobody listens: nothing happens */
	notify_alive(&n);
	notify_release(&n);
	notify_init(&n, "/nonexistent", "30000000", NULL, -1);
	CHECK_INT(n.watchdog_ms, 15000);
	notify_release(&n);
	notify_init(&n, "/nonexistent", "30000000", "1", -1);
	CHECK_INT(n.watchdog_ms, 0);
	notify_release(&n);
	notify_init(&n, "/nonexistent", "x", NULL, -1);
	CHECK_INT(n.watchdog_ms, 0);
	notify_release(&n);
	/* vsock and relative paths are not for us */
	notify_init(&n, "relative", "1", NULL, -1);
	CHECK_INT(n.fd, -1);
	notify_release(&n);
}

static void through_a_link(void)
{
	struct notify engine, supervisor;
	char text[64], pid[16];
	int pair[2];
	ssize_t n;

	snprintf(pid, sizeof(pid), "%d", 4711);
	listen_at(false);
	CHECK_INT(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	notify_init(&supervisor, path, NULL, NULL, -1);
	notify_init_link(&engine, pair[1], "30000000", pid, 4711, -1);
	CHECK_INT(engine.watchdog_ms, 15000);
	notify_ready(&engine);
	notify_alive(&engine);
	/* a message each, however late they are read */
	for (int i = 0; i < 2; i++) {
		n = recv(pair[0], text, sizeof(text), MSG_DONTWAIT);
		CHECK(n > 0);
		notify_relay(&supervisor, text, (size_t)n);
	}
	CHECK_STR(heard(), "READY=1");
	CHECK_STR(heard(), "WATCHDOG=1");
	notify_release(&engine);
	/* the link was borrowed */
	CHECK_INT(close(pair[1]), 0);
	close(pair[0]);
	notify_release(&supervisor);
	close(server);
	unlink(path);
}

static void ready_descriptor(void)
{
	int fd[2];
	char text[8];
	struct notify n;

	CHECK_INT(pipe2(fd, O_CLOEXEC), 0);
	notify_init(&n, NULL, NULL, NULL, fd[1]);
	notify_ready(&n);
	CHECK_INT(read(fd[0], text, sizeof(text)), 1);
	CHECK_INT(text[0], '\n');
	/* closed as well */
	CHECK_INT(read(fd[0], text, sizeof(text)), 0);
	notify_ready(&n);
	notify_status(&n, "x");
	notify_release(&n);
	close(fd[0]);
}

int main(void)
{
	static const struct unit_test tests[] = {
		{UNIT_TEST(talks)},
		{UNIT_TEST(watchdog)},
		{UNIT_TEST(through_a_link)},
		{UNIT_TEST(ready_descriptor)},
	};

	return unit_run("notify", tests, ARRAY_LEN(tests));
}
