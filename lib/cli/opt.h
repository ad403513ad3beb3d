/* SPDX-License-Identifier: ISC */
/*
 * One option table a command: it yields the getopt_long arrays, --help, and
 * what the parity test compares with the manual and the completions.
 */
#ifndef CLI_OPT_H
#define CLI_OPT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strv.h"

enum opt_kind {
	OPT_FLAG,     /* bool: set */
	OPT_COUNT,    /* int: plus one each time */
	OPT_TEXT,     /* const char *: borrowed from argv or the config */
	OPT_LIST,     /* struct opt_list: appended */
	OPT_INT,      /* int64_t in [min, max] */
	OPT_DURATION, /* int64_t ms in [min, max] */
	OPT_SIZE,     /* int64_t bytes in [min, max] */
	OPT_TIME,     /* int64_t ms since the epoch */
	OPT_CALL,     /* fn(value, at, e) parses */
};

struct opt_list {
	const char **v; /* owned array of borrowed strings */
	size_t n;
};

struct opt {
	int key;	  /* short letter, or a number above 255 for none */
	const char *name; /* long name, without dashes */
	const char *arg;  /* "DUR"; NULL for OPT_FLAG and OPT_COUNT */
	const char *help; /* one line */
	enum opt_kind kind;
	void *at;	  /* where the value goes */
	int64_t min, max; /* OPT_INT, OPT_DURATION, OPT_SIZE; max 0 = none */
	int (*fn)(struct strv value, void *at, struct err *e); /* OPT_CALL */
	bool *given;	       /* set when the option was; may be NULL */
	const char *otherwise; /* OPT_CALL: what it is when nobody says; or
				  NULL. The others' places hold that. */
};

/*
 * What all commands share; filled by opt_parse() from options, environment and
 * configuration. A command whose table has an option of the same name replaces
 * the common one.
 */
struct opt_common {
	const char *url;	 /* -u; or NULL */
	const char *url_file;	 /* --url-file; one of the two at most */
	const char *url_from;	 /* who said so: "--url", "JQ_URL", a file */
	const char *namespace;	 /* --namespace; never NULL: "jq" */
	const char *config_file; /* --config; or NULL */
	int64_t connect_timeout; /* --connect-timeout, ms */
	bool json;		 /* -J */
	int quiet, verbose;	 /* -q, -v */
	const char *color;	 /* --color: auto, always, never */
};

struct opt_command {
	const char *name;	 /* "jq-push" */
	const char *synopsis;	 /* after the name, one line per form ('\n') */
	const char *summary;	 /* one line for --help */
	const struct opt *table; /* ended by an entry with name NULL */
	bool stop_at_operand;	 /* jq-work: options end at the first operand */
	/* For programs with exit statuses of their own: called with the one
	 * line that says what is wrong with options or configuration, instead
	 * of printing it and the usage. NULL = as described below. */
	no_return void (*refuse)(const char *msg);
	int answer_status; /* of --help and --version */
	struct opt_common *common;
};

/*
 * Parse argv, then fill what was not given from the environment, the user's
 * configuration file and the system's, in that order. On return `*first` is
 * the index of the first operand in argv: operands are moved to its end unless
 * stop_at_operand. What stood before them is not to be read again. `given` of
 * an option is set whatever the source.
 *
 * Closed standard streams are filled first (fd_fill_standard). Raised rights
 * (setuid) end the program with 77. A password in -u is overwritten in argv.
 *
 * --help and --version print to stdout and exit 0 here, and so does
 * --show-config: a line for each option, its value and its source. A bad
 * invocation prints the three lines of the house on stderr and exits 64:
 * unknown and abbreviated options with a suggestion, an option without its
 * value, a value out of range, an option given twice with different values, an
 * operand that begins with '-' without "--" before it. A bad configuration file
 * exits 78 with its file and line. (The command-line layer is the one that may
 * exit.)
 */
void opt_parse(const struct opt_command *cmd, int argc, char **argv,
	       int *first);

/*
 * Read the same command line again, with the configuration files as they are
 * now, for a program that is told to. The caller has put the places of the
 * table back to what they held before opt_parse(). -1 with STATUS_CONFIG and
 * the file and line that is wrong: the places hold some of it then. Texts
 * live until the next call; those of opt_parse() stay.
 */
int opt_parse_again(const struct opt_command *cmd, struct err *e) must_check;

/* Print three lines: "NAME: message", the first form of the synopsis, the hint
 * at --help; exit 64. For checks of combinations and operands. Here and below
 * control characters in the message come out as \xNN. */
no_return void opt_usage(const struct opt_command *cmd, const char *fmt, ...)
	printf_like(2, 3);

/* Print "NAME: message" for `e` and return its exit status. */
int opt_fail(const struct opt_command *cmd, const struct err *e);

/* The same as the last word of a program: wrong use of the command line gets
 * the usage lines too. */
int opt_end(const struct opt_command *cmd, const struct err *e);

/* The version of the suite, "1.2.3". */
const char *opt_version(void);

/* A warning on stderr: "NAME: warning: …"; silent with -q. */
void opt_warn(const struct opt_command *cmd, const char *fmt, ...)
	printf_like(2, 3);

#endif
