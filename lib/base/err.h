/* SPDX-License-Identifier: ISC */
/*
 * Errors as values. A function that can fail takes a `struct err *` as its
 * last argument, returns -1 and fills it; nothing in the library prints. The
 * code is the exit status that the command ends with, because the place that
 * knows the facts also knows what a caller in a shell can do about them.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/attr.h"

/* Exit statuses of all commands: from 64 on these are the sysexits numbers. */
enum status {
	STATUS_OK = 0,		 /* done as asked, confirmed by the server */
	STATUS_NO = 1,		 /* a clean "no": job dead, queue not empty */
	STATUS_USAGE = 64,	 /* wrong use of the command line */
	STATUS_DATA = 65,	 /* input rejected: payload, record, id */
	STATUS_NOINPUT = 66,	 /* a named input cannot be read */
	STATUS_UNAVAILABLE = 69, /* server unreachable, loading, replica, OOM */
	STATUS_BUG = 70,	 /* a state we hold to be impossible */
	STATUS_SYSTEM = 71,	 /* the system refused: fork, memory */
	STATUS_CANTCREATE = 73,	 /* cannot create an output file */
	STATUS_IO = 74,		 /* read or write error, stdout included */
	STATUS_LATER = 75,	 /* not now: queue full, wait timed out */
	STATUS_PROTOCOL = 76,	 /* not Redis, too old, foreign data layout */
	STATUS_RIGHTS = 77,	 /* authentication, ACL, file modes */
	STATUS_CONFIG = 78,	 /* configuration file or variable */
	STATUS_NOEXEC = 126,	 /* handler is not executable */
	STATUS_NOTFOUND = 127,	 /* handler does not exist */
};

/* Owned by the caller, usually on its stack; valid only after a -1. */
struct err {
	enum status code; /* exit status that fits the failure */
	char msg[512];	  /* one line: what failed: why (what to do) */
};

/* Fill `e` (may be NULL) and return -1, so that `return err_set(…)` reads. */
int err_set(struct err *e, enum status code, const char *fmt, ...)
	printf_like(3, 4);

/* As err_set(), with ": " and the text of errno `errnum` at the end. */
int err_sys(struct err *e, enum status code, int errnum, const char *fmt, ...)
	printf_like(4, 5);

/* Put "PREFIX: " before the message of `e`, once, where the facts are known. */
int err_prefix(struct err *e, const char *fmt, ...) printf_like(2, 3);

/* Memory is exhausted: say so on stderr and exit 71. A worker's leases run
 * out and its jobs return, so there is nothing to save. Never returns. */
no_return void err_nomem(void);

#endif
