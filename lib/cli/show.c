/* SPDX-License-Identifier: ISC */
/* Listings: what is common to queues, jobs and workers. */
#include "cli/show.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "base/text.h"

/* Rows of a table that are laid out together; the next ones may come out in
 * other widths, which beats holding a million of them. */
#define PAGE 500

static struct show_field *put(struct show_row *r, const char *name)
{
	struct show_field *f = &r->field[r->n++];

	*f = (struct show_field){.name = name, .kind = SHOW_NULL};
	return f;
}

void show_put_text(struct show_row *r, const char *name, struct strv v)
{
	struct show_field *f = put(r, name);

	f->text = v;
	if (v.n > 0 && !r->unknown)
		f->kind = SHOW_TEXT;
}

void show_put_words(struct show_row *r, const char *name, struct strv v)
{
	struct show_field *f = put(r, name);

	f->text = v;
	f->kind = SHOW_WORDS;
}

void show_put_int(struct show_row *r, const char *name, int64_t v)
{
	struct show_field *f = put(r, name);

	f->n = v;
	if (!r->unknown)
		f->kind = SHOW_INT;
}

void show_put_num(struct show_row *r, const char *name, double v)
{
	struct show_field *f = put(r, name);

	f->num = v;
	if (!r->unknown)
		f->kind = SHOW_NUM;
}

void show_put_bool(struct show_row *r, const char *name, bool v)
{
	struct show_field *f = put(r, name);

	f->n = v;
	if (!r->unknown)
		f->kind = SHOW_BOOL;
}

void show_put_time(struct show_row *r, const char *name, int64_t ms)
{
	struct show_field *f = put(r, name);

	f->n = ms;
	if (ms > 0 && !r->unknown)
		f->kind = SHOW_TIME;
}

void show_put_span(struct show_row *r, const char *name, int64_t ms)
{
	struct show_field *f = put(r, name);

	f->n = ms;
	if (ms >= 0 && !r->unknown)
		f->kind = SHOW_SPAN;
}

static void fill(struct show_row *r, const struct show_kind *kind,
		 const void *thing)
{
	r->n = 0;
	r->unknown = false;
	buf_clear(&r->scratch);
	kind->fields(r, thing);
}

/* Three digits after the point, and none that say nothing. */
static void add_number(struct buf *out, double v)
{
	buf_addf(out, "%.3f", v);
	while (out->p[out->len - 1] == '0')
		buf_cut(out, out->len - 1);
	if (out->p[out->len - 1] == '.')
		buf_cut(out, out->len - 1);
}

static void add_value(struct buf *out, const struct show_field *f)
{
	char time[32];

	switch (f->kind) {
	case SHOW_NULL:
		break;
	case SHOW_TEXT:
	case SHOW_WORDS:
		text_escape(out, f->text);
		break;
	case SHOW_INT:
		buf_addf(out, "%" PRId64, f->n);
		break;
	case SHOW_NUM:
		add_number(out, f->num);
		break;
	case SHOW_BOOL:
		buf_addstr(out, f->n ? "true" : "false");
		break;
	case SHOW_TIME:
		num_format_time(f->n, time);
		buf_addstr(out, time);
		break;
	case SHOW_SPAN:
		add_number(out, (double)f->n / 1000);
		break;
	}
}

static void put_json(struct json *j, const struct show_field *f, bool sparse)
{
	switch (f->kind) {
	case SHOW_NULL:
		if (!sparse)
			json_put_null(j, f->name);
		break;
	case SHOW_WORDS:
		break;
	case SHOW_TEXT:
		json_put_bytes(j, f->name, f->text);
		break;
	case SHOW_INT:
		json_put_int(j, f->name, f->n);
		break;
	case SHOW_NUM:
		json_put_num(j, f->name, f->num);
		break;
	case SHOW_BOOL:
		json_put_bool(j, f->name, f->n != 0);
		break;
	case SHOW_TIME:
		json_put_time(j, f->name, f->n);
		break;
	case SHOW_SPAN:
		json_put_num(j, f->name, (double)f->n / 1000);
		break;
	}
}

/* The names all stand in the message: there is no better place to find them
 * at the moment they are needed. */
