/* SPDX-License-Identifier: ISC */
/* Events as lines of a log. */
#include "cron/logbook.h"

#include <poll.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/num.h"

static void add_line(struct logbook *l, const struct event *v)
{
	static const int priority[] = {3, 4, 5, 7};
	char time[32];

	if (l->json) {
		event_render_json(v, clock_real_ms(), &l->line);
		buf_addch(&l->line, '\n');
		return;
	}
	num_format_time(clock_real_ms(), time);
	if (l->journal)
		buf_addf(&l->line, "<%d>%s: ", priority[v->level], l->program);
	else
		buf_addf(&l->line, "%s %s: ", time, l->program);
	event_render_text(v, &l->line);
	buf_addch(&l->line, '\n');
}

static void add_dropped(struct logbook *l)
{
	struct event v;

	event_begin(&v, EVENT_WARN, "dropped_lines");
	event_int(&v, "count", (int64_t)l->dropped);
	l->dropped = 0;
	add_line(l, &v);
	event_release(&v);
}

void logbook_say(void *arg, const struct event *v)
{
	struct logbook *l = arg;
	struct pollfd room = {.fd = l->fd, .events = POLLOUT};

	if (l->verbose < (int)v->level - (int)EVENT_NOTE)
		return;
	if (poll(&room, 1, 0) == 0) {
		l->dropped++;
		return;
	}
	buf_clear(&l->line);
	if (l->dropped)
		add_dropped(l);
	add_line(l, v);
	/* there is nobody to tell that it failed */
	(void)!fd_write_all(l->fd, l->line.p, l->line.len);
}

void logbook_release(struct logbook *l)
{
	buf_release(&l->line);
}
