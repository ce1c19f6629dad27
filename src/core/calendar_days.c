/* SPDX-License-Identifier: PostgreSQL
 *
 * calendar_days.c
 *	  Openings and closings, open periods, and working days.
 */
#include "core/calendar_compile.h"

/* Closed time from the timetable's start. */
static int64_t
closed_until(const rui_timetable *timetable, int64_t at)
{
	return at - timetable->start - rui_timetable_worked(timetable, at);
}

static bool
open_at(const rui_timetable *timetable, int64_t at)
{
	return rui_timetable_worked(timetable, at + 1) > rui_timetable_worked(timetable, at);
}

/* When the closed time at `at` ends, when the open time does; RUI_FOREVER. */
static int64_t
closed_ends(const rui_timetable *timetable, int64_t at)
{
	return rui_instant_of_worked(timetable, rui_timetable_worked(timetable, at),
								 RUI_BOUNDARY_OPEN);
}

static int64_t
open_ends(const rui_timetable *timetable, int64_t at)
{
	return rui_instant_of_closed(timetable, closed_until(timetable, at), RUI_BOUNDARY_OPEN);
}

/* When the closed time just before `at` began, the open time; RUI_NEVER. */
static int64_t
closed_began(const rui_timetable *timetable, int64_t at)
{
	return rui_instant_of_worked(timetable, rui_timetable_worked(timetable, at),
								 RUI_BOUNDARY_CLOSE);
}

static int64_t
open_began(const rui_timetable *timetable, int64_t at)
{
	return rui_instant_of_closed(timetable, closed_until(timetable, at), RUI_BOUNDARY_CLOSE);
}

static int64_t
next_edge(const rui_timetable *timetable, int64_t at, rui_boundary boundary)
{
	bool open = open_at(timetable, at);
	int64_t edge = open ? open_ends(timetable, at) : closed_ends(timetable, at);

	/* Of the two edges that follow, the first has the kind of the state. */
	if (open == (boundary == RUI_BOUNDARY_CLOSE) || edge == RUI_FOREVER)
		return edge;
	return open ? closed_ends(timetable, edge) : open_ends(timetable, edge);
}

static int64_t
previous_edge(const rui_timetable *timetable, int64_t at, rui_boundary boundary)
{
	bool open = open_at(timetable, at - 1);
	int64_t edge = open ? open_began(timetable, at) : closed_began(timetable, at);

	if (open == (boundary == RUI_BOUNDARY_OPEN) || edge == RUI_NEVER)
		return edge;
	return open ? closed_began(timetable, edge) : open_began(timetable, edge);
}

rui_status
rui_timetable_next(const rui_timetable *timetable, int64_t at, rui_boundary boundary,
				   int64_t *result, rui_error *error)
{
	rui_status status = rui_check_instant(at, NULL, error);
	int64_t edge;

	if (status != RUI_OK)
		return status;
	edge = next_edge(timetable, at, boundary);
	return rui_world_result(edge, edge != RUI_FOREVER, result, error);
}

rui_status
rui_timetable_previous(const rui_timetable *timetable, int64_t at, rui_boundary boundary,
					   int64_t *result, rui_error *error)
{
	rui_status status = rui_check_instant(at, NULL, error);
	int64_t edge;

	if (status != RUI_OK)
		return status;
	edge = previous_edge(timetable, at, boundary);
	return rui_world_result(edge, edge != RUI_NEVER, result, error);
}

rui_status
rui_timetable_periods(const rui_env *env, const rui_timetable *timetable, int64_t from_at,
					  int64_t to_at, rui_period_list *list, rui_error *error)
{
	rui_status status = rui_check_instant(from_at, "from_at", error);
	int64_t at;

	if (status == RUI_OK)
		status = rui_check_instant(to_at, "to_at", error);
	if (status != RUI_OK)
		return status;
	if (from_at > to_at)
		return rui_fail(error, RUI_INVALID, "from_at", "Give the earlier instant first.",
						"The span ends before it begins.");
	at = open_at(timetable, from_at) ? from_at : closed_ends(timetable, from_at);
	while (at < to_at)
	{
		int64_t closes = open_ends(timetable, at);

		if ((list->count & 1023) == 0 && rui_interrupted(env))
			return rui_fail_interrupted(error);
		status = rui_period_add(env, list, at, closes < to_at ? closes : to_at, error);
		if (status != RUI_OK)
			return status;
		if (closes >= to_at)
			break;
		at = closed_ends(timetable, closes);
	}
	return RUI_OK;
}

