/* SPDX-License-Identifier: ISC */
/*
 * Contracts the compiler can check, spelled so that a prototype stays
 * readable.
 */
#ifndef BASE_ATTR_H
#define BASE_ATTR_H

/* The result says whether the call failed; ignoring it is a bug. */
#define must_check __attribute__((warn_unused_result))

/* Argument `fmt` is a printf format for the arguments from `first` on. */
#define printf_like(fmt, first) __attribute__((format(printf, fmt, first)))

/* The function does not return. */
#define no_return __attribute__((noreturn))

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#endif
