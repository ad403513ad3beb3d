/* SPDX-License-Identifier: ISC */
/*
 * JSON through jansson; a `struct json` is its value. jansson reports a want of
 * memory as NULL, which ends the program as everywhere.
 */
#include "sys/json.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/text.h"
#include "sys/seal.h"

#define MAX_LEVELS 64
/* 15 digits show 4.2 as it was typed; 17 would show what it became. */
#define DUMP_FLAGS (JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15))

static json_t *value(struct json *j)
{
	return (json_t *)j;
}

static const json_t *peek(const struct json *j)
{
	return (const json_t *)j;
}

static json_t *made(json_t *v)
{
	if (!v)
		err_nomem();
	return v;
}

struct json *json_new_object(void)
{
	return (struct json *)made(json_object());
}

struct json *json_new_array(void)
{
	return (struct json *)made(json_array());
}

void json_free(struct json *j)
{
	json_decref(value(j));
}

static void put(struct json *j, const char *key, json_t *v)
{
	struct buf shown = BUF_INIT;
	int rc;

	made(v);
	if (!key) {
		rc = json_array_append_new(value(j), v);
	} else if (text_is_utf8(key, strlen(key))) {
		rc = json_object_set_new_nocheck(value(j), key, v);
	} else {
		text_escape(&shown, strv_of(key));
		rc = json_object_set_new(value(j), shown.p, v);
		buf_release(&shown);
	}
	if (rc != 0)
		err_nomem();
}

void json_put(struct json *j, const char *key, struct json *child)
{
	put(j, key, value(child));
}

void json_put_str(struct json *j, const char *key, const char *s)
{
	json_put_bytes(j, key, strv_of(s));
}

void json_put_int(struct json *j, const char *key, int64_t v)
{
	put(j, key, json_integer(v));
}

void json_put_num(struct json *j, const char *key, double v)
{
	put(j, key, isfinite(v) ? json_real(v) : json_null());
}

void json_put_bool(struct json *j, const char *key, bool v)
{
	put(j, key, json_boolean(v));
}

void json_put_null(struct json *j, const char *key)
{
	put(j, key, json_null());
}

void json_put_bytes(struct json *j, const char *key, struct strv v)
{
	struct buf text = BUF_INIT, name = BUF_INIT;
	json_t *encoded;

	if (!v.n) {
		put(j, key, json_string(""));
		return;
	}
	if (!memchr(v.p, '\0', v.n) && text_is_utf8(v.p, v.n)) {
		put(j, key, json_stringn_nocheck(v.p, v.n));
		return;
	}
	seal_base64(&text, v.p, v.n);
	encoded = json_stringn_nocheck(text.p, text.len);
	if (key) {
		buf_addf(&name, "%s_b64", key);
		put(j, name.p, encoded);
	} else {
		struct json *o = json_new_object();

		put(o, "b64", encoded);
		json_put(j, NULL, o);
	}
	buf_release(&name);
	buf_release(&text);
}

void json_put_time(struct json *j, const char *key, int64_t ms)
{
	char text[32];

	if (!ms) {
		json_put_null(j, key);
		return;
	}
	num_format_time(ms, text);
	json_put_str(j, key, text);
}

/* Length of the character at `p`, of `n` bytes of UTF-8. */
static size_t char_len(const unsigned char *p, size_t n)
{
	size_t len = *p < 0x80 ? 1 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4;

	return len < n ? len : n;
}

/* The code of a character that a terminal may obey, or 0. jansson has escaped
 * C0; what is left is DEL, C1 and the bidirectional controls. */
