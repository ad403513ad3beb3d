/* SPDX-License-Identifier: ISC */
/*
 * Bytes cut into records (cli/record.h) and lines (work/lines.h). In pieces
 * they are cut as in one go, nothing is longer than its limit, and no byte of
 * a handler's line is lost or made up.
 */
#include <unistd.h>

#include "base/fd.h"
#include "cli/record.h"
#include "fuzz.h"
#include "work/lines.h"

#define PIPE_ROOM 4096 /* bytes that a pipe takes without a reader */

struct seen {
	struct buf text; /* each with its length before it */
	size_t max;
};

static void see(void *arg, struct strv line)
{
	struct seen *s = arg;

	HOLDS(line.n <= s->max, "a line within its limit");
	buf_addf(&s->text, "%zu:", line.n);
	buf_add(&s->text, line.p, line.n);
}

/* What lines_feed() has to do, by the byte. */
static void cut(struct strv v, struct seen *s)
{
	while (v.n) {
		struct strv line = strv_cut(&v, '\n');

		while (line.n > s->max) {
			see(s, strv_make(line.p, s->max));
			line = strv_make(line.p + s->max, line.n - s->max);
		}
		see(s, line);
	}
}

static void lines(struct strv v, size_t max, bool pieces)
{
	struct seen want = {.max = max}, got = {.max = max};
	struct lines l;
	struct strv rest = v;
	uint64_t seed = fuzz_hash(v);

	buf_init(&want.text);
	buf_init(&got.text);
	lines_init(&l, max);
	while (pieces && rest.n)
		lines_feed(&l, fuzz_piece(&rest, &seed), see, &got);
	if (!pieces)
		lines_feed(&l, v, see, &got);
	lines_end(&l, see, &got);
	cut(v, &want);
	HOLDS(fuzz_equal(strv_make(want.text.p, want.text.len),
			 strv_make(got.text.p, got.text.len)),
	      "lines are cut at newlines and at the limit");
	lines_release(&l);
	buf_release(&want.text);
	buf_release(&got.text);
}

static void tail(struct strv v, size_t max)
{
	struct lines_tail t;
	struct strv rest = v, end, last;
	uint64_t seed = fuzz_hash(v);
	size_t n = v.n < max ? v.n : max;

	lines_tail_init(&t, max);
	while (rest.n)
		lines_tail_add(&t, fuzz_piece(&rest, &seed));
	end = lines_tail_view(&t, max);
	HOLDS(fuzz_equal(end, strv_make(v.p + v.n - n, n)),
	      "the last bytes are kept");
	last = lines_last(end);
	HOLDS(!last.n || !memchr(last.p, '\n', last.n), "a last line is one");
	lines_tail_release(&t);
}

/* Put down the records that were read. */
static void take(struct record_reader *r, struct buf *out)
{
	enum record_found found;
	struct strv record;

	HOLDS(record_read(r, NULL) == 0, "a pipe can be read");
	while ((found = record_next(r, &record)) != RECORD_NONE) {
		HOLDS(record.n <= r->limit, "a record within its limit");
		buf_addf(out, "%d %d:", (int)r->number, (int)found);
		buf_add(out, record.p, record.n);
	}
}

/* All records of a pipe. */
static void records(struct strv v, char end, size_t limit, bool pieces,
		    struct buf *out)
{
	struct record_reader r;
	uint64_t seed = fuzz_hash(v);
	int fd[2];

	HOLDS(pipe(fd) == 0, "the system gives a pipe");
	record_init(&r, fd[0], end, limit);
	while (v.n) {
		struct strv piece = v;

		if (pieces)
			piece = fuzz_piece(&v, &seed);
		else
			v.n = 0;
		HOLDS(fd_write_all(fd[1], piece.p, piece.n) == 0, "a pipe");
		take(&r, out);
	}
	fd_close(&fd[1]);
	take(&r, out);
	HOLDS(r.eof, "the end of a pipe is seen");
	record_release(&r);
	fd_close(&fd[0]);
}

static void both(struct strv v, char end, size_t limit)
{
	struct buf a = BUF_INIT, b = BUF_INIT;

	records(v, end, limit, false, &a);
	records(v, end, limit, true, &b);
	HOLDS(fuzz_equal(strv_make(a.p, a.len), strv_make(b.p, b.len)),
	      "records in pieces are those in one go");
	buf_release(&a);
	buf_release(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct strv v = fuzz_view(data, size < PIPE_ROOM ? size : PIPE_ROOM);

	lines(v, 8, false);
	lines(v, 8, true);
	tail(v, 10);
	both(v, '\n', 12);
	both(v, '\0', 5);
	return 0;
}
