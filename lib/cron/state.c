/* SPDX-License-Identifier: ISC */
/* Reads state lines. */
#include "cron/state.h"

#include <string.h>

#include "base/attr.h"
#include "base/num.h"

/* The words of a line, in their order. */
enum {
	WORD_REV,
	WORD_MARKS,
	WORD_SOURCE,
	WORD_CREATED,
	WORD_EDITED,
	WORD_TICK,
	WORD_NEXT,
	WORD_FIRED,
	WORD_MISSED,
	WORD_BLOCKED,
	WORD_PAUSED,
	WORD_KNOWN,
	WORD_ENQUEUED,
	WORDS
};

static bool marked(struct strv marks, char mark)
{
	return marks.n && memchr(marks.p, mark, marks.n);
}

bool state_parse(struct strv line, struct state *out)
{
	struct strv word[WORDS];
	const struct {
		int word;
		int64_t *to;
	} numbers[] = {
		{WORD_REV, &out->rev},
		{WORD_CREATED, &out->created},
		{WORD_EDITED, &out->edited},
		{WORD_TICK, &out->watermark},
		{WORD_FIRED, &out->fired},
		{WORD_MISSED, &out->missed},
		{WORD_BLOCKED, &out->blocked},
		{WORD_PAUSED, &out->while_paused},
		{WORD_KNOWN, &out->known},
	};

	memset(out, 0, sizeof(*out));
	for (int i = 0; i < WORDS; i++)
		word[i] = strv_cut(&line, ' ');
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		if (num_int(word[numbers[i].word], 0, INT64_MAX, numbers[i].to,
			    NULL) < 0)
			return false;
	out->source = word[WORD_SOURCE];
	out->create = marked(word[WORD_MARKS], 'c');
	out->paused = marked(word[WORD_MARKS], 'p');
	out->finished = marked(word[WORD_MARKS], 'f');
	/* "-" before the first */
	if (num_int(word[WORD_ENQUEUED], 0, INT64_MAX, &out->enqueued, NULL) <
	    0)
		out->enqueued = 0;
	return out->watermark <= INT64_MAX / 1000;
}
