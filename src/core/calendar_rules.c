/* SPDX-License-Identifier: PostgreSQL
 *
 * calendar_rules.c
 *	  From a calendar of rules to stretches of weekly patterns.
 *
 * Away from exceptional dates, and while the zone's offset stays, such a
 * calendar is open in a weekly pattern of UTC.  Around exceptional dates, and
 * around changes of the offset that meet an opening or closing, the open
 * intervals are generated date by date.
 */
#include "core/calendar_compile.h"

#include <stdlib.h>
#include <string.h>

typedef struct dates
{
	int32_t *items;
	size_t count;
	size_t capacity;
} dates;

/* What compiling one calendar of rules needs at hand. */
typedef struct rules
{
	rui_compiler *c;
	const rui_calendar *calendar;
	int64_t from; /* the span of time to cover */
	int64_t until;
	rui_stretch_list *result;
	struct
	{
		int64_t offset;
		uint32_t pattern;
	} * known; /* weekly patterns by offset */
	size_t known_count;
	size_t known_capacity;
	dates special; /* dates whose intervals are generated one by one */
	bool overnight; /* some hours or closures reach into the next date */
	rui_period_list open; /* scratch of generate */
	rui_period_list closed;
	rui_period_list left;
} rules;

/* The same, cut to the span of the rules. */
static rui_status
add_clipped(rules *r, int64_t start, uint32_t pattern)
{
	if (start >= r->until)
		return RUI_OK;
	return rui_stretch_add(r->c, r->result, start > r->from ? start : r->from, pattern);
}

static int64_t
later_offset(const rui_zone_change *change)
{
	return change->offset > change[-1].offset ? change->offset : change[-1].offset;
}

static int64_t
earlier_offset(const rui_zone_change *change)
{
	return change->offset < change[-1].offset ? change->offset : change[-1].offset;
}

/* The number of changes at or before an instant, so the next one's index. */
static size_t
next_change(const rui_zone *zone, int64_t at)
{
	size_t low = 0;
	size_t count = zone->count;

	while (count > 1)
	{
		size_t half = count / 2;

		low = zone->changes[low + half].at <= at ? low + half : low;
		count -= half;
	}
	return low + 1;
}

static rui_status
weekly_pattern(rules *r, int64_t offset, uint32_t *pattern)
{
	rui_status status;
	size_t i;
	int day;

	for (i = 0; i < r->known_count; i++)
	{
		if (r->known[i].offset == offset)
		{
			*pattern = r->known[i].pattern;
			return RUI_OK;
		}
	}
	r->open.count = 0;
	for (day = 0; day < 7; day++)
	{
		const rui_period_list *hours = &r->calendar->weekly[day].hours;

		for (i = 0; i < hours->count; i++)
		{
			int64_t midnight = RUI_WEEK_ORIGIN + day * RUI_DAY - offset;

			status = rui_period_add(r->c->env, &r->open, midnight + hours->items[i].opens,
									midnight + hours->items[i].closes, r->c->error);
			if (status != RUI_OK)
				return status;
		}
	}
	status = rui_pattern_make(&r->c->pool, &r->open, pattern);
	if (status == RUI_OK)
		status = rui_grow(r->c->env, &r->known, &r->known_capacity, r->known_count + 1,
						  sizeof *r->known, r->c->error);
	if (status != RUI_OK)
		return status;
	r->known[r->known_count].offset = offset;
	r->known[r->known_count++].pattern = *pattern;
	return RUI_OK;
}

/* Does any weekly opening or closing fall into [low, high) of local time? */
static bool
edge_within(const rui_calendar *calendar, int64_t low, int64_t high)
{
	int day;

	for (day = 0; day < 7; day++)
	{
		const rui_period_list *hours = &calendar->weekly[day].hours;
		size_t i;

		for (i = 0; i < 2 * hours->count; i++)
		{
			const rui_period *period = &hours->items[i / 2];
			int64_t edge = RUI_WEEK_ORIGIN + day * RUI_DAY +
				(i % 2 == 0 ? period->opens : period->closes);
			int64_t since = edge - low;

			if (since - rui_floor_divide(since, RUI_WEEK) * RUI_WEEK < high - low)
				return true;
		}
	}
	return false;
}

