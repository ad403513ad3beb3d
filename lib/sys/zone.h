/* SPDX-License-Identifier: ISC */
/*
 * Time zones, read from the installed zone database by ourselves: the C
 * library's way (TZ and localtime) is one zone a process, is not safe in
 * threads, and takes an unknown name silently as UTC.
 *
 * A zone is a row of periods, each with one offset from UTC. Whether a change
 * of offset is called daylight saving, how long it is and where in the hour it
 * falls plays no part here.
 */
#ifndef SYS_ZONE_H
#define SYS_ZONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/strv.h"

/* Where the system keeps its zone files. */
#define ZONE_DIR "/usr/share/zoneinfo"

/* Longest name, in bytes. */
#define ZONE_NAME_MAX 127

/* No instant of a zone lies further than this from UTC, in seconds. */
#define ZONE_REACH (26 * 3600)

/* Bounds of the first and the last period: far beyond any date, and far
 * enough from the ends of int64_t to add to. */
#define ZONE_FOREVER (INT64_MAX / 8)

/* What a clock in the zone shows during a period. */
struct zone_type {
	int32_t offset; /* local time minus UTC, seconds */
	bool dst;	/* called daylight saving; says nothing of `offset` */
	uint8_t abbr;	/* where its abbreviation starts in zone.abbr */
};

/* One yearly change of the footer rule, at `time` of local time. */
struct zone_rule {
	enum zone_rule_kind {
		ZONE_RULE_JULIAN, /* Jn: 1 to 365, 29 February not counted */
		ZONE_RULE_DAY,	  /* n: 0 to 365 */
		ZONE_RULE_MONTH,  /* Mm.w.d */
	} kind;
	int month;    /* 1 to 12 */
	int week;     /* 1 to 5, 5 = the last */
	int day;      /* day number, or weekday 0 to 6 */
	int32_t time; /* seconds from local midnight, -167 h to 167 h */
};

/* What holds after the last listed change. */
struct zone_footer {
	bool given;		     /* else the last type holds for ever */
	bool changes;		     /* `summer`, `begin` and `end` are set */
	struct zone_type standard;   /* abbreviations are in `names` */
	struct zone_type summer;     /* between `begin` and `end` */
	struct zone_rule begin, end; /* of `summer`, each year */
	char names[64];		     /* abbreviations, each with its NUL */
};

struct zone {
	char name[ZONE_NAME_MAX + 1];
	uint64_t stamp;		   /* of its file when read; 0: of none */
	int64_t *at;		   /* owned; instants of change, ascending */
	uint8_t *becomes;	   /* owned; type from at[i] on */
	size_t n;		   /* how many changes are listed */
	struct zone_type *type;	   /* owned; [0] holds before the first */
	size_t types;		   /* how many */
	char *abbr;		   /* owned; abbreviations, NUL after each */
	struct zone_footer footer; /* rule for all later times */
};

/* A stretch of time with one offset. */
struct zone_period {
	int64_t since; /* first instant, or -ZONE_FOREVER */
	int64_t until; /* first instant after it, or ZONE_FOREVER */
	int32_t offset;
	bool dst;
	const char *abbr; /* borrowed from the zone: "CEST" */
};

/* The instants that show a given local time. */
#define ZONE_MAP_MAX 4
struct zone_map {
	int n;			  /* 0: the local time falls into a gap */
	int64_t at[ZONE_MAP_MAX]; /* n instants, ascending */
	int64_t first_end;	  /* local time at which at[0]'s period ends */
	int64_t gap_end;	  /* n = 0: first instant after the gap */
	int64_t gap;		  /* n = 0: its length in seconds */
};

/* Where NULL stands for below: `dir`, or ZONE_DIR when it is NULL or no
 * absolute path. Borrowed for good. For what TZDIR says, at the start. */
void zone_set_dir(const char *dir);

/*
 * Load zone `name` from the database under `dir` (NULL: as above). UTC is
 * known without a database. NULL with
 * STATUS_CONFIG: a name that cannot be one, an unknown one (with the nearest
 * that exist), a damaged file, one that counts leap seconds. Reads a file,
 * and the directories too when it has to suggest. Freed by the caller.
 */
struct zone *zone_load(const char *dir, struct strv name,
		       struct err *e) must_check;

/* The same from the bytes of a zone file. Pure. */
struct zone *zone_parse(struct strv name, struct strv bytes,
			struct err *e) must_check;

void zone_free(struct zone *z); /* NULL is fine */

/* Whether the file that `z` was loaded from is another one now, or gone. Asks
 * for its status, and does not read it. */
bool zone_changed(const char *dir, const struct zone *z);

/* Append the release of the database, "2026a"; "unknown" when it has no
 * tzdata.zi that tells. Reads a line. */
void zone_release(const char *dir, struct buf *out);

/* 0 if `name` is spelled as a zone name: parts of letters, digits, '_', '+'
 * and '-' with '/' between. -1 says what is wrong. Pure. */
int zone_check_name(struct strv name, struct err *e) must_check;

/* Append up to `most` names of the database that look most like `name`, with
 * ", " between; nothing if none is near. Reads the directories. */
void zone_suggest(const char *dir, struct strv name, int most, struct buf *out);

/* Append the name of the zone this host is set to, as the files below `etc`
 * (NULL: /etc) tell; false when they do not. Blocks. Only for what was made
 * for this host alone: hosts differ. */
bool zone_host(const char *etc, struct buf *out);

/* The period that holds instant `at`. Never fails. */
struct zone_period zone_at(const struct zone *z, int64_t at);

/* The instants that show `local` (seconds as if local time were UTC). */
struct zone_map zone_from_local(const struct zone *z, int64_t local);

/* Parse a footer ("CET-1CEST,M3.5.0,M10.5.0/3") into `f`. Times of day beyond
 * 0 to 24 h are taken from version 3 on. -1 says what is wrong. Pure. */
int zone_footer_parse(struct zone_footer *f, struct strv text, int version,
		      struct err *e) must_check;

/* The period of the rule alone that holds `at`. Pure. */
struct zone_period zone_footer_at(const struct zone_footer *f, int64_t at);

#endif
