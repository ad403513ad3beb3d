/* SPDX-License-Identifier: ISC */
/*
 * server: its paths, who may be trusted with them, and the life of a real
 * private server: started once, replaced when it is gone, found by others.
 */
#include "sys/server.h"

#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/buf.h"
#include "base/fd.h"
#include "sys/proc.h"
#include "unit.h"

static struct err err;

/* A directory for all of one test, gone with its server at the end. */
static char root[64];
static char *run, *state; /* $XDG_RUNTIME_DIR and $XDG_STATE_HOME in it */
static struct server_place place;
static struct server server;

static char *below(const char *dir, const char *name)
{
	struct buf b = BUF_INIT;

	buf_addf(&b, "%s/%s", dir, name);
	return buf_detach(&b);
}

static void begin(void)
{
	snprintf(root, sizeof(root), "/tmp/test_server-XXXXXX");
	CHECK(mkdtemp(root) != NULL);
	run = below(root, "run");
	state = below(root, "state");
	CHECK_INT(mkdir(run, 0700), 0);
	place = (struct server_place){
		.runtime_dir = run,
		.state_home = state,
		.path = "/usr/local/bin:/usr/bin:/bin",
	};
	CHECK_INT(server_init(&server, &place, &err), 0);
}

static int remove_one(const char *path, const struct stat *st, int kind,
		      struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

static void end(void)
{
	CHECK_INT(server_stop(&server, &err), 0);
	server_release(&server);
	CHECK_INT(nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
	free(run);
	free(state);
}

static int ensure(const struct server *s)
{
	int rc = server_ensure(s, &err);

	if (rc)
		printf("\t%s\n", err.msg);
	return rc;
}

static pid_t pid_of(const struct server *s)
{
	struct server_state st;

	CHECK_INT(server_status(s, &st, &err), 0);
	return st.running ? st.pid : 0;
}

static bool refused(const char *path)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), rc;

	snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
	rc = connect(fd, (const struct sockaddr *)&to, sizeof(to));
	close(fd);
	return rc == -1;
}

/* As the out-of-memory killer does it; returns when it is dead. */
static void murder(const struct server *s)
{
	pid_t pid = pid_of(s);

	CHECK(pid > 0 && kill(pid, SIGKILL) == 0);
	for (int i = 0; i < 20000 && !refused(s->socket); i++)
		poll(NULL, 0, 1);
}

static void paths(void)
{
	static const struct {
		struct server_place place;
		const char *socket, *state;
	} rows[] = {
		{{"/run/user/7", "/tmp", "/s", "/home/x", NULL},
		 "/run/user/7/jobq/redis.sock",
		 "/s/jobq"},
		{{"/run/user/7/", NULL, NULL, "/home/x/", NULL},
		 "/run/user/7/jobq/redis.sock",
		 "/home/x/.local/state/jobq"},
		{{NULL, "/var/tmp", NULL, "/h", NULL},
		 "/var/tmp/jobq-UID/redis.sock",
		 "/h/.local/state/jobq"},
		{{NULL, NULL, NULL, "/h", NULL},
		 "/tmp/jobq-UID/redis.sock",
		 "/h/.local/state/jobq"},
		/* relative paths count as none */
		{{"run", "tmp", "state", "/h", NULL},
		 "/tmp/jobq-UID/redis.sock",
		 "/h/.local/state/jobq"},
		{{"", "", "", "/h", NULL},
		 "/tmp/jobq-UID/redis.sock",
		 "/h/.local/state/jobq"},
	};
	struct server s;
	char uid[24];

	snprintf(uid, sizeof(uid), "%lu", (unsigned long)geteuid());
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *at = strstr(rows[i].socket, "UID");
		struct buf want = BUF_INIT;

		unit_row = rows[i].socket;
		buf_addstr(&want, rows[i].socket);
		if (at) {
			buf_cut(&want, (size_t)(at - rows[i].socket));
			buf_addf(&want, "%s%s", uid, at + 3);
		}
		CHECK_INT(server_init(&s, &rows[i].place, &err), 0);
		CHECK_STR(s.socket, want.p);
		CHECK_STR(s.state, rows[i].state);
		server_release(&s);
		buf_release(&want);
	}
}

static void no_home(void)
{
	/* the password file knows one for us */
	struct server_place p = {.runtime_dir = "/r"};
	struct server s;

	CHECK_INT(server_init(&s, &p, &err), 0);
	CHECK_HAS(s.state, "/.local/state/jobq");
	server_release(&s);
}

static void long_paths(void)
{
	struct server_place p = {.state_home = "/s"};
	char dir[200];
	struct server s;

	memset(dir, 'x', sizeof(dir));
	dir[0] = '/';
	/* "/jobq/redis.sock" is 16 bytes, and one is for the end */
	dir[108 - 16 - 1] = '\0';
	p.runtime_dir = dir;
	CHECK_INT(server_init(&s, &p, &err), 0);
	server_release(&s);
	dir[108 - 16 - 1] = 'x';
	dir[108 - 16] = '\0';
	CHECK_INT(server_init(&s, &p, &err), -1);
	CHECK_INT(err.code, STATUS_CONFIG);
	CHECK_HAS(err.msg, "XDG_RUNTIME_DIR");
	server_release(&s);
}

