/* SPDX-License-Identifier: PostgreSQL
 *
 * calendar_dates.c
 *	  Dates as clocks on the wall show them, and what holds on each.
 */
#include "core/calendar_compile.h"

/* Two instants with one local time lie less than this apart. */
#define FURTHEST_REPEAT (2 * RUI_DAY)

/* The number of the offset that holds at an instant. */
static size_t
offset_at(const rui_zone *zone, int64_t at)
{
	size_t low = 0;
	size_t count = zone->count;

	while (count > 1)
	{
		size_t half = count / 2;

		low = zone->changes[low + half].at <= at ? low + half : low;
		count -= half;
	}
	return low;
}

/*
 * Does the local time `local` also occur under offset number `other`?  Brings
 * until, a local time after it, down to where that changes.
 */
static bool
occurs(const rui_zone *zone, size_t other, int64_t local, int64_t *until)
{
	const rui_zone_change *change = &zone->changes[other];
	/* The first offset has always held, the last one always will. */
	int64_t begins = other == 0 ? RUI_NEVER : change->at + change->offset;
	int64_t ends = other + 1 == zone->count ? RUI_FOREVER : change[1].at + change->offset;

	if (begins > local && begins < *until)
		*until = begins;
	if (ends > local && ends < *until)
		*until = ends;
	return begins <= local && local < ends;
}

/* The part of its date that begins at an instant, apart from the reason. */
static rui_date_part
part_at(const rui_zone *zone, int64_t at)
{
	size_t own = offset_at(zone, at);
	int64_t offset = zone->changes[own].offset;
	int64_t local = at + offset;
	int64_t midnight;
	int64_t until;
	int before = 0;
	int after = 0;
	size_t other;
	rui_date_part part;

	part.date = rui_date_at(local);
	midnight = part.date * RUI_DAY;
	until = midnight + RUI_DAY;
	occurs(zone, own, local, &until);
	for (other = own; other > 0 && zone->changes[other].at > at - FURTHEST_REPEAT; other--)
		before += occurs(zone, other - 1, local, &until) ? 1 : 0;
	for (other = own + 1; other < zone->count && zone->changes[other].at < at + FURTHEST_REPEAT;
		 other++)
		after += occurs(zone, other, local, &until) ? 1 : 0;
	part.occurrence = before + after == 0 ? 0 : before + 1;
	part.from_at = at;
	part.to_at = until - offset;
	part.from_time = local - midnight;
	part.to_time = until - midnight;
	return part;
}

static rui_status
add_part(const rui_env *env, rui_date_part_list *list, const rui_date_part *part,
		 rui_error *error)
{
	rui_date_part *last = list->count > 0 ? &list->items[list->count - 1] : NULL;
	rui_status status;

	if (last != NULL && last->to_at == part->from_at && last->date == part->date &&
		last->to_time == part->from_time && last->occurrence == part->occurrence &&
		last->reason == part->reason)
	{
		last->to_at = part->to_at;
		last->to_time = part->to_time;
		return RUI_OK;
	}
	status = rui_grow(env, &list->items, &list->capacity, list->count + 1, sizeof(rui_date_part),
					  error);
	if (status == RUI_OK)
		list->items[list->count++] = *part;
	return status;
}

rui_status
rui_calendar_dates(const rui_env *env, const rui_calendar *calendar, int32_t from_on,
				   int32_t to_on, rui_date_part_list *list, rui_error *error)
{
	const rui_zone *zone = calendar->zone;
	rui_status status = rui_check_date(from_on, "from_on", error);
	int64_t at;
	int64_t end;

	/* The end is not drawn, so it may be the first date after the world. */
	if (status == RUI_OK && to_on != RUI_END_DATE)
		status = rui_check_date(to_on, "to_on", error);
	if (status != RUI_OK)
		return status;
	if (from_on > to_on)
		return rui_fail(error, RUI_INVALID, "from_on", "Give the earlier date first.",
						"The span ends before it begins.");
	/* A clock put back over midnight shows a date before and after its instant. */
	at = rui_zone_instant(zone, from_on * RUI_DAY) - FURTHEST_REPEAT;
	end = rui_zone_instant(zone, to_on * RUI_DAY) + FURTHEST_REPEAT;
	while (at < end && status == RUI_OK)
	{
		rui_date_part part = part_at(zone, at);
		int64_t until;

		if (rui_interrupted(env))
			return rui_fail_interrupted(error);
		part.reason = rui_reason_at(calendar, at, &until);
		if (until < part.to_at)
		{
			part.to_time -= part.to_at - until;
			part.to_at = until;
		}
		if (part.date >= from_on && part.date < to_on)
			status = add_part(env, list, &part, error);
		at = part.to_at;
	}
	return status;
}
