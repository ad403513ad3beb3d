/* SPDX-License-Identifier: ISC */
/*
 * Looking things up in a zone, and finding its file.
 */
#include "sys/zone.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/text.h"

enum {
	FILE_MAX = 1 << 20,
	SUGGESTIONS = 3,
};

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

/* Open the file of a zone whose name has been checked. */
static int open_zone(const char *dir, struct strv name, struct err *e)
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
	}
	buf_release(&path);
	return fd;
}

struct zone *zone_load(const char *dir, struct strv name, struct err *e)
{
	struct buf bytes = BUF_INIT;
	struct zone *z = NULL;
	int fd;

	if (!dir)
		dir = ZONE_DIR;
	if (zone_check_name(name, e))
		return NULL;
	fd = open_zone(dir, name, e);
	if (fd < 0)
		return NULL;
	if (fd_read_all(fd, "the zone file", FILE_MAX, &bytes, e) == 0)
		z = zone_parse(name, strv_make(bytes.p, bytes.len), e);
	if (!z) {
		e->code = STATUS_CONFIG;
		err_prefix(e, "time zone '%.*s'", (int)name.n, name.p);
	}
	fd_close(&fd);
	buf_release(&bytes);
	return z;
}
