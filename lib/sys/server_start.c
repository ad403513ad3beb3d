/* SPDX-License-Identifier: ISC */
/* Starts the server program and waits until it answers. */
#include "sys/server_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/strv.h"
#include "base/text.h"
#include "sys/child.h"
#include "sys/proc.h"

#define LOG_MAX		(1 << 20) /* bytes, at a start */
#define ACCEPT_LIMIT_MS 30000

static char *find_program(const struct server *s, struct err *e)
{
	const char *path = s->place->path;
	char *found = child_find("redis-server", path, NULL);

	if (!found)
		found = child_find("valkey-server", path, NULL);
	if (!found)
		err_set(e, STATUS_UNAVAILABLE,
			"no redis-server or valkey-server in PATH (install the "
			"package redis-server or valkey, or set JQ_URL to use "
			"another server)");
	return found;
}

/* Open the log; `*start` is where this server's words will begin. */
static int open_log(const struct server *s, off_t *start, struct err *e)
{
	struct stat st;
	int fd = open(s->log,
		      O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
		      0600);

	if (fd == -1 || fstat(fd, &st) == -1 ||
	    (st.st_size > LOG_MAX && ftruncate(fd, 0) == -1)) {
		err_sys(e, STATUS_CANTCREATE, errno, "cannot open '%s'",
			s->log);
		fd_close(&fd);
		return -1;
	}
	*start = st.st_size > LOG_MAX ? 0 : st.st_size;
	return fd;
}

static int launch(const struct server *s, int log, int lock, struct child *c,
		  struct err *e)
{
	char *program = find_program(s, e);
	const char *argv[] = {
		program,      "--port",		  "0",	 "--unixsocket",
		s->socket,    "--unixsocketperm", "600", "--dir",
		s->state,     "--appendonly",	  "yes", "--appendfsync",
		"everysec",   "--save",		  "",	 "--maxmemory-policy",
		"noeviction", "--daemonize",	  "no",	 NULL,
	};
	/* Nothing of ours: it outlives the job that may have started it, and
	 * must not look like a part of it. */
	const char *envp[] = {"PATH=/usr/bin:/bin", "LC_ALL=C", NULL};
	struct child_spec spec = {
		.path = program,
		.argv = argv,
		.envp = envp,
		.in = -1,
		.out = log,
		.err = log,
		.control = lock,
	};
	int rc = program ? child_daemon(&spec, c, e) : -1;

	free(program);
	return rc;
}

static bool has_ended(const struct child *c, int wait_ms)
{
	struct pollfd p = {.fd = c->pidfd, .events = POLLIN};
	struct proc_stat st;
	int n = poll(&p, 1, wait_ms);

	if (c->pidfd != -1)
		return n == 1;
	return !proc_stat(c->pid, &st) || st.state == 'Z';
}

/* Its last words in the log, without process id, role and time; the error
 * lines of a server have " # " before the text, others " * " or " - ". */
static int last_words(const struct server *s, int log, off_t start,
		      struct err *e)
{
	struct strv rest, line, last = strv_of("");
	struct buf b = BUF_INIT;
	char shown[256];

	if (lseek(log, start, SEEK_SET) == start &&
	    fd_read_all(log, s->log, LOG_MAX, &b, NULL) == 0) {
		rest = strv_make(b.p, b.len);
		while (rest.n) {
			line = strv_trim(strv_cut(&rest, '\n'));
			if (line.n)
				last = line;
		}
	}
	for (size_t i = 0; i + 3 < last.n && i < 60; i++) {
		if (last.p[i] == ' ' && strchr("#*-", last.p[i + 1]) &&
		    last.p[i + 2] == ' ') {
			last = strv_make(last.p + i + 3, last.n - i - 3);
			break;
		}
	}
	text_show(last, shown, sizeof(shown));
	buf_release(&b);
	return err_set(e, STATUS_UNAVAILABLE,
		       "the private server has ended at its start, its last "
		       "words: '%s' (see '%s')",
		       shown, s->log);
}

/* 1 = it accepts, 0 = it has ended. */
static int wait_accepting(const struct server *s, const struct child *c,
			  struct err *e)
{
	int64_t end = clock_boot_ms() + ACCEPT_LIMIT_MS;
	int rc, pause = 1;

	/* woken by its end; whether it accepts has to be tried */
	for (;;) {
		rc = server_probe(s->socket, e);
		if (rc != 0)
			return rc;
		if (has_ended(c, pause))
			return 0;
		if (clock_boot_ms() > end)
			return err_set(e, STATUS_UNAVAILABLE,
				       "the private server does not accept "
				       "connections (see '%s')",
				       s->log);
		pause = pause < 20 ? pause + 1 : 20;
	}
}

static int wait_ready(const struct server *s, const struct child *c,
		      struct err *e)
{
	struct server_question ping = {
		.socket = s->socket,
		.word = {"PING"},
		.gone = c->pidfd,
		.patience = SERVER_LOAD_MS,
	};
	int rc = wait_accepting(s, c, e);

	if (rc == 1)
		rc = server_ask(&ping, NULL, e) == 0 ? 1 : -1;
	/* whatever was said meanwhile, its end is the reason */
	return has_ended(c, 0) ? 0 : rc;
}

int server_start(const struct server *s, int lock, struct err *e)
{
	size_t len = strlen(s->socket);
	struct child c = {.pidfd = -1};
	off_t start = 0;
	int log, rc;

	/* a stale socket, or a link to one */
	unlink(s->socket);
	if (ftruncate(lock, 0) == -1 ||
	    pwrite(lock, s->socket, len, 0) != (ssize_t)len)
		return err_sys(e, STATUS_CANTCREATE, errno, "cannot write '%s'",
			       s->lock);
	log = open_log(s, &start, e);
	if (log == -1)
		return -1;
	rc = launch(s, log, lock, &c, e);
	if (rc == 0)
		rc = wait_ready(s, &c, e);
	else
		rc = -1;
	if (rc == 0)
		rc = last_words(s, log, start, e);
	fd_close(&c.pidfd);
	close(log);
	return rc < 0 ? -1 : 0;
}
