/* SPDX-License-Identifier: ISC */
/* Names of signals: sigabbrev_np() is glibc's alone, strsignal() translates. */
#include "base/signame.h"

#include <signal.h>
#include <stddef.h>

#include "base/attr.h"

static const char *const names[] = {
	[SIGABRT] = "SIGABRT",	   [SIGALRM] = "SIGALRM", [SIGBUS] = "SIGBUS",
	[SIGCHLD] = "SIGCHLD",	   [SIGCONT] = "SIGCONT", [SIGFPE] = "SIGFPE",
	[SIGHUP] = "SIGHUP",	   [SIGILL] = "SIGILL",	  [SIGINT] = "SIGINT",
	[SIGKILL] = "SIGKILL",	   [SIGPIPE] = "SIGPIPE", [SIGPROF] = "SIGPROF",
	[SIGQUIT] = "SIGQUIT",	   [SIGSEGV] = "SIGSEGV", [SIGSTOP] = "SIGSTOP",
	[SIGSYS] = "SIGSYS",	   [SIGTERM] = "SIGTERM", [SIGTRAP] = "SIGTRAP",
	[SIGTSTP] = "SIGTSTP",	   [SIGTTIN] = "SIGTTIN", [SIGTTOU] = "SIGTTOU",
	[SIGURG] = "SIGURG",	   [SIGUSR1] = "SIGUSR1", [SIGUSR2] = "SIGUSR2",
	[SIGVTALRM] = "SIGVTALRM", [SIGXCPU] = "SIGXCPU", [SIGXFSZ] = "SIGXFSZ",
#ifdef SIGIO
	[SIGIO] = "SIGIO",
#endif
#ifdef SIGPWR
	[SIGPWR] = "SIGPWR",
#endif
#ifdef SIGSTKFLT
	[SIGSTKFLT] = "SIGSTKFLT",
#endif
#ifdef SIGWINCH
	[SIGWINCH] = "SIGWINCH",
#endif
};

const char *signame_of(int signo)
{
	return signo >= 0 && (size_t)signo < ARRAY_LEN(names) ? names[signo]
							      : NULL;
}
