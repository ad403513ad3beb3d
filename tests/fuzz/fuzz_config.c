/* SPDX-License-Identifier: ISC */
/*
 * Configuration files (cli/config.h), read from a temporary file. Entries are
 * whole, in order and on their lines; written out again they read as the same;
 * a refusal names file and line and leaves nothing behind.
 */
#include "cli/config.h"

#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"

#define COMMAND "jq-work"

static char path[32];

/* Put the bytes into the file that `path` names. */
static void put(struct strv v)
{
	static FILE *file;

	if (!file) {
		file = tmpfile();
		HOLDS(file != NULL, "the system gives a temporary file");
		fchmod(fileno(file), 0600);
		snprintf(path, sizeof(path), "/dev/fd/%d", fileno(file));
	}
	HOLDS(ftruncate(fileno(file), 0) == 0 &&
		      pwrite(fileno(file), v.p, v.n, 0) == (ssize_t)v.n &&
		      lseek(fileno(file), 0, SEEK_SET) == 0,
	      "the temporary file can be written");
}

static bool whole(const char *s)
{
	return strv_trim(strv_of(s)).n == strlen(s) && !strchr(s, '\n');
}

static void entries(const struct config *c, struct strv v)
{
	size_t lines = 1, before = 0;

	for (size_t i = 0; i < v.n; i++)
		lines += v.p[i] == '\n';
	for (size_t i = 0; i < c->n; i++) {
		const struct config_entry *at = &c->list[i];

		HOLDS(at->key[0] && at->key[0] != '[' && at->key[0] != '#',
		      "a key is one");
		HOLDS(whole(at->key) && whole(at->value) &&
			      !strchr(at->key, '='),
		      "key and value are trimmed");
		HOLDS(at->line > before && at->line <= lines,
		      "entries stand on lines of the file, in order");
		HOLDS(i == 0 || at->own || !c->list[i - 1].own,
		      "what is common stands before the sections");
		before = at->line;
	}
}

/* The entries as a file, which begins with a comment because a byte order mark
 * may begin the first line. */
static void write_out(const struct config *c, struct buf *out)
{
	bool own = false;

	buf_addstr(out, "# written out\r\n");
	for (size_t i = 0; i < c->n; i++) {
		if (c->list[i].own && !own)
			buf_addstr(out, "[" COMMAND "]\r\n");
		own |= c->list[i].own;
		buf_addf(out, "%s = %s\r\n", c->list[i].key, c->list[i].value);
	}
}

static void comes_back(const struct config *c)
{
	struct config again;
	struct buf b = BUF_INIT;
	struct err e;

	write_out(c, &b);
	put(strv_make(b.p, b.len));
	HOLDS(config_read(&again, path, COMMAND, false, &e) == 0,
	      "entries written out are a file");
	HOLDS(again.n == c->n, "all entries come back");
	for (size_t i = 0; i < c->n; i++)
		HOLDS(strcmp(c->list[i].key, again.list[i].key) == 0 &&
			      strcmp(c->list[i].value, again.list[i].value) ==
				      0 &&
			      c->list[i].own == again.list[i].own,
		      "an entry comes back");
	config_release(&again);
	buf_release(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct strv v = fuzz_view(data, size);
	struct config c;
	struct err e;

	put(v);
	if (config_read(&c, path, COMMAND, false, &e) < 0) {
		fuzz_said(&e, STATUS_CONFIG);
		HOLDS(strncmp(e.msg, path, strlen(path)) == 0 &&
			      e.msg[strlen(path)] == ':',
		      "a refusal names the file and the line");
		HOLDS(!c.n && !c.list && !c.text, "no entries on failure");
		return 0;
	}
	entries(&c, v);
	comes_back(&c);
	config_release(&c);
	return 0;
}
