/* SPDX-License-Identifier: PostgreSQL
 *
 * instant.h
 *	  Dates, times of day, instants and durations, and their texts.
 *
 * The proleptic Gregorian calendar (ISO 8601).  A date counts days and an
 * instant counts microseconds from 2000-01-01 (00:00 UTC), as the server's
 * own types do; a duration is a count of microseconds.
 */
#ifndef RUI_INSTANT_H
#define RUI_INSTANT_H

#include "core/text.h"

#define RUI_SECOND INT64_C(1000000)
#define RUI_MINUTE (60 * RUI_SECOND)
#define RUI_HOUR (60 * RUI_MINUTE)
#define RUI_DAY (24 * RUI_HOUR)
#define RUI_WEEK (7 * RUI_DAY)

/* Instants without end; the values are the server's infinities. */
#define RUI_FOREVER INT64_MAX
#define RUI_NEVER INT64_MIN

/* The world of working time: [1900-01-01, 2201-01-01) UTC. */
#define RUI_FIRST_DATE (-36524)
#define RUI_END_DATE 73414
#define RUI_FIRST_INSTANT (RUI_FIRST_DATE * RUI_DAY)
#define RUI_END_INSTANT (RUI_END_DATE * RUI_DAY)

static inline bool
rui_instant_in_world(int64_t at)
{
	return at >= RUI_FIRST_INSTANT && at < RUI_END_INSTANT;
}

/* Division that rounds down, for a positive divisor. */
static inline int64_t
rui_floor_divide(int64_t number, int64_t divisor)
{
	return number / divisor - (number % divisor < 0 ? 1 : 0);
}

/* The date on which a local instant lies. */
static inline int32_t
rui_date_at(int64_t local)
{
	return (int32_t) rui_floor_divide(local, RUI_DAY);
}

/* 0 = Monday … 6 = Sunday. */
static inline int
rui_weekday(int32_t date)
{
	/* 2000-01-03 was a Monday. */
	int64_t days = (int64_t) date - 2;

	return (int) (days - rui_floor_divide(days, 7) * 7);
}

extern int32_t rui_date_make(int year, int month, int day);
extern void rui_date_split(int32_t date, int *year, int *month, int *day);

/*
 * Readers take exactly the forms named and return false on anything else,
 * leaving the output untouched.  Writers append the shortest such form.
 */

/* YYYY-MM-DD, a date that exists, years 0001 to 9999. */
extern bool rui_date_read(const char *text, size_t length, int32_t *date);
extern void rui_date_write(rui_text *text, int32_t date);

/* HH:MM[:SS[.ffffff]], 00:00 to 24:00. */
extern bool rui_time_read(const char *text, size_t length, int64_t *time);
extern void rui_time_write(rui_text *text, int64_t time);

/*
 * PT[nH][nM][n[.ffffff]S], each number with its own sign; days, months and
 * years have no fixed length and are not read.  Written with hours however
 * many, one sign throughout, zero as PT0S.
 */
extern bool rui_duration_read(const char *text, size_t length, int64_t *duration);
extern void rui_duration_write(rui_text *text, int64_t duration);

/* YYYY-MM-DDTHH:MM[:SS[.ffffff]]Z, infinity, -infinity. */
extern bool rui_instant_read(const char *text, size_t length, int64_t *at);
extern void rui_instant_write(rui_text *text, int64_t at);

#endif /* RUI_INSTANT_H */
