/* SPDX-License-Identifier: ISC */
/* The embedded scripts and what is common to calling them. */
#include "queue/script.h"

#include "base/text.h"
#include "queue/job.h"

#include "scripts.inc"

static void begin(struct redis_cmd *c, enum script s, const struct key_set *k,
		  int n_keys)
{
	redis_cmd_clear(c);
	redis_cmd_script(c, &scripts[s], n_keys);
	for (int i = 0; i < KEY_COUNT; i++)
		redis_cmd_str(c, k->key[i]);
}

void script_begin(struct redis_cmd *c, enum script s, const struct key_set *k)
{
	begin(c, s, k, KEY_COUNT);
}

void script_begin_cron(struct redis_cmd *c, enum script s,
		       const struct key_set *k)
{
	begin(c, s, k, KEY_COUNT + 2);
	redis_cmd_str(c, k->cron);
	redis_cmd_str(c, k->crons);
}

int script_answer(const struct redis_reply *reply, const char *queue,
		  struct strv *word, struct err *e)
{
	char shown[64];

	*word = redis_str(redis_at(reply, 0));
	if (strv_eq(*word, "FORMAT"))
		return err_set(e, STATUS_PROTOCOL,
			       "queue '%s' has data layout %s, "
			       "this program knows layout 1 (update jobq)",
			       queue,
			       text_show(redis_str(redis_at(reply, 1)), shown,
					 sizeof(shown)));
	if (redis_type(reply) != REDIS_ARRAY || word->n == 0 ||
	    strv_eq(*word, "MALFORMED") || strv_eq(*word, "UNKNOWN"))
		return err_set(e, STATUS_BUG,
			       "queue '%s': unexpected answer '%s' "
			       "(please report this)",
			       queue, text_show(*word, shown, sizeof(shown)));
	return 0;
}

int64_t script_number(const struct redis_reply *reply)
{
	int64_t n = redis_int(reply);

	if (n < 0)
		return 0;
	return n < JOB_NUMBER_MAX ? n : JOB_NUMBER_MAX;
}
