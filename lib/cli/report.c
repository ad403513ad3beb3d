/* SPDX-License-Identifier: ISC */
/* Lines that editors can jump to. */
#include "cli/report.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "cli/output.h"
#include "sys/json.h"

static void add_json(const struct report *to, const struct schedule_report *r,
		     struct buf *line)
{
	struct json *j = json_new_object();

	json_put_str(j, "file", to->path);
	json_put_int(j, "line", r->line);
	json_put_int(j, "column", (int64_t)r->column);
	json_put_str(j, "level", r->warning ? "warning" : "error");
	json_put_str(j, "message", r->text);
	json_write(j, line);
	json_free(j);
}

void report_tell(void *arg, const struct schedule_report *r)
{
	struct report *to = arg;
	struct buf line = BUF_INIT;

	if (to->json)
		add_json(to, r, &line);
	else
		buf_addf(&line, "%s:%d:%zu: %s%s", to->path, r->line, r->column,
			 r->warning ? "warning: " : "", r->text);
	buf_addch(&line, '\n');
	if (!to->answer)
		/* there is nobody else to tell */
		(void)!fd_write_all(STDERR_FILENO, line.p, line.len);
	else if (!to->failed && output_write(line.p, line.len, &to->why) < 0)
		to->failed = true;
	buf_release(&line);
}

int report_load(struct report *r, struct schedule_file *f, const char *path,
		struct err *e)
{
	const struct schedule_input in = {
		.zone = r->zone,
		.now = clock_real_ms() / 1000,
		.report = report_tell,
		.arg = r,
	};

	r->path = path;
	return schedule_load(f, path, r->trusted, &in, e);
}

int report_load_all(struct report *r, const struct opt_command *command,
		    struct schedule_file *f, char *const *path, size_t n,
		    struct err *e)
{
	enum status first = STATUS_OK;

	for (size_t i = 0; i < n; i++) {
		struct err why;

		if (report_load(r, &f[i], path[i], &why) == 0)
			continue;
		if (first != STATUS_OK)
			opt_fail(command, e);
		else
			first = why.code;
		*e = why;
		e->code = first;
	}
	return first == STATUS_OK ? 0 : -1;
}
