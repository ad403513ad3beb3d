/* SPDX-License-Identifier: ISC */
/*
 * What handlers of many jobs answer (work/answer.h), and the records they are
 * given (queue/frame.h): a delay lies in its range, a text is part of its line,
 * and what was framed as a netstring or a line can be told apart again.
 */
#include "work/answer.h"

#include "base/num.h"
#include "fuzz.h"
#include "queue/frame.h"

static void answer(struct strv line)
{
	struct answer a;
	struct err e;

	if (answer_parse(line, &a, &e) < 0) {
		fuzz_said(&e, STATUS_DATA);
		return;
	}
	HOLDS(a.delay_ms >= -1 && a.delay_ms <= NUM_SPAN_MAX_MS,
	      "a delay in its range");
	HOLDS(a.kind == ANSWER_RETRY || a.delay_ms == -1,
	      "only retry has a delay");
	HOLDS(a.text.n <= line.n, "a text is part of its line");
	HOLDS(a.text.n == 0 || (a.text.p >= line.p &&
				a.text.p + a.text.n <= line.p + line.n),
	      "a text lies in its line");
	HOLDS(a.kind == ANSWER_OK || strv_trim(a.text).n == a.text.n,
	      "a reason is trimmed");
}

static void frame(struct strv v)
{
	static const char ends[] = {'\n', '\0'};
	struct buf b = BUF_INIT;
	struct err e;

	for (enum frame f = FRAME_LINE; f <= FRAME_NUL; f++) {
		buf_clear(&b);
		if (frame_add(f, NULL, v, &b, &e) < 0) {
			fuzz_said(&e, STATUS_DATA);
			HOLDS(b.len == 0, "what is refused is not written");
			continue;
		}
		HOLDS(memchr(b.p, ends[f], b.len) == b.p + b.len - 1,
		      "a record ends once");
	}
	buf_clear(&b);
	HOLDS(frame_add(FRAME_NETSTRING, NULL, v, &b, &e) == 0,
	      "netstrings hold anything");
	HOLDS(b.len > v.n + 2 && b.p[b.len - 1] == ',' &&
		      fuzz_equal(strv_make(b.p + b.len - 1 - v.n, v.n), v),
	      "a netstring holds the payload");
	buf_release(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct strv v = fuzz_view(data, size), line = v;

	frame(v);
	answer(strv_cut(&line, '\n'));
	return 0;
}
