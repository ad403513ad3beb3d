/* SPDX-License-Identifier: ISC */
/* Around the keeper's loop. */
#include "cron/daemon.h"

#include <signal.h>
#include <stdlib.h>

#include "base/num.h"
#include "cron/event.h"

static int reload(void *arg, struct err *e)
{
	struct daemon *d = arg;
	struct schedule_file *f = buf_zalloc((d->n_files + 1) * sizeof(*f));
	int rc;

	notify_reloading(&d->notify);
	rc = d->read(f, e);
	if (rc == 0)
		rc = keeper_apply(&d->keeper, f, d->n_files, e);
	for (size_t i = 0; i < d->n_files; i++)
		schedule_file_release(&f[i]);
	free(f);
	notify_reloaded(&d->notify);
	return rc;
}

static void show_state(void *arg, const struct keeper_state *s)
{
	struct daemon *d = arg;
	struct buf next = BUF_INIT;
	char at[40];

	if (s->reached && s->next) {
		num_format_second(s->next->wake_at / 1000, at);
		buf_addf(&next, ", next %s/%s at %s",
			 s->next->table->keys.queue, s->next->schedule->name,
			 at);
	}
	notify_status(&d->notify, "%zu schedule%s%s", s->schedules,
		      s->schedules == 1 ? "" : "s",
		      s->reached ? next.p : ", waiting for the server");
	buf_release(&next);
}

static void stay_alive(void *arg)
{
	struct daemon *d = arg;

	notify_alive(&d->notify);
	loop_timer_set(d->alive, d->notify.watchdog_ms);
}

static void tell(struct daemon *d, const char *what)
{
	struct event v;

	event_begin(&v, EVENT_NOTE, what);
	event_str(&v, "version", d->version);
	event_int(&v, "files", (int64_t)d->n_files);
	event_str(&v, "zones", d->keeper.zones.release);
	event_end(&v, &d->keeper.to);
}

static void serve(struct daemon *d)
{
	tell(d, "start");
	notify_ready(&d->notify);
	if (d->notify.watchdog_ms)
		loop_timer_set(d->alive, d->notify.watchdog_ms);
	keeper_run(&d->keeper);
	notify_stopping(&d->notify);
	tell(d, "stop");
}

int daemon_run(struct daemon *d, const struct schedule_file *f, struct err *e)
{
	static const struct {
		int number;
		loop_fn *fn;
	} on[] = {
		{SIGHUP, keeper_reload},
		{SIGTERM, keeper_stop},
		{SIGINT, keeper_stop},
	};
	struct loop_signal *signal[ARRAY_LEN(on)];
	int rc;

	d->keeper = (struct keeper){
		.loop = d->loop,
		.redis = d->redis,
		.ears = d->ears,
		.space = d->space,
		.to = {logbook_say, &d->log},
		.load = reload,
		.state = show_state,
		.arg = d,
		.by = d->by,
		.sure = d->sure,
	};
	keeper_init(&d->keeper);
	d->alive = loop_timer_new(d->loop, stay_alive, d);
	for (size_t i = 0; i < ARRAY_LEN(on); i++)
		signal[i] = loop_signal_new(d->loop, on[i].number, on[i].fn,
					    &d->keeper);
	rc = keeper_apply(&d->keeper, f, d->n_files, e);
	if (rc == 0)
		serve(d);
	for (size_t i = 0; i < ARRAY_LEN(on); i++)
		loop_signal_free(signal[i]);
	loop_timer_free(d->alive);
	/* what is on its way belongs to the keeper's tables */
	redis_free(d->redis);
	redis_free(d->ears);
	d->redis = d->ears = NULL;
	keeper_release(&d->keeper);
	return rc;
}
