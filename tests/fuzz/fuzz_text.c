/* SPDX-License-Identifier: ISC */
/*
 * Bytes made safe (base/text.h). Escaped text is UTF-8 that no terminal acts
 * on, and can be turned back; cut text is a beginning of it; percent-encoding
 * comes back and has no blank in it.
 */
#include "base/text.h"

#include "fuzz.h"

/* The reverse of text_escape(). */
static void unescape(struct strv v, struct buf *out)
{
	for (size_t i = 0; i < v.n; i++) {
		char hex[3] = "";

		if (v.p[i] != '\\') {
			buf_addch(out, v.p[i]);
			continue;
		}
		HOLDS(i + 1 < v.n, "a backslash is followed by something");
		if (v.p[++i] == '\\') {
			buf_addch(out, '\\');
			continue;
		}
		HOLDS(v.p[i] == 'x' && i + 2 < v.n, "two digits after \\x");
		hex[0] = v.p[++i];
		hex[1] = v.p[++i];
		buf_addch(out, (char)strtol(hex, NULL, 16));
	}
}

static void escape(struct strv v, struct buf *escaped)
{
	struct buf back = BUF_INIT;

	text_escape(escaped, v);
	HOLDS(text_is_utf8(escaped->p, escaped->len), "escaped text is UTF-8");
	for (size_t i = 0; i < escaped->len; i++)
		HOLDS((unsigned char)escaped->p[i] >= 0x20 &&
			      escaped->p[i] != 0x7f,
		      "escaped text has no control byte");
	HOLDS(fuzz_is_line(strv_make(escaped->p, escaped->len)),
	      "escaped text has nothing more to escape");
	unescape(strv_make(escaped->p, escaped->len), &back);
	HOLDS(fuzz_equal(v, strv_make(back.p, back.len)),
	      "escaped text can be turned back");
	buf_release(&back);
}

static void show(struct strv v, const struct buf *escaped, size_t size)
{
	static const char more[] = "…";
	char *to = buf_alloc(size);
	size_t n, whole;

	HOLDS(text_show(v, to, size) == to, "the array is returned");
	n = strlen(to);
	HOLDS(n < size, "cut text fits");
	HOLDS(text_is_utf8(to, n), "cut text is UTF-8");
	whole = n;
	if (escaped->len + 1 > size) {
		HOLDS(n >= sizeof(more) - 1 || size < sizeof(more),
		      "cut text is marked");
		whole = n >= sizeof(more) - 1 ? n - (sizeof(more) - 1) : 0;
		HOLDS(size < sizeof(more) || strcmp(to + whole, more) == 0,
		      "the mark is at the end");
	} else {
		HOLDS(n == escaped->len, "what fits is not cut");
	}
	HOLDS(memcmp(to, escaped->p, whole) == 0, "a beginning is shown");
	free(to);
}

static void percent(struct strv v)
{
	struct buf a = BUF_INIT, b = BUF_INIT;

	text_percent_encode(&a, v);
	for (size_t i = 0; i < a.len; i++)
		HOLDS(a.p[i] > ' ' && a.p[i] < 0x7f, "one printable word");
	HOLDS(text_percent_decode(&b, strv_make(a.p, a.len)) == 0 &&
		      fuzz_equal(v, strv_make(b.p, b.len)),
	      "encoded text comes back");
	buf_clear(&b);
	buf_addstr(&b, "before");
	if (text_percent_decode(&b, v) < 0)
		HOLDS(b.len == 6, "no result on failure");
	HOLDS(b.len <= 6 + v.n, "decoding makes nothing longer");
	buf_release(&a);
	buf_release(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct strv v = fuzz_view(data, size);
	struct buf escaped = BUF_INIT;

	escape(v, &escaped);
	show(v, &escaped, 8 + fuzz_hash(v) % 80);
	show(v, &escaped, 64);
	percent(v);
	buf_release(&escaped);
	return 0;
}