static unsigned obeyed(const unsigned char *p, size_t len)
{
	unsigned c = 0;

	if (len == 1)
		return *p == 0x7f ? 0x7f : 0;
	if (len == 2)
		c = (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu);
	if (len == 3)
		c = (p[0] & 0x0fu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
	if ((c >= 0x80 && c <= 0x9f) || c == 0x061c || c == 0x200e ||
	    c == 0x200f || (c >= 0x2028 && c <= 0x202e) ||
	    (c >= 0x2066 && c <= 0x2069))
		return c;
	return 0;
}

/* Characters outside ASCII and DEL stand in strings only, where an escape may
 * take their place. `p` is a part of the text, cut anywhere but in a
 * character: jansson hands strings over in pieces of whole characters. */
static int write_piece(const char *p, size_t n, void *arg)
{
	struct buf *out = arg;
	size_t start = 0, at, len;

	for (at = 0; at < n; at += len) {
		const unsigned char *u = (const unsigned char *)p + at;
		unsigned code;

		len = char_len(u, n - at);
		code = obeyed(u, len);
		if (!code)
			continue;
		buf_add(out, p + start, at - start);
		buf_addf(out, "\\u%04x", code);
		start = at + len;
	}
	buf_add(out, p + start, n - start);
	return 0;
}

static void dump(const json_t *v, struct buf *out)
{
	if (json_dump_callback(v, write_piece, out, DUMP_FLAGS) != 0)
		err_nomem();
}

void json_write(const struct json *j, struct buf *out)
{
	dump(peek(j), out);
}

/* jansson recurses into what it reads; 2,048 levels by its own limit. */
static bool too_deep(struct strv text)
{
	bool in_string = false;
	int level = 0;

	for (size_t i = 0; i < text.n; i++) {
		switch (text.p[i]) {
		case '"':
			in_string = !in_string;
			break;
		case '\\':
			i += in_string ? 1 : 0;
			break;
		case '{':
		case '[':
			level += in_string ? 0 : 1;
			if (level > MAX_LEVELS)
				return true;
			break;
		case '}':
		case ']':
			level -= in_string ? 0 : 1;
			break;
		default:
			break;
		}
	}
	return false;
}

struct json *json_parse(struct strv text, struct err *e)
{
	json_error_t error;
	char shown[128];
	json_t *v;

	if (too_deep(text)) {
		err_set(e, STATUS_DATA, "JSON of more than %d levels",
			MAX_LEVELS);
		return NULL;
	}
	v = json_loadb(text.n ? text.p : "", text.n,
		       JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
	if (!v) {
		text_show(strv_of(error.text), shown, sizeof(shown));
		err_set(e, STATUS_DATA, "not a JSON object: %s at byte %d",
			shown, error.position);
		return NULL;
	}
	if (!json_is_object(v)) {
		json_decref(v);
		err_set(e, STATUS_DATA,
			"not a JSON object: it begins with '['");
		return NULL;
	}
	return (struct json *)v;
}

static const json_t *member(const struct json *j, const char *key)
{
	return key ? json_object_get(peek(j), key) : peek(j);
}

static enum json_kind kind_of(const json_t *v)
{
	if (!v)
		return JSON_KIND_MISSING;
	switch (json_typeof(v)) {
	case JSON_OBJECT:
		return JSON_KIND_OBJECT;
	case JSON_ARRAY:
		return JSON_KIND_ARRAY;
	case JSON_STRING:
		return JSON_KIND_TEXT;
	case JSON_INTEGER:
		return JSON_KIND_INT;
	case JSON_REAL:
		return JSON_KIND_REAL;
	case JSON_TRUE:
	case JSON_FALSE:
		return JSON_KIND_BOOL;
	case JSON_NULL:
		break;
	}
	return JSON_KIND_NULL;
}

enum json_kind json_kind(const struct json *j, const char *key)
{
	return kind_of(member(j, key));
}

static struct strv text_of(const json_t *v)
{
	const char *p = json_string_value(v);

	return p ? strv_make(p, json_string_length(v)) : strv_of("");
}

struct strv json_get_str(const struct json *j, const char *key)
{
	return text_of(member(j, key));
}

double json_get_num(const struct json *j, const char *key)
{
	return json_number_value(member(j, key));
}

int json_each(const struct json *j, const char *key,
	      int (*fn)(void *arg, const char *name, enum json_kind kind,
			struct strv text),
	      void *arg)
{
	/* jansson iterates over what it may change, which this does not */
	json_t *object = (json_t *)(uintptr_t)member(j, key);
	struct buf b = BUF_INIT;
	const char *name;
	json_t *v;
	int rc = 0;

	json_object_foreach(object, name, v)
	{
		enum json_kind kind = kind_of(v);
		struct strv text = text_of(v);

		buf_clear(&b);
		if (kind != JSON_KIND_TEXT && kind != JSON_KIND_NULL) {
			dump(v, &b);
			text = strv_make(b.p, b.len);
		}
		rc = fn(arg, name, kind, text);
		if (rc == -1)
			break;
	}
	buf_release(&b);
	return rc == -1 ? -1 : 0;
}
