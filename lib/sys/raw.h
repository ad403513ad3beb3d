/* SPDX-License-Identifier: ISC */
/*
 * System calls for a process that shares its memory with a parent that runs on,
 * and so must not touch errno, which is the parent's: each returns the error as
 * a negative number. Where we do not know how to make them ourselves the parent
 * has to wait (RAW_SHARES is 0).
 */
#ifndef SYS_RAW_H
#define SYS_RAW_H

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Such a process leaves by execve() or _exit(), never by returning: a
 * sanitizer's marks on its stack would stay behind. */
#if defined(__clang__)
#define RAW_SIDE __attribute__((noinline, no_sanitize("all")))
#else
#define RAW_SIDE \
	__attribute__((noinline, no_sanitize("address", "undefined", "thread")))
#endif

#if defined(__linux__) && defined(__x86_64__) && defined(__LP64__)
#define RAW_SHARES 1
RAW_SIDE static long raw_call(long number, long a, long b, long c, long d)
{
	register long r10 __asm__("r10") = d;
	long rc;

	__asm__ volatile("syscall"
			 : "=a"(rc)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10)
			 : "rcx", "r11", "memory");
	return rc;
}
#elif defined(__linux__) && defined(__aarch64__)
#define RAW_SHARES 1
RAW_SIDE static long raw_call(long number, long a, long b, long c, long d)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;

	__asm__ volatile("svc #0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3)
			 : "memory");
	return x0;
}
#else
#define RAW_SHARES 0
RAW_SIDE static long raw_call(long number, long a, long b, long c, long d)
{
	long rc = syscall(number, a, b, c, d);

	return rc == -1 ? -errno : rc;
}
#endif

#define RAW_CALL4(name, a, b, c, d, ...) \
	raw_call(SYS_##name, (long)(a), (long)(b), (long)(c), (long)(d))
/* raw(name, …): the system call, with one to four arguments. */
#define raw(name, ...) RAW_CALL4(name, __VA_ARGS__, 0, 0, 0, 0)

#endif
