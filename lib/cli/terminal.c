/* SPDX-License-Identifier: ISC */
/* Takes the terminal and gives it back. Handlers call only what they may. */
#include "cli/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/strv.h"
#include "cli/env.h"

/* The other screen, no cursor, long lines cut; and back. */
#define ENTER "\033[?1049h\033[?25l\033[?7l\033[H\033[2J"
#define LEAVE "\033[?7h\033[?25h\033[?1049l"

static volatile sig_atomic_t taken;
static struct termios before, during;
static bool has_keys; /* stdin is a terminal */

static void put(const char *s, size_t n)
{
	/* a terminal that is gone takes nothing, and nothing can be done */
	(void)!write(STDOUT_FILENO, s, n);
}

static void enter(void)
{
	if (has_keys)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &during);
	put(ENTER, sizeof(ENTER) - 1);
}

static void leave(void)
{
	put(LEAVE, sizeof(LEAVE) - 1);
	if (has_keys)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
}

/* Give the terminal back, then let the signal do what it does to others: stop
 * or end us. */
static void on_signal(int signo)
{
	int saved = errno;
	struct sigaction ours, usual = {.sa_handler = SIG_DFL};
	sigset_t set, old;

	if (taken)
		leave();
	sigaction(signo, &usual, &ours);
	sigemptyset(&set);
	sigaddset(&set, signo);
	raise(signo);
	sigprocmask(SIG_UNBLOCK, &set, &old);
	/* only after a stop do we come here */
	sigprocmask(SIG_SETMASK, &old, NULL);
	sigaction(signo, &ours, NULL);
	if (taken)
		enter();
	raise(SIGWINCH);
	errno = saved;
}

int terminal_check(struct err *e)
{
	const char *term = env_get("TERM");

	if (isatty(STDOUT_FILENO) && term && strcmp(term, "dumb") != 0)
		return 0;
	return err_set(e, STATUS_USAGE,
		       "--watch needs a terminal as standard output (--history "
		       "and -J do not)");
}

void terminal_begin(void)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT,
				      SIGTSTP};
	static bool registered;
	struct sigaction act = {.sa_handler = on_signal};
	struct sigaction old;

	has_keys =
		isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &before) == 0;
	during = before;
	during.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	during.c_cc[VMIN] = 1;
	during.c_cc[VTIME] = 0;
	if (!registered)
		registered = atexit(terminal_end) == 0;
	taken = 1;
	sigemptyset(&act.sa_mask);
	/* what is ignored, as under nohup, stays so */
	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		if (sigaction(signals[i], NULL, &old) == 0 &&
		    old.sa_handler != SIG_IGN)
			sigaction(signals[i], &act, NULL);
	enter();
}

void terminal_end(void)
{
	if (!taken)
		return;
	taken = 0;
	leave();
}

void terminal_size(size_t *columns, size_t *rows)
{
	struct winsize size;
	bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0;

	*columns = known && size.ws_col ? size.ws_col : 80;
	*rows = known && size.ws_row ? size.ws_row : 24;
}

void terminal_draw(const struct buf *text, size_t rows)
{
	struct strv rest = strv_make(text->p, text->len);
	struct buf out = BUF_INIT;

	buf_addstr(&out, "\033[H");
	for (size_t i = 0; i < rows && rest.n > 0; i++) {
		struct strv line = strv_cut(&rest, '\n');

		buf_addstr(&out, i ? "\r\n" : "");
		buf_add(&out, line.p, line.n);
		buf_addstr(&out, "\033[0m\033[K");
	}
	buf_addstr(&out, "\033[J");
	(void)!fd_write_all(STDOUT_FILENO, out.p, out.len);
	buf_release(&out);
}

int terminal_key(void)
{
	struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
	unsigned char c;

	if (!has_keys || poll(&p, 1, 0) <= 0)
		return 0;
	return read(STDIN_FILENO, &c, 1) == 1 ? c : -1;
}
