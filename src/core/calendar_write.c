/* SPDX-License-Identifier: PostgreSQL
 *
 * calendar_write.c
 *	  The canonical text of a calendar, its lookups by date, its release.
 */
#include "core/calendar.h"

#include <stdlib.h>
#include <string.h>

const char *const rui_weekday_names[] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun", NULL };

const char *const rui_calendar_kind_names[] = { "", "all", "any", "minus", "shift", "until", NULL };

static void
write_hours(rui_text *text, const rui_period_list *hours)
{
	size_t i;

	rui_text_character(text, '[');
	for (i = 0; i < hours->count; i++)
	{
		int64_t closes = hours->items[i].closes;

		rui_text_add(text, i > 0 ? ",[\"" : "[\"");
		rui_time_write(text, hours->items[i].opens);
		rui_text_add(text, "\",\"");
		rui_time_write(text, closes > RUI_DAY ? closes - RUI_DAY : closes);
		rui_text_add(text, "\"]");
	}
	rui_text_character(text, ']');
}

static void
write_days(rui_text *text, const char *member, const rui_day *days, size_t count)
{
	size_t i;

	if (count == 0)
		return;
	rui_text_format(text, ",\"%s\":{", member);
	for (i = 0; i < count; i++)
	{
		rui_text_add(text, i > 0 ? ",\"" : "\"");
		rui_date_write(text, days[i].date);
		rui_text_add(text, "\":");
		if (days[i].weekday >= 0)
			rui_text_format(text, "\"%s\"", rui_weekday_names[days[i].weekday]);
		else
			write_hours(text, &days[i].hours);
	}
	rui_text_character(text, '}');
}

static void
write_zone(rui_text *text, const rui_zone *zone)
{
	rui_text_add(text, "\"tz\":");
	rui_text_json_string(text, zone->name, strlen(zone->name));
}

static void
write_rules(rui_text *text, const rui_calendar *calendar)
{
	bool any = false;
	size_t i;

	rui_text_character(text, '{');
	write_zone(text, calendar->zone);
	for (i = 0; i < 7; i++)
	{
		if (calendar->weekly[i].hours.count == 0)
			continue;
		rui_text_format(text, "%s\"%s\":", any ? "," : ",\"weekly\":{", rui_weekday_names[i]);
		write_hours(text, &calendar->weekly[i].hours);
		any = true;
	}
	if (any)
		rui_text_character(text, '}');
	for (i = 0; i < calendar->holiday_count; i++)
	{
		rui_text_add(text, i > 0 ? ",\"" : ",\"holidays\":[\"");
		rui_date_write(text, calendar->holidays[i]);
		rui_text_character(text, '"');
	}
	if (calendar->holiday_count > 0)
		rui_text_character(text, ']');
	write_days(text, "date_hours", calendar->dated, calendar->dated_count);
	write_days(text, "closures", calendar->closures, calendar->closure_count);
	rui_text_character(text, '}');
}

void
rui_calendar_write(const rui_calendar *calendar, rui_text *text)
{
	size_t i;

	if (calendar->kind == RUI_CALENDAR_RULES)
	{
		write_rules(text, calendar);
		return;
	}
	rui_text_character(text, '{');
	for (i = 0; i < calendar->operand_count; i++)
	{
		/* One zone throughout needs no mention. */
		if (strcmp(calendar->operands[i]->zone->name, calendar->zone->name) != 0)
		{
			write_zone(text, calendar->zone);
			rui_text_character(text, ',');
			break;
		}
	}
	rui_text_format(text, "\"%s\":[", rui_calendar_kind_names[calendar->kind]);
	for (i = 0; i < calendar->operand_count; i++)
	{
		if (i > 0)
			rui_text_character(text, ',');
		if (i > 0 && calendar->kind == RUI_CALENDAR_UNTIL)
		{
			rui_text_character(text, '"');
			rui_instant_write(text, calendar->instants[i - 1]);
			rui_text_add(text, "\",");
		}
		rui_calendar_write(calendar->operands[i], text);
	}
	if (calendar->kind == RUI_CALENDAR_SHIFT)
	{
		rui_text_add(text, ",\"");
		rui_duration_write(text, calendar->shift);
		rui_text_character(text, '"');
	}
	rui_text_add(text, "]}");
}

static void
release_days(const rui_env *env, rui_day *days, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		rui_release(env, days[i].hours.items);
}

void
rui_calendar_release(const rui_env *env, rui_calendar *calendar)
{
	size_t i;

	if (calendar == NULL)
		return;
	for (i = 0; i < calendar->operand_count; i++)
		rui_calendar_release(env, calendar->operands[i]);
	rui_release(env, calendar->operands);
	rui_release(env, calendar->instants);
	release_days(env, calendar->weekly, 7);
	release_days(env, calendar->dated, calendar->dated_count);
	release_days(env, calendar->closures, calendar->closure_count);
	rui_release(env, calendar->holidays);
	rui_release(env, calendar->dated);
	rui_release(env, calendar->closures);
	rui_release(env, calendar);
}

size_t
rui_calendar_in_force(const rui_calendar *calendar, int64_t at)
{
	size_t low = 0;
	size_t count = calendar->operand_count - 1;

	/* Low instants are passed, count more are in question. */
	while (count > 0)
	{
		size_t half = count / 2;

		if (calendar->instants[low + half] <= at)
		{
			low += half + 1;
			count -= half + 1;
		}
		else
			count = half;
	}
	return low;
}

/* A date, and whatever begins with one. */
static int
compare_date(const void *key, const void *element)
{
	int32_t date = *(const int32_t *) key;
	int32_t other = *(const int32_t *) element;

	return date < other ? -1 : date > other;
}

static const rui_day *
find_day(const rui_day *days, size_t count, int32_t date)
{
	return count == 0 ? NULL : bsearch(&date, days, count, sizeof(rui_day), compare_date);
}

static bool
is_holiday(const rui_calendar *calendar, int32_t date)
{
	return calendar->holiday_count > 0 &&
		bsearch(&date, calendar->holidays, calendar->holiday_count, sizeof(int32_t),
				compare_date) != NULL;
}

const rui_period_list *
rui_calendar_hours(const rui_calendar *calendar, int32_t date, rui_day_rule *rule)
{
	static const rui_period_list none;
	const rui_day *dated;

	if (is_holiday(calendar, date))
	{
		*rule = RUI_DAY_HOLIDAY;
		return &none;
	}
	dated = find_day(calendar->dated, calendar->dated_count, date);
	if (dated == NULL)
	{
		*rule = RUI_DAY_WEEKLY;
		return &calendar->weekly[rui_weekday(date)].hours;
	}
	*rule = dated->weekday >= 0 ? RUI_DAY_MAKE_UP : RUI_DAY_DATED;
	return dated->weekday >= 0 ? &calendar->weekly[dated->weekday].hours : &dated->hours;
}

const rui_period_list *
rui_calendar_closures(const rui_calendar *calendar, int32_t date)
{
	const rui_day *closures = find_day(calendar->closures, calendar->closure_count, date);

	return closures == NULL ? NULL : &closures->hours;
}
