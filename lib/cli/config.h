/* SPDX-License-Identifier: ISC */
/*
 * Configuration files: lines "key = value" with the long option names as keys,
 * "[jq-work]" before those of one command, '#' before a comment. What a value
 * means is the option table's business; this only reads the lines.
 */
#ifndef CLI_CONFIG_H
#define CLI_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* The commands that may have a section. */
#define CONFIG_COMMANDS 6
extern const char *const config_commands[CONFIG_COMMANDS];

struct config_entry {
	const char *key;   /* borrowed from the file's text */
	const char *value; /* the same; without blanks at both ends */
	size_t line;	   /* from 1 */
	bool own;	   /* in the command's section, not before all */
};

struct config {
	const char *path;	   /* borrowed, for messages */
	char *text;		   /* owned; what the entries point into */
	struct config_entry *list; /* owned; in the order of the file */
	size_t n;
};

/*
 * Read `path` for `command`: entries before all sections and those of its own
 * section; other commands' sections are skipped. CRLF and a byte order mark
 * are accepted. -1 with STATUS_CONFIG and "FILE:LINE: …" for a line that is no
 * entry, an unknown section, a NUL, a line over 16 KiB; for a file over 1 MiB,
 * one that others may write, or one that cannot be read. With `optional` a
 * missing file is an empty one.
 */
int config_read(struct config *c, const char *path, const char *command,
		bool optional, struct err *e) must_check;

/* "FILE:LINE: " and the message, with STATUS_CONFIG: for entries that turn out
 * to be wrong later. Returns -1. */
int config_blame(const struct config *c, const struct config_entry *at,
		 struct err *e);

void config_release(struct config *c); /* zeroed is fine */

#endif
