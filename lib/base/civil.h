/* SPDX-License-Identifier: ISC */
/*
 * The proleptic Gregorian calendar in arithmetic: dates to day numbers and
 * back, for every year an int64_t of seconds can name. Pure.
 */
#ifndef BASE_CIVIL_H
#define BASE_CIVIL_H

#include <stdint.h>

#define CIVIL_DAY 86400 /* seconds of a day without clock change */

struct civil {
	int64_t year; /* astronomical: 0 is 1 BC */
	int month;    /* 1 to 12 */
	int day;      /* 1 to 31 */
};

/* Days from 1970-01-01 to the date; negative before. The day may lie outside
 * its month: the 0th of March is the last of February. */
int64_t civil_days(int64_t year, int month, int day);

/* The date that many days after 1970-01-01. */
struct civil civil_date(int64_t days);

/* 0 (Sunday) to 6. */
int civil_weekday(int64_t days);

/* 28 to 31. */
int civil_month_length(int64_t year, int month);

/* Quotient and remainder that round down, so that the remainder is never
 * negative: the day and the second of the day of any instant. */
int64_t civil_floor(int64_t seconds, int64_t unit);
int64_t civil_rest(int64_t seconds, int64_t unit);

/* The first whole second at or after an instant in ms. */
int64_t civil_second_from(int64_t ms);

#endif
