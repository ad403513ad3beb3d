/* SPDX-License-Identifier: ISC */
/*
 * Between opt.c (which source wins), opt_argv.c (the command line) and
 * opt_show.c (--show-config).
 */
#ifndef CLI_OPT_IMPL_H
#define CLI_OPT_IMPL_H

#include <stdbool.h>

#include "base/buf.h"
#include "cli/opt.h"

struct option; /* of getopt_long() */

/* Long options have no letter; getopt_long() reports them from here on. */
#define OPT_LONG_BASE 256

/* Sources, best first; each variable and each part of a file has a rank of its
 * own from there on. */
enum opt_rank {
	OPT_UNSET,
	OPT_ARGV = 1,
	OPT_ENV = 2,
	OPT_FILE = 10
};

struct opt_source {
	int rank;
	const char *name; /* for messages: of the variable, of the file */
	size_t line;	  /* of a file; else 0 */
};

/* One option, and which source has set it with what. */
struct opt_slot {
	const struct opt *opt;
	struct opt_source from; /* rank OPT_UNSET = none has */
	const char *text;	/* borrowed; NULL for a flag in argv */
};

struct opt_parser {
	const struct opt_command *cmd;
	const struct opt *common; /* table of all commands */
	struct opt_slot *slots;	  /* the command's own, then the common ones */
	size_t n, own;
	struct option *longs;
	struct buf letters;
	bool password; /* there was one in argv */
	bool again;    /* opt_parse_again() */
	bool show;     /* --show-config */
};

/* Set an option, unless a better source has. */
int opt_give(struct opt_parser *p, struct opt_slot *s, struct opt_source from,
	     const char *text, struct err *e) must_check;

/* Whether it asks something (--help …) and sets nothing. */
bool opt_is_question(const struct opt *o);

/* The end for `e`, as all commands end or as the command has it. */
no_return void opt_die(const struct opt_command *cmd, const struct err *e);

/* Write the answer to a question to stdout, and exit. */
no_return void opt_answer(const struct opt_command *cmd,
			  const struct buf *text);

/* Options wherever they stand, operands moved behind them. */
void opt_argv_parse(struct opt_parser *p, int argc, char **argv, int *first);

/* Append a line for each option: name, value and who says so, with tabs
 * between. Passwords are left out. */
void opt_show_write(const struct opt_parser *p, struct buf *out);

#endif