static int unknown_field(const struct show *s, struct strv name, struct err *e)
{
	struct buf names = BUF_INIT;
	char shown[48];
	int rc;

	for (size_t i = 0; i < s->row.n; i++)
		buf_addf(&names, " %s", s->row.field[i].name);
	rc = err_set(e, STATUS_USAGE, "a %s has no field '%s' (it has:%s)",
		     s->kind->one, text_show(name, shown, sizeof(shown)),
		     names.p);
	buf_release(&names);
	return rc;
}

static int pick_fields(struct show *s, struct err *e)
{
	struct strv rest = strv_of(s->fields);

	fill(&s->row, s->kind, s->kind->example);
	do {
		struct strv name = strv_trim(strv_cut(&rest, ','));
		size_t i = 0;

		while (i < s->row.n && !strv_eq(name, s->row.field[i].name))
			i++;
		if (i == s->row.n)
			return unknown_field(s, name, e);
		if (s->n_picks == SHOW_MAX_FIELDS)
			return err_set(e, STATUS_USAGE,
				       "more than %d fields were asked for",
				       SHOW_MAX_FIELDS);
		s->pick[s->n_picks++] = i;
	} while (rest.n > 0);
	return 0;
}

int show_begin(struct show *s, struct err *e)
{
	buf_init(&s->out);
	buf_init(&s->row.scratch);
	if (s->format == SHOW_FIELDS)
		return pick_fields(s, e);
	if (s->format == SHOW_JSON && s->kind->many) {
		s->json = json_new_object();
		s->array = json_new_array();
		return 0;
	}
	if (s->format == SHOW_TABLE)
		s->table =
			output_table_new(s->kind->columns, s->kind->n_columns);
	return 0;
}

/* Write what has gathered. */
static int write_out(struct show *s, struct err *e)
{
	int rc = output_write(s->out.p, s->out.len, e);

	buf_clear(&s->out);
	return rc;
}

static int write_table(struct show *s, struct err *e)
{
	if (s->width)
		output_table_fit(s->table, s->width);
	output_table_write(s->table, s->no_header, s->color, &s->out);
	output_table_free(s->table);
	s->table = NULL;
	/* the next page may leave out other columns to fit */
	s->no_header |= !s->width;
	s->rows = 0;
	return write_out(s, e);
}

static int add_to_table(struct show *s, const void *thing, struct err *e)
{
	if (s->rows == PAGE) {
		if (write_table(s, e) < 0)
			return -1;
		s->table =
			output_table_new(s->kind->columns, s->kind->n_columns);
	}
	s->kind->cells(s->table, thing);
	s->rows++;
	return 0;
}

int show_add(struct show *s, const void *thing, struct err *e)
{
	struct json *object;

	if (s->format == SHOW_TABLE)
		return add_to_table(s, thing, e);
	fill(&s->row, s->kind, thing);
	if (s->format == SHOW_FIELDS) {
		for (size_t i = 0; i < s->n_picks; i++) {
			if (i)
				buf_addch(&s->out, '\t');
			add_value(&s->out, &s->row.field[s->pick[i]]);
		}
		buf_addch(&s->out, '\n');
		return write_out(s, e);
	}
	object = json_new_object();
	for (size_t i = 0; i < s->row.n; i++)
		put_json(object, &s->row.field[i], s->kind->sparse);
	if (s->kind->more)
		s->kind->more(object, thing);
	if (s->array) {
		json_put(s->array, NULL, object);
		return 0;
	}
	json_write(object, &s->out);
	buf_addch(&s->out, '\n');
	json_free(object);
	return write_out(s, e);
}

int show_end(struct show *s, int64_t now_ms, struct err *e)
{
	if (s->table)
		return write_table(s, e);
	if (!s->json)
		return 0;
	json_put_int(s->json, "v", 1);
	json_put_time(s->json, "time", now_ms);
	json_put(s->json, s->kind->many, s->array);
	s->array = NULL;
	json_write(s->json, &s->out);
	buf_addch(&s->out, '\n');
	return write_out(s, e);
}

void show_release(struct show *s)
{
	output_table_free(s->table);
	json_free(s->array);
	json_free(s->json);
	buf_release(&s->row.scratch);
	buf_release(&s->out);
	s->table = NULL;
	s->json = s->array = NULL;
}
