/* SPDX-License-Identifier: ISC */
/* Parses answers. */
#include "work/answer.h"

#include "base/num.h"
#include "base/text.h"

/* The first word of `rest`, and the one blank behind it: what follows may
 * begin with blanks of its own. */
static struct strv first_word(struct strv *rest)
{
	size_t n = 0;
	struct strv word;

	while (n < rest->n && rest->p[n] != ' ' && rest->p[n] != '\t')
		n++;
	word = strv_make(rest->p, n);
	if (n < rest->n)
		n++;
	*rest = strv_make(rest->p + n, rest->n - n);
	return word;
}

void answer_retry(struct strv rest, struct answer *out)
{
	struct strv reason = rest, word = strv_word(&reason);

	out->kind = ANSWER_RETRY;
	if (num_duration(word, 0, NUM_SPAN_MAX_MS, &out->delay_ms, NULL) == 0)
		rest = reason;
	else
		out->delay_ms = -1;
	out->text = strv_trim(rest);
}

int answer_parse(struct strv line, struct answer *out, struct err *e)
{
	struct strv rest, word;
	char shown[64];

	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	rest = line;
	word = first_word(&rest);
	*out = (struct answer){.delay_ms = -1, .text = rest};
	if (strv_eq(word, "ok")) {
		out->kind = ANSWER_OK;
	} else if (strv_eq(word, "retry")) {
		answer_retry(rest, out);
	} else if (strv_eq(word, "dead")) {
		out->kind = ANSWER_DEAD;
		out->text = strv_trim(rest);
	} else {
		return err_set(e, STATUS_DATA,
			       "'%s' is no answer (ok, retry or dead)",
			       text_show(line, shown, sizeof(shown)));
	}
	return 0;
}
