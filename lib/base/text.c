/* SPDX-License-Identifier: ISC */
/* Untrusted bytes made safe to show, and words made safe to store. */
#include "base/text.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* What one step of escaping may append: four bytes of \xNN each, and a NUL. */
#define UNIT_MAX 17

/* Bytes of the well-formed sequence at `p`, its code point in `*cp`; 0 = none
 * begins here. Overlong forms and surrogates fall out of the minimum and the
 * range at the end. */
static size_t sequence(const unsigned char *p, size_t n, uint32_t *cp)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t len = p[0] < 0x80	     ? 1
		     : (p[0] & 0xe0) == 0xc0 ? 2
		     : (p[0] & 0xf0) == 0xe0 ? 3
		     : (p[0] & 0xf8) == 0xf0 ? 4
					     : 0;

	if (len == 0 || len > n)
		return 0;
	*cp = len == 1 ? p[0] : p[0] & (0x7fU >> len);
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		*cp = *cp << 6 | (p[i] & 0x3fU);
	}
	if (*cp < least[len] || *cp > 0x10ffff ||
	    (*cp >= 0xd800 && *cp <= 0xdfff))
		return 0;
	return len;
}

bool text_is_utf8(const char *p, size_t n)
{
	uint32_t cp;

	for (size_t i = 0, k; i < n; i += k) {
		k = sequence((const unsigned char *)p + i, n - i, &cp);
		if (k == 0)
			return false;
	}
	return true;
}

/* Whether a terminal would act on it instead of showing it, or the reader
 * would see lines or an order of letters that are not there. */
static bool acts(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp <= 0x9f) || cp == 0x061c ||
	       cp == 0x200e || cp == 0x200f || (cp >= 0x2028 && cp <= 0x202e) ||
	       (cp >= 0x2066 && cp <= 0x2069);
}

/* Escape what `v` (not empty) begins with into `to`; returns how many bytes of
 * `v` that was. */
static size_t unit(struct strv v, char to[UNIT_MAX])
{
	uint32_t cp = 0;
	size_t len = sequence((const unsigned char *)v.p, v.n, &cp);
	size_t used = len ? len : 1;

	if (cp == '\\' && len == 1) {
		memcpy(to, "\\\\", 3);
	} else if (len && !acts(cp)) {
		memcpy(to, v.p, len);
		to[len] = '\0';
	} else {
		for (size_t i = 0; i < used; i++)
			snprintf(to + 4 * i, 5, "\\x%02x",
				 (unsigned char)v.p[i]);
	}
	return used;
}

void text_escape(struct buf *out, struct strv v)
{
	char one[UNIT_MAX];

	while (v.n) {
		size_t k = unit(v, one);

		buf_addstr(out, one);
		v = strv_make(v.p + k, v.n - k);
	}
}

const char *text_show(struct strv v, char *to, size_t size)
{
	static const char more[] = "…";
	char one[UNIT_MAX];
	size_t len = 0, safe = 0;

	/* `safe` is the last place where the mark still fits after it */
	while (v.n) {
		size_t k = unit(v, one), add = strlen(one);

		if (len + sizeof(more) <= size)
			safe = len;
		if (len + add + 1 > size) {
			snprintf(to + safe, size - safe, "%s", more);
			return to;
		}
		memcpy(to + len, one, add);
		len += add;
		v = strv_make(v.p + k, v.n - k);
	}
	to[len] = '\0';
	return to;
}

static bool plain(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || (c && strchr("-._~:/@+,", c));
}

void text_percent_encode(struct buf *out, struct strv v)
{
	for (size_t i = 0; i < v.n; i++) {
		unsigned char c = (unsigned char)v.p[i];

		if (plain(c))
			buf_addch(out, (char)c);
		else
			buf_addf(out, "%%%02X", c);
	}
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int text_percent_decode(struct buf *out, struct strv v)
{
	size_t start = out->len;

	for (size_t i = 0; i < v.n; i++) {
		int high, low;

		if (v.p[i] != '%') {
			buf_addch(out, v.p[i]);
			continue;
		}
		high = i + 2 < v.n ? digit(v.p[i + 1]) : -1;
		low = i + 2 < v.n ? digit(v.p[i + 2]) : -1;
		if (high < 0 || low < 0) {
			buf_cut(out, start);
			return -1;
		}
		buf_addch(out, (char)(high << 4 | low));
		i += 2;
	}
	return 0;
}
