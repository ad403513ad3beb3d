/* SPDX-License-Identifier: ISC */
/* Where the schedules come from; lib/cron/preview.c makes the lines. */
#include "cli/forecast.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "cli/output.h"
#include "cli/report.h"
#include "cli/schedules_impl.h"
#include "cron/preview.h"

static int is_over(const char *name, struct err *e)
{
	return err_set(e, STATUS_NO, "'%.60s' is not due any more", name);
}

/* Why nothing comes: it is over, or no clock of its zone ever shows it. */
static int no_ticks(const struct schedule *s, int64_t after, struct err *e)
{
	const int64_t centuries = CRON_YEARS * 366LL * 86400;
	const char *name = s->name ? s->name : s->text;
	struct cron_tick t;

	if (after > CRON_TIME_MAX - centuries ||
	    cron_next(&s->cron, s->zone, after, &t))
		return is_over(name, e);
	return err_set(e, STATUS_DATA,
		       "'%.60s' never fires in %s: its times fall into a gap "
		       "of the clock (choose another hour)",
		       name, s->tz);
}

/* The ticks of one schedule. */
static int show(const struct forecast *f, const struct schedule *s,
		struct err *e)
{
	bool json = f->command->common->json;
	bool now = f->after == FORECAST_NOW;
	const struct preview p = {
		.schedule = s,
		.after = (now ? clock_real_ms() : f->after) / 1000,
		.most = f->most,
		.json = json,
	};
	struct buf text = BUF_INIT;
	int rc = 0;

	if (preview_warning(s))
		opt_warn(f->command, "%s", preview_warning(s));
	preview_about(s, &text);
	if (!json && !f->command->common->quiet)
		fprintf(stderr, "%s\n", text.p);
	buf_clear(&text);
	if (preview_write(&p, &text) == 0)
		rc = no_ticks(s, p.after, e);
	else
		rc = output_write(text.p, text.len, e);
	buf_release(&text);
	return rc;
}

static int show_file(const struct forecast *f, struct err *e)
{
	struct report report = {
		.zone = f->tz,
		.json = f->command->common->json,
	};
	struct schedule_file file;
	int rc = report_load(&report, &file, f->file, e);
	int status = STATUS_OK;
	bool found = !f->name;

	for (size_t i = 0; rc == 0 && i < file.n; i++) {
		if (f->name && strcmp(f->name, file.v[i].name) != 0)
			continue;
		found = true;
		rc = show(f, &file.v[i], e);
		if (rc < 0 && e->code == STATUS_NO) {
			status = opt_fail(f->command, e);
			rc = 0;
		}
	}
	if (rc == 0 && !found)
		rc = err_set(e, STATUS_NO, "'%s' has no schedule '%s'", f->file,
			     f->name);
	schedule_file_release(&file);
	return rc < 0 ? -1 : status;
}

static int show_named(const struct forecast *f, struct err *e)
{
	struct schedules *s = f->with;
	struct find found;
	int rc = schedules_open(s, e);

	if (rc < 0)
		return -1;
	rc = find_named(&found, s->server.redis, schedules_space(s), f->name,
			s->queue, e);
	if (rc == 0 && found.state.paused)
		opt_warn(f->command, "'%s' is paused: its ticks are dropped",
			 f->name);
	/* at its limit it has times, and no tick will be one of them */
	if (rc == 0)
		rc = found.state.finished ? is_over(f->name, e)
					  : show(f, find_schedule(&found), e);
	find_release(&found);
	return rc;
}

int forecast_show(const struct forecast *f, struct err *e)
{
	struct schedule_file file;
	int rc;

	if (f->file)
		return show_file(f, e);
	if (!f->expression)
		return show_named(f, e);
	rc = preview_parse(&file, f->expression, f->tz, f->name, e);
	if (rc == 0)
		rc = show(f, &file.v[0], e);
	schedule_file_release(&file);
	return rc;
}
