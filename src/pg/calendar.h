/* SPDX-License-Identifier: PostgreSQL
 *
 * calendar.h
 *	  Calendars and durations as arguments of SQL functions.
 */
#ifndef RUI_PG_CALENDAR_H
#define RUI_PG_CALENDAR_H

#include "pg/rui_pg.h"

#include "utils/timestamp.h"

#include "core/calendar.h"
#include "core/hash.h"

/* What a call site keeps of a calendar. */
typedef struct rui_pg_calendar
{
	unsigned char hash[RUI_CONTENT_HASH_SIZE]; /* equal calendars, equal hashes */
	rui_timetable *timetable;
	const char *text; /* canonical, without NUL */
	size_t length;
} rui_pg_calendar;

/* The compiled calendar in argument number `argument` of this call. */
extern const rui_pg_calendar *rui_pg_calendar_argument(FunctionCallInfo fcinfo, int argument);

/* Its rules, read again into the current memory context. */
extern rui_calendar *rui_pg_calendar_rules(const rui_pg_calendar *calendar);

/* An interval of pure time in microseconds; days or months are an error
 * (22023) that names the argument. */
extern int64 rui_pg_duration(const Interval *interval, const char *what);
/* An interval of pure time. */
extern Interval *rui_pg_interval(int64 duration);

#endif /* RUI_PG_CALENDAR_H */
