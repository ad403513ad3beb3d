/* SPDX-License-Identifier: ISC */
/* joblog: the machine format, rotation, a full disk. */
#include "work/joblog.h"

#include <fcntl.h>

#include "base/fd.h"
#include "unit.h"

static struct joblog_line line(void)
{
	struct joblog_line l = {
		.start_ms = 1795478261092,
		.took_us = 310400,
		.code = 1,
		.outcome = "retry",
		.attempt = 2,
		.queue = "mail",
		.id = "01jd",
		.worker = "web1:812",
	};

	return l;
}

static const char *contents(const char *path)
{
	static char text[1024];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, text, sizeof(text) - 1);

	text[n > 0 ? n : 0] = '\0';
	close(fd);
	return text;
}

static void format(void)
{
	char path[] = "/tmp/jobq-joblog.XXXXXX";
	int fd = mkostemp(path, O_CLOEXEC);
	struct joblog_line l = line();
	struct joblog j;
	struct err e;

	close(fd);
	CHECK_INT(joblog_open(&j, path, &e), 0);
	CHECK_INT(joblog_write(&j, &l, &e), 0);
	CHECK_STR(contents(path), "1795478261.092\t0.310\t1\t-\tretry\t2\t"
				  "mail\t01jd\tweb1:812\n");
	joblog_close(&j);
	/* appended to, not begun anew */
	CHECK_INT(joblog_open(&j, path, &e), 0);
	l.code = -1;
	l.signo = 9;
	CHECK_INT(joblog_write(&j, &l, &e), 0);
	CHECK_HAS(contents(path), "web1:812\n1795478261.092\t0.310\t-\t9\t");
	/* rotated */
	CHECK_INT(unlink(path), 0);
	CHECK_INT(joblog_reopen(&j, &e), 0);
	CHECK_INT(joblog_write(&j, &l, &e), 0);
	CHECK_INT(strncmp(contents(path), "1795478261.092\t0.310\t-", 22), 0);
	joblog_close(&j);
	unlink(path);
}

static void failing(void)
{
	struct joblog_line l = line();
	struct joblog j;
	struct err e;

	CHECK_INT(joblog_open(&j, "/nonexistent/dir/log", &e), -1);
	CHECK_INT(e.code, STATUS_CANTCREATE);
	CHECK_INT(joblog_open(&j, "/dev/full", &e), 0);
	CHECK_INT(joblog_write(&j, &l, &e), -1);
	CHECK_INT(e.code, STATUS_IO);
	/* said once */
	CHECK_INT(joblog_write(&j, &l, &e), 0);
	joblog_close(&j);
	CHECK_INT(joblog_open(&j, NULL, &e), 0);
	CHECK_INT(joblog_write(&j, &l, &e), 0);
	CHECK_INT(joblog_reopen(&j, &e), 0);
	joblog_close(&j);
}

int main(void)
{
	static const struct unit_test tests[] = {
		{UNIT_TEST(format)},
		{UNIT_TEST(failing)},
	};

	return unit_run("joblog", tests, ARRAY_LEN(tests));
}
