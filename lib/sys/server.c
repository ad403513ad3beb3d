/* SPDX-License-Identifier: ISC */
/* Where the private server lives, and which of many commands starts it. */
#include "sys/server.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/text.h"
#include "sys/child.h"
#include "sys/server_impl.h"

#define START_LIMIT_MS 60000 /* for another command that is starting it */
#define ALIVE_LIMIT_MS 1000  /* for a server whose starter was killed */
#define END_LIMIT_MS   30000 /* for one that was told to end */

/* As the base directory specification has it: a relative path counts as none.
 */
static const char *absolute(const char *dir)
{
	return dir && *dir == '/' ? dir : NULL;
}

static char *path_of(const char *dir, const char *name)
{
	struct buf b = BUF_INIT;

	buf_addstr(&b, dir);
	while (b.len > 1 && b.p[b.len - 1] == '/')
		buf_cut(&b, b.len - 1);
	buf_addf(&b, "/%s", name);
	return buf_detach(&b);
}

static char *state_dir(const struct server_place *place)
{
	const char *home = absolute(place->home);
	const struct passwd *user;

	if (absolute(place->state_home))
		return path_of(place->state_home, "jobq");
	if (!home) {
		user = getpwuid(geteuid());
		home = user ? absolute(user->pw_dir) : NULL;
	}
	return home ? path_of(home, ".local/state/jobq") : NULL;
}

static char *runtime_dir(const struct server_place *place)
{
	const char *tmp = absolute(place->tmp_dir);
	char name[32];

	if (absolute(place->runtime_dir))
		return path_of(place->runtime_dir, "jobq");
	snprintf(name, sizeof(name), "jobq-%lu", (unsigned long)geteuid());
	return path_of(tmp ? tmp : "/tmp", name);
}

int server_init(struct server *s, const struct server_place *place,
		struct err *e)
{
	const size_t room = sizeof(((struct sockaddr_un *)NULL)->sun_path);

	*s = (struct server){.place = place};
	s->state = state_dir(place);
	if (!s->state)
		return err_set(e, STATUS_CONFIG,
			       "no directory for the private server's data "
			       "(set HOME or XDG_STATE_HOME to a directory of "
			       "yours, or JQ_URL to use another server)");
	s->runtime = runtime_dir(place);
	s->socket = path_of(s->runtime, "redis.sock");
	s->lock = path_of(s->state, "server.lock");
	s->log = path_of(s->state, "server.log");
	if (strlen(s->socket) < room)
		return 0;
	err_set(e, STATUS_CONFIG,
		"the private server's socket '%.200s' has a path longer than "
		"%zu bytes (set XDG_RUNTIME_DIR to a shorter one)",
		s->socket, room - 1);
	server_release(s);
	return -1;
}

void server_release(struct server *s)
{
	free(s->runtime);
	free(s->socket);
	free(s->state);
	free(s->lock);
	free(s->log);
	*s = (struct server){0};
}

void server_url(const struct server *s, struct buf *out)
{
	buf_addstr(out, "unix://");
	text_percent_encode(out, strv_of(s->socket));
}

int server_probe(const char *path, struct err *e)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	size_t len = strlen(path);
	int fd, rc, error;

	if (len >= sizeof(to.sun_path))
		return 0;
	memcpy(to.sun_path, path, len);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return err_sys(e, STATUS_SYSTEM, errno, "cannot make a socket");
	rc = connect(fd, (const struct sockaddr *)&to, sizeof(to));
	error = errno;
	close(fd);
	/* a full backlog is somebody who is busy */
	if (rc == 0 || error == EAGAIN || error == EINPROGRESS)
		return 1;
	if (error == EACCES || error == EPERM)
		return err_sys(e, STATUS_RIGHTS, error,
			       "cannot connect to '%s'", path);
	return 0;
}

int server_check_dir(const char *dir, struct err *e)
{
	struct stat st;

	if (lstat(dir, &st) == -1) {
		if (errno == ENOENT || errno == ENOTDIR)
			return 0;
		return err_sys(e, STATUS_RIGHTS, errno, "cannot look at '%s'",
			       dir);
	}
	if (!S_ISDIR(st.st_mode))
		return err_set(e, STATUS_RIGHTS,
			       "'%s' is %s, not a directory (remove it)", dir,
			       S_ISLNK(st.st_mode) ? "a symbolic link"
						   : "a file");
	if (st.st_uid != geteuid())
		return err_set(e, STATUS_RIGHTS,
			       "'%s' belongs to user %lu, not to you (remove "
			       "it, or set XDG_RUNTIME_DIR, XDG_STATE_HOME or "
			       "JQ_URL)",
			       dir, (unsigned long)st.st_uid);
	if (st.st_mode & 077)
		return err_set(e, STATUS_RIGHTS,
			       "'%s' is open to other users (chmod 700 '%s')",
			       dir, dir);
	return 1;
}

