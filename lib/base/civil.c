/* SPDX-License-Identifier: ISC */
/*
 * Calendar arithmetic. Years are counted from March, so that the leap day is
 * the last of its year and a month's first day is a linear function.
 */
#include "base/civil.h"

#include <stdbool.h>

enum {
	DAYS_400_YEARS = 146097,
	DAYS_TO_1970 = 719468, /* from 0000-03-01 */
};

int64_t civil_floor(int64_t seconds, int64_t unit)
{
	return seconds / unit - (seconds % unit < 0);
}

int64_t civil_rest(int64_t seconds, int64_t unit)
{
	int64_t rest = seconds % unit;

	return rest < 0 ? rest + unit : rest;
}

int64_t civil_second_from(int64_t ms)
{
	return civil_floor(ms + 999, 1000);
}

int64_t civil_days(int64_t year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = civil_floor(y, 400);
	int64_t yoe = y - era * 400;
	int64_t from_march = month > 2 ? month - 3 : month + 9;
	int64_t doy = (153 * from_march + 2) / 5 + day - 1;

	return era * DAYS_400_YEARS + yoe * 365 + yoe / 4 - yoe / 100 + doy -
	       DAYS_TO_1970;
}

struct civil civil_date(int64_t days)
{
	int64_t z = days + DAYS_TO_1970;
	int64_t era = civil_floor(z, DAYS_400_YEARS);
	int64_t doe = z - era * DAYS_400_YEARS;
	int64_t yoe =
		(doe - doe / 1460 + doe / 36524 - doe / (DAYS_400_YEARS - 1)) /
		365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t from_march = (5 * doy + 2) / 153;
	struct civil c;

	c.month = (int)(from_march < 10 ? from_march + 3 : from_march - 9);
	c.day = (int)(doy - (153 * from_march + 2) / 5 + 1);
	c.year = yoe + era * 400 + (c.month <= 2);
	return c;
}

int civil_weekday(int64_t days)
{
	return (int)civil_rest(days + 4, 7);
}

static bool leap(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int civil_month_length(int64_t year, int month)
{
	static const int length[] = {31, 28, 31, 30, 31, 30,
				     31, 31, 30, 31, 30, 31};

	return month == 2 && leap(year) ? 29 : length[month - 1];
}
