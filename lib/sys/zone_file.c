/* SPDX-License-Identifier: ISC */
/*
 * The zone file format, TZif of RFC 9636, version 2 and later: a block with
 * 32-bit times that is skipped, a block with 64-bit times, the footer. Every
 * size and index is checked before it is used.
 */
#include "sys/zone.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"

enum {
	HEADER_BYTES = 44,
	TYPE_BYTES = 6,
	TYPES_MAX = 256,
};

struct counts {
	uint32_t ut, std, leap, time, type, chars;
};

/* Bytes not read yet; the file's lengths are sums of checked counts. */
struct reader {
	struct strv rest;
	struct err *e;
};

static int damaged(struct reader *r, const char *why)
{
	return err_set(r->e, STATUS_CONFIG, "damaged zone file: %s", why);
}

static uint64_t big_endian(const char *p, int bytes)
{
	uint64_t v = 0;

	for (int i = 0; i < bytes; i++)
		v = v << 8 | (unsigned char)p[i];
	return v;
}

static const char *take(struct reader *r, uint64_t n)
{
	const char *p = r->rest.p;

	if (n > r->rest.n) {
		damaged(r, "it is cut short");
		return NULL;
	}
	r->rest = strv_make(p + n, r->rest.n - (size_t)n);
	return p;
}

static int take_header(struct reader *r, struct counts *c, int *version)
{
	const char *p = take(r, HEADER_BYTES);
	uint32_t *field[] = {&c->ut,   &c->std,	 &c->leap,
			     &c->time, &c->type, &c->chars};

	if (!p)
		return -1;
	if (memcmp(p, "TZif", 4) != 0)
		return damaged(r, "it does not start with 'TZif'");
	*version = p[4] == '\0' ? 1 : p[4] - '0';
	for (size_t i = 0; i < ARRAY_LEN(field); i++)
		*field[i] = (uint32_t)big_endian(p + 20 + 4 * i, 4);
	return 0;
}

static uint64_t block_bytes(const struct counts *c, int time_bytes)
{
	return (uint64_t)c->time * ((unsigned)time_bytes + 1) +
	       (uint64_t)c->type * TYPE_BYTES + c->chars +
	       (uint64_t)c->leap * ((unsigned)time_bytes + 4) + c->std + c->ut;
}

static int check_counts(struct reader *r, const struct counts *c)
{
	if (c->leap)
		return err_set(r->e, STATUS_CONFIG,
			       "the file counts leap seconds, Unix time does "
			       "not (use the name without 'right/')");
	if (!c->type || c->type > TYPES_MAX || !c->chars || c->chars > 256)
		return damaged(r, "no local time, or too many");
	if ((c->std && c->std != c->type) || (c->ut && c->ut != c->type))
		return damaged(r, "its counts disagree");
	return 0;
}

static int take_times(struct reader *r, const struct counts *c, struct zone *z)
{
	const char *at = take(r, (uint64_t)c->time * 8);
	const char *type = at ? take(r, c->time) : NULL;

	if (!type)
		return -1;
	z->n = c->time;
	z->at = buf_alloc((z->n + 1) * sizeof(*z->at));
	z->becomes = buf_alloc(z->n + 1);
	for (size_t i = 0; i < z->n; i++) {
		int64_t t = (int64_t)big_endian(at + 8 * i, 8);

		/* old files begin with a change at the Big Bang */
		if (t < -ZONE_FOREVER / 2)
			t = -ZONE_FOREVER / 2 + (int64_t)i;
		if (t > ZONE_FOREVER / 2)
			return damaged(r, "a change after the end of time");
		if (i && t <= z->at[i - 1])
			return damaged(r, "its changes are not in order");
		z->at[i] = t;
		z->becomes[i] = (uint8_t)type[i];
		if (z->becomes[i] >= c->type)
			return damaged(r, "a change to an unknown local time");
	}
	return 0;
}

static int take_types(struct reader *r, const struct counts *c, struct zone *z)
{
	const char *p = take(r, (uint64_t)c->type * TYPE_BYTES);
	const char *abbr = p ? take(r, c->chars) : NULL;

	if (!abbr)
		return -1;
	z->abbr = buf_memdup(abbr, c->chars);
	z->types = c->type;
	z->type = buf_alloc(z->types * sizeof(*z->type));
	for (size_t i = 0; i < z->types; i++, p += TYPE_BYTES) {
		struct zone_type *t = &z->type[i];

		t->offset = (int32_t)(uint32_t)big_endian(p, 4);
		t->dst = p[4] != 0;
		t->abbr = (uint8_t)p[5];
		if (t->offset > ZONE_REACH || t->offset < -ZONE_REACH)
			return damaged(r, "an offset of more than 26 hours");
		if (t->abbr >= c->chars || p[4] < 0 || p[4] > 1 ||
		    !memchr(abbr + t->abbr, '\0', c->chars - t->abbr))
			return damaged(r, "a local time without abbreviation");
	}
	return 0;
}

static int take_footer(struct reader *r, int version, struct zone *z)
{
	struct strv line;

	if (!r->rest.n || r->rest.p[0] != '\n' ||
	    !memchr(r->rest.p + 1, '\n', r->rest.n - 1))
		return damaged(r, "no footer");
	r->rest = strv_make(r->rest.p + 1, r->rest.n - 1);
	line = strv_cut(&r->rest, '\n');
	if (!line.n)
		return 0;
	if (zone_footer_parse(&z->footer, line, version, r->e))
		return err_prefix(r->e, "damaged zone file");
	return 0;
}

static int take_file(struct reader *r, struct zone *z)
{
	struct counts c;
	int version = 0;
	int again = 0;

	if (take_header(r, &c, &version))
		return -1;
	if (version < 2 || version > 9)
		return err_set(r->e, STATUS_CONFIG,
			       "zone file of version 1, without 64-bit times "
			       "(install a newer tzdata)");
	if (!take(r, block_bytes(&c, 4)) || take_header(r, &c, &again) ||
	    check_counts(r, &c))
		return -1;
	if (again != version)
		return damaged(r, "its two headers disagree");
	if (take_times(r, &c, z) || take_types(r, &c, z) ||
	    !take(r, (uint64_t)c.std + c.ut))
		return -1;
	return take_footer(r, version, z);
}

struct zone *zone_parse(struct strv name, struct strv bytes, struct err *e)
{
	struct reader r = {bytes, e};
	struct zone *z = buf_zalloc(sizeof(*z));
	size_t n = name.n < ZONE_NAME_MAX ? name.n : ZONE_NAME_MAX;

	if (n)
		memcpy(z->name, name.p, n);
	if (take_file(&r, z)) {
		zone_free(z);
		return NULL;
	}
	return z;
}

void zone_free(struct zone *z)
{
	if (!z)
		return;
	free(z->at);
	free(z->becomes);
	free(z->type);
	free(z->abbr);
	free(z);
}
