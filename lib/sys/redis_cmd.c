/* SPDX-License-Identifier: ISC */
/* Commands: words gathered, then formatted by hiredis in one go. */
#include "sys/redis.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis.h>

#include "sys/redis_impl.h"

/* Servers close the connection at this much (client-query-buffer-limit). */
#define REQUEST_MAX (1ULL << 30)

struct redis_word {
	const char *ref; /* borrowed bytes, or NULL and */
	size_t at;	 /* place in the command's bytes */
	size_t n;
};

void redis_cmd_init(struct redis_cmd *c)
{
	*c = (struct redis_cmd){.bytes = BUF_INIT};
}

void redis_cmd_release(struct redis_cmd *c)
{
	buf_release(&c->bytes);
	free(c->word);
	redis_cmd_init(c);
}

void redis_cmd_clear(struct redis_cmd *c)
{
	buf_clear(&c->bytes);
	c->n = 0;
	c->script = NULL;
}

struct redis_cmd_mark redis_cmd_mark(const struct redis_cmd *c)
{
	return (struct redis_cmd_mark){c->n, c->bytes.len};
}

void redis_cmd_cut(struct redis_cmd *c, struct redis_cmd_mark end)
{
	c->n = end.words;
	buf_cut(&c->bytes, end.bytes);
}

static void word(struct redis_cmd *c, const char *ref, size_t n)
{
	if (c->n == c->cap) {
		c->cap = c->cap ? c->cap * 2 : 16;
		c->word = buf_realloc(c->word, c->cap * sizeof(*c->word));
	}
	c->word[c->n++] = (struct redis_word){ref, c->bytes.len, n};
}

void redis_cmd_add(struct redis_cmd *c, const void *p, size_t n)
{
	word(c, NULL, n);
	buf_add(&c->bytes, p, n);
}

void redis_cmd_str(struct redis_cmd *c, const char *s)
{
	redis_cmd_add(c, s, strlen(s));
}

void redis_cmd_int(struct redis_cmd *c, int64_t v)
{
	char text[24];
	int n = snprintf(text, sizeof(text), "%lld", (long long)v);

	redis_cmd_add(c, text, (size_t)n);
}

void redis_cmd_ref(struct redis_cmd *c, const void *p, size_t n)
{
	word(c, n ? p : "", n);
}

void redis_cmd_script(struct redis_cmd *c, const struct redis_script *s,
		      int nkeys)
{
	redis_cmd_str(c, "EVALSHA");
	redis_cmd_str(c, s->sha);
	redis_cmd_int(c, nkeys);
	c->script = s;
}

char *redis_cmd_bytes(const struct redis_cmd *c, size_t *len)
{
	const char **argv = buf_alloc(c->n * sizeof(*argv));
	size_t *lens = buf_alloc(c->n * sizeof(*lens));
	size_t total = 0;
	char *bytes = NULL;

	*len = 0;
	for (size_t i = 0; i < c->n && total < REQUEST_MAX; i++) {
		const struct redis_word *w = &c->word[i];

		argv[i] = w->ref ? w->ref : c->bytes.p + w->at;
		lens[i] = w->n;
		total = w->n < REQUEST_MAX ? total + w->n : REQUEST_MAX;
	}
	if (total < REQUEST_MAX) {
		/* int in 0.14, long long in 1.x */
		long long n =
			redisFormatCommandArgv(&bytes, (int)c->n, argv, lens);

		if (n < 0)
			err_nomem();
		*len = (size_t)n;
	}
	free(argv);
	free(lens);
	return bytes;
}

void redis_cmd_bytes_free(char *bytes)
{
	if (bytes)
		redisFreeCommand(bytes);
}
