/* SPDX-License-Identifier: PostgreSQL
 *
 * calendar.c
 *	  Exact arithmetic on timetables: F and its two inverses.
 */
#include "core/calendar_compile.h"

rui_status
rui_check_instant(int64_t at, const char *what, rui_error *error)
{
	if (rui_instant_in_world(at))
		return RUI_OK;
	return rui_fail(error, RUI_DATETIME_RANGE, what,
					"Give an instant from 1900-01-01 up to, not including, 2201-01-01 UTC.",
					at == RUI_FOREVER || at == RUI_NEVER
						? "The instant is infinite."
						: "The instant lies outside of 1900 to 2200.");
}

int64_t
rui_pattern_worked(const rui_timetable *timetable, rui_week_pattern pattern, int64_t at)
{
	const int64_t *opens = timetable->part_opens + pattern.first;
	int64_t since = at - RUI_WEEK_ORIGIN;
	int64_t week;
	int64_t phase;
	size_t part;

	if (pattern.total == 0)
		return 0;
	if (pattern.total == RUI_WEEK)
		return since;
	week = rui_floor_divide(since, RUI_WEEK);
	phase = since - week * RUI_WEEK;
	part = rui_last_not_above(opens, pattern.count, phase);
	/* Before the first part, after the last one, or within it. */
	if (phase < opens[part])
		phase = opens[part];
	if (phase > timetable->part_closes[pattern.first + part])
		phase = timetable->part_closes[pattern.first + part];
	return week * pattern.total + timetable->part_before[pattern.first + part] + phase -
		opens[part];
}

int64_t
rui_timetable_worked(const rui_timetable *timetable, int64_t at)
{
	const rui_stretch *stretch = &timetable->stretches[rui_find(&timetable->by_start, at)];

	return stretch->base + rui_pattern_worked(timetable, stretch->pattern, at);
}

/*
 * The latest instant with F = worked lies in the last stretch with
 * F(start) <= worked; the same holds for weeks and parts.  The earliest is
 * one microsecond after the latest with F = worked - 1.
 */
int64_t
rui_instant_of_worked(const rui_timetable *timetable, int64_t worked, rui_boundary boundary)
{
	int64_t bound = boundary == RUI_BOUNDARY_CLOSE ? worked - 1 : worked;
	const rui_stretch *stretch;
	const int64_t *before;
	int64_t week;
	int64_t rest;
	size_t part;

	if (bound < 0)
		return RUI_NEVER;
	if (bound >= timetable->total)
		return RUI_FOREVER;
	stretch = &timetable->stretches[rui_find(&timetable->by_worked, bound)];
	week = rui_floor_divide(bound - stretch->base, stretch->pattern.total);
	rest = bound - stretch->base - week * stretch->pattern.total;
	before = timetable->part_before + stretch->pattern.first;
	part = rui_last_not_above(before, stretch->pattern.count, rest);
	return RUI_WEEK_ORIGIN + week * RUI_WEEK +
		timetable->part_opens[stretch->pattern.first + part] + rest - before[part] +
		(worked - bound);
}

int64_t
rui_instant_of_closed(const rui_timetable *timetable, int64_t closed, rui_boundary boundary)
{
	int64_t bound = boundary == RUI_BOUNDARY_CLOSE ? closed - 1 : closed;
	const int64_t *starts = timetable->by_start.keys;
	const int64_t *worked = timetable->by_worked.keys;
	const rui_stretch *stretch;
	size_t low = 0;
	size_t count = timetable->stretch_count;
	int64_t base;
	int64_t week_total;
	int64_t week;
	int64_t rest;
	size_t part;

	if (bound < 0)
		return RUI_NEVER;
	if (bound >= timetable->end - timetable->start - timetable->total)
		return RUI_FOREVER;
	while (count > 1)
	{
		size_t half = count / 2;
		size_t middle = low + half;

		low = starts[middle] - starts[0] - worked[middle] <= bound ? middle : low;
		count -= half;
	}
	stretch = &timetable->stretches[low];
	base = RUI_WEEK_ORIGIN - timetable->start - stretch->base;
	week_total = RUI_WEEK - stretch->pattern.total;
	week = rui_floor_divide(bound - base, week_total);
	rest = bound - base - week * week_total;
	/* Past the open time of the parts that begin within the rest. */
	for (part = stretch->pattern.first + stretch->pattern.count; part > stretch->pattern.first;
		 part--)
	{
		int64_t opens = timetable->part_opens[part - 1];
		int64_t before = timetable->part_before[part - 1];

		if (opens - before <= rest)
		{
			rest += timetable->part_closes[part - 1] - opens + before;
			break;
		}
	}
	return RUI_WEEK_ORIGIN + week * RUI_WEEK + rest + (closed - bound);
}

