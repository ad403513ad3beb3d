/* SPDX-License-Identifier: ISC */
/* Composes log lines; all that is not ours in them is escaped. */
#include "work/log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/num.h"
#include "base/signame.h"
#include "base/text.h"
#include "sys/json.h"

/* What a line of ours begins with, behind priority or time. */
#define OURS "jq-work: "

static const struct {
	int priority; /* of syslog */
	int shown_at; /* verbosity */
	const char *name;
} levels[] = {
	[LOG_ERROR] = {3, -2, "error"}, [LOG_WARN] = {4, -1, "warning"},
	[LOG_NOTE] = {5, 0, "notice"},	[LOG_SOFT] = {6, 0, "info"},
	[LOG_INFO] = {6, 1, "info"},	[LOG_FINE] = {7, 2, "debug"},
};

void log_init(struct log *l, struct sink *sink, enum log_format format,
	      int verbose)
{
	memset(l, 0, sizeof(*l));
	buf_init(&l->line);
	l->sink = sink;
	l->format = format;
	l->verbose = verbose;
}

void log_release(struct log *l)
{
	buf_release(&l->line);
}

bool log_is_journal(const char *journal_stream, int fd)
{
	struct strv inode = strv_of(journal_stream);
	struct strv device = strv_cut(&inode, ':');
	struct stat st;
	int64_t dev, ino;

	return num_int(device, 0, INT64_MAX, &dev, NULL) == 0 &&
	       num_int(inode, 0, INT64_MAX, &ino, NULL) == 0 &&
	       fstat(fd, &st) == 0 && st.st_dev == (dev_t)dev &&
	       st.st_ino == (ino_t)ino;
}

static bool shown(const struct log *l, enum log_level level)
{
	return l->verbose >= levels[level].shown_at;
}

/* Hand the line over, unless nobody reads what was said before. */
static void finish(struct log *l)
{
	if (sink_full(l->sink)) {
		l->dropped++;
		return;
	}
	buf_addch(&l->line, '\n');
	sink_write(l->sink, l->line.p, l->line.len);
}

static void begin_text(struct log *l, enum log_level level)
{
	char time[32];

	buf_clear(&l->line);
	if (l->journal) {
		buf_addf(&l->line, "<%d>", levels[level].priority);
	} else {
		num_format_time(clock_real_ms(), time);
		buf_addf(&l->line, "%s ", time);
	}
	buf_addstr(&l->line, OURS);
}

static struct json *begin_json(enum log_level level, const char *event)
{
	struct json *j = json_new_object();

	json_put_time(j, "time", clock_real_ms());
	json_put_str(j, "level", levels[level].name);
	json_put_str(j, "event", event);
	return j;
}

static void finish_json(struct log *l, struct json *j)
{
	buf_clear(&l->line);
	json_write(j, &l->line);
	json_free(j);
	finish(l);
}

static void say(struct log *l, enum log_level level, const char *text)
{
	struct json *j;

	if (l->format == LOG_JSON) {
		j = begin_json(level, "message");
		json_put_str(j, "message", text);
		finish_json(l, j);
		return;
	}
	begin_text(l, level);
	buf_addstr(&l->line, text);
	finish(l);
}

/* As soon as somebody reads again, say what is missing. */
static void tell_dropped(struct log *l)
{
	char text[64];

	if (!l->dropped || sink_full(l->sink))
		return;
	snprintf(text, sizeof(text), "%" PRIu64 " lines of log were dropped",
		 l->dropped);
	l->dropped = 0;
	say(l, LOG_WARN, text);
}

void log_say(struct log *l, enum log_level level, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	if (!shown(l, level))
		return;
	va_start(ap, fmt);
	if (vsnprintf(text, sizeof(text), fmt, ap) < 0)
		text[0] = '\0';
	va_end(ap);
	tell_dropped(l);
	say(l, level, text);
}

/* In quotes, so that it is one value to whoever splits at blanks. */
static void add_quoted(struct buf *b, struct strv v)
{
	struct strv part;
	bool more;

	buf_addch(b, '"');
	do {
		more = v.n && memchr(v.p, '"', v.n);
		part = strv_cut(&v, '"');
		text_escape(b, part);
		if (more)
			buf_addstr(b, "\\\"");
	} while (more);
	buf_addch(b, '"');
}

/* "exit:3" as the field exit=3, "signal:9" as signal=SIGKILL; other words say
 * it in the outcome or the reason. */
