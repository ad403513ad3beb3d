/* SPDX-License-Identifier: ISC */
/* config: lines, sections, and files that are none (failure catalogue B16). */
#include "cli/config.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/fd.h"
#include "unit.h"

static char path[] = "/tmp/jobq-config.XXXXXX";
static struct config config;
static struct err err;

static void write_text(const char *text, size_t n)
{
	int fd = open(path, O_WRONLY | O_TRUNC);

	CHECK(fd != -1 && fd_write_all(fd, text, n) == 0);
	close(fd);
}

static int read_text(const char *text, size_t n)
{
	write_text(text, n);
	return config_read(&config, path, "jq-work", false, &err);
}

/* Each test makes the file and takes it away, as each is a process. */
static void begin(void)
{
	int fd = mkstemp(path);

	CHECK(fd != -1);
	close(fd);
}

static void end(void)
{
	CHECK_INT(unlink(path), 0);
}

static void good(void)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{"", ""},
		{"\n\n", ""},
		{"# all\n  # more\n", ""},
		{"a=b", "1:a=b "},
		{"a=b\n", "1:a=b "},
		{"a = b\nc=d=e # f\n", "1:a=b 2:c=d=e # f "},
		{" \t key \t = \t a  b \t \n", "1:key=a  b "},
		{"a=\n\nb = \n", "1:a= 3:b= "},
		{"a = b\r\n\r\n[jq-work]\r\nc = d\r\n", "1:a=b 4!c=d "},
		{"\xef\xbb\xbf"
		 "a=b\n",
		 "1:a=b "},
		{"x=1\n[jq-push]\ny=2\n[jq-work]\nz=3\n[jq-stat]\nw=4\n"
		 "[jq-work]\nv=5",
		 "1:x=1 5!z=3 9!v=5 "},
		{"  [jq-work]  \na=b", "2!a=b "},
		{"a=[jq-work]\n", "1:a=[jq-work] "},
		{"a=\xc3\xa4\n", "1:a=ä "},
	};

	begin();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buf got = BUF_INIT;

		unit_row = rows[i].text;
		CHECK_INT(read_text(rows[i].text, strlen(rows[i].text)), 0);
		for (size_t k = 0; k < config.n; k++)
			buf_addf(&got, "%zu%c%s=%s ", config.list[k].line,
				 config.list[k].own ? '!' : ':',
				 config.list[k].key, config.list[k].value);
		CHECK_STR(got.p, rows[i].want);
		buf_release(&got);
		config_release(&config);
	}
	end();
}

static void bad(void)
{
	static const struct {
		const char *text;
		size_t n; /* 0 = to the NUL */
		const char *want;
	} rows[] = {
		{"a", 0, ":1: 'a' is not \"key = value\""},
		{"a=b\n\nc d\n", 0, ":3: 'c d' is not \"key = value\""},
		{"= b\n", 0, ":1: '= b' is not \"key = value\""},
		{"=", 0, ":1: '=' is not"},
		{"\033[2J\n", 0, ":1: '\\x1b[2J' is not"},
		{"[", 0, ":1: '[' has no closing bracket"},
		{"[jq-work\n", 0, ":1: '[jq-work' has no closing bracket"},
		{"[]\n", 0, ":1: unknown section '[]'"},
		{"[jq-wrk]\n", 0, ":1: unknown section '[jq-wrk]'"},
		{"[ jq-work ]\n", 0, ":1: unknown section"},
		{"[jq-work] x\n", 0, ":1: '[jq-work] x' has no closing"},
		{"a=b\0c\n", 6, ":1: line holds a NUL byte"},
		{"a=b\n\0", 5, ":2: line holds a NUL byte"},
		/* also where the line would not count */
		{"[jq-push]\nnonsense\n", 0, ":2: 'nonsense' is not"},
	};

	begin();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t n = rows[i].n ? rows[i].n : strlen(rows[i].text);

		unit_row = rows[i].text;
		CHECK_INT(read_text(rows[i].text, n), -1);
		CHECK_INT(err.code, STATUS_CONFIG);
		CHECK(strncmp(err.msg, path, strlen(path)) == 0);
		CHECK_HAS(err.msg, rows[i].want);
		CHECK_INT(config.n, 0);
	}
	end();
}

static void long_lines(void)
{
	static const char head[] = {'a', '=', 'b', '\n', '#'};
	size_t n = 1024 * 1024;
	char *text = buf_alloc(n + 1);

	begin();
	memset(text, 'x', n + 1);
	memcpy(text, head, sizeof(head));
	CHECK_INT(read_text(text, n), -1);
	CHECK_HAS(err.msg, ":2: line is longer than 16384 bytes");
	CHECK_INT(read_text(text, 4 + 16384), 0);
	config_release(&config);
	CHECK_INT(read_text(text, n + 1), -1);
	CHECK_HAS(err.msg, "is larger than 1048576 bytes");
	free(text);
	end();
}

static void not_files(void)
{
	static const char *const rows[] = {"/nonexistent/x", "/", "/dev/zero"};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		unit_row = rows[i];
		CHECK_INT(config_read(&config, rows[i], "jq-work", false, &err),
			  -1);
		CHECK_INT(err.code, STATUS_CONFIG);
		CHECK_HAS(err.msg, rows[i]);
	}
	unit_row = "optional";
	CHECK_INT(config_read(&config, rows[0], "jq-work", true, &err), 0);
	CHECK_INT(config.n, 0);
	CHECK_INT(config_read(&config, "/dev/null/x", "jq-work", true, &err),
		  0);
	config_release(&config);
	CHECK_INT(config_read(&config, "/", "jq-work", true, &err), -1);
}

static void writable_by_all(void)
{
	begin();
	CHECK_INT(read_text("a=b\n", 4), 0);
	config_release(&config);
	CHECK_INT(chmod(path, 0602), 0);
	CHECK_INT(config_read(&config, path, "jq-work", false, &err), -1);
	CHECK_HAS(err.msg, "may be written by anybody");
	end();
}

/* <(command) and a systemd credential need not be plain files. */
static void from_pipe(void)
{
	char name[32];
	int fd[2];

	CHECK_INT(pipe(fd), 0);
	CHECK_INT(fd_write_all(fd[1], "a=b\n", 4), 0);
	close(fd[1]);
	snprintf(name, sizeof(name), "/dev/fd/%d", fd[0]);
	CHECK_INT(config_read(&config, name, "jq-work", false, &err), 0);
	CHECK_INT(config.n, 1);
	config_release(&config);
	close(fd[0]);
}

int main(void)
{
	static const struct unit_test tests[] = {
		{UNIT_TEST(good)},
		{UNIT_TEST(bad)},
		{UNIT_TEST(long_lines)},
		{UNIT_TEST(not_files)},
		{UNIT_TEST(writable_by_all)},
		{UNIT_TEST(from_pipe)},
	};

	return unit_run("config", tests, ARRAY_LEN(tests));
}