rui_status
rui_check_date(int32_t date, const char *what, rui_error *error)
{
	if (date >= RUI_FIRST_DATE && date < RUI_END_DATE)
		return RUI_OK;
	/* The greatest and the least are the server's infinities. */
	return rui_fail(error, RUI_DATETIME_RANGE, what, "Give a date from 1900-01-01 to 2200-12-31.",
					date == INT32_MAX || date == INT32_MIN
						? "The date is infinite."
						: "The date lies outside of 1900 to 2200.");
}

/* The span of a date in the calendar's zone; empty where a zone skips it. */
static rui_period
date_span(const rui_timetable *timetable, int32_t date)
{
	rui_period span = { rui_zone_instant(timetable->zone, date * RUI_DAY),
						rui_zone_instant(timetable->zone, (date + 1) * RUI_DAY) };

	return span;
}

static bool
open_throughout(const rui_timetable *timetable, rui_period span)
{
	int64_t worked = rui_timetable_worked(timetable, span.closes) -
		rui_timetable_worked(timetable, span.opens);

	return span.opens < span.closes && worked == span.closes - span.opens;
}

static bool
is_working(const rui_timetable *timetable, int32_t date)
{
	rui_period span = date_span(timetable, date);

	return next_edge(timetable, span.opens - 1, RUI_BOUNDARY_OPEN) < span.closes ||
		open_throughout(timetable, span);
}

/* The close of a working day. */
static int64_t
day_close(const rui_timetable *timetable, int32_t date)
{
	rui_period span = date_span(timetable, date);
	int64_t opened = open_throughout(timetable, span)
		? span.opens
		: previous_edge(timetable, span.closes, RUI_BOUNDARY_OPEN);
	int64_t closes = open_ends(timetable, opened);

	if (closes > span.closes && open_throughout(timetable, date_span(timetable, date + 1)))
		return span.closes;
	return closes;
}

rui_status
rui_is_working_date(const rui_timetable *timetable, int32_t date, bool *working, rui_error *error)
{
	rui_status status = rui_check_date(date, "day", error);

	if (status == RUI_OK)
		*working = is_working(timetable, date);
	return status;
}

rui_status
rui_count_working_dates(const rui_env *env, const rui_timetable *timetable, int32_t from_on,
						int32_t to_on, int32_t *count, rui_error *error)
{
	int32_t low = from_on < to_on ? from_on : to_on;
	int32_t high = from_on < to_on ? to_on : from_on;
	int32_t date;
	int32_t found = 0;
	rui_status status = rui_check_date(from_on, "from_on", error);

	/* The end is not counted, so it may be the first date after the world. */
	if (status == RUI_OK && to_on != RUI_END_DATE)
		status = rui_check_date(to_on, "to_on", error);
	if (status != RUI_OK)
		return status;
	for (date = low; date < high; date++)
	{
		if ((date & 1023) == 0 && rui_interrupted(env))
			return rui_fail_interrupted(error);
		found += is_working(timetable, date) ? 1 : 0;
	}
	*count = from_on < to_on ? found : -found;
	return RUI_OK;
}

rui_status
rui_add_working_dates(const rui_env *env, const rui_timetable *timetable, int64_t at,
					  int32_t count, rui_day_end end, int64_t *result, rui_error *error)
{
	int64_t local;
	int32_t date;
	int32_t step = count < 0 ? -1 : 1;
	int64_t left = count < 0 ? -(int64_t) count : count;
	int64_t found;
	rui_status status = rui_check_instant(at, NULL, error);

	if (status != RUI_OK)
		return status;
	local = rui_zone_local(timetable->zone, at);
	date = rui_date_at(local);
	if (left == 0 && !is_working(timetable, date))
		left = 1;
	while (left > 0)
	{
		date += step;
		if ((date & 1023) == 0 && rui_interrupted(env))
			return rui_fail_interrupted(error);
		if (date < RUI_FIRST_DATE || date >= RUI_END_DATE)
		{
			found = step < 0 ? RUI_NEVER : RUI_FOREVER;
			return rui_world_result(found, rui_more_beyond(timetable, found), result, error);
		}

		left -= is_working(timetable, date) ? 1 : 0;
	}
	if (end == RUI_DAY_CLOSE)
		found = day_close(timetable, date);
	else
	{
		found = rui_zone_instant(timetable->zone,
								 date * RUI_DAY + local - rui_date_at(local) * RUI_DAY);
		if (!open_at(timetable, found))
			found = closed_ends(timetable, found);
	}
	return rui_world_result(found, rui_more_beyond(timetable, found), result, error);
}
