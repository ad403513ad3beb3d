/* SPDX-License-Identifier: ISC */
/* Writes the line and has it read by the parser of files. */
#include "cron/compose.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cron/state.h"
#include "queue/cron.h"

/* What the parser says while it reads. */
struct said {
	const struct compose *c;
	struct buf why; /* the first error */
};

static void listen(void *arg, const struct schedule_report *r)
{
	struct said *s = arg;

	if (r->warning && s->c->warn)
		s->c->warn(s->c->arg, r->text);
	else if (!r->warning && !s->why.len)
		buf_addstr(&s->why, r->text);
}

static size_t count_words(struct strv text)
{
	size_t n = 0;

	while (strv_word(&text).n)
		n++;
	return n;
}

/* On a line the expression ends where its words are counted off, so it has to
 * be one by itself. */
static int add_expression(const struct compose *c, struct buf *line,
			  struct err *e)
{
	struct strv text = strv_of(c->expression), zone;
	char *name = strv_dup(c->name);
	struct cron cron;
	size_t column;
	bool has_zone = cron_cut_zone(&text, &zone);
	int rc = cron_parse(&cron, text, name, &column, e);

	free(name);
	if (rc < 0)
		return -1;
	text = strv_trim(text);
	buf_addf(line, "%s%.*s %.*s %.*s",
		 text.p[0] != '@' && count_words(text) == 6 ? "@seconds " : "",
		 (int)text.n, text.p, (int)c->queue.n, c->queue.p,
		 (int)c->name.n, c->name.p);
	if (has_zone)
		buf_addf(line, " tz=%.*s", (int)zone.n, zone.p);
	return 0;
}

/* An option that would be read as something else than one option. */
static int add_option(const char *option, struct buf *line, struct err *e)
{
	struct strv rest = strv_of(option), word = strv_word(&rest);
	char shown[64];

	if (strncmp(option, "payload-file=", strlen("payload-file=")) == 0)
		return err_set(e, STATUS_DATA,
			       "payload-file: an option here (write "
			       "--payload-file FILE)");
	if (!strchr(option, '=') || word.n != strlen(option) ||
	    strpbrk(option, "\r\n"))
		return err_set(
			e, STATUS_DATA,
			"'%s': not key=value without blanks (a payload "
			"is given with --payload)",
			text_show(strv_of(option), shown, sizeof(shown)));
	buf_addf(line, " %s", option);
	return 0;
}

static int make_line(const struct compose *c, struct buf *line, struct err *e)
{
	if (add_expression(c, line, e) < 0)
		return -1;
	for (size_t i = 0; i < c->n; i++)
		if (add_option(c->option[i], line, e) < 0)
			return -1;
	return 0;
}

int compose_schedule(struct schedule_file *f, const struct compose *c,
		     struct err *e)
{
	struct said said = {c, BUF_INIT};
	const struct schedule_input in = {
		.zone = c->tz,
		.source = "set",
		.now = c->now,
		.report = listen,
		.arg = &said,
	};
	struct buf line = BUF_INIT;
	int rc = make_line(c, &line, e);

	memset(f, 0, sizeof(*f));
	if (rc == 0 &&
	    schedule_parse(f, strv_make(line.p, line.len), &in, e) < 0)
		rc = err_set(e, STATUS_DATA, "%.500s", said.why.p);
	if (rc == 0) {
		free(f->source);
		f->source = buf_strdup(STATE_NO_SOURCE);
		buf_add(&f->v[0].payload, c->payload.p, c->payload.n);
	}
	buf_release(&said.why);
	buf_release(&line);
	return rc;
}