static const char *split_how(const char *how, char *kind, size_t size)
{
	struct strv value = strv_of(how), word = strv_cut(&value, ':');
	const char *name;
	int64_t n;

	if (value.n == 0)
		return NULL;
	snprintf(kind, size, "%.*s", (int)word.n, word.p);
	if (strv_eq(word, "signal") && num_int(value, 0, 1000, &n, NULL) == 0) {
		name = signame_of((int)n);
		if (name)
			return name;
	}
	return value.p;
}

static void attempt_text(struct log *l, const struct log_attempt *a)
{
	struct buf *b = &l->line;
	const char *value;
	char kind[16], span[24];

	begin_text(l, a->level);
	buf_addf(b, "id=%s queue=%s", a->id, a->queue);
	if (a->name)
		buf_addf(b, " name=%s", a->name);
	buf_addf(b, " attempt=%" PRId64 "/%" PRId64 " outcome=%s", a->attempt,
		 a->max_attempts, a->outcome);
	value = split_how(a->how, kind, sizeof(kind));
	if (value)
		buf_addf(b, " %s=%s", kind, value);
	buf_addf(b, " took=%.2fs", (double)a->took_us / 1e6);
	if (a->next_ms > 0 && a->next_ms < 1000) {
		buf_addf(b, " next=%" PRId64 "ms", a->next_ms);
	} else if (a->next_ms > 0) {
		num_format_span(a->next_ms, span);
		buf_addf(b, " next=%s", span);
	}
	if (a->reason.n) {
		buf_addstr(b, " reason=");
		add_quoted(b, a->reason);
	}
	finish(l);
}

static void attempt_json(struct log *l, const struct log_attempt *a)
{
	struct json *j = begin_json(a->level, "attempt");
	const char *value;
	char kind[16];
	int64_t n;

	json_put_str(j, "id", a->id);
	json_put_str(j, "queue", a->queue);
	if (a->name)
		json_put_str(j, "name", a->name);
	json_put_int(j, "attempt", a->attempt);
	json_put_int(j, "max_attempts", a->max_attempts);
	json_put_str(j, "outcome", a->outcome);
	value = split_how(a->how, kind, sizeof(kind));
	if (value && num_int(strv_of(value), 0, 255, &n, NULL) == 0)
		json_put_int(j, kind, n);
	else if (value)
		json_put_str(j, kind, value);
	json_put_num(j, "took_s", (double)a->took_us / 1e6);
	if (a->next_ms > 0)
		json_put_num(j, "next_s", (double)a->next_ms / 1e3);
	if (a->reason.n)
		json_put_bytes(j, "reason", a->reason);
	finish_json(l, j);
}

void log_attempt(struct log *l, const struct log_attempt *a)
{
	if (!shown(l, a->level))
		return;
	tell_dropped(l);
	if (l->format == LOG_JSON)
		attempt_json(l, a);
	else
		attempt_text(l, a);
}

static bool harmless(char c)
{
	return (c >= ' ' && c <= '~') || c == '\t';
}

/* As text_escape(), but tabs and backslashes stay: they are ordinary in a
 * program's output and do nothing. No sequence of UTF-8 is cut: none of its
 * bytes is harmless alone. */
static void add_harmless(struct buf *b, struct strv line)
{
	while (line.n) {
		size_t good = 0, bad;

		while (good < line.n && harmless(line.p[good]))
			good++;
		bad = good;
		while (bad < line.n && !harmless(line.p[bad]))
			bad++;
		buf_add(b, line.p, good);
		text_escape(b, strv_make(line.p + good, bad - good));
		line = strv_make(line.p + bad, line.n - bad);
	}
}

/* Whether a reader could take it for one of ours: our name stands where the
 * time or the priority ends. */
static bool forged(struct strv line)
{
	static const char mark[] = OURS;
	size_t len = sizeof(mark) - 1;

	for (size_t i = 0; i + len <= line.n && i < 48; i++)
		if (memcmp(line.p + i, mark, len) == 0)
			return true;
	return false;
}

void log_handler(struct log *l, const char *job, bool tag, struct strv line)
{
	struct buf *b = &l->line;
	struct json *j;

	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	buf_clear(b);
	if (l->format == LOG_JSON) {
		j = begin_json(LOG_SOFT, "stderr");
		json_put_str(j, "job", job);
		json_put_bytes(j, "line", line);
		json_write(j, b);
		json_free(j);
	} else {
		/* without one of ours, its own "<0>" would be a priority */
		if (l->journal)
			buf_addf(b, "<%d>", levels[LOG_SOFT].priority);
		if (tag)
			buf_addf(b, "%s\t", job);
		else if (forged(line))
			buf_addstr(b, "| ");
		add_harmless(b, line);
	}
	buf_addch(b, '\n');
	sink_add(l->sink, b->p, b->len);
}
