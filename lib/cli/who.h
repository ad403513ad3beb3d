/* SPDX-License-Identifier: ISC */
/* Who runs the command, for the record. */
#ifndef CLI_WHO_H
#define CLI_WHO_H

#include <stddef.h>

/* "user@host" into `to`, cut to `size` bytes. */
void who_find(char *to, size_t size);

#endif
