/* SPDX-License-Identifier: ISC */
/* A list of names, each in it once. */
#ifndef CRON_NAMES_H
#define CRON_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strv.h"

struct names {
	char **v; /* owned, and so are the names */
	size_t n;
};

bool names_has(const struct names *l, struct strv name);
/* True when it was not there; it is then. */
bool names_add(struct names *l, struct strv name);
void names_sort(struct names *l);
void names_release(struct names *l); /* zeroed is fine */

#endif
