/* SPDX-License-Identifier: ISC */
/* The answer on stdout: checked writes, colour, tables. */
#include "cli/output.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/env.h"
#include "sys/json.h"

#define LEAST_COLUMNS 20 /* left of a cell that has to fit */

/* stdio remembers that a write failed, but not why. */
static int first_errno;

static int check(bool good, struct err *e)
{
	if (!good && !first_errno)
		first_errno = errno ? errno : EIO;
	if (first_errno)
		return err_sys(e, STATUS_IO, first_errno,
			       "cannot write to standard output");
	return 0;
}

int output_write(const void *p, size_t n, struct err *e)
{
	return check(fwrite(p, 1, n, stdout) == n, e);
}

int output_job(const struct opt_common *common, const char *what,
	       const char *queue, struct strv id, struct err *e)
{
	struct buf name = BUF_INIT, line = BUF_INIT;
	int rc;

	if (common->quiet)
		return 0;
	buf_addf(&name, "%s/%.*s", queue, (int)id.n, id.p);
	if (common->json) {
		struct json *o = json_new_object();

		json_put_str(o, "what", what);
		json_put_str(o, "job", name.p);
		json_write(o, &line);
		json_free(o);
	} else {
		buf_addstr(&line, name.p);
	}
	buf_addch(&line, '\n');
	rc = output_write(line.p, line.len, e);
	buf_release(&name);
	buf_release(&line);
	return rc;
}

int output_flush(struct err *e)
{
	return check(fflush(stdout) == 0 && !ferror(stdout), e);
}

int output_finish(struct err *e)
{
	bool good = !ferror(stdout);

	/* the last block may fail only now, on a full disk or over NFS */
	errno = 0;
	return check(fclose(stdout) == 0 && good, e);
}

bool output_color(const struct opt_common *common, FILE *stream)
{
	const char *term = env_get("TERM");

	if (common->color && strcmp(common->color, "auto") != 0)
		return strcmp(common->color, "always") == 0;
	return term && strcmp(term, "dumb") != 0 && !env_get("NO_COLOR") &&
	       isatty(fileno(stream));
}

size_t output_width(FILE *stream)
{
	struct winsize size;

	/* a descriptor that is no terminal refuses */
	if (ioctl(fileno(stream), TIOCGWINSZ, &size) < 0)
		return 0;
	return size.ws_col;
}

struct cell {
	char *text;	/* owned, escaped */
	size_t columns; /* it takes on a terminal */
	enum output_hue hue;
};

/* What became of a column. */
struct shape {
	size_t width; /* of its widest cell */
	bool says;    /* a cell is neither empty nor zero */
	bool gone;    /* left out */
};

struct output_table {
	const struct output_column *columns; /* borrowed */
	struct shape *shape;		     /* of each column */
	size_t n;			     /* columns */
	struct cell *cells;		     /* row after row */
	size_t used, room;
};

/* Columns of escaped text: one a character. Wide and combining ones are
 * counted as one too, as no locale is set that would tell them apart. */
static size_t columns_of(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += (*s & 0xc0) != 0x80;
	return n;
}

struct output_table *output_table_new(const struct output_column *columns,
				      size_t n)
{
	struct output_table *t = buf_zalloc(sizeof(*t));

	t->columns = columns;
	t->n = n;
	t->shape = buf_zalloc(n * sizeof(*t->shape));
	return t;
}

static bool says_nothing(const char *text)
{
	return !*text || strcmp(text, "-") == 0 || strcmp(text, "0") == 0;
}

void output_table_cell(struct output_table *t, enum output_hue hue,
		       const char *fmt, ...)
{
	struct buf safe = BUF_INIT;
	struct shape *shape = &t->shape[t->used % t->n];
	struct cell *c;
	char *raw;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&raw, fmt, ap) < 0)
		err_nomem();
	va_end(ap);
	text_escape(&safe, strv_of(raw));
	free(raw);
	if (t->used == t->room) {
		t->room = t->room ? 2 * t->room : 64;
		t->cells = buf_realloc(t->cells, t->room * sizeof(*t->cells));
	}
	c = &t->cells[t->used];
	c->text = buf_detach(&safe);
	c->columns = columns_of(c->text);
	c->hue = hue;
	if (c->columns > shape->width)
		shape->width = c->columns;
	shape->says |= !says_nothing(c->text);
	t->used++;
}

static void blanks(struct buf *out, size_t n)
{
	while (n-- > 0)
		buf_addch(out, ' ');
}

/* Text that was escaped already. */
static void paint(struct buf *out, enum output_hue hue, bool color,
		  const char *text)
{
	static const char *const codes[] = {
		[OUTPUT_GOOD] = "32", [OUTPUT_WARN] = "33", [OUTPUT_BAD] = "31",
		[OUTPUT_DIM] = "2",   [OUTPUT_BOLD] = "1",
	};

	if (color && hue != OUTPUT_PLAIN && *text)
		buf_addf(out, "\033[%sm%s\033[0m", codes[hue], text);
	else
		buf_addstr(out, text);
}

