/* SPDX-License-Identifier: ISC */
/*
 * Unit tests: a table of functions, each run in a process of its own so that
 * a crash, a leak or a hang is one failure. A failed check is printed and the
 * test goes on, so that a table of cases shows all its bad rows at once.
 */
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct unit_test {
	const char *name;
	void (*run)(void);
};
#define UNIT_TEST(fn) .name = #fn, .run = fn

static int unit_failed;		  /* checks, in this process */
static const char *unit_row = ""; /* the case at hand; set by the test */

#define CHECK(cond)	unit_check((cond), #cond, __FILE__, __LINE__)
#define CHECK_INT(a, b) unit_check_int((a), (b), #a, __FILE__, __LINE__)
#define CHECK_STR(a, b) unit_check_str((a), (b), #a, __FILE__, __LINE__)
/* String `a` contains `b`. */
#define CHECK_HAS(a, b) unit_check(strstr(a, b), (a), __FILE__, __LINE__)

static inline void unit_check(bool ok, const char *what, const char *file,
			      int line)
{
	if (ok)
		return;
	unit_failed++;
	printf("%s:%d: [%s] %s\n", file, line, unit_row, what);
}

static inline void unit_check_int(long long a, long long b, const char *what,
				  const char *file, int line)
{
	unit_check(a == b, what, file, line);
	if (a != b)
		printf("\tgot %lld, want %lld\n", a, b);
}

static inline void unit_check_str(const char *a, const char *b,
				  const char *what, const char *file, int line)
{
	unit_check(strcmp(a, b) == 0, what, file, line);
	if (strcmp(a, b) != 0)
		printf("\tgot «%s»\n\twant «%s»\n", a, b);
}

/* Run all; prints "unit NAME: N passed, N failed"; returns main's status. */
static inline int unit_run(const char *name, const struct unit_test *t,
			   size_t n)
{
	int status, bad = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (size_t i = 0; i < n; i++) {
		if (fork() == 0) {
			alarm(60);
			t[i].run();
			exit(unit_failed ? 1 : 0);
		}
		if (wait(&status) < 0 || status != 0) {
			printf("FAIL %s: %s (wait status %d)\n", name,
			       t[i].name, status);
			bad++;
		}
	}
	printf("unit %s: %zu passed, %d failed\n", name, n - (size_t)bad, bad);
	return bad ? 1 : 0;
}

#endif