static void urls(void)
{
	struct server_place p = {.runtime_dir = "/r/a b%?", .state_home = "/s"};
	struct buf b = BUF_INIT;
	struct server s;

	CHECK_INT(server_init(&s, &p, &err), 0);
	server_url(&s, &b);
	CHECK_STR(b.p, "unix:///r/a%20b%25%3F/jobq/redis.sock");
	server_release(&s);
	buf_release(&b);
}

static void looking_starts_nothing(void)
{
	begin();
	CHECK_INT(pid_of(&server), 0);
	CHECK_INT(server_stop(&server, &err), 0);
	CHECK_INT(access(server.runtime, F_OK), -1);
	CHECK_INT(access(server.state, F_OK), -1);
	end();
}

static int private_files(const char *path, const struct stat *st, int kind,
			 struct FTW *at)
{
	(void)at;
	unit_row = path;
	if (kind != FTW_SL)
		CHECK_INT(st->st_mode & 0777,
			  S_ISDIR(st->st_mode) ? 0700 : 0600);
	return 0;
}

static void files_are_private(void)
{
	static const mode_t masks[] = {0, 0777};

	for (size_t i = 0; i < ARRAY_LEN(masks); i++) {
		begin();
		umask(masks[i]);
		CHECK_INT(ensure(&server), 0);
		CHECK_INT(umask(masks[i]), masks[i]);
		CHECK_INT(nftw(server.state, private_files, 16, FTW_PHYS), 0);
		CHECK_INT(nftw(server.runtime, private_files, 16, FTW_PHYS), 0);
		umask(022);
		end();
	}
}

static void wrong_directory(const char *dir, const char *says)
{
	unit_row = says;
	CHECK_INT(server_ensure(&server, &err), -1);
	CHECK_INT(err.code, STATUS_RIGHTS);
	CHECK_HAS(err.msg, dir);
	CHECK_HAS(err.msg, says);
	CHECK_HAS(err.msg, "(");
}

static void foreign_directories(void)
{
	char *elsewhere;
	int fd;

	begin();
	elsewhere = below(root, "elsewhere");
	CHECK_INT(mkdir(elsewhere, 0700), 0);
	CHECK_INT(mkdir(server.runtime, 0700), 0);
	CHECK_INT(chmod(server.runtime, 0750), 0);
	wrong_directory(server.runtime, "chmod 700");
	if (geteuid() == 0) {
		CHECK_INT(chmod(server.runtime, 0700), 0);
		CHECK_INT(chown(server.runtime, 12345, 0), 0);
		wrong_directory(server.runtime, "user 12345");
	}
	CHECK_INT(rmdir(server.runtime), 0);
	CHECK_INT(symlink(elsewhere, server.runtime), 0);
	wrong_directory(server.runtime, "symbolic link");
	CHECK_INT(unlink(server.runtime), 0);
	fd = open(server.runtime, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	close(fd);
	wrong_directory(server.runtime, "a file");
	CHECK_INT(unlink(server.runtime), 0);
	/* a link to a socket where others may write */
	CHECK_INT(mkdir(server.runtime, 0700), 0);
	CHECK_INT(chmod(elsewhere, 0777), 0);
	free(elsewhere);
	elsewhere = below(root, "elsewhere/redis.sock");
	CHECK_INT(symlink(elsewhere, server.socket), 0);
	wrong_directory("elsewhere", "chmod 700");
	CHECK_INT(unlink(server.socket), 0);
	CHECK(mkdir(state, 0700) == 0 && mkdir(server.state, 0755) == 0);
	wrong_directory(server.state, "chmod 700");
	free(elsewhere);
	end();
}

static void cannot_start(void)
{
	char *file;
	int fd;

	begin();
	place.path = root;
	CHECK_INT(server_ensure(&server, &err), -1);
	CHECK_INT(err.code, STATUS_UNAVAILABLE);
	CHECK_HAS(err.msg, "no redis-server or valkey-server in PATH (install");
	/* a program that says something and ends */
	file = below(root, "redis-server");
	fd = open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0700);
	dprintf(fd, "#!/bin/sh\necho starting\n"
		    "echo '7:M 24 Nov 2026 10:00:00.000 # Out of \033[1mluck'\n"
		    "exit 1\n");
	close(fd);
	CHECK_INT(server_ensure(&server, &err), -1);
	CHECK_INT(err.code, STATUS_UNAVAILABLE);
	CHECK_HAS(err.msg, "'Out of \\x1b[1mluck'");
	CHECK_HAS(err.msg, server.log);
	/* one that is no program */
	fd = open(file, O_TRUNC | O_WRONLY | O_CLOEXEC);
	dprintf(fd, "nothing\n");
	close(fd);
	CHECK_INT(server_ensure(&server, &err), -1);
	CHECK_INT(err.code, STATUS_NOEXEC);
	free(file);
	end();
	begin();
	CHECK_INT(rmdir(run), 0);
	CHECK_INT(server_ensure(&server, &err), -1);
	CHECK_INT(err.code, STATUS_CANTCREATE);
	CHECK_HAS(err.msg, "XDG_RUNTIME_DIR");
	end();
}

