/* SPDX-License-Identifier: PostgreSQL
 *
 * calendar.h
 *	  Working-time calendars: values, their text, and exact arithmetic.
 *
 * A calendar is a set of half-open intervals of time [open, close),
 * generated from local rules (weekly hours, holidays, dated hours, closures)
 * or combined from other calendars.  F(t) is the working time from a fixed
 * origin to t in microseconds: exact, monotone, piecewise linear.  All
 * arithmetic is F and its two inverses.
 *
 * A compiled calendar is a timetable: stretches of time, in each of which the
 * open time repeats every week of UTC.  That is so between two changes of
 * the zone's offset and away from exceptional dates, and it survives every
 * combination; so a timetable is short, and a question costs two binary
 * searches whatever the distance and however many calendars follow each other.
 */
#ifndef RUI_CALENDAR_H
#define RUI_CALENDAR_H

#include "core/instant.h"

/* From `at` on, local time is UTC + offset (microseconds). */
typedef struct rui_zone_change
{
	int64_t at;
	int64_t offset;
} rui_zone_change;

/*
 * A time zone: changes in ascending order, neighbours with different
 * offsets, the first at RUI_NEVER.  They must reach RUI_ZONE_MARGIN beyond
 * the world on both sides.
 */
typedef struct rui_zone
{
	const char *name;
	size_t count;
	const rui_zone_change *changes;
} rui_zone;

/*
 * Beyond the world calendars are compiled for one cycle of weekdays and leap
 * years more, to know whether any open time follows.
 */
#define RUI_ZONE_MARGIN (29 * 366 * RUI_DAY)

/*
 * Where the host keeps its zones.  find returns NULL for a name it does not
 * know; a zone outlives every calendar read with it.
 */
typedef struct rui_zones
{
	const rui_zone *(*find)(const char *name, void *argument);
	void *argument;
} rui_zones;

/* The instant of a local time: a time that a gap skips moves forward by the
 * gap, a repeated one means its first occurrence. */
extern int64_t rui_zone_instant(const rui_zone *zone, int64_t local);
/* The local time of an instant. */
extern int64_t rui_zone_local(const rui_zone *zone, int64_t at);

/* An interval [opens, closes): of instants, or of a date's local time. */
typedef struct rui_period
{
	int64_t opens;
	int64_t closes;
} rui_period;

/* A growing list of periods; free it with rui_release(env, list.items). */
typedef struct rui_period_list
{
	rui_period *items;
	size_t count;
	size_t capacity;
} rui_period_list;

/*
 * The hours of a date, in local time from its midnight: sorted, disjoint,
 * none as long as a day; the last may close on the next date.
 */
typedef struct rui_day
{
	int32_t date;
	int weekday; /* the weekday whose hours a make-up day takes, or -1 */
	rui_period_list hours;
} rui_day;

/* mon … sun, ended by NULL. */
extern const char *const rui_weekday_names[];

typedef enum rui_calendar_kind
{
	RUI_CALENDAR_RULES, /* weekly, holidays, dated hours, closures */
	RUI_CALENDAR_ALL, /* open where every operand is */
	RUI_CALENDAR_ANY, /* open where some operand is */
	RUI_CALENDAR_MINUS, /* open where the first is and the second is not */
	RUI_CALENDAR_SHIFT, /* the operand, moved by a duration */
	RUI_CALENDAR_UNTIL /* each operand until the next one takes over */
} rui_calendar_kind;

/* Of the combinations, as their texts name them; ended by NULL. */
extern const char *const rui_calendar_kind_names[];

typedef struct rui_calendar
{
	rui_calendar_kind kind;
	const rui_zone *zone; /* decides what a date is */

	rui_day weekly[7]; /* Monday first */
	int32_t *holidays; /* ascending */
	size_t holiday_count;
	size_t holiday_capacity;
	rui_day *dated; /* by date */
	size_t dated_count;
	size_t dated_capacity;
	rui_day *closures; /* by date */
	size_t closure_count;
	size_t closure_capacity;

	struct rui_calendar **operands;
	size_t operand_count;
	size_t operand_capacity;
	int64_t shift;
	int64_t *instants; /* ascending: at the i-th operand i + 1 takes over */
	size_t instant_capacity;
} rui_calendar;

/* A date has at most this many intervals. */
#define RUI_CALENDAR_MOST_HOURS 1440

/* A calendar moves by at most this much, nested shifts together. */
#define RUI_CALENDAR_LONGEST_SHIFT (366 * RUI_DAY)

/*
 * Read a calendar's text into its canonical form; docs/calendar.md describes
 * it.  Fails with the JSON path of the bad part and a hint.
 */
extern rui_status rui_calendar_read(const rui_env *env, const rui_zones *zones, const char *text,
									size_t length, rui_calendar **calendar, rui_error *error);

/* Append the canonical text: equal calendars have equal texts. */
extern void rui_calendar_write(const rui_calendar *calendar, rui_text *text);

