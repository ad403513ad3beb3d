/* SPDX-License-Identifier: ISC */
/* A line that says how far a command has come. */
#include "cli/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/env.h"
#include "cli/output.h"

#define FIRST_MS 1000 /* what is over sooner needs no line */
#define EVERY_MS 100
#define BAR	 20 /* columns inside the brackets */

void progress_init(struct progress *p, const struct opt_common *common,
		   const char *what, uint64_t total, bool prints)
{
	const char *term = env_get("TERM");

	memset(p, 0, sizeof(*p));
	p->what = what;
	p->total = total;
	p->begun_ms = clock_boot_ms();
	p->able = !common->quiet && isatty(STDERR_FILENO) && term &&
		  strcmp(term, "dumb") != 0 &&
		  !(prints && isatty(STDOUT_FILENO));
}

/* Of what is left at the pace so far; nothing at the very beginning. */
static int64_t seconds_left(const struct progress *p, int64_t elapsed_ms)
{
	double share = (double)p->done / (double)p->total;

	return (int64_t)((double)elapsed_ms / share * (1 - share) / 1000 + 0.5);
}

size_t progress_format(const struct progress *p, int64_t elapsed_ms,
		       size_t width, char *to, size_t size)
{
	static const char marks[] = "####################";
	int n;

	if (p->total == 0) {
		n = snprintf(to, size, "%s  %" PRIu64, p->what, p->done);
	} else {
		uint64_t done = p->done < p->total ? p->done : p->total;
		int filled = (int)((double)done / (double)p->total * BAR);

		n = snprintf(to, size,
			     "%s  [%-*.*s] %3d %%  %" PRIu64 "/%" PRIu64,
			     p->what, BAR, filled, marks,
			     (int)((double)done / (double)p->total * 100), done,
			     p->total);
		if (done > 0 && done < p->total && n > 0 && (size_t)n < size)
			n += snprintf(to + n, size - (size_t)n,
				      "  %" PRId64 " s left",
				      seconds_left(p, elapsed_ms));
	}
	if (n < 0)
		n = 0;
	if ((size_t)n >= size)
		n = (int)size - 1;
	/* one column stays free: a full line would scroll */
	if (width > 0 && (size_t)n >= width) {
		n = (int)width - 1;
		to[n] = '\0';
	}
	return (size_t)n;
}

void progress_at(struct progress *p, uint64_t done)
{
	int64_t now, elapsed;
	char line[160];

	p->done = done;
	if (!p->able)
		return;
	now = clock_boot_ms();
	elapsed = now - p->begun_ms;
	if (elapsed < FIRST_MS || now - p->drawn_ms < EVERY_MS)
		return;
	p->drawn_ms = now;
	p->shown = true;
	progress_format(p, elapsed, output_width(stderr), line, sizeof(line));
	fprintf(stderr, "\r\033[K%s", line);
	fflush(stderr);
}

void progress_hide(struct progress *p)
{
	if (!p->shown)
		return;
	fputs("\r\033[K", stderr);
	fflush(stderr);
	p->shown = false;
	p->drawn_ms = 0;
}
