/* SPDX-License-Identifier: ISC */
/*
 * The terminal as a whole screen: the other screen of it, keys as they are
 * pressed, and everything put back however the program ends: by itself, by
 * exit(), by SIGINT, SIGTERM, SIGHUP or SIGQUIT, and while it is stopped.
 */
#ifndef CLI_TERMINAL_H
#define CLI_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

/* STATUS_USAGE unless stdout is a terminal that can do it. */
int terminal_check(struct err *e) must_check;

/* Take the terminal. One at a time. After a stop SIGWINCH is raised, so that
 * whoever draws draws again. */
void terminal_begin(void);
void terminal_end(void); /* without terminal_begin() nothing happens */

/* Columns and rows, now; 80 and 24 if nobody knows. */
void terminal_size(size_t *columns, size_t *rows);

/* Show the first `rows` lines of `text` instead of what was there; lines that
 * are too long are cut by the terminal. */
void terminal_draw(const struct buf *text, size_t rows);

/* What was typed: a key, 0 for none that waits, -1 at the end of stdin. */
int terminal_key(void);

#endif