static rui_status
add_date(rules *r, int32_t date)
{
	rui_status status = rui_grow(r->c->env, &r->special.items, &r->special.capacity,
								 r->special.count + 1, sizeof(int32_t), r->c->error);

	if (status == RUI_OK)
		r->special.items[r->special.count++] = date;
	return status;
}

static int
compare_dates(const void *a, const void *b)
{
	int32_t left = *(const int32_t *) a;
	int32_t right = *(const int32_t *) b;

	return left < right ? -1 : left > right;
}

/* Is a listed date, of the first count, within distance of a date? */
static bool
date_near(const dates *list, size_t count, int32_t date, int32_t distance)
{
	size_t end = count;
	size_t low = 0;

	while (count > 0)
	{
		size_t half = count / 2;

		if (list->items[low + half] < date - distance)
		{
			low += half + 1;
			count -= half + 1;
		}
		else
			count = half;
	}
	return low < end && list->items[low] <= date + distance;
}

static rui_status
add_days(rules *r, const rui_day *days, size_t count)
{
	rui_status status = RUI_OK;
	size_t i;

	for (i = 0; i < count && status == RUI_OK; i++)
	{
		status = add_date(r, days[i].date);
		if (days[i].hours.count > 0 &&
			days[i].hours.items[days[i].hours.count - 1].closes > RUI_DAY)
			r->overnight = true;
	}
	return status;
}

/*
 * Collect the special dates: exceptions, and the days around changes of the
 * offset that meet an opening or closing, an exception or another change.
 */
static rui_status
find_special_dates(rules *r)
{
	const rui_calendar *calendar = r->calendar;
	const rui_zone *zone = calendar->zone;
	rui_status status = RUI_OK;
	size_t exceptions;
	size_t i;

	for (i = 0; i < 7; i++)
	{
		const rui_period_list *hours = &calendar->weekly[i].hours;

		if (hours->count > 0 && hours->items[hours->count - 1].closes > RUI_DAY)
			r->overnight = true;
	}
	for (i = 0; i < calendar->holiday_count && status == RUI_OK; i++)
		status = add_date(r, calendar->holidays[i]);
	if (status == RUI_OK)
		status = add_days(r, calendar->dated, calendar->dated_count);
	if (status == RUI_OK)
		status = add_days(r, calendar->closures, calendar->closure_count);
	if (status != RUI_OK)
		return status;
	exceptions = r->special.count;
	if (exceptions > 0)
		qsort(r->special.items, exceptions, sizeof(int32_t), compare_dates);
	for (i = next_change(zone, r->from - 4 * RUI_DAY); i < zone->count; i++)
	{
		const rui_zone_change *change = &zone->changes[i];
		int64_t low = change->at + earlier_offset(change);
		int64_t high = change->at + later_offset(change);
		int32_t date;

		if (change->at > r->until + 4 * RUI_DAY)
			break;
		if (rui_interrupted(r->c->env))
			return rui_fail_interrupted(r->c->error);
		if (!edge_within(calendar, low, high) &&
			!date_near(&r->special, exceptions, rui_date_at(low), 5) &&
			(i == 1 || change->at - change[-1].at > 6 * RUI_DAY) &&
			(i + 1 == zone->count || change[1].at - change->at > 6 * RUI_DAY))
			continue;
		for (date = rui_date_at(low) - 1; date <= rui_date_at(high) + 1; date++)
		{
			status = add_date(r, date);
			if (status != RUI_OK)
				return status;
		}
	}
	if (r->special.count > 0)
		qsort(r->special.items, r->special.count, sizeof(int32_t), compare_dates);
	return RUI_OK;
}

static rui_status
add_hours(rules *r, const rui_period_list *hours, int32_t date, rui_period_list *list)
{
	rui_status status = RUI_OK;
	size_t i;

	for (i = 0; hours != NULL && i < hours->count && status == RUI_OK; i++)
		status = rui_period_add(r->c->env, list,
								rui_zone_instant(r->calendar->zone,
												 date * RUI_DAY + hours->items[i].opens),
								rui_zone_instant(r->calendar->zone,
												 date * RUI_DAY + hours->items[i].closes),
								r->c->error);
	return status;
}

