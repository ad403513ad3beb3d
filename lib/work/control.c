/* SPDX-License-Identifier: ISC */
/* Parses the control channel. */
#include "work/control.h"

#include <string.h>

#include "base/num.h"

void control_init(struct control *c, bool batch)
{
	memset(c, 0, sizeof(*c));
	c->batch = batch;
	buf_init(&c->partial);
	buf_init(&c->text);
	buf_init(&c->dead_text);
	buf_init(&c->error_text);
	buf_init(&c->result);
	control_clear(c);
}

void control_release(struct control *c)
{
	buf_release(&c->partial);
	buf_release(&c->text);
	buf_release(&c->dead_text);
	buf_release(&c->error_text);
	buf_release(&c->result);
}

void control_clear(struct control *c)
{
	buf_clear(&c->partial);
	buf_clear(&c->text);
	buf_clear(&c->dead_text);
	buf_clear(&c->error_text);
	buf_clear(&c->result);
	c->skipping = false;
	c->progress = -1;
	c->total = 0;
	c->retry_after_ms = -1;
	c->defer_ms = -1;
	c->dead = false;
}

/* What reads a line, and the line it reads. */
struct reading {
	struct control *c;
	const struct control_events *events;
	void *arg;
	struct strv line; /* all of it */
	struct strv rest; /* behind the first word */
};

static void strange(const struct reading *r, const char *why)
{
	r->events->strange(r->arg, r->line, "ignored", why);
}

static void keep(struct buf *b, struct strv text)
{
	text = strv_trim(text);
	buf_clear(b);
	buf_add(b, text.p, text.n);
}

/* The duration that is all of the rest. */
static int duration(const struct reading *r, int64_t least, int64_t *ms)
{
	struct strv text = strv_trim(r->rest);

	if (num_duration(text, least, NUM_SPAN_MAX_MS, ms, NULL) < 0) {
		strange(r, "not a duration (write 90, 30s, 5m)");
		return -1;
	}
	return 0;
}

static void read_progress(struct reading *r)
{
	struct strv total = strv_word(&r->rest), done = strv_cut(&total, '/');
	int64_t n, of = 0;

	if (num_int(done, 0, INT64_MAX, &n, NULL) < 0 ||
	    (total.n && num_int(total, 0, INT64_MAX, &of, NULL) < 0)) {
		strange(r, "not a number (write progress N[/TOTAL] [TEXT])");
		return;
	}
	r->c->progress = n;
	r->c->total = of;
	keep(&r->c->text, r->rest);
	r->events->progress(r->arg);
}

static void read_extend(struct reading *r)
{
	int64_t ms;

	if (duration(r, 1, &ms) == 0)
		r->events->extend(r->arg, ms);
}

static void read_retry_after(struct reading *r)
{
	int64_t ms;

	if (duration(r, 0, &ms) == 0)
		r->c->retry_after_ms = ms;
}

static void read_defer(struct reading *r)
{
	int64_t ms;

	if (duration(r, 0, &ms) == 0)
		r->c->defer_ms = ms;
}

static void read_dead(struct reading *r)
{
	r->c->dead = true;
	keep(&r->c->dead_text, r->rest);
}

static void read_error(struct reading *r)
{
	keep(&r->c->error_text, r->rest);
}

static void read_result(struct reading *r)
{
	keep(&r->c->result, r->rest);
}

/* In a batch the words about an outcome name their job. */
static bool read_decision(const struct reading *r, struct strv word)
{
	const char *why;

	if (!r->c->batch || !(strv_eq(word, "done") || strv_eq(word, "retry") ||
			      strv_eq(word, "dead")))
		return false;
	why = r->events->decide(r->arg, word, r->rest);
	if (why)
		strange(r, why);
	return true;
}

static void read_line(struct reading *r, struct strv line)
{
	static const struct {
		const char *word;
		void (*read)(struct reading *r);
	} words[] = {
		{"progress", read_progress},
		{"extend", read_extend},
		{"retry-after", read_retry_after},
		{"defer", read_defer},
		{"dead", read_dead},
		{"error", read_error},
		{"result", read_result},
	};
	struct strv word;

	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	r->line = r->rest = line;
	word = strv_word(&r->rest);
	if (word.n == 0 || read_decision(r, word))
		return;
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (strv_eq(word, words[i].word)) {
			words[i].read(r);
			return;
		}
	}
	strange(r, "unknown word");
}

/* What fits of a line counts: better half a reason than none. */
static void read_cut(struct reading *r, struct strv part)
{
	struct buf *b = &r->c->partial;

	buf_add(b, part.p, CONTROL_LINE_MAX - 1 - b->len);
	r->line = strv_make(b->p, b->len);
	r->events->strange(r->arg, r->line, "cut", "longer than 4096 bytes");
	read_line(r, r->line);
	buf_clear(b);
	r->c->skipping = true;
}

/* The part of a line that ends with these bytes, or goes on after them. */
static void add_part(struct reading *r, struct strv part, bool ended)
{
	struct control *c = r->c;

	if (!c->skipping && c->partial.len + part.n >= CONTROL_LINE_MAX)
		read_cut(r, part);
	if (!c->skipping && (c->partial.len || !ended)) {
		buf_add(&c->partial, part.p, part.n);
		part = strv_make(c->partial.p, c->partial.len);
	}
	if (!ended)
		return;
	if (!c->skipping)
		read_line(r, part);
	c->skipping = false;
	buf_clear(&c->partial);
}

void control_feed(struct control *c, struct strv bytes,
		  const struct control_events *events, void *arg)
{
	struct reading r = {.c = c, .events = events, .arg = arg};

	while (bytes.n) {
		bool ended = memchr(bytes.p, '\n', bytes.n) != NULL;

		add_part(&r, strv_cut(&bytes, '\n'), ended);
	}
}

void control_end(struct control *c, const struct control_events *events,
		 void *arg)
{
	struct reading r = {.c = c, .events = events, .arg = arg};

	if (c->partial.len)
		add_part(&r, strv_of(""), true);
}
