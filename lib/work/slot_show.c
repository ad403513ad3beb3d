/* SPDX-License-Identifier: ISC */
/* What others get to see of a slot. */
#include "work/slot.h"

#include <inttypes.h>

#include "base/clock.h"
#include "base/num.h"
#include "base/text.h"

static struct strv text_of(const struct slot *s)
{
	return strv_make(s->control.text.p, s->control.text.len);
}

void slot_live(struct slot *s, const struct task *t, struct buf *out)
{
	if (!s->news || t != slot_task(s, 0))
		return;
	job_encode_live(s->control.progress, s->control.total, text_of(s),
			s->capture.err_total, capture_tail(&s->capture), out);
	s->news = false;
}

static void describe_progress(const struct slot *s, struct buf *out)
{
	if (s->control.progress < 0)
		return;
	buf_addf(out, ", progress %" PRId64, s->control.progress);
	if (s->control.total)
		buf_addf(out, "/%" PRId64, s->control.total);
	if (s->control.text.len) {
		buf_addch(out, ' ');
		text_escape(out, text_of(s));
	}
}

void slot_describe(const struct slot *s, struct buf *out)
{
	static const char *const words[] = {
		[SLOT_FREE] = "idle",
		[SLOT_FILLING] = "gathering",
		[SLOT_RUNNING] = "running for",
		[SLOT_PARTING] = "about to end, running for",
		[SLOT_ENDING] = "told to end, running for",
		[SLOT_KILLED] = "killed, running for",
		[SLOT_DRAINING] = "ended after",
		[SLOT_RESTING] = "waiting after handlers that ended too soon",
	};
	const struct task *t = slot_task(s, 0);
	int64_t since = s->n ? t->started_us : s->started_us;
	char span[24];

	buf_addf(out, "slot %d: ", s->number);
	if (s->n && t->serial)
		buf_addf(out, "%s attempt %" PRId64 "/%" PRId64 ", ", t->job,
			 t->failed + 1, t->max_attempts);
	if (s->n > 1)
		buf_addf(out, "one of %zu jobs, ", s->n);
	if (s->feed && !s->n && s->state == SLOT_RUNNING)
		buf_addf(out, "idle, ");
	buf_addstr(out, words[s->state]);
	if (s->state == SLOT_FREE || s->state == SLOT_FILLING ||
	    s->state == SLOT_RESTING)
		return;
	num_format_span((clock_boot_us() - since) / 1000, span);
	buf_addf(out, " %s, pid %d", span, (int)s->pid);
	if (s->feed)
		buf_addf(out, ", %" PRId64 " answered", s->feed->answered);
	describe_progress(s, out);
}
