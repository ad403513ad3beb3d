/* SPDX-License-Identifier: ISC */
/*
 * Names of signals, the same on every libc and in every locale. Pure.
 */
#ifndef BASE_SIGNAME_H
#define BASE_SIGNAME_H

/* "SIGKILL" for 9 and so on; NULL for a number without a name. */
const char *signame_of(int signo);

#endif