extern void rui_calendar_release(const rui_env *env, rui_calendar *calendar);

/* Which operand of an UNTIL is in force at an instant. */
extern size_t rui_calendar_in_force(const rui_calendar *calendar, int64_t at);

/* Which rule gives the hours of a date to a calendar of rules. */
typedef enum rui_day_rule
{
	RUI_DAY_WEEKLY,
	RUI_DAY_HOLIDAY,
	RUI_DAY_DATED, /* hours of its own */
	RUI_DAY_MAKE_UP /* another weekday's hours */
} rui_day_rule;

/* The hours of a date and the rule behind them, before closures. */
extern const rui_period_list *rui_calendar_hours(const rui_calendar *calendar, int32_t date,
												 rui_day_rule *rule);
/* The closures of a date, or NULL. */
extern const rui_period_list *rui_calendar_closures(const rui_calendar *calendar, int32_t date);

/* A part of a pattern's week, with the open time of the week before it. */
typedef struct rui_week_part
{
	int64_t opens;
	int64_t closes;
	int64_t before;
} rui_week_part;

/* Open time that repeats every week of UTC, counted from a Monday. */
typedef struct rui_week_pattern
{
	int64_t total; /* open time of a week */
	uint32_t first; /* its parts, ascending, none touching */
	uint32_t count;
} rui_week_pattern;

/* Patterns every timetable has: never and always open. */
#define RUI_PATTERN_CLOSED 0
#define RUI_PATTERN_OPEN 1

/*
 * Finds the last of ascending keys that is no more than a value: an index by
 * the value's high bits leaves few keys to search.
 */
typedef struct rui_finder
{
	int64_t *keys;
	uint32_t *index; /* the last key at or before the bucket's begin */
	int64_t origin; /* keys[0] */
	int shift; /* a bucket holds 2^shift values */
	size_t buckets; /* index has one more */
} rui_finder;

/* From its start to the next stretch's start a pattern holds. */
typedef struct rui_stretch
{
	int64_t base; /* F(t) = base + open time of the pattern from its origin to t */
	rui_week_pattern pattern;
} rui_stretch;

typedef struct rui_timetable
{
	const rui_zone *zone;
	rui_stretch *stretches; /* the last one ends at `end` */
	size_t stretch_count;
	rui_finder by_start; /* their starts */
	rui_finder by_worked; /* F of their starts */
	int64_t *part_opens; /* the parts of all patterns, one array a member: */
	int64_t *part_closes; /* so a search touches less memory */
	int64_t *part_before;
	size_t part_count;
	int64_t start;
	int64_t end;
	int64_t total; /* F(end) */
	bool opens_before_world;
	bool opens_after_world;
} rui_timetable;

/* Compile a calendar; its zones must outlive the timetable. */
extern rui_status rui_calendar_compile(const rui_env *env, const rui_calendar *calendar,
									   rui_timetable **timetable, rui_error *error);
extern void rui_timetable_release(const rui_env *env, rui_timetable *timetable);

/* The same timetable in one block of just the size it needs: rui_release
 * frees it, rui_timetable_release must not. */
extern rui_status rui_timetable_pack(const rui_env *env, const rui_timetable *timetable,
									 rui_timetable **packed, rui_error *error);

/* Which of the instants with the same working time is meant. */
typedef enum rui_boundary
{
	RUI_BOUNDARY_CLOSE, /* the earliest: closing time */
	RUI_BOUNDARY_OPEN /* the latest: the next opening */
} rui_boundary;

/*
 * Questions to a timetable.  Instants outside the world, the infinite ones
 * among them, fail with RUI_DATETIME_RANGE; so does a result outside it while
 * open time is left there.  Where open time has ended for good the result is
 * RUI_FOREVER or, backward, RUI_NEVER.
 */

/* F(to_at) - F(from_at). */
extern rui_status rui_timetable_between(const rui_timetable *timetable, int64_t from_at,
										int64_t to_at, int64_t *duration, rui_error *error);

/*
 * The instant at which `duration` of working time has passed since `at` (or
 * must pass until `at`, when negative): never before `at` when the duration
 * is not negative, never after it when it is.
 */
extern rui_status rui_timetable_add(const rui_timetable *timetable, int64_t at,
									int64_t duration, rui_boundary boundary, int64_t *result,
									rui_error *error);

extern rui_status rui_timetable_is_open(const rui_timetable *timetable, int64_t at, bool *open,
										rui_error *error);

/*
 * The next or previous instant at which an open period opens or closes,
 * strictly after or before `at`.  Without one: RUI_FOREVER, RUI_NEVER.
 */
extern rui_status rui_timetable_next(const rui_timetable *timetable, int64_t at,
									 rui_boundary boundary, int64_t *result, rui_error *error);
