/* SPDX-License-Identifier: ISC */
/* buf: growing, cutting, handing over; the NUL behind the contents. */
#include "base/buf.h"

#include <stdint.h>

#include "unit.h"

static void empty(void)
{
	struct buf b = BUF_INIT, c;
	char *p;

	buf_init(&c);
	CHECK_STR(b.p, "");
	CHECK_STR(c.p, "");
	/* nothing is allocated, and nothing writes to the shared NUL */
	buf_clear(&b);
	buf_cut(&b, 0);
	buf_drop(&b, 0);
	buf_add(&b, NULL, 0);
	CHECK_INT(b.len, 0);
	CHECK_INT(buf_empty[0], 0);
	p = buf_detach(&c);
	CHECK_STR(p, "");
	CHECK(p != buf_empty);
	free(p);
	buf_release(&b);
	buf_release(&b);
	CHECK(b.p == buf_empty);
}

static void add(void)
{
	struct buf b = BUF_INIT;

	buf_addstr(&b, "one");
	buf_addch(&b, ' ');
	buf_add(&b, "t\0w", 3);
	buf_addf(&b, "%d-%s", 42, "x");
	CHECK_INT(b.len, 11);
	CHECK(memcmp(b.p, "one t\0w42-x", 12) == 0);
	buf_drop(&b, 4);
	CHECK(memcmp(b.p, "t\0w42-x", 8) == 0);
	CHECK_INT(b.len, 7);
	buf_cut(&b, 1);
	CHECK_STR(b.p, "t");
	buf_clear(&b);
	CHECK_STR(b.p, "");
	CHECK(b.cap > 0);
	buf_release(&b);
}

/* Every length, so that each boundary of growing is crossed. */
static void grow(void)
{
	struct buf b = BUF_INIT;

	for (size_t i = 0; i < 5000; i++) {
		buf_addch(&b, (char)('a' + i % 26));
		CHECK(b.len == i + 1 && b.cap > b.len && b.p[b.len] == '\0');
	}
	for (size_t i = 0; i < 5000; i++)
		CHECK(b.p[i] == (char)('a' + i % 26));
	buf_release(&b);
}

static void long_format(void)
{
	struct buf b = BUF_INIT;

	buf_addstr(&b, ">");
	buf_addf(&b, "%0500d|", 7);
	CHECK_INT(b.len, 502);
	CHECK_STR(b.p + 500, "7|");
	buf_release(&b);
}

static void reserve(void)
{
	struct buf b = BUF_INIT;
	char *to = buf_reserve(&b, 10);

	CHECK_INT(b.len, 0);
	CHECK(to == b.p);
	memset(to, 'y', 10);
	b.len = 10;
	b.p[10] = '\0';
	to = buf_reserve(&b, 100000);
	CHECK(to == b.p + 10);
	CHECK_STR(b.p, "yyyyyyyyyy");
	buf_release(&b);
}

static void detach(void)
{
	struct buf b = BUF_INIT;
	char *p;

	buf_addstr(&b, "mine");
	p = buf_detach(&b);
	CHECK_STR(p, "mine");
	CHECK(b.p == buf_empty);
	buf_addstr(&b, "other");
	CHECK_STR(p, "mine");
	free(p);
	buf_release(&b);
}

static void copies(void)
{
	char *p = buf_memdup("a\0b", 3), *q = buf_strdup(""), *z;

	CHECK(memcmp(p, "a\0b", 4) == 0);
	CHECK_STR(q, "");
	z = buf_zalloc(0);
	CHECK(z != NULL);
	z = buf_realloc(z, 100);
	memset(z, 1, 100);
	free(p);
	free(q);
	free(z);
}

/* More than can be asked for ends the program with a word, not a wrap. */
static void too_much(void)
{
	struct buf b = BUF_INIT;
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		fclose(stderr);
		close(STDERR_FILENO);
		buf_addch(&b, 'x');
		buf_reserve(&b, SIZE_MAX - 1);
		_exit(0);
	}
	CHECK(child > 0 && waitpid(child, &status, 0) == child);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 71);
}

int main(void)
{
	static const struct unit_test tests[] = {
		{UNIT_TEST(empty)},   {UNIT_TEST(add)},
		{UNIT_TEST(grow)},    {UNIT_TEST(long_format)},
		{UNIT_TEST(reserve)}, {UNIT_TEST(detach)},
		{UNIT_TEST(copies)},  {UNIT_TEST(too_much)},
	};

	return unit_run("buf", tests, ARRAY_LEN(tests));
}
