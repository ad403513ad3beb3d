/* SPDX-License-Identifier: ISC */
/* --show-config: what every option is set to, and by whom. */
#include <string.h>

#include "base/text.h"
#include "cli/opt_impl.h"
#include "cli/opt_value.h"
#include "sys/url.h"

/* A server's address without its password; one that cannot be read may hold
 * anything. */
static void show_url(const char *text, struct buf *out)
{
	struct url u = {0};

	if (url_parse(text, &u, NULL) < 0)
		buf_addstr(out, "(unreadable)");
	else
		url_show(&u, out);
	url_release(&u);
}

static void show_value(const struct opt_parser *p, const struct opt_slot *s,
		       struct buf *out)
{
	const struct opt_common *common = p->cmd->common;
	struct buf text = BUF_INIT;

	if (s->opt->at == &common->url && common->url)
		show_url(common->url, &text);
	else if (s->opt->kind == OPT_CALL)
		buf_addstr(&text, s->text	      ? s->text
				  : s->opt->otherwise ? s->opt->otherwise
						      : "");
	else
		opt_value_write(s->opt, &text);
	text_escape(out, strv_make(text.p, text.len));
	buf_release(&text);
}

static void show_source(const struct opt_source *from, struct buf *out)
{
	if (from->rank == OPT_UNSET)
		buf_addstr(out, "default");
	else if (from->rank == OPT_ARGV)
		buf_addstr(out, "command line");
	else
		text_escape(out, strv_of(from->name));
	if (from->line)
		buf_addf(out, ":%zu", from->line);
}

void opt_show_write(const struct opt_parser *p, struct buf *out)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct opt_slot *s = &p->slots[i];

		if (opt_is_question(s->opt))
			continue;
		buf_addf(out, "%s\t", s->opt->name);
		show_value(p, s, out);
		buf_addch(out, '\t');
		show_source(&s->from, out);
		buf_addch(out, '\n');
	}
}
