/* SPDX-License-Identifier: ISC */
/*
 * Cron expressions: their grammar and the instants they name. Pure; zone and
 * time come as arguments, nothing depends on when one asks.
 *
 *   fields   minute hour day month weekday, with an optional second in front
 *   macros   @yearly @annually @monthly @weekly @daily @midnight @hourly
 *   @every   a duration, counted from the epoch or from `anchor`
 *
 * On clock changes: a schedule whose second, minute or hour contains '*' or
 * '/' is an interval: it does not fire in a gap and fires at both of a local
 * time that happens twice. Any other has fixed times: one in a gap of three
 * hours or less fires at the first instant after it, one that happens twice
 * fires at the first.
 */
#ifndef QUEUE_CRON_H
#define QUEUE_CRON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/strv.h"
#include "sys/zone.h"

/* Longest expression, in bytes. */
#define CRON_TEXT_MAX 65536

/* How far a next firing is looked for; then there is none. */
#define CRON_YEARS 400

/* Instants before and after which nothing is looked for: years 1 to 9999. */
#define CRON_TIME_MIN (-62135596800LL)
#define CRON_TIME_MAX 253402300799LL

enum cron_kind {
	CRON_FIXED,    /* times of day, moved out of gaps */
	CRON_INTERVAL, /* a pattern within the hour or day */
	CRON_EVERY,    /* multiples of `every` */
};

/* The fields, by the numbers that `H` is hashed with. */
enum cron_place {
	CRON_SECOND,
	CRON_MINUTE,
	CRON_HOUR,
	CRON_DAY,
	CRON_MONTH,
	CRON_WEEKDAY,
	CRON_PLACES,
};

struct cron {
	enum cron_kind kind;
	uint64_t set[CRON_PLACES]; /* bit n: value n; weekday 0 is Sunday */
	uint32_t nearest;   /* bit n: the weekday nearest to day n (nW) */
	bool last_day;	    /* L */
	bool last_workday;  /* LW */
	uint8_t last_of;    /* bit w: the last weekday w (5L) */
	uint8_t nth[6];	    /* bit w of [k]: the k-th weekday w (5#3) */
	bool day_open;	    /* the day of month says nothing */
	bool weekday_open;  /* the day of week says nothing */
	bool both;	    /* '+': a day has to match both */
	bool vixie_differs; /* either matches; Vixie cron: both */
	bool seconds;	    /* six fields were written */
	int64_t every;	    /* CRON_EVERY: seconds */
	int64_t anchor;	    /* CRON_EVERY: an instant of it; 0 unless set
			       by the caller */
};

/*
 * Parse `text`, five or six fields ("@seconds" may stand before six), a macro
 * or @every. `name` is what `H` hashes; NULL refuses `H`. On -1, STATUS_DATA,
 * `e` says what, why, hint, and `*column` is the place in `text`, from 1.
 */
int cron_parse(struct cron *c, struct strv text, const char *name,
	       size_t *column, struct err *e) must_check;

/*
 * Cut "CRON_TZ=ZONE" or "TZ=ZONE" off the front of a bare expression. Returns
 * whether it was there; the zone's name is not checked.
 */
bool cron_cut_zone(struct strv *text, struct strv *zone);

/* Append the expression in one spelling, which parses to the same schedule
 * (cron_same). `H` has become its number. */
void cron_format(const struct cron *c, struct buf *out);

/* Whether both fire at the same instants for the same reasons. */
bool cron_same(const struct cron *a, const struct cron *b);

/* "fixed-time", "interval", "every". */
const char *cron_kind_name(enum cron_kind kind);

/* What is to be said about a firing. */
enum cron_mark {
	CRON_PLAIN,
	CRON_MOVED, /* its local time does not exist */
	CRON_FIRST, /* its local time happens twice: the first */
	CRON_AGAIN, /* the second, or a later one */
};

struct cron_tick {
	int64_t at;	     /* Unix seconds */
	enum cron_mark mark; /* always CRON_PLAIN for @every */
	int64_t missing;     /* CRON_MOVED: the local time that does not exist,
				as if it were UTC */
};

/*
 * The first firing strictly after `after`. False when there is none within
 * CRON_YEARS. The time taken does not depend on how far away it is.
 */
bool cron_next(const struct cron *c, const struct zone *z, int64_t after,
	       struct cron_tick *out);

/* The last firing strictly before `before`, likewise. */
bool cron_previous(const struct cron *c, const struct zone *z, int64_t before,
		   struct cron_tick *out);

/* The shortest distance between two firings, in seconds, clock changes left
 * aside; 0 when there are not two. */
int64_t cron_shortest(const struct cron *c);

#endif