static int check_dir_of(const char *path, struct err *e)
{
	const char *slash = strrchr(path, '/');
	char *dir = buf_memdup(path, slash ? (size_t)(slash - path) : 0);
	int rc = slash ? server_check_dir(dir, e) : 0;

	free(dir);
	return rc;
}

/* Whether the way to our socket is ours alone; it may be a link to the socket
 * in the directory of another login. */
static int trusted(const struct server *s, struct err *e)
{
	char target[sizeof(((struct sockaddr_un *)NULL)->sun_path) + 1];
	int rc = server_check_dir(s->runtime, e);
	ssize_t n;

	if (rc <= 0)
		return rc;
	n = readlink(s->socket, target, sizeof(target) - 1);
	if (n <= 0)
		return 1;
	target[n] = '\0';
	return check_dir_of(target, e);
}

static int make_dir(const char *dir, struct err *e)
{
	int error;

	if (mkdir(dir, 0700) == 0 || errno == EEXIST)
		return server_check_dir(dir, e) < 0 ? -1 : 0;
	error = errno;
	return err_set(e,
		       error == EACCES || error == EPERM ? STATUS_RIGHTS
							 : STATUS_CANTCREATE,
		       "cannot create '%s': %s (set XDG_RUNTIME_DIR and "
		       "XDG_STATE_HOME to directories of yours, or JQ_URL to "
		       "use another server)",
		       dir, strerror(error));
}

static int make_dirs(const struct server *s, struct err *e)
{
	const char *home = absolute(s->place->home);
	char *path;

	if (home && !absolute(s->place->state_home) && access(home, F_OK) == -1)
		return err_set(
			e, STATUS_CANTCREATE,
			"the home directory '%s' does not exist (set "
			"HOME or XDG_STATE_HOME to a directory of yours, "
			"for the private server's data)",
			home);
	path = buf_strdup(s->state);
	/* the parents may be missing, and may be open to others; what is
	 * wrong with them shows at the last */
	for (char *at = strchr(path + 1, '/'); at; at = strchr(at + 1, '/')) {
		*at = '\0';
		mkdir(path, 0700);
		*at = '/';
	}
	free(path);
	return make_dir(s->state, e) == 0 && make_dir(s->runtime, e) == 0 ? 0
									  : -1;
}

static int open_lock(const char *path, struct err *e)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	return fd != -1 ? fd
			: err_sys(e, STATUS_CANTCREATE, errno,
				  "cannot open '%s'", path);
}

/* 1 = locked, 0 = another process holds it. */
static int try_lock(int fd, struct err *e)
{
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 1;
	if (errno == EWOULDBLOCK || errno == EINTR)
		return 0;
	return err_sys(e, STATUS_SYSTEM, errno,
		       "cannot lock the private server's files");
}

/* A moment: there is nothing to wait on for a lock with a limit. */
static void pause_briefly(void)
{
	poll(NULL, 0, 5);
}

/* 1 = it is ours to start, 0 = somebody else has started it. */
static int lock_start(const struct server *s, int fd, struct err *e)
{
	int64_t end = clock_boot_ms() + START_LIMIT_MS;

	for (;;) {
		int rc = try_lock(fd, e), up;

		if (rc < 0)
			return -1;
		up = server_probe(s->socket, e);
		if (up != 0)
			return up < 0 ? -1 : 0;
		if (rc == 1)
			return 1;
		if (clock_boot_ms() > end)
			return err_set(e, STATUS_UNAVAILABLE,
				       "another command has been starting the "
				       "private server for a minute (it holds "
				       "'%s/start.lock')",
				       s->state);
		pause_briefly();
	}
}

/* The path that stands in the lock file; empty when there is none. */
static void recorded(const struct server *s, struct buf *socket)
{
	int fd = open(s->lock, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd == -1)
		return;
	if (fd_read_all(fd, s->lock, PATH_MAX, socket, NULL) == -1)
		buf_clear(socket);
	close(fd);
}

/* Leave a link to the socket of the server where ours would be. */
static int link_to(const struct server *s, const char *socket, struct err *e)
{
	char *fresh = path_of(s->runtime, "redis.sock.new");
	int rc = 0;

	unlink(fresh);
	if (symlink(socket, fresh) == -1 || rename(fresh, s->socket) == -1)
		rc = err_sys(e, STATUS_CANTCREATE, errno, "cannot link '%s'",
			     s->socket);
	free(fresh);
	return rc;
}

