/* SPDX-License-Identifier: ISC */
/*
 * The settings of a queue as people write and read them: KEY=VALUE in, a
 * table or JSON out.
 */
#ifndef CLI_SETTING_H
#define CLI_SETTING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/num.h"
#include "cli/opt.h"
#include "queue/change.h"
#include "queue/stats.h"

#define SETTING_TEXT_SIZE NUM_TEXT_SIZE /* room for setting_format() */

/* One KEY=VALUE, read. */
struct setting_change {
	const struct change_setting *setting;
	int64_t value;
	bool is_default; /* put the default back */
};

/* Parse "KEY=VALUE"; -1 with STATUS_USAGE. */
int setting_parse(const char *text, struct setting_change *out,
		  struct err *e) must_check;

/* A value so that setting_parse() reads the very same: "1h30m", "64M". */
void setting_format(const struct change_setting *s, int64_t value,
		    char to[SETTING_TEXT_SIZE]);

/* Append the settings in force, a line each, those at their default marked;
 * as JSON one document. */
void setting_show(const struct stats_queue *q, const char *queue,
		  const struct opt_common *common, struct buf *out);

/* What is in force, in the setting's unit. */
int64_t setting_value(const struct stats_queue *q,
		      const struct change_setting *s);

/* The same with the type, the range and the default of each. */
void setting_table(const struct stats_queue *q, const char *queue,
		   const struct opt_common *common, struct buf *out);

/* Append the names and what they mean, for --help. */
void setting_help(struct buf *out);

#endif
