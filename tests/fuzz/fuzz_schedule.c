/* SPDX-License-Identifier: ISC */
/*
 * Schedule files (queue/schedule.h). A file is taken whole or not at all; what
 * is said of it is printable and points into it; every schedule taken has good
 * names, an expression that means what it says, and options within their
 * bounds.
 */
#include "queue/schedule.h"

#include "base/num.h"
#include "cli/record.h"
#include "fuzz.h"
#include "queue/key.h"

#define ZONES "tests/fuzz/corpus/zone"
#define NOW   1764158400LL

struct heard {
	struct strv text; /* the file */
	int errors;
};

static int read_file(void *arg, struct strv name, struct buf *to, struct err *e)
{
	(void)arg;
	if (name.n % 2)
		return err_set(e, STATUS_NOINPUT, "cannot read it");
	buf_add(to, name.p, name.n);
	return 0;
}

static void report(void *arg, const struct schedule_report *r)
{
	struct heard *h = arg;
	struct strv rest = h->text, line = {0};
	int n = 0;

	h->errors += !r->warning;
	HOLDS(r->line >= 1, "lines are counted from 1");
	while (n < r->line && (rest.n || n == 0)) {
		line = strv_cut(&rest, '\n');
		n++;
	}
	HOLDS(n == r->line, "a report points at a line of the file");
	HOLDS(r->column >= 1 && r->column <= line.n + 1,
	      "a report points into its line");
	HOLDS(r->text[0] && strlen(r->text) < 512, "a report says something");
	HOLDS(fuzz_is_line(strv_of(r->text)) || strlen(r->text) > 500,
	      "a report is one printable line");
}

static void expression(const struct schedule *s)
{
	struct cron again;
	size_t column;
	struct err e;

	HOLDS(cron_parse(&again, strv_of(s->text), s->name, &column, &e) == 0,
	      "the text kept is an expression");
	again.anchor = s->cron.anchor;
	HOLDS(cron_same(&s->cron, &again), "the text kept means the same");
}

static void numbers(const struct schedule *s)
{
	HOLDS(s->missed_max >= 1 && s->missed_window >= -1 && s->grace >= 0 &&
		      s->max_live >= 0 && s->limit >= 0 && s->start >= 0 &&
		      s->end >= 0 && s->anchor >= 0,
	      "numbers in their ranges");
	HOLDS(s->grace <= NUM_SPAN_MAX_MS && s->jitter >= 0 &&
		      s->jitter <= NUM_SPAN_MAX_MS,
	      "spans in their ranges");
	HOLDS(schedule_jitter(s) >= 0 &&
		      (!s->jitter || schedule_jitter(s) < s->jitter),
	      "a delay shorter than the jitter");
	HOLDS(s->job.priority >= JOB_PRIORITY_MIN &&
		      s->job.priority <= JOB_PRIORITY_MAX &&
		      s->job.max_attempts >= 0 &&
		      s->job.max_attempts <= JOB_MAX_ATTEMPTS,
	      "a job's numbers in their ranges");
}

static void schedule(const struct schedule *s)
{
	char id[KEY_ID_MAX + 1];
	struct cron_tick tick;
	struct err e;

	HOLDS(key_check_queue(strv_of(s->queue), &e) == 0, "a queue's name");
	HOLDS(schedule_check_name(strv_of(s->name), &e) == 0,
	      "a schedule's name");
	HOLDS(s->zone && strcmp(s->zone->name, s->tz) == 0, "its zone");
	HOLDS(cron_next(&s->cron, s->zone, NOW, &tick), "it fires some time");
	schedule_job_id(s->name, tick.at, id);
	HOLDS(key_check_id(strv_of(id), &e) == 0, "the id of its job is one");
	HOLDS(record_check_options(&s->job, &e) == 0,
	      "options that the command line takes");
	expression(s);
	numbers(s);
}

static void parse(struct strv v, bool files)
{
	struct heard heard = {.text = v};
	const struct schedule_input in = {
		.zone_dir = ZONES,
		.source = "file",
		.now = NOW,
		.read_file = files ? read_file : NULL,
		.report = report,
		.arg = &heard,
	};
	struct schedule_file f;
	struct err e;

	if (strv_starts(v, "\xef\xbb\xbf"))
		heard.text = strv_make(v.p + 3, v.n - 3);
	if (schedule_parse(&f, v, &in, &e) < 0) {
		fuzz_said(&e, STATUS_CONFIG);
		HOLDS(heard.errors > 0, "what is wrong was reported");
		HOLDS(!f.n && !f.v && !f.source && !f.zones,
		      "a file is taken whole or not at all");
	} else {
		HOLDS(heard.errors == 0, "a file with errors is not taken");
		HOLDS(schedule_check_name(strv_of(f.source), &e) == 0,
		      "the source has a name");
		for (size_t i = 0; i < f.n; i++)
			schedule(&f.v[i]);
	}
	schedule_file_release(&f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	parse(fuzz_view(data, size), true);
	parse(fuzz_view(data, size), false);
	return 0;
}
