/* SPDX-License-Identifier: ISC */
/* The outside of lib/cron/import.c: files in and out, the host's zone. */
#include "cli/crontab.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"
#include "cli/output.h"
#include "cli/report.h"
#include "cron/import.h"
#include "sys/zone.h"

static int read_crontab(const char *path, struct buf *text, struct err *e)
{
	bool is_stdin = strcmp(path, "-") == 0;
	int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	int rc;

	if (fd < 0)
		return err_sys(e, STATUS_NOINPUT, errno, "crontab '%.200s'",
			       path);
	rc = fd_read_all(fd, is_stdin ? "stdin" : path, IMPORT_MAX, text, e);
	if (!is_stdin)
		fd_close(&fd);
	return rc;
}

/* cron works in the zone of its host, and the file has to name it. */
static void find_zone(const struct crontab *c, struct report *report,
		      struct buf *zone)
{
	const struct schedule_report r = {
		.warning = true,
		.line = 1,
		.column = 1,
		.text = "this host does not say which zone it is set to: UTC "
			"(give it with --tz)",
	};

	if (c->zone) {
		buf_addstr(zone, c->zone);
	} else if (!zone_host(NULL, zone)) {
		buf_addstr(zone, "UTC");
		report_tell(report, &r);
	}
}

int crontab_import(const struct crontab *c, struct err *e)
{
	struct report report = {.path = c->path, .json = c->json};
	struct buf text = BUF_INIT, zone = BUF_INIT, out = BUF_INIT;
	struct import_options o = {
		.queue = c->queue ? c->queue : "cron",
		.system = c->system || import_is_system(c->path),
		.report = report_tell,
		.arg = &report,
	};
	struct err late;
	int rc = read_crontab(c->path, &text, e);

	if (rc == 0) {
		find_zone(c, &report, &zone);
		o.zone = zone.p;
		rc = import_crontab(strv_make(text.p, text.len), &o, &out, e);
	}
	if (out.len && output_write(out.p, out.len, &late) < 0) {
		*e = late;
		rc = -1;
	}
	buf_release(&text);
	buf_release(&zone);
	buf_release(&out);
	return rc;
}
