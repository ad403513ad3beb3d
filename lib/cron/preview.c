/* SPDX-License-Identifier: ISC */
/* Lines of `jq-cron next`. */
#include "cron/preview.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/civil.h"
#include "base/num.h"
#include "base/text.h"
#include "sys/json.h"

/* The zone that text and option agree on. */
static int choose_zone(struct strv *text, const char *tz, struct strv *zone,
		       struct err *e)
{
	struct strv own;
	char shown[64];

	*zone = strv_of(tz ? tz : "UTC");
	if (!cron_cut_zone(text, &own))
		return 0;
	if (tz && !strv_eq(own, tz))
		return err_set(e, STATUS_DATA,
			       "the expression says zone '%s', the option "
			       "'%.64s' (leave one of them out)",
			       text_show(own, shown, sizeof(shown)), tz);
	*zone = own;
	return 0;
}

int preview_parse(struct schedule_file *f, const char *text, const char *tz,
		  const char *name, struct err *e)
{
	struct strv rest = strv_of(text), zone;
	struct schedule *s;
	size_t column;

	memset(f, 0, sizeof(*f));
	if (choose_zone(&rest, tz, &zone, e) < 0)
		return -1;
	f->v = buf_zalloc(sizeof(*f->v));
	f->zones = buf_zalloc(sizeof(struct zone *));
	f->n = 1;
	s = &f->v[0];
	buf_init(&s->payload);
	s->text = strv_dup(strv_trim(rest));
	if (cron_parse(&s->cron, rest, name, &column, e) < 0)
		return -1;
	f->zones[0] = zone_load(NULL, zone, e);
	if (!f->zones[0]) {
		e->code = STATUS_DATA;
		return -1;
	}
	f->n_zones = 1;
	s->zone = f->zones[0];
	s->tz = strv_dup(zone);
	return 0;
}

const char *preview_warning(const struct schedule *s)
{
	if (!s->cron.vixie_differs)
		return NULL;
	return "day of month and day of week: fires on either; Vixie cron "
	       "would require both (write + before the day of week for both)";
}

void preview_about(const struct schedule *s, struct buf *out)
{
	if (s->name)
		buf_addf(out, "%s/%s: ", s->queue, s->name);
	buf_addf(out, "%s, %s", cron_kind_name(s->cron.kind), s->tz);
}

/* "2026-11-24", `sep`, "10:00:00", of seconds as if they were UTC. */
static void add_clock(struct buf *out, int64_t seconds, char sep)
{
	int64_t day = civil_floor(seconds, CIVIL_DAY);
	int rest = (int)(seconds - day * CIVIL_DAY);
	struct civil d = civil_date(day);

	buf_addf(out, "%04" PRId64 "-%02d-%02d%c%02d:%02d:%02d", d.year,
		 d.month, d.day, sep, rest / 3600, rest / 60 % 60, rest % 60);
}

static void add_offset(struct buf *out, int32_t offset)
{
	int32_t by = offset < 0 ? -offset : offset;

	buf_addf(out, "%c%02d:%02d", offset < 0 ? '-' : '+', by / 3600,
		 by / 60 % 60);
	/* zones of the nineteenth century */
	if (by % 60)
		buf_addf(out, ":%02d", by % 60);
}

static void add_mark(struct buf *out, const struct cron_tick *t)
{
	struct buf missing = BUF_INIT;

	switch (t->mark) {
	case CRON_PLAIN:
		break;
	case CRON_MOVED:
		add_clock(&missing, t->missing, ' ');
		/* no seconds where there are none */
		if (strcmp(missing.p + missing.len - 3, ":00") == 0)
			buf_cut(&missing, missing.len - 3);
		buf_addf(out, "  (%s does not exist)",
			 strchr(missing.p, ' ') + 1);
		break;
	case CRON_FIRST:
		buf_addstr(out, "  (first of two)");
		break;
	case CRON_AGAIN:
		buf_addstr(out, "  (second of two)");
		break;
	}
	buf_release(&missing);
}

static void add_line(const struct preview *p, const struct cron_tick *t,
		     struct buf *out)
{
	const struct schedule *s = p->schedule;
	int32_t offset = zone_at(s->zone, t->at).offset;
	char distance[24];

	num_format_span((t->at - p->after) * 1000, distance);
	add_clock(out, t->at, 'T');
	buf_addstr(out, "Z  ");
	add_clock(out, t->at + offset, ' ');
	buf_addch(out, ' ');
	add_offset(out, offset);
	buf_addf(out, "  in %s", distance);
	if (s->name)
		buf_addf(out, "  %s/%s", s->queue, s->name);
	add_mark(out, t);
	buf_addch(out, '\n');
}

static void put_clock(struct json *j, const char *key, int64_t seconds,
		      const int32_t *offset)
{
	struct buf text = BUF_INIT;

	add_clock(&text, seconds, 'T');
	if (offset)
		add_offset(&text, *offset);
	json_put_str(j, key, text.p);
	buf_release(&text);
}

static void add_json(const struct preview *p, const struct cron_tick *t,
		     struct buf *out)
{
	static const char *const marks[] = {NULL, "moved", "first", "second"};
	const struct schedule *s = p->schedule;
	int32_t offset = zone_at(s->zone, t->at).offset;
	struct json *j = json_new_object();

	if (s->name) {
		json_put_str(j, "queue", s->queue);
		json_put_str(j, "name", s->name);
	}
	json_put_str(j, "schedule", s->text);
	json_put_str(j, "kind", cron_kind_name(s->cron.kind));
	json_put_str(j, "zone", s->tz);
	json_put_time(j, "tick", t->at * 1000);
	put_clock(j, "local", t->at + offset, &offset);
	json_put_int(j, "in", t->at - p->after);
	if (marks[t->mark])
		json_put_str(j, "mark", marks[t->mark]);
	if (t->mark == CRON_MOVED)
		put_clock(j, "missing", t->missing, NULL);
	json_write(j, out);
	buf_addch(out, '\n');
	json_free(j);
}

int64_t preview_write(const struct preview *p, struct buf *out)
{
	struct cron_tick t = {.at = p->after};
	int64_t n = 0;

	while (n < p->most && schedule_next(p->schedule, t.at, &t)) {
		if (p->json)
			add_json(p, &t, out);
		else
			add_line(p, &t, out);
		n++;
	}
	return n;
}
