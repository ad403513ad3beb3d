/* SPDX-License-Identifier: ISC */
/*
 * The main function of a fuzz target where there is no libFuzzer: gives it
 * each file of its corpus, in a process of its own. Without arguments that is
 * tests/fuzz/corpus/NAME for a program named fuzz_NAME.
 */
#include <dirent.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "fuzz.h"

#define INPUT_MAX (1 << 20)

/* What the child does. The copy is as large as the input, so that reading
 * past it is seen. */
static int feed(const char *path)
{
	struct buf b = BUF_INIT;
	struct err e;
	FILE *f = fopen(path, "rb");
	uint8_t *copy;

	if (!f || fd_read_all(fileno(f), path, INPUT_MAX, &b, &e) < 0) {
		fprintf(stderr, "%s: cannot be read\n", path);
		return 1;
	}
	fclose(f);
	copy = buf_alloc(b.len ? b.len : 1);
	memcpy(copy, b.p, b.len);
	LLVMFuzzerTestOneInput(copy, b.len);
	free(copy);
	buf_release(&b);
	return 0;
}

static bool passes(const char *path)
{
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		alarm(60);
		exit(feed(path));
	}
	if (pid > 0 && waitpid(pid, &status, 0) == pid && status == 0)
		return true;
	printf("FAIL %s (wait status %d)\n", path, status);
	return false;
}

static void count(const char *path, int counts[2])
{
	counts[passes(path) ? 0 : 1]++;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void corpus(const char *name, int counts[2])
{
	struct dirent **list = NULL;
	struct buf path = BUF_INIT;
	int n;

	buf_addf(&path, "tests/fuzz/corpus/%s", name);
	n = scandir(path.p, &list, NULL, by_name);
	for (int i = 0; i < n; i++) {
		buf_clear(&path);
		buf_addf(&path, "tests/fuzz/corpus/%s/%s", name,
			 list[i]->d_name);
		if (list[i]->d_name[0] != '.')
			count(path.p, counts);
		free(list[i]);
	}
	free(list);
	buf_release(&path);
}

int main(int argc, char **argv)
{
	const char *slash = strrchr(argv[0], '/');
	const char *name = slash ? slash + 1 : argv[0];
	int counts[2] = {0, 0};

	if (strncmp(name, "fuzz_", 5) == 0)
		name += 5;
	for (int i = 1; i < argc; i++)
		count(argv[i], counts);
	if (argc == 1)
		corpus(name, counts);
	printf("replay %s: %d passed, %d failed\n", name, counts[0], counts[1]);
	return counts[1] || !counts[0];
}
