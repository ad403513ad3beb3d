/* SPDX-License-Identifier: ISC */
/*
 * What handlers say on descriptor 3 (work/control.h). In pieces it means the
 * same as in one go; numbers and spans lie in their ranges; texts are one line
 * and no longer than a line may be.
 */
#include "work/control.h"

#include <inttypes.h>

#include "base/num.h"
#include "fuzz.h"

/* What was told, as text. */
struct told {
	struct buf text;
	const struct control *c;
};

static void extend(void *arg, int64_t ms)
{
	struct told *t = arg;

	HOLDS(ms >= 1 && ms <= NUM_SPAN_MAX_MS, "a span in its range");
	buf_addf(&t->text, "extend %" PRId64 "\n", ms);
}

static void progress(void *arg)
{
	struct told *t = arg;

	HOLDS(t->c->progress >= 0 && t->c->total >= 0, "progress is told");
	buf_addf(&t->text, "progress %" PRId64 "/%" PRId64 "\n", t->c->progress,
		 t->c->total);
	buf_add(&t->text, t->c->text.p, t->c->text.len);
}

static void strange(void *arg, struct strv line, const char *is,
		    const char *why)
{
	struct told *t = arg;

	HOLDS(line.n > 0 && line.n < CONTROL_LINE_MAX &&
		      !memchr(line.p, '\n', line.n),
	      "a strange line is one line");
	HOLDS(fuzz_is_line(strv_of(why)), "a reason is one printable line");
	buf_addf(&t->text, "%s (%s) ", is, why);
	buf_add(&t->text, line.p, line.n);
	buf_addch(&t->text, '\n');
}

static const char *decide(void *arg, struct strv word, struct strv rest)
{
	struct told *t = arg;

	buf_addf(&t->text, "decide %.*s ", (int)word.n, word.p);
	buf_add(&t->text, rest.p, rest.n);
	buf_addch(&t->text, '\n');
	return rest.n ? NULL : "no job is named";
}

static void text(struct told *t, const char *name, const struct buf *b)
{
	HOLDS(b->len < CONTROL_LINE_MAX && !memchr(b->p, '\n', b->len),
	      "a text is one line");
	HOLDS(strv_trim(strv_make(b->p, b->len)).n == b->len,
	      "a text is trimmed");
	buf_addf(&t->text, "%s %zu ", name, b->len);
	buf_add(&t->text, b->p, b->len);
	buf_addch(&t->text, '\n');
}

static void state(struct told *t)
{
	const struct control *c = t->c;

	HOLDS(c->progress >= -1 && c->total >= 0, "progress in its range");
	HOLDS(c->retry_after_ms >= -1 && c->retry_after_ms <= NUM_SPAN_MAX_MS &&
		      c->defer_ms >= -1 && c->defer_ms <= NUM_SPAN_MAX_MS,
	      "spans in their range");
	buf_addf(&t->text, "%" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %d",
		 c->progress, c->total, c->retry_after_ms, c->defer_ms,
		 c->dead);
	text(t, "text", &c->text);
	text(t, "dead", &c->dead_text);
	text(t, "error", &c->error_text);
	text(t, "result", &c->result);
}

static void hear(struct strv v, bool pieces, bool batch, struct told *t)
{
	static const struct control_events events = {
		.extend = extend,
		.progress = progress,
		.strange = strange,
		.decide = decide,
	};
	struct control c;
	uint64_t seed = fuzz_hash(v);

	buf_init(&t->text);
	t->c = &c;
	control_init(&c, batch);
	if (!pieces)
		control_feed(&c, v, &events, t);
	while (pieces && v.n)
		control_feed(&c, fuzz_piece(&v, &seed), &events, t);
	control_end(&c, &events, t);
	state(t);
	control_release(&c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct strv v = fuzz_view(data, size);
	struct told whole, parts;

	for (int batch = 0; batch < 2; batch++) {
		hear(v, false, batch, &whole);
		hear(v, true, batch, &parts);
		HOLDS(fuzz_equal(strv_make(whole.text.p, whole.text.len),
				 strv_make(parts.text.p, parts.text.len)),
		      "pieces mean what the whole means");
		buf_release(&whole.text);
		buf_release(&parts.text);
	}
	return 0;
}