static void twenty_get_one(void)
{
	pid_t pid = 0;
	int status;

	begin();
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 20; i++)
			if (fork() == 0)
				_exit(ensure(&server) ? 1 : 0);
		for (int i = 0; i < 20; i++)
			CHECK(wait(&status) > 0 && status == 0);
		CHECK(pid_of(&server) != pid);
		pid = pid_of(&server);
		CHECK(pid > 0);
		/* the others have not lost a race for the data: there was none
		 */
		CHECK_INT(ensure(&server), 0);
		CHECK_INT(pid_of(&server), pid);
		murder(&server);
	}
	end();
}

static void outlives_us(void)
{
	pid_t starter;
	int status;

	begin();
	starter = fork();
	if (starter == 0) {
		/* a session, as of a terminal that is closed afterwards */
		setsid();
		if (ensure(&server))
			_exit(1);
		kill(0, SIGHUP);
		_exit(2);
	}
	CHECK(waitpid(starter, &status, 0) == starter);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGHUP);
	CHECK(pid_of(&server) > 0);
	CHECK(getsid(pid_of(&server)) == pid_of(&server));
	end();
}

static void closed_streams(void)
{
	pid_t starter;
	int status;

	begin();
	starter = fork();
	if (starter == 0) {
		for (int fd = 0; fd < 3; fd++)
			close(fd);
		fd_fill_standard();
		_exit(server_ensure(&server, &err) ? 1 : 0);
	}
	CHECK(waitpid(starter, &status, 0) == starter && status == 0);
	CHECK(pid_of(&server) > 0);
	end();
}

static void found_from_elsewhere(void)
{
	struct server_place other_place;
	struct server other;
	char *run2;
	pid_t pid;

	begin();
	run2 = below(root, "run2");
	CHECK_INT(mkdir(run2, 0700), 0);
	other_place = place;
	other_place.runtime_dir = run2;
	CHECK_INT(server_init(&other, &other_place, &err), 0);
	CHECK_INT(ensure(&server), 0);
	pid = pid_of(&server);
	/* seen without a link, then with one */
	CHECK_INT(pid_of(&other), pid);
	CHECK_INT(ensure(&other), 0);
	CHECK_INT(ensure(&other), 0);
	CHECK_INT(pid_of(&other), pid);
	CHECK(!refused(other.socket));
	/* the server dies: the link is stale, and replaced by its own */
	murder(&server);
	CHECK_INT(ensure(&other), 0);
	CHECK_INT(ensure(&server), 0);
	CHECK_INT(pid_of(&server), pid_of(&other));
	CHECK_INT(server_stop(&server, &err), 0);
	CHECK_INT(pid_of(&other), 0);
	server_release(&other);
	free(run2);
	end();
}

static void socket_was_removed(void)
{
	struct proc_stat st;
	pid_t pid;

	begin();
	CHECK_INT(ensure(&server), 0);
	pid = pid_of(&server);
	/* a logout takes the whole directory away */
	CHECK(unlink(server.socket) == 0 && rmdir(server.runtime) == 0);
	CHECK_INT(ensure(&server), 0);
	CHECK(pid_of(&server) > 0 && pid_of(&server) != pid);
	CHECK(!proc_stat(pid, &st) || st.state == 'Z');
	/* stop reaches such a one too */
	pid = pid_of(&server);
	CHECK_INT(unlink(server.socket), 0);
	CHECK_INT(server_stop(&server, &err), 0);
	CHECK_INT(pid_of(&server), 0);
	end();
}

static void log_is_bounded(void)
{
	struct stat st;
	int fd;

	begin();
	CHECK_INT(ensure(&server), 0);
	CHECK_INT(server_stop(&server, &err), 0);
	fd = open(server.log, O_WRONLY | O_CLOEXEC);
	CHECK_INT(ftruncate(fd, 3 << 20), 0);
	close(fd);
	CHECK_INT(ensure(&server), 0);
	CHECK_INT(stat(server.log, &st), 0);
	CHECK(st.st_size < 1 << 16);
	end();
}

static const struct unit_test tests[] = {
	{UNIT_TEST(paths)},
	{UNIT_TEST(no_home)},
	{UNIT_TEST(long_paths)},
	{UNIT_TEST(urls)},
	{UNIT_TEST(looking_starts_nothing)},
	{UNIT_TEST(files_are_private)},
	{UNIT_TEST(foreign_directories)},
	{UNIT_TEST(cannot_start)},
	{UNIT_TEST(twenty_get_one)},
	{UNIT_TEST(outlives_us)},
	{UNIT_TEST(closed_streams)},
	{UNIT_TEST(found_from_elsewhere)},
	{UNIT_TEST(socket_was_removed)},
	{UNIT_TEST(log_is_bounded)},
};

int main(void)
{
	return unit_run("server", tests, ARRAY_LEN(tests));
}
