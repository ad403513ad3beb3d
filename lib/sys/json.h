/* SPDX-License-Identifier: ISC */
/*
 * JSON in and out, on jansson. Output never fails: bytes that are not UTF-8
 * go out in a field of their own, as base64. Every name keeps clear of
 * jansson's, which begin with json_ too.
 */
#ifndef SYS_JSON_H
#define SYS_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/strv.h"

struct json; /* an object or an array, with all below it */

struct json *json_new_object(void);
struct json *json_new_array(void);
void json_free(struct json *j);

/* Put a value under `key` of an object (key NULL: append to an array).
 * Children given with json_put() belong to the parent from then on. */
void json_put(struct json *j, const char *key, struct json *child);
void json_put_str(struct json *j, const char *key, const char *s);
void json_put_int(struct json *j, const char *key, int64_t v);
void json_put_num(struct json *j, const char *key, double v); /* NaN: null */
void json_put_bool(struct json *j, const char *key, bool v);
void json_put_null(struct json *j, const char *key);
/* Bytes as `key` when they are UTF-8 without NUL, else base64 as `key_b64` (in
 * an array: as an object {"b64": …}). json_put_str() does the same. */
void json_put_bytes(struct json *j, const char *key, struct strv v);
/* Milliseconds since the epoch as RFC 3339; 0 puts null. */
void json_put_time(struct json *j, const char *key, int64_t ms);

/* Append as one line without its end, no blanks, keys in the order they were
 * put. DEL, C1 and bidirectional controls go out as \uNNNN, so that the line
 * is harmless on a terminal. */
void json_write(const struct json *j, struct buf *out);

/*
 * Parse one JSON object. Refused: anything else, duplicate keys, more than 64
 * levels, trailing text. NULL with STATUS_DATA and the place of the error.
 */
struct json *json_parse(struct strv text, struct err *e) must_check;

/* Look a member up. Of a missing member or one of another type the getters
 * return "" or 0; json_kind() tells them apart. json_get_num() reads an
 * integer too. A key of NULL means `j` itself. What is returned belongs to
 * `j`. */
enum json_kind {
	JSON_KIND_MISSING,
	JSON_KIND_NULL,
	JSON_KIND_BOOL,
	JSON_KIND_INT,
	JSON_KIND_REAL,
	JSON_KIND_TEXT,
	JSON_KIND_OBJECT,
	JSON_KIND_ARRAY,
};
enum json_kind json_kind(const struct json *j, const char *key);
struct strv json_get_str(const struct json *j, const char *key);
double json_get_num(const struct json *j, const char *key);
/* Call `fn` for each member of the object under `key` (NULL: of `j`). Values
 * come as their text ("true", "4.2", a string's bytes; null as "", arrays and
 * objects as JSON), valid for the call; `kind` tells what they were. Stops
 * when fn returns -1, and returns that. */
int json_each(const struct json *j, const char *key,
	      int (*fn)(void *arg, const char *name, enum json_kind kind,
			struct strv text),
	      void *arg) must_check;

#endif
