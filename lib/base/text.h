/* SPDX-License-Identifier: ISC */
/*
 * Untrusted bytes made safe: for terminals and logs (CWE-117, CWE-150), and
 * for the words of a job's header.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/strv.h"

/* True when all of it is well-formed UTF-8 (RFC 3629: no surrogates, no
 * overlong forms, nothing above U+10FFFF). */
bool text_is_utf8(const char *p, size_t n);

/*
 * Append `v` so that a terminal shows it and nothing happens: C0, DEL, C1,
 * bidirectional controls and malformed UTF-8 become \xNN, a backslash becomes
 * two. One line in, one line out.
 */
void text_escape(struct buf *out, struct strv v);

/* The same into a small array, cut to fit with "…"; returns `to`. */
const char *text_show(struct strv v, char *to, size_t size);

/* Percent-encode all but letters, digits and "-._~:/@+,"; decode the same.
 * Decoding returns -1 on a bad sequence. */
void text_percent_encode(struct buf *out, struct strv v);
int text_percent_decode(struct buf *out, struct strv v);

#endif
