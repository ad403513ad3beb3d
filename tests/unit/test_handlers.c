/* SPDX-License-Identifier: ISC */
/* handlers: names that are files, and files that are not run (B48 to B50). */
#include "work/handlers.h"

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>

#include "unit.h"

static char dir[64];
static struct handlers handlers;
static struct err err;

static const char *in(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void file(const char *name, mode_t mode)
{
	int fd = open(in(name), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	CHECK(fd != -1);
	CHECK_INT(fchmod(fd, mode), 0);
	close(fd);
}

static int delete (const char *path, const struct stat *st, int type,
		   struct FTW *at)
{
	(void)st, (void)type, (void)at;
	return remove(path);
}

static void begin(void)
{
	snprintf(dir, sizeof(dir), "/tmp/jobq-handlers.XXXXXX");
	CHECK(mkdtemp(dir) != NULL);
	CHECK_INT(handlers_open(&handlers, dir, &err), 0);
}

static void end(void)
{
	handlers_close(&handlers);
	CHECK_INT(nftw(dir, delete, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static void found(void)
{
	const char *path;

	begin();
	file("welcome", 0755);
	file("a.b_c-1", 0700);
	path = handlers_find(&handlers, "welcome", &err);
	CHECK_STR(path ? path : err.msg, in("welcome"));
	path = handlers_find(&handlers, "a.b_c-1", &err);
	CHECK_STR(path ? path : err.msg, in("a.b_c-1"));
	end();
}

static void refused(void)
{
	static const struct {
		const char *name, *says;
		enum status code;
	} rows[] = {
		{"missing", "no handler 'missing'", STATUS_NOTFOUND},
		{"link", "symbolic link", STATUS_NOEXEC},
		{"dir", "not a plain file", STATUS_NOEXEC},
		{"fifo", "not a plain file", STATUS_NOEXEC},
		{"setuid", "set-user-id", STATUS_NOEXEC},
		{"setgid", "set-user-id", STATUS_NOEXEC},
		{"group", "written by others", STATUS_NOEXEC},
		{"world", "written by others", STATUS_NOEXEC},
		{"plain", "not executable", STATUS_NOEXEC},
		/* not names at all */
		{"../good", "not a job name", STATUS_NOTFOUND},
		{"sub/good", "not a job name", STATUS_NOTFOUND},
		{".", "not a job name", STATUS_NOTFOUND},
		{"..", "not a job name", STATUS_NOTFOUND},
		{"", "not a job name", STATUS_NOTFOUND},
		{"sh -c", "not a job name", STATUS_NOTFOUND},
		{"$(id)", "not a job name", STATUS_NOTFOUND},
		{"Good", "not a job name", STATUS_NOTFOUND},
		{"/bin/sh", "not a job name", STATUS_NOTFOUND},
		{"good\x1b", "'good\\x1b'", STATUS_NOTFOUND},
	};

	begin();
	file("good", 0755);
	CHECK_INT(symlink("good", in("link")), 0);
	CHECK_INT(mkdir(in("dir"), 0755), 0);
	CHECK_INT(mkfifo(in("fifo"), 0755), 0);
	file("setuid", 04755);
	file("setgid", 02755);
	file("group", 0775);
	file("world", 0757);
	file("plain", 0644);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		unit_row = rows[i].name;
		CHECK(handlers_find(&handlers, rows[i].name, &err) == NULL);
		CHECK_INT(err.code, rows[i].code);
		CHECK_HAS(err.msg, rows[i].says);
	}
	unit_row = "no name";
	CHECK(handlers_find(&handlers, NULL, &err) == NULL);
	CHECK_INT(err.code, STATUS_NOTFOUND);
	CHECK_HAS(err.msg, "no name");
	end();
}

static void directory(void)
{
	struct handlers h;

	begin();
	CHECK_INT(handlers_open(&h, in("none"), &err), -1);
	CHECK_INT(err.code, STATUS_NOINPUT);
	file("file", 0755);
	CHECK_INT(handlers_open(&h, in("file"), &err), -1);
	CHECK_INT(err.code, STATUS_NOINPUT);
	CHECK_INT(mkdir(in("open"), 0700), 0);
	CHECK_INT(chmod(in("open"), 0777), 0);
	CHECK_INT(handlers_open(&h, in("open"), &err), -1);
	CHECK_INT(err.code, STATUS_RIGHTS);
	CHECK_HAS(err.msg, "written by others");
	/* not even when it is sticky, and not below one that is not */
	CHECK_INT(chmod(in("open"), 01777), 0);
	CHECK_INT(handlers_open(&h, in("open"), &err), -1);
	CHECK_INT(mkdir(in("open/below"), 0755), 0);
	CHECK_INT(handlers_open(&h, in("open/below"), &err), 0);
	handlers_close(&h);
	CHECK_INT(chmod(in("open"), 0777), 0);
	CHECK_INT(handlers_open(&h, in("open/below"), &err), -1);
	CHECK_HAS(err.msg, "/open' can be written");
	end();
}

int main(void)
{
	static const struct unit_test tests[] = {
		{UNIT_TEST(found)},
		{UNIT_TEST(refused)},
		{UNIT_TEST(directory)},
	};

	return unit_run("handlers", tests, ARRAY_LEN(tests));
}