rui_status
rui_world_result(int64_t found, bool more, int64_t *result, rui_error *error)
{
	if (rui_instant_in_world(found))
	{
		*result = found;
		return RUI_OK;
	}
	if (more)
		return rui_fail(error, RUI_DATETIME_RANGE, NULL,
						"Working time is counted from 1900 to 2200 only.",
						"The result lies outside of 1900 to 2200.");
	*result = found < RUI_FIRST_INSTANT ? RUI_NEVER : RUI_FOREVER;
	return RUI_OK;
}

rui_status
rui_timetable_between(const rui_timetable *timetable, int64_t from_at, int64_t to_at,
					  int64_t *duration, rui_error *error)
{
	rui_status status = rui_check_instant(from_at, "from_at", error);

	if (status == RUI_OK)
		status = rui_check_instant(to_at, "to_at", error);
	if (status == RUI_OK)
		*duration = rui_timetable_worked(timetable, to_at) -
			rui_timetable_worked(timetable, from_at);
	return status;
}

rui_status
rui_timetable_add(const rui_timetable *timetable, int64_t at, int64_t duration,
				  rui_boundary boundary, int64_t *result, rui_error *error)
{
	rui_status status = rui_check_instant(at, NULL, error);
	int64_t worked;
	int64_t found;

	if (status != RUI_OK)
		return status;
	if (duration == 0 && boundary == RUI_BOUNDARY_CLOSE)
	{
		*result = at;
		return RUI_OK;
	}
	if (rui_add_overflows(rui_timetable_worked(timetable, at), duration, &worked))
		worked = duration < 0 ? -1 : INT64_MAX;
	else if (worked < 0)
		worked = -1; /* so that worked - 1 fits */
	found = rui_instant_of_worked(timetable, worked, boundary);
	return rui_world_result(found, rui_more_beyond(timetable, found), result, error);
}

rui_status
rui_timetable_is_open(const rui_timetable *timetable, int64_t at, bool *open, rui_error *error)
{
	rui_status status = rui_check_instant(at, NULL, error);

	/* Half-open and exact to the microsecond: open if the next one counts. */
	if (status == RUI_OK)
		*open = rui_timetable_worked(timetable, at + 1) > rui_timetable_worked(timetable, at);
	return status;
}

int64_t
rui_zone_local(const rui_zone *zone, int64_t at)
{
	size_t low = 0;
	size_t count = zone->count;

	while (count > 1)
	{
		size_t half = count / 2;

		low = zone->changes[low + half].at <= at ? low + half : low;
		count -= half;
	}
	return at + zone->changes[low].offset;
}

int64_t
rui_zone_instant(const rui_zone *zone, int64_t local)
{
	const rui_zone_change *changes = zone->changes;
	size_t low = 0;
	size_t count = zone->count;

	/*
	 * The offset before a change holds up to the later of the two readings of
	 * the change: it moves skipped times forward and takes repeated ones the
	 * first time.
	 */
	while (count > 1)
	{
		size_t half = count / 2;
		const rui_zone_change *change = &changes[low + half];
		int64_t offset = change->offset > change[-1].offset ? change->offset : change[-1].offset;

		low = change->at + offset <= local ? low + half : low;
		count -= half;
	}
	return local - changes[low].offset;
}