void output_paint(struct buf *out, enum output_hue hue, bool color,
		  struct strv text)
{
	struct buf safe = BUF_INIT;

	text_escape(&safe, text);
	paint(out, hue, color, safe.p);
	buf_release(&safe);
}

static void write_cell(struct buf *out, const struct cell *c, size_t width,
		       enum output_align align, bool color)
{
	size_t pad = width > c->columns ? width - c->columns : 0;

	if (align == OUTPUT_RIGHT)
		blanks(out, pad);
	paint(out, c->hue, color, c->text);
	if (align == OUTPUT_LEFT)
		blanks(out, pad);
}

static void end_line(struct buf *out, size_t start)
{
	while (out->len > start && out->p[out->len - 1] == ' ')
		buf_cut(out, out->len - 1);
	buf_addch(out, '\n');
}

static size_t width_of(const struct output_table *t, size_t i, bool no_header)
{
	size_t title = no_header ? 0 : columns_of(t->columns[i].title);

	return title > t->shape[i].width ? title : t->shape[i].width;
}

/* Keep `columns` characters, the last of them an ellipsis. */
static void cut_cell(struct cell *c, size_t columns)
{
	struct buf b = BUF_INIT;
	const char *end = c->text;

	for (size_t n = 1; n < columns && *end; n++)
		for (end++; (*end & 0xc0) == 0x80;)
			end++;
	buf_add(&b, c->text, (size_t)(end - c->text));
	buf_addstr(&b, "…");
	free(c->text);
	c->text = buf_detach(&b);
	c->columns = columns;
}

/* The last column that is shown: the first one always is. */
static size_t last_of(const struct output_table *t)
{
	size_t i = t->n - 1;

	while (i > 0 && t->shape[i].gone)
		i--;
	return i;
}

/* Columns before the last cell of a line. */
static size_t taken_before(const struct output_table *t, size_t last)
{
	size_t taken = 0;

	for (size_t i = 0; i < last; i++)
		taken += t->shape[i].gone ? 0 : width_of(t, i, false) + 2;
	return taken;
}

/* Whether the lines fit when `most` columns do for text at their end: a number
 * is no less than all of its digits. */
static bool fits(const struct output_table *t, size_t width, size_t most)
{
	size_t last = last_of(t), wants = width_of(t, last, false);

	if (t->columns[last].align == OUTPUT_LEFT && wants > most)
		wants = most;
	return taken_before(t, last) + wants <= width;
}

/* What can best be spared, of all columns or of those that say nothing; 0 when
 * there is none. */
static size_t sparest(const struct output_table *t, bool silent)
{
	size_t best = 0;
	int spare = 0;

	for (size_t i = 1; i < t->n; i++) {
		const struct shape *s = &t->shape[i];

		if (s->gone || (silent && s->says) ||
		    t->columns[i].spare <= spare)
			continue;
		best = i;
		spare = t->columns[i].spare;
	}
	return best;
}

static void leave_out(struct output_table *t, size_t width, size_t most,
		      bool silent)
{
	size_t i;

	while (!fits(t, width, most) && (i = sparest(t, silent)) > 0)
		t->shape[i].gone = true;
}

void output_table_fit(struct output_table *t, size_t width)
{
	size_t last, taken, room;

	leave_out(t, width, SIZE_MAX, true);
	leave_out(t, width, LEAST_COLUMNS, false);
	last = last_of(t);
	taken = taken_before(t, last);
	room = width > taken + LEAST_COLUMNS ? width - taken : LEAST_COLUMNS;
	if (t->columns[last].align != OUTPUT_LEFT ||
	    t->shape[last].width <= room)
		return;
	t->shape[last].width = room;
	for (size_t i = last; i < t->used; i += t->n)
		if (t->cells[i].columns > room)
			cut_cell(&t->cells[i], room);
}

void output_table_write(const struct output_table *t, bool no_header,
			bool color, struct buf *out)
{
	size_t start = out->len;

	if (t->n == 0)
		return;
	for (size_t i = 0; i < t->n && !no_header; i++) {
		struct cell title = {(char *)t->columns[i].title, 0,
				     OUTPUT_PLAIN};

		if (t->shape[i].gone)
			continue;
		title.columns = columns_of(title.text);
		blanks(out, i ? 2 : 0);
		write_cell(out, &title, width_of(t, i, false),
			   t->columns[i].align, false);
	}
	if (!no_header)
		end_line(out, start);
	start = out->len;
	for (size_t i = 0; i < t->used; i++) {
		size_t column = i % t->n;

		if (!t->shape[column].gone) {
			blanks(out, column ? 2 : 0);
			write_cell(out, &t->cells[i],
				   width_of(t, column, no_header),
				   t->columns[column].align, color);
		}
		if (column + 1 < t->n && i + 1 < t->used)
			continue;
		end_line(out, start);
		start = out->len;
	}
}

void output_table_free(struct output_table *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->used; i++)
		free(t->cells[i].text);
	free(t->cells);
	free(t->shape);
	free(t);
}
