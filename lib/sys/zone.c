/* SPDX-License-Identifier: ISC */
/*
 * Looking things up in a zone, and finding its file.
 */
#include "sys/zone.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/fnv.h"
#include "base/text.h"

enum {
	FILE_MAX = 1 << 20,
	SUGGESTIONS = 3,
};

static const char *database = ZONE_DIR;

void zone_set_dir(const char *dir)
{
	database = dir && dir[0] == '/' ? dir : ZONE_DIR;
}

struct zone_period zone_at(const struct zone *z, int64_t at)
{
	struct zone_period p = {.since = -ZONE_FOREVER, .until = ZONE_FOREVER};
	const struct zone_type *type = &z->type[0];
	size_t low = 0;
	size_t high = z->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (z->at[mid] <= at)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == z->n && z->footer.given) {
		p = zone_footer_at(&z->footer, at);
		if (z->n && p.since < z->at[z->n - 1])
			p.since = z->at[z->n - 1];
		return p;
	}
	if (low > 0) {
		p.since = z->at[low - 1];
		type = &z->type[z->becomes[low - 1]];
	}
	if (low < z->n)
		p.until = z->at[low];
	p.offset = type->offset;
	p.dst = type->dst;
	p.abbr = z->abbr + type->abbr;
	return p;
}

static void map_period(struct zone_map *m, const struct zone_period *p,
		       int64_t local)
{
	int64_t at = local - p->offset;

	if (at < p->since || at >= p->until || m->n == ZONE_MAP_MAX)
		return;
	if (m->n == 0)
		m->first_end = p->until + p->offset;
	m->at[m->n++] = at;
}

struct zone_map zone_from_local(const struct zone *z, int64_t local)
{
	struct zone_map m = {0};
	struct zone_period p = zone_at(z, local - ZONE_REACH);

	for (;;) {
		struct zone_period next;
		int64_t stops = p.until + p.offset;

		map_period(&m, &p, local);
		if (p.until > local + ZONE_REACH)
			break;
		next = zone_at(z, p.until);
		if (!m.gap && local >= stops && local < p.until + next.offset) {
			m.gap_end = p.until;
			m.gap = next.offset - p.offset;
		}
		p = next;
	}
	return m;
}

static int unknown(const char *dir, struct strv name, struct err *e)
{
	struct buf near = BUF_INIT;
	char shown[ZONE_NAME_MAX + 1];

	zone_suggest(dir, name, SUGGESTIONS, &near);
	err_set(e, STATUS_CONFIG, "time zone '%s': not in %s (%s%s)",
		text_show(name, shown, sizeof(shown)), dir,
		near.len ? "did you mean " : "names look like Europe/London",
		near.len ? near.p : "");
	buf_release(&near);
	return -1;
}

static uint64_t stamp_of(const struct stat *st)
{
	const int64_t facts[] = {(int64_t)st->st_dev, (int64_t)st->st_ino,
				 (int64_t)st->st_size, st->st_mtim.tv_sec,
				 st->st_mtim.tv_nsec};

	return fnv_add(FNV_INIT, facts, sizeof(facts)) | 1;
}

bool zone_changed(const char *dir, const struct zone *z)
{
	struct buf path = BUF_INIT;
	struct stat st;
	bool there;

	if (!z->stamp)
		return false;
	buf_addf(&path, "%s/%s", dir ? dir : database, z->name);
	there = stat(path.p, &st) == 0;
	buf_release(&path);
	return !there || stamp_of(&st) != z->stamp;
}

/* Open the file of a zone whose name has been checked. */
static int open_zone(const char *dir, struct strv name, uint64_t *stamp,
		     struct err *e)
{
	struct buf path = BUF_INIT;
	struct stat st;
	int fd;

	buf_addf(&path, "%s/%.*s", dir, (int)name.n, name.p);
	/* non-blocking: a FIFO must not hold us */
	fd = open(path.p, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR)) {
		if (stat(dir, &st) != 0)
			err_sys(e, STATUS_CONFIG, errno,
				"time zone database '%s' (install tzdata)",
				dir);
		else
			unknown(dir, name, e);
	} else if (fd < 0) {
		err_sys(e, STATUS_CONFIG, errno, "time zone file '%s'", path.p);
	} else if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		fd_close(&fd);
		unknown(dir, name, e);
	} else {
		*stamp = stamp_of(&st);
	}
	buf_release(&path);
	return fd;
}

/* What needs no file. */
static struct zone *utc(void)
{
	struct zone *z = buf_zalloc(sizeof(*z));

	memcpy(z->name, "UTC", sizeof("UTC"));
	z->type = buf_zalloc(sizeof(*z->type));
	z->types = 1;
	z->abbr = buf_strdup("UTC");
	return z;
}

struct zone *zone_load(const char *dir, struct strv name, struct err *e)
{
	struct buf bytes = BUF_INIT;
	struct zone *z = NULL;
	uint64_t stamp = 0;
	int fd;

	if (!dir)
		dir = database;
	if (zone_check_name(name, e))
		return NULL;
	fd = open_zone(dir, name, &stamp, e);
	if (fd < 0)
		return strv_eq(name, "UTC") ? utc() : NULL;
	if (fd_read_all(fd, "the zone file", FILE_MAX, &bytes, e) == 0)
		z = zone_parse(name, strv_make(bytes.p, bytes.len), e);
	if (z) {
		z->stamp = stamp;
	} else {
		e->code = STATUS_CONFIG;
		err_prefix(e, "time zone '%.*s'", (int)name.n, name.p);
	}
	fd_close(&fd);
	buf_release(&bytes);
	return z;
}

/* The first line is "# version 2026a". */
void zone_release(const char *dir, struct buf *out)
{
	static const char before[] = "# version ";
	struct buf path = BUF_INIT;
	char line[64];
	struct strv rest, word;
	ssize_t n = 0;
	int fd;

	buf_addf(&path, "%s/tzdata.zi", dir ? dir : database);
	fd = open(path.p, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	buf_release(&path);
	if (fd >= 0)
		n = read(fd, line, sizeof(line));
	fd_close(&fd);
	rest = strv_make(line, n > 0 ? (size_t)n : 0);
	if (strv_starts(rest, before) && memchr(line, '\n', rest.n)) {
		rest = strv_make(line + strlen(before),
				 rest.n - strlen(before));
		word = strv_cut(&rest, '\n');
		text_escape(out, word);
	} else {
		buf_addstr(out, "unknown");
	}
}
