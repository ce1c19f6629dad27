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
rui_pattern_worked(const rui_week_part *all_parts, rui_week_pattern pattern, int64_t at)
{
	const rui_week_part *parts = all_parts + pattern.first;
	int64_t since = at - RUI_WEEK_ORIGIN;
	int64_t week;
	int64_t phase;
	uint32_t low = 0;
	uint32_t count = pattern.count;

	if (pattern.total == 0)
		return 0;
	if (pattern.total == RUI_WEEK)
		return since;
	week = rui_floor_divide(since, RUI_WEEK);
	phase = since - week * RUI_WEEK;
	while (count > 1)
	{
		uint32_t half = count / 2;

		low = parts[low + half].opens <= phase ? low + half : low;
		count -= half;
	}
	/* Before the first part, after the last one, or within it. */
	phase = phase < parts[low].opens ? parts[low].opens : phase;
	phase = phase > parts[low].closes ? parts[low].closes : phase;
	return week * pattern.total + parts[low].before + phase - parts[low].opens;
}

int64_t
rui_timetable_worked(const rui_timetable *timetable, int64_t at)
{
	const rui_stretch *stretch = &timetable->stretches[rui_find(&timetable->by_start, at)];

	return stretch->base + rui_pattern_worked(timetable->parts, stretch->pattern, at);
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
	const rui_week_pattern *pattern;
	const rui_week_part *parts;
	size_t low = 0;
	size_t count;
	int64_t week;
	int64_t rest;

	if (bound < 0)
		return RUI_NEVER;
	if (bound >= timetable->total)
		return RUI_FOREVER;
	stretch = &timetable->stretches[rui_find(&timetable->by_worked, bound)];
	pattern = &stretch->pattern;
	parts = timetable->parts + pattern->first;
	week = rui_floor_divide(bound - stretch->base, pattern->total);
	rest = bound - stretch->base - week * pattern->total;
	for (count = pattern->count; count > 1;)
	{
		size_t half = count / 2;

		low = parts[low + half].before <= rest ? low + half : low;
		count -= half;
	}
	return RUI_WEEK_ORIGIN + week * RUI_WEEK + parts[low].opens + rest - parts[low].before +
		(worked - bound);
}

int64_t
rui_instant_of_closed(const rui_timetable *timetable, int64_t closed, rui_boundary boundary)
{
	int64_t bound = boundary == RUI_BOUNDARY_CLOSE ? closed - 1 : closed;
	const rui_stretch *stretch;
	const rui_week_pattern *pattern;
	const rui_week_part *parts;
	size_t low = 0;
	size_t count = timetable->stretch_count;
	int64_t base;
	int64_t week;
	int64_t rest;

	if (bound < 0)
		return RUI_NEVER;
	if (bound >= timetable->end - timetable->start - timetable->total)
		return RUI_FOREVER;
	while (count > 1)
	{
		size_t half = count / 2;
		int64_t closed_before = timetable->by_start.keys[low + half] - timetable->start -
			timetable->by_worked.keys[low + half];

		low = closed_before <= bound ? low + half : low;
		count -= half;
	}
	stretch = &timetable->stretches[low];
	pattern = &stretch->pattern;
	parts = timetable->parts + pattern->first;
	base = RUI_WEEK_ORIGIN - timetable->start - stretch->base;
	week = rui_floor_divide(bound - base, RUI_WEEK - pattern->total);
	rest = bound - base - week * (RUI_WEEK - pattern->total);
	/* The last part before which no more closed time lies, if any. */
	low = 0;
	for (count = pattern->count; count > 1;)
	{
		size_t half = count / 2;
		const rui_week_part *middle = &parts[low + half];

		low = middle->opens - middle->before <= rest ? low + half : low;
		count -= half;
	}
	if (pattern->count > 0 && parts[low].opens - parts[low].before <= rest)
		rest += parts[low].closes - parts[low].opens + parts[low].before;
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
