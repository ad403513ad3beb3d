/* SPDX-License-Identifier: ISC */
/* The parts of a line of a crontab, for import.c. Pure. */
#ifndef CRON_IMPORT_LINE_H
#define CRON_IMPORT_LINE_H

#include "base/buf.h"
#include "base/strv.h"

/*
 * Append the five fields (or the macro) that a line begins with, spelled so
 * that they mean here what they mean to cron, and cut them off the line. What
 * is no expression comes out as one that cron_parse() refuses, in the words
 * that were written.
 */
void import_line_fields(struct strv *line, struct buf *out);

/* Append a name for a schedule that runs the command. */
void import_line_name(struct strv command, struct buf *out);

/* Append the command as one for sh: '%' begins its input, as cron has it. */
void import_line_command(struct strv command, struct buf *out);

/* Append `v` as one word for sh. */
void import_line_quote(struct strv v, struct buf *out);

/* Cut NAME = VALUE apart as cron does, quotes around either taken off. False
 * when the line is none. */
bool import_line_setting(struct strv line, struct strv *name,
			 struct strv *value);

#endif