/* The server was told to end: its lock will be free. */
static int lock_after_end(const struct server *s, int lock, struct err *e)
{
	int64_t end = clock_boot_ms() + END_LIMIT_MS;
	int rc;

	while ((rc = try_lock(lock, e)) == 0) {
		if (clock_boot_ms() > end)
			return err_set(e, STATUS_UNAVAILABLE,
				       "the private server does not end (it "
				       "holds '%s', see '%s')",
				       s->lock, s->log);
		pause_briefly();
	}
	return rc < 0 ? -1 : 0;
}

/*
 * A server that holds the lock is alive. Either it can be reached at the path
 * it left there, perhaps in a moment because its starter was killed; or its
 * socket is gone and nobody will ever reach it.
 * 1 = nobody lives any more and the lock is ours, 0 = it can be reached.
 */
static int lock_life(const struct server *s, int lock, struct err *e)
{
	int64_t end = clock_boot_ms() + ALIVE_LIMIT_MS;
	struct buf at = BUF_INIT;
	int rc, up = 0;

	while ((rc = try_lock(lock, e)) == 0 && clock_boot_ms() < end) {
		buf_clear(&at);
		recorded(s, &at);
		if (at.len && check_dir_of(at.p, NULL) == 1)
			up = server_probe(at.p, NULL);
		if (up == 1)
			break;
		pause_briefly();
	}
	if (rc == 0 && up == 1)
		rc = strcmp(at.p, s->socket) == 0 ? 0 : link_to(s, at.p, e);
	else if (rc == 0 &&
		 child_signal_holders(lock, SERVER_LOCK_FD, SIGTERM) == 0)
		rc = err_set(e, STATUS_UNAVAILABLE,
			     "'%s' is held by a server that cannot be reached "
			     "(on another machine or in a container? give each "
			     "its own XDG_STATE_HOME)",
			     s->lock);
	else if (rc == 0)
		rc = lock_after_end(s, lock, e) == 0 ? 1 : -1;
	buf_release(&at);
	return rc;
}

static int join_or_start(const struct server *s, struct err *e)
{
	char *path = path_of(s->state, "start.lock");
	int start = open_lock(path, e), life = -1;
	int rc = start == -1 ? -1 : lock_start(s, start, e);

	if (rc == 1) {
		life = open_lock(s->lock, e);
		rc = life == -1 ? -1 : lock_life(s, life, e);
	}
	if (rc == 1)
		rc = server_start(s, life, e);
	/* The start's end is told by closing; the life's lock stays with the
	 * server, which has inherited it. */
	fd_close(&life);
	fd_close(&start);
	free(path);
	return rc;
}

int server_ensure(const struct server *s, struct err *e)
{
	int rc = trusted(s, e);
	mode_t mask;

	if (rc == 1)
		rc = server_probe(s->socket, e);
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	/* for the server as well as for our files */
	mask = umask(077);
	rc = make_dirs(s, e) == 0 ? join_or_start(s, e) : -1;
	umask(mask);
	return rc;
}

int server_locate(const struct server *s, struct buf *socket, struct err *e)
{
	int rc = trusted(s, e);

	if (rc == 1)
		rc = server_probe(s->socket, e);
	if (rc < 0)
		return -1;
	buf_clear(socket);
	if (rc == 1) {
		buf_addstr(socket, s->socket);
		return 1;
	}
	recorded(s, socket);
	if (!socket->len || check_dir_of(socket->p, NULL) != 1)
		return 0;
	return server_probe(socket->p, e);
}

/* Ask the server at `socket` to end; it answers only to refuse. */
static int ask_to_end(const char *socket, struct err *e)
{
	struct server_question q = {
		.socket = socket,
		.word = {"SHUTDOWN"},
		.gone = -1,
		.bye = true,
		.patience = END_LIMIT_MS,
	};

	if (server_ask(&q, NULL, e) == 0)
		return 0;
	if (e)
		e->code = STATUS_UNAVAILABLE;
	return err_prefix(e, "the private server does not end");
}

int server_stop(const struct server *s, struct err *e)
{
	struct buf socket = BUF_INIT;
	int rc = server_locate(s, &socket, e);
	int found = rc, lock;

	if (found == 1)
		rc = ask_to_end(socket.p, e);
	lock = rc == 0 ? open(s->lock, O_RDWR | O_CLOEXEC | O_NOFOLLOW) : -1;
	if (lock != -1) {
		/* one whose socket is gone hears this only */
		if (!found)
			child_signal_holders(lock, SERVER_LOCK_FD, SIGTERM);
		rc = lock_after_end(s, lock, e);
		close(lock);
	}
	buf_release(&socket);
	return rc;
}