/* Generate [start, end), which covers the dates first to last. */
static rui_status
generate(rules *r, int32_t first, int32_t last, int64_t start, int64_t end)
{
	rui_day_rule rule;
	rui_status status = RUI_OK;
	int32_t date;
	size_t i;

	r->open.count = r->closed.count = r->left.count = 0;
	/* Hours reach into the next date, skipped times a little farther. */
	for (date = first - 2; date <= last + 1 && status == RUI_OK; date++)
	{
		if ((date & 1023) == 0 && rui_interrupted(r->c->env))
			return rui_fail_interrupted(r->c->error);
		status = add_hours(r, rui_calendar_hours(r->calendar, date, &rule), date, &r->open);
		if (status == RUI_OK)
			status = add_hours(r, rui_calendar_closures(r->calendar, date), date, &r->closed);
	}
	if (status != RUI_OK)
		return status;
	rui_periods_join(&r->open);
	rui_periods_join(&r->closed);
	status = rui_periods_subtract(r->c->env, &r->open, &r->closed, &r->left, r->c->error);
	if (status == RUI_OK)
		status = add_clipped(r, start, RUI_PATTERN_CLOSED);
	for (i = 0; i < r->left.count && status == RUI_OK; i++)
	{
		int64_t opens = r->left.items[i].opens > start ? r->left.items[i].opens : start;
		int64_t closes = r->left.items[i].closes < end ? r->left.items[i].closes : end;

		if (opens >= closes)
			continue;
		status = add_clipped(r, opens, RUI_PATTERN_OPEN);
		if (status == RUI_OK)
			status = add_clipped(r, closes, RUI_PATTERN_CLOSED);
	}
	return status;
}

/* [start, end) follows the weekly hours alone. */
static rui_status
repeat_weeks(rules *r, int64_t start, int64_t end)
{
	const rui_zone *zone = r->calendar->zone;
	size_t i;
	uint32_t pattern;
	rui_status status;

	if (start < r->from)
		start = r->from;
	if (end > r->until)
		end = r->until;
	if (start >= end)
		return RUI_OK;
	i = next_change(zone, start);
	status = weekly_pattern(r, zone->changes[i - 1].offset, &pattern);
	if (status == RUI_OK)
		status = add_clipped(r, start, pattern);
	for (; i < zone->count && zone->changes[i].at < end && status == RUI_OK; i++)
	{
		status = weekly_pattern(r, zone->changes[i].offset, &pattern);
		if (status == RUI_OK)
			status = add_clipped(r, zone->changes[i].at, pattern);
	}
	return status;
}

rui_status
rui_rules_compile(rui_compiler *c, const rui_calendar *calendar, int64_t from, int64_t until,
				  rui_stretch_list *result)
{
	rules r;
	int64_t done = from;
	size_t i = 0;
	rui_status status;

	memset(&r, 0, sizeof r);
	r.c = c;
	r.calendar = calendar;
	r.from = from;
	r.until = until;
	r.result = result;
	status = find_special_dates(&r);
	while (status == RUI_OK && i < r.special.count)
	{
		int32_t first = r.special.items[i];
		int32_t last = first + (r.overnight ? 1 : 0);
		int64_t start;
		int64_t end;

		/* A run of dates with no ordinary one between. */
		for (i++; i < r.special.count && r.special.items[i] <= last + 1; i++)
			last = r.special.items[i] + (r.overnight ? 1 : 0);
		start = rui_zone_instant(calendar->zone, first * RUI_DAY);
		end = rui_zone_instant(calendar->zone, (last + 1) * RUI_DAY);
		if (end <= from)
			continue;
		if (start >= until)
			break;
		status = repeat_weeks(&r, done, start);
		if (status == RUI_OK)
			status = generate(&r, first, last, start, end);
		done = end;
	}
	if (status == RUI_OK)
		status = repeat_weeks(&r, done, until);
	rui_release(c->env, r.known);
	rui_release(c->env, r.special.items);
	rui_release(c->env, r.open.items);
	rui_release(c->env, r.closed.items);
	rui_release(c->env, r.left.items);
	return status;
}
