/* SPDX-License-Identifier: ISC */
/*
 * Crontabs (cron/import.h). Whatever comes in, a schedule file comes out; each
 * line that is left out is told of and stays as a comment.
 */
#include "cron/import.h"

#include "fuzz.h"
#include "queue/schedule.h"

#define ZONES "tests/fuzz/corpus/zone"
#define NOW   1764158400LL

static int errors;

static void hear(void *arg, const struct schedule_report *r)
{
	size_t n = strlen(r->text);

	(void)arg;
	errors += !r->warning;
	HOLDS(r->line >= 1 && r->column >= 1, "a report points into the file");
	/* what was too long may end inside a character */
	while (n > 250 && ((unsigned char)r->text[n - 1] & 0x80))
		n--;
	HOLDS(n && fuzz_is_line(strv_make(r->text, n)),
	      "a report is one printable line");
}

static void complain(void *arg, const struct schedule_report *r)
{
	(void)arg;
	if (!r->warning)
		fprintf(stderr, "%d:%zu: %s\n", r->line, r->column, r->text);
	HOLDS(r->warning, "what comes out is right");
}

static size_t comments(const struct buf *out)
{
	const char *at = out->p;
	size_t n = 0;

	while ((at = strstr(at, "\n# left out: "))) {
		at++;
		n++;
	}
	return n;
}

static void check_file(const struct buf *out)
{
	const struct schedule_input in = {
		.zone_dir = ZONES,
		.source = "file",
		.now = NOW,
		.report = complain,
	};
	struct schedule_file f;
	struct err e;

	HOLDS(schedule_parse(&f, strv_make(out->p, out->len), &in, &e) == 0,
	      "what comes out is a schedule file");
	schedule_file_release(&f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct strv v = fuzz_view(data, size);
	const struct import_options o = {
		.queue = "cron",
		.zone_dir = ZONES,
		.zone = "UTC",
		.system = fuzz_hash(v) & 1,
		.report = hear,
	};
	struct buf out = BUF_INIT;
	struct err e;
	int rc;

	errors = 0;
	rc = import_crontab(v, &o, &out, &e);
	if (rc < 0)
		fuzz_said(&e, v.n > IMPORT_MAX ? STATUS_DATA : STATUS_NO);
	HOLDS((rc < 0) == (errors > 0), "what is left out is told of");
	/* a line that was a comment may look like one of ours */
	HOLDS(comments(&out) >= (size_t)errors, "and stays as a comment");
	check_file(&out);
	buf_release(&out);
	return 0;
}