extern rui_status rui_timetable_previous(const rui_timetable *timetable, int64_t at,
										 rui_boundary boundary, int64_t *result,
										 rui_error *error);

/* Append the open periods of [from_at, to_at), none touching; what happens
 * on a failure to the list is undefined, but it can be released. */
extern rui_status rui_timetable_periods(const rui_env *env, const rui_timetable *timetable,
										int64_t from_at, int64_t to_at, rui_period_list *list,
										rui_error *error);

/*
 * A date of the calendar's zone is a working day when an open period begins
 * on it, or when it is open throughout.
 */
extern rui_status rui_is_working_date(const rui_timetable *timetable, int32_t date, bool *working,
									  rui_error *error);
/* How many of the dates [from_on, to_on), negative when in reverse. */
extern rui_status rui_count_working_dates(const rui_env *env, const rui_timetable *timetable,
										  int32_t from_on, int32_t to_on, int32_t *count,
										  rui_error *error);

typedef enum rui_day_end
{
	RUI_DAY_CLOSE, /* the close of the day found */
	RUI_DAY_SAME_TIME /* the same local time, or when closed the next open instant */
} rui_day_end;

/*
 * The count-th working day after the date of `at`, before it when negative;
 * for 0 that date, or the next working day.  The close of a day is the end of
 * the last open period that begins on it, its midnight where the next date
 * is open throughout.
 */
extern rui_status rui_add_working_dates(const rui_env *env, const rui_timetable *timetable,
										int64_t at, int32_t count, rui_day_end end,
										int64_t *result, rui_error *error);

typedef enum rui_due_reason
{
	RUI_DUE_OPEN,
	RUI_DUE_CLOSED,
	RUI_DUE_HOLIDAY,
	RUI_DUE_CLOSURE,
	RUI_DUE_MAKE_UP_DAY
} rui_due_reason;

extern const char *rui_due_reason_name(rui_due_reason reason);

/* A line of an explanation: what was counted in [from_at, to_at), and why. */
typedef struct rui_due_line
{
	int64_t from_at;
	int64_t to_at;
	int64_t counted;
	rui_due_reason reason;
} rui_due_line;

/* Free it with rui_release(env, explanation.lines). */
typedef struct rui_due_explanation
{
	int64_t due;
	rui_due_line *lines;
	size_t count;
	size_t capacity;
} rui_due_explanation;

/*
 * How the due time of a target comes about: lines that cover all time between
 * start and due in ascending order, neighbours with different reasons, what
 * they count adding up to the target (negative, backward).  Where open time
 * ends before, the last line is closed and reaches RUI_FOREVER (the first
 * one RUI_NEVER, backward).  In combined calendars closed time has the most
 * particular reason (closure, holiday, closed) of the operands that close it,
 * and what is taken away is a closure; of calendars that follow each other
 * the one in force tells the reason.
 */
extern rui_status rui_timetable_explain(const rui_env *env, const rui_calendar *calendar,
										const rui_timetable *timetable, int64_t start,
										int64_t target, rui_due_explanation *explanation,
										rui_error *error);

/* The same as one sentence, in "en" or "zh"; others fail with RUI_INVALID. */
extern rui_status rui_timetable_explain_text(const rui_env *env, const rui_calendar *calendar,
											 const rui_timetable *timetable, int64_t start,
											 int64_t target, const char *lang, rui_text *text,
											 rui_error *error);

/* A part of a date, in local time of the calendar's zone, and what holds. */
typedef struct rui_date_part
{
	int32_t date;
	int occurrence; /* of these local times: 0 the only one, else first, second … */
	int64_t from_time; /* of day */
	int64_t to_time;
	int64_t from_at;
	int64_t to_at;
	rui_due_reason reason;
} rui_date_part;

/* Free it with rui_release(env, list.items). */
typedef struct rui_date_part_list
{
	rui_date_part *items;
	size_t count;
	size_t capacity;
} rui_date_part_list;

/*
 * What holds on each of the dates [from_on, to_on), with the reasons of
 * rui_timetable_explain: parts in ascending order of instants that cover all
 * of them, each within one date and one offset of the zone, neighbours
 * different in date, offset, occurrence or reason.  Local times that a zone
 * skips have no part; those that come twice have two.  What happens on a
 * failure to the list is undefined, but it can be released.
 */
extern rui_status rui_calendar_dates(const rui_env *env, const rui_calendar *calendar,
									 int32_t from_on, int32_t to_on, rui_date_part_list *list,
									 rui_error *error);

/* F itself, for instants of [timetable->start, timetable->end]. */
extern int64_t rui_timetable_worked(const rui_timetable *timetable, int64_t at);

/* RUI_DATETIME_RANGE unless the instant or date lies in the world; what names it. */
extern rui_status rui_check_instant(int64_t at, const char *what, rui_error *error);
extern rui_status rui_check_date(int32_t date, const char *what, rui_error *error);

#endif /* RUI_CALENDAR_H */
