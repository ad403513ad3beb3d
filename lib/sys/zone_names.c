/* SPDX-License-Identifier: ISC */
/*
 * Names of zones: what may be one, and which existing one was probably meant.
 */
#include "sys/zone.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/text.h"

enum {
	DEPTH_MAX = 4,
	CITY_ONLY = 1,	/* cost of naming the city without its area */
	MOST_NAMES = 8, /* suggestions kept at most */
};

static int refuse(struct strv name, const char *why, const char *hint,
		  struct err *e)
{
	char shown[ZONE_NAME_MAX + 1];

	return err_set(e, STATUS_CONFIG, "time zone '%s': %s (%s)",
		       text_show(name, shown, sizeof(shown)), why, hint);
}

static bool name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_' || c == '+' || c == '-';
}

/* Files of the database that are no zones of their own: they say what the
 * host's zone is, which must not matter. */
static bool host_zone(struct strv name)
{
	return strv_eq(name, "localtime") || strv_eq(name, "posixrules");
}

int zone_check_name(struct strv name, struct err *e)
{
	static const char hint[] = "write a name as Europe/London, UTC, "
				   "Etc/GMT+5";

	if (!name.n)
		return refuse(name, "empty", hint, e);
	if (name.n > ZONE_NAME_MAX)
		return refuse(name, "too long for a name", hint, e);
	if (name.p[0] == '/' || name.p[0] == ':')
		return refuse(name, "a path", hint, e);
	for (size_t i = 0; i < name.n; i++) {
		bool slash = name.p[i] == '/';

		if (slash && (i + 1 == name.n || name.p[i + 1] == '/'))
			return refuse(name, "an empty part", hint, e);
		if (!slash && !name_byte(name.p[i]))
			return refuse(name,
				      memchr(name.p, ',', name.n)
					      ? "a rule, not a name"
					      : "a byte no name has",
				      hint, e);
	}
	if (host_zone(name))
		return refuse(name, "differs from host to host", hint, e);
	return 0;
}

/* What the search keeps: the best names, best first. */
struct search {
	struct strv wanted;
	int most;
	int n;
	struct {
		char *name; /* owned */
		int cost;
	} best[MOST_NAMES];
};

static char fold(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (char)(c - 'A' + 'a');
	return c == ' ' || c == '-' ? '_' : c;
}

static int least(int a, int b)
{
	return a < b ? a : b;
}

/* Edits from `a` to `b`, case and kind of separator aside. */
static int distance(struct strv a, struct strv b)
{
	int row[ZONE_NAME_MAX + 1];

	for (size_t j = 0; j <= b.n; j++)
		row[j] = (int)j;
	for (size_t i = 1; i <= a.n; i++) {
		int corner = row[0];

		row[0] = (int)i;
		for (size_t j = 1; j <= b.n; j++) {
			int above = row[j];
			bool same = fold(a.p[i - 1]) == fold(b.p[j - 1]);

			row[j] = least(corner + !same,
				       1 + least(above, row[j - 1]));
			corner = above;
		}
	}
	return row[b.n];
}

static void consider(struct search *s, const char *name)
{
	struct strv all = strv_of(name);
	const char *slash = strrchr(name, '/');
	int cost = distance(s->wanted, all);
	int to;

	if (slash)
		cost = least(cost, distance(s->wanted, strv_of(slash + 1)) +
					   CITY_ONLY);
	if (cost > 1 + (int)s->wanted.n / 4)
		return;
	if (s->n == s->most && cost >= s->best[s->n - 1].cost)
		return;
	if (s->n == s->most)
		free(s->best[--s->n].name);
	for (to = s->n++; to > 0 && s->best[to - 1].cost > cost; to--)
		s->best[to] = s->best[to - 1];
	s->best[to].name = buf_strdup(name);
	s->best[to].cost = cost;
}

static bool not_listed(const struct search *s, const char *name)
{
	struct err ignored;

	return zone_check_name(strv_of(name), &ignored) != 0 ||
	       strcmp(name, "posix") == 0 || strcmp(name, "right") == 0 ||
	       strcmp(name, "leapseconds") == 0 || !s->most;
}

/* All names below `dir`/`prefix`; the tree is two or three levels deep. */
static void walk(struct search *s, const char *dir, const char *prefix,
		 int depth)
{
	struct buf path = BUF_INIT;
	struct buf name = BUF_INIT;
	struct dirent **list = NULL;
	int n;

	buf_addf(&path, "%s/%s", dir, prefix);
	n = scandir(path.p, &list, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		struct stat st;

		buf_clear(&name);
		buf_addf(&name, "%s%s", prefix, list[i]->d_name);
		buf_clear(&path);
		buf_addf(&path, "%s/%s", dir, name.p);
		if (!not_listed(s, name.p) && stat(path.p, &st) == 0) {
			if (S_ISREG(st.st_mode)) {
				consider(s, name.p);
			} else if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX) {
				buf_addch(&name, '/');
				walk(s, dir, name.p, depth + 1);
			}
		}
		free(list[i]);
	}
	free(list);
	buf_release(&path);
	buf_release(&name);
}

void zone_suggest(const char *dir, struct strv name, int most, struct buf *out)
{
	struct search s = {.wanted = name, .most = least(most, MOST_NAMES)};

	if (name.n > ZONE_NAME_MAX)
		return;
	walk(&s, dir, "", 0);
	for (int i = 0; i < s.n; i++) {
		if (i)
			buf_addstr(out, ", ");
		buf_addstr(out, s.best[i].name);
		free(s.best[i].name);
	}
}
