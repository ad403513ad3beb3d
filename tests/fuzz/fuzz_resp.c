/* SPDX-License-Identifier: ISC */
/*
 * Bytes of a server (sys/redis_parser.c). In pieces they are the same answers
 * as in one go, an answer written out reads as itself, nothing is nested
 * deeper than it may be, and errors of a server become one printable line.
 */
#include <inttypes.h>

#include "fuzz.h"
#include "sys/redis_impl.h"

#define LEVELS 7

/* Append the answer as a server sends it. */
static void write_out(const struct redis_reply *r, int level, struct buf *out)
{
	struct strv s = redis_str(r);

	if (redis_is_error(r)) {
		buf_addch(out, '-');
		buf_add(out, s.p, s.n);
		buf_addstr(out, "\r\n");
		return;
	}
	switch (redis_type(r)) {
	case REDIS_NIL:
		buf_addstr(out, "$-1\r\n");
		break;
	case REDIS_STATUS:
		buf_addch(out, '+');
		buf_add(out, s.p, s.n);
		buf_addstr(out, "\r\n");
		break;
	case REDIS_INT:
		buf_addf(out, ":%" PRId64 "\r\n", redis_int(r));
		break;
	case REDIS_STRING:
		buf_addf(out, "$%zu\r\n", s.n);
		buf_add(out, s.p, s.n);
		buf_addstr(out, "\r\n");
		break;
	case REDIS_ARRAY:
		HOLDS(level < LEVELS || !redis_count(r),
		      "no more levels than promised");
		buf_addf(out, "*%zu\r\n", redis_count(r));
		for (size_t i = 0; i < redis_count(r); i++)
			write_out(redis_at(r, i), level + 1, out);
		break;
	case REDIS_OTHER:
		HOLDS(false, "no type of value that was not asked for");
		break;
	}
	HOLDS(!redis_at(r, redis_count(r)), "nothing behind the last element");
}

static void explain(const struct redis_reply *r)
{
	struct err e;

	if (!redis_is_error(r))
		return;
	redis_error(&e, "redis://host:6379", redis_str(r));
	fuzz_said(&e, e.code);
	HOLDS(e.code >= STATUS_UNAVAILABLE && e.code <= STATUS_CONFIG,
	      "an error of a server has a status");
	redis_error_wait(&e, "redis://host:6379", redis_str(r));
	fuzz_said(&e, e.code);
	redis_error_old(&e, "redis://host:6379", redis_str(r), redis_str(r));
	fuzz_said(&e, e.code);
}

/* Read all of `v`: the answers go to `out`, as a server sends them, and "!" at
 * the end when it is refused. */
static void read_all(struct strv v, bool pieces, struct buf *out)
{
	struct redis_parser *p = redis_parser_new();
	struct strv all = v;
	uint64_t seed = fuzz_hash(v);
	const char *why = NULL;
	struct err e;

	while (v.n && !why) {
		struct strv rest = v, part = v;
		struct redis_reply *reply = NULL;
		size_t used = 0;
		int rc;

		if (pieces)
			part = fuzz_piece(&rest, &seed);
		rc = redis_parser_next(p, part, &used, &reply, &why);
		HOLDS((rc == 1) == (reply != NULL), "1 comes with an answer");
		HOLDS((rc < 0) == (why != NULL), "a refusal has a reason");
		HOLDS(used <= part.n, "no more is taken than there is");
		HOLDS(rc != 0 || used == part.n, "all is taken, or an answer");
		if (rc == 1) {
			write_out(reply, 0, out);
			explain(reply);
		}
		redis_reply_free(reply);
		v = strv_make(v.p + used, v.n - used);
	}
	if (why) {
		buf_addch(out, '!');
		redis_error_garbage(&e, "redis://host:6379", !out->len, all,
				    why);
		fuzz_said(&e, STATUS_PROTOCOL);
	}
	redis_parser_free(p);
}

static bool same(const struct buf *a, const struct buf *b)
{
	return fuzz_equal(strv_make(a->p, a->len), strv_make(b->p, b->len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct strv v = fuzz_view(data, size);
	struct buf whole = BUF_INIT, parts = BUF_INIT, again = BUF_INIT;

	read_all(v, false, &whole);
	read_all(v, true, &parts);
	HOLDS(same(&whole, &parts), "pieces are read as the whole is");
	read_all(strv_make(whole.p, whole.len), false, &again);
	HOLDS(same(&whole, &again), "an answer written out reads as itself");
	buf_release(&whole);
	buf_release(&parts);
	buf_release(&again);
	return 0;
}
