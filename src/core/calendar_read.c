/* SPDX-License-Identifier: PostgreSQL
 *
 * calendar_read.c
 *	  The reader of calendar texts: checks, then brings into canonical form.
 */
#include "core/calendar_combine.h"
#include "core/json.h"

#include <stdlib.h>
#include <string.h>

typedef struct reader
{
	const rui_env *env;
	const rui_zones *zones;
	rui_error *error;
} reader;

#define TIME_HINT "Write HH:MM, HH:MM:SS or HH:MM:SS.ffffff, from 00:00 to 24:00."
#define PAIR_HINT "Write an interval as [\"08:00\",\"12:00\"]."
#define UNTIL_HINT \
	"Give calendars and between them the instants at which the next one takes over, as in " \
	"{\"until\":[a,\"2026-10-01T00:00Z\",b]}."

static rui_status read_calendar(reader *r, const rui_json *value, rui_calendar **calendar);

static int
find_weekday(const char *name)
{
	int i;

	for (i = 0; rui_weekday_names[i] != NULL; i++)
		if (strcmp(name, rui_weekday_names[i]) == 0)
			return i;
	return -1;
}

static rui_status
read_zone(reader *r, const rui_json *value, const rui_zone **zone)
{
	rui_status status = rui_json_expect(value, RUI_JSON_STRING, r->error);

	if (status != RUI_OK)
		return status;
	*zone = r->zones->find(value->text, r->zones->argument);
	if (*zone == NULL)
		return rui_json_fail(r->error, RUI_INVALID, value,
							 "Give a name of the IANA time zone database, as Asia/Shanghai or UTC.",
							 "The time zone %s is not known.", value->text);
	return RUI_OK;
}

static rui_status
read_date(reader *r, const rui_json *value, const char *text, int32_t *date)
{
	int32_t result;

	if (!rui_date_read(text, strlen(text), &result))
		return rui_json_fail(r->error, RUI_INVALID, value,
							 "Write a date that exists as YYYY-MM-DD.", "%s is not a date.", text);
	if (result < RUI_FIRST_DATE || result >= RUI_END_DATE)
		return rui_json_fail(r->error, RUI_INVALID, value,
							 "Give a date from 1900-01-01 to 2200-12-31.",
							 "%s lies outside of 1900 to 2200.", text);
	*date = result;
	return RUI_OK;
}

static rui_status
read_time(reader *r, const rui_json *value, int64_t *time)
{
	rui_status status = rui_json_expect(value, RUI_JSON_STRING, r->error);

	if (status == RUI_OK && !rui_time_read(value->text, value->length, time))
		status = rui_json_fail(r->error, RUI_INVALID, value, TIME_HINT, "%s is not a time of day.",
							   value->text);
	return status;
}

static rui_status
read_period(reader *r, const rui_json *value, rui_period *period)
{
	rui_status status = rui_json_expect(value, RUI_JSON_ARRAY, r->error);

	if (status != RUI_OK)
		return status;
	if (value->count != 2)
		return rui_json_fail(r->error, RUI_INVALID, value, PAIR_HINT,
							 "An interval has two times, this one %zu.", value->count);
	status = read_time(r, value->first, &period->opens);
	if (status == RUI_OK)
		status = read_time(r, value->first->next, &period->closes);
	if (status != RUI_OK)
		return status;
	if (period->opens == RUI_DAY)
		return rui_json_fail(r->error, RUI_INVALID, value->first,
							 "Give the interval to the next date, from 00:00.",
							 "An interval cannot open at 24:00.");
	if (period->opens == period->closes)
		return rui_json_fail(r->error, RUI_INVALID, value,
							 "Write a whole day as [\"00:00\",\"24:00\"]; split 24 hours that "
							 "begin later at midnight, giving the rest to the next date.",
							 "The interval closes when it opens.");
	if (period->closes < period->opens)
		period->closes += RUI_DAY;
	return RUI_OK;
}

static int
compare_periods(const void *a, const void *b)
{
	const rui_period *left = a;
	const rui_period *right = b;

	return left->opens < right->opens ? -1 : left->opens > right->opens;
}

static rui_status
read_hours(reader *r, const rui_json *value, rui_period_list *hours)
{
	const rui_json *element;
	size_t kept = 0;
	size_t i;
	rui_status status = rui_json_expect(value, RUI_JSON_ARRAY, r->error);

	if (status == RUI_OK && value->count > RUI_CALENDAR_MOST_HOURS)
		status = rui_json_fail(r->error, RUI_LIMIT, value,
							   "Give at most one interval for every minute.",
							   "The date has %zu intervals.", value->count);
	if (status == RUI_OK)
		status = rui_grow(r->env, &hours->items, &hours->capacity, value->count,
						  sizeof(rui_period), r->error);
	if (status != RUI_OK)
		return status;
	for (element = value->first; element != NULL; element = element->next)
	{
		status = read_period(r, element, &hours->items[hours->count]);
		if (status != RUI_OK)
			return status;
		hours->count++;
	}
	if (hours->count == 0)
		return RUI_OK;
	qsort(hours->items, hours->count, sizeof(rui_period), compare_periods);
	for (i = 1; i < hours->count; i++)
	{
		rui_period *last = &hours->items[kept];
		const rui_period *next = &hours->items[i];

		if (next->opens < last->closes)
		{
			rui_text text;

			rui_text_start(&text, r->env);
			rui_time_write(&text, next->opens);
			status = rui_json_fail(r->error, RUI_INVALID, value,
								   "Intervals of one date may touch, but not overlap.",
								   "Two intervals overlap at %s.",
								   text.failed ? "a time" : text.bytes);
			rui_text_release(&text);
			return status;
		}
		/* Touching ones merge while the text can say so: below 24 hours,
		 * or up to 24:00. */
		if (next->opens == last->closes &&
			(next->closes - last->opens < RUI_DAY || next->closes == RUI_DAY))
			last->closes = next->closes;
		else
			hours->items[++kept] = *next;
	}
	hours->count = kept + 1;
	return RUI_OK;
}

static rui_status
read_weekly(reader *r, const rui_json *value, rui_calendar *calendar)
{
	const rui_json *member;
	rui_status status = rui_json_expect(value, RUI_JSON_OBJECT, r->error);

	if (status == RUI_OK)
		status = rui_json_only(value, rui_weekday_names, r->error);
	for (member = status == RUI_OK ? value->first : NULL; member != NULL && status == RUI_OK;
		 member = member->next)
		status = read_hours(r, member, &calendar->weekly[find_weekday(member->key)].hours);
	return status;
}

static int
compare_dates(const void *a, const void *b)
{
	int32_t left = *(const int32_t *) a;
	int32_t right = *(const int32_t *) b;

	return left < right ? -1 : left > right;
}

static rui_status
read_holidays(reader *r, const rui_json *value, rui_calendar *calendar)
{
	const rui_json *element;
	size_t kept = 0;
	size_t i;
	rui_status status = rui_json_expect(value, RUI_JSON_ARRAY, r->error);

	if (status == RUI_OK)
		status = rui_grow(r->env, &calendar->holidays, &calendar->holiday_capacity, value->count,
						  sizeof(int32_t), r->error);
	if (status != RUI_OK || value->count == 0)
		return status;
	for (element = value->first; element != NULL; element = element->next)
	{
		status = rui_json_expect(element, RUI_JSON_STRING, r->error);
		if (status == RUI_OK)
			status = read_date(r, element, element->text, &calendar->holidays[kept++]);
		if (status != RUI_OK)
			return status;
	}
	qsort(calendar->holidays, kept, sizeof(int32_t), compare_dates);
	calendar->holiday_count = 1;
	for (i = 1; i < kept; i++)
		if (calendar->holidays[i] != calendar->holidays[i - 1])
			calendar->holidays[calendar->holiday_count++] = calendar->holidays[i];
	return RUI_OK;
}

static int
compare_days(const void *a, const void *b)
{
	return compare_dates(&((const rui_day *) a)->date, &((const rui_day *) b)->date);
}

static rui_status
read_days(reader *r, const rui_json *value, bool closures, rui_day **days, size_t *count,
		  size_t *capacity)
{
	const rui_json *member;
	rui_status status = rui_json_expect(value, RUI_JSON_OBJECT, r->error);

	if (status == RUI_OK)
		status = rui_grow(r->env, days, capacity, value->count, sizeof(rui_day), r->error);
	if (status != RUI_OK || value->count == 0)
		return status;
	for (member = value->first; member != NULL; member = member->next)
	{
		rui_day *day = &(*days)[*count];

		memset(day, 0, sizeof *day);
		day->weekday = -1;
		status = read_date(r, member, member->key, &day->date);
		if (status != RUI_OK)
			return status;
		(*count)++;
		if (!closures && member->kind == RUI_JSON_STRING)
		{
			day->weekday = find_weekday(member->text);
			if (day->weekday < 0)
				status = rui_json_fail(r->error, RUI_INVALID, member,
									   "Give intervals, or the weekday whose hours the date takes: "
									   "mon, tue, wed, thu, fri, sat, sun.",
									   "%s is not a weekday.", member->text);
		}
		else
			status = read_hours(r, member, &day->hours);
		if (status != RUI_OK)
			return status;
		/* A closure of nothing is none; hours of none close the date. */
		if (closures && day->hours.count == 0)
		{
			rui_release(r->env, day->hours.items);
			(*count)--;
		}
	}
	qsort(*days, *count, sizeof(rui_day), compare_days);
	return RUI_OK;
}

static rui_status
read_rules(reader *r, const rui_json *value, rui_calendar *calendar)
{
	static const char *const keys[] = { "tz", "weekly", "holidays",
										"date_hours", "closures", NULL };
	const rui_json *member;
	rui_status status = rui_json_only(value, keys, r->error);

	if (status != RUI_OK)
		return status;
	member = rui_json_member(value, "tz");
	if (member == NULL)
		return rui_json_fail(r->error, RUI_INVALID, value,
							 "Name the zone of the hours, as in {\"tz\":\"Asia/Shanghai\"}.",
							 "The member tz is missing.");
	status = read_zone(r, member, &calendar->zone);
	member = rui_json_member(value, "weekly");
	if (status == RUI_OK && member != NULL)
		status = read_weekly(r, member, calendar);
	member = rui_json_member(value, "holidays");
	if (status == RUI_OK && member != NULL)
		status = read_holidays(r, member, calendar);
	member = rui_json_member(value, "date_hours");
	if (status == RUI_OK && member != NULL)
		status = read_days(r, member, false, &calendar->dated, &calendar->dated_count,
						   &calendar->dated_capacity);
	member = rui_json_member(value, "closures");
	if (status == RUI_OK && member != NULL)
		status = read_days(r, member, true, &calendar->closures, &calendar->closure_count,
						   &calendar->closure_capacity);
	return status;
}

static rui_status
read_operands(reader *r, const rui_json *list, rui_calendar *calendar)
{
	const rui_json *element;
	rui_status status;

	for (element = list->first; element != NULL; element = element->next)
	{
		rui_calendar *operand_read = NULL;

		if (calendar->kind == RUI_CALENDAR_SHIFT && element != list->first)
			break;
		status = read_calendar(r, element, &operand_read);
		if (status != RUI_OK)
			return status;
		/* The first operand decides dates, unless the member tz does. */
		if (calendar->zone == NULL)
			calendar->zone = operand_read->zone;
		status = rui_calendar_take(r->env, calendar, operand_read, r->error);
		if (status != RUI_OK)
			return status;
	}
	return RUI_OK;
}

/* An instant at which a calendar ends: after the one at which it began. */
static rui_status
read_instant(reader *r, const rui_json *value, int64_t after, int64_t *at)
{
	rui_error outside;

	if (value->kind != RUI_JSON_STRING || !rui_instant_read(value->text, value->length, at))
		return rui_json_fail(r->error, RUI_INVALID, value,
							 "Write an instant of UTC as 2026-10-01T08:00Z.",
							 "%s is not an instant.",
							 value->kind == RUI_JSON_STRING ? value->text : "What stands here");
	if (rui_check_instant(*at, NULL, &outside) != RUI_OK)
		return rui_json_fail(r->error, RUI_INVALID, value, outside.hint, "%s", outside.detail);
	if (*at <= after)
		return rui_json_fail(r->error, RUI_INVALID, value,
							 "Give the instants in ascending order, none twice.",
							 "%s does not come after the instant before it.", value->text);
	return RUI_OK;
}

static rui_status
read_until(reader *r, const rui_json *list, rui_calendar *calendar)
{
	const rui_json *element;
	int64_t from = RUI_NEVER;

	for (element = list->first; element != NULL;)
	{
		const rui_json *end = element->next;
		rui_calendar *operand = NULL;
		int64_t until = RUI_FOREVER;
		rui_status status;

		if (element->kind != RUI_JSON_OBJECT)
			return rui_json_fail(r->error, RUI_INVALID, element, UNTIL_HINT,
								 "What stands here is not a calendar.");
		status = end == NULL ? RUI_OK : read_instant(r, end, from, &until);
		if (status == RUI_OK)
			status = read_calendar(r, element, &operand);
		if (status != RUI_OK)
			return status;
		if (calendar->zone == NULL)
			calendar->zone = operand->zone;
		status = rui_calendar_take_span(r->env, calendar, operand, from, until, r->error);
		if (status != RUI_OK)
			return status;
		from = until;
		element = end == NULL ? NULL : end->next;
	}
	return RUI_OK;
}

static rui_status
read_shift(reader *r, const rui_json *value, rui_calendar *calendar)
{
	rui_status status = rui_json_expect(value, RUI_JSON_STRING, r->error);

	if (status != RUI_OK)
		return status;
	if (!rui_duration_read(value->text, value->length, &calendar->shift))
		return rui_json_fail(r->error, RUI_INVALID, value,
							 "Write hours, minutes and seconds as PT1H30M; "
							 "days have no fixed length.",
							 "%s is not a duration.", value->text);
	return RUI_OK;
}

/* The farthest a calendar's parts are moved. */
static int64_t
farthest_shift(const rui_calendar *calendar)
{
	int64_t farthest = 0;
	size_t i;

	for (i = 0; i < calendar->operand_count; i++)
	{
		int64_t inner = farthest_shift(calendar->operands[i]);

		farthest = inner > farthest ? inner : farthest;
	}
	return farthest + (calendar->shift < 0 ? -calendar->shift : calendar->shift);
}

/* Shifts add up, but not beyond the limit; value is the outermost one. */
static rui_status
check_shift(reader *r, const rui_json *value, const rui_calendar *calendar)
{
	if (calendar->shift > RUI_CALENDAR_LONGEST_SHIFT ||
		calendar->shift < -RUI_CALENDAR_LONGEST_SHIFT ||
		farthest_shift(calendar) > RUI_CALENDAR_LONGEST_SHIFT)
		return rui_json_fail(r->error, RUI_INVALID, value, "Shift by at most 8784 hours in all.",
							 "The calendar is moved by more than 366 days.");
	return RUI_OK;
}

static rui_status
read_combination(reader *r, const rui_json *value, const rui_json *list, rui_calendar **calendar)
{
	static const char *const keys[] = { "tz", "all", "any", "minus", "shift", "until", NULL };
	rui_calendar *result = *calendar;
	const rui_json *member;
	const char *hint;
	bool fits;
	rui_status status = rui_json_only(value, keys, r->error);

	if (status != RUI_OK)
		return status;
	for (member = value->first; member != NULL; member = member->next)
		if (member != list && strcmp(member->key, "tz") != 0)
			return rui_json_fail(r->error, RUI_INVALID, member,
								 "Nest the combinations: each has one of all, any, minus, shift, "
								 "until.",
								 "The calendar is already combined by %s.", list->key);
	status = rui_json_expect(list, RUI_JSON_ARRAY, r->error);
	if (status != RUI_OK)
		return status;
	switch (result->kind)
	{
		case RUI_CALENDAR_MINUS:
			hint = "Give the calendar to keep and the one to take away.";
			fits = list->count == 2;
			break;
		case RUI_CALENDAR_SHIFT:
			hint = "Give a calendar and a duration.";
			fits = list->count == 2;
			break;
		case RUI_CALENDAR_UNTIL:
			hint = UNTIL_HINT;
			fits = list->count >= 3 && list->count % 2 == 1;
			break;
		default:
			hint = "Give at least one calendar.";
			fits = list->count > 0;
			break;
	}
	if (!fits)
		return rui_json_fail(r->error, RUI_INVALID, list, hint, "The number of operands is %zu.",
							 list->count);

	member = rui_json_member(value, "tz");
	if (member != NULL)
		status = read_zone(r, member, &result->zone);
	if (status == RUI_OK)
		status = result->kind == RUI_CALENDAR_UNTIL ? read_until(r, list, result)
													: read_operands(r, list, result);
	if (status == RUI_OK && result->kind == RUI_CALENDAR_SHIFT)
	{
		status = read_shift(r, list->first->next, result);
		if (status == RUI_OK)
			status = check_shift(r, list->first->next, result);
	}
	if (status == RUI_OK)
		status = rui_calendar_simplify(r->env, calendar, r->error);
	return status;
}

static rui_status
read_calendar(reader *r, const rui_json *value, rui_calendar **calendar)
{
	const rui_json *list = NULL;
	rui_calendar *result;
	size_t i;
	rui_status status = rui_json_expect(value, RUI_JSON_OBJECT, r->error);

	if (status != RUI_OK)
		return status;
	result = rui_allocate_zero(r->env, 1, sizeof(rui_calendar));
	if (result == NULL)
		return rui_fail_memory(r->error, sizeof(rui_calendar));
	for (i = 0; i < 7; i++)
		result->weekly[i].weekday = -1;
	for (i = RUI_CALENDAR_ALL; rui_calendar_kind_names[i] != NULL && list == NULL; i++)
	{
		list = rui_json_member(value, rui_calendar_kind_names[i]);
		if (list != NULL)
			result->kind = (rui_calendar_kind) i;
	}
	status = list == NULL ? read_rules(r, value, result)
						  : read_combination(r, value, list, &result);
	if (status != RUI_OK)
	{
		rui_calendar_release(r->env, result);
		return status;
	}
	*calendar = result;
	return RUI_OK;
}

rui_status
rui_calendar_read(const rui_env *env, const rui_zones *zones, const char *text, size_t length,
				  rui_calendar **calendar, rui_error *error)
{
	reader r = { env, zones, error };
	rui_json_document document;
	rui_status status = rui_json_parse(env, text, length, &document, error);

	if (status != RUI_OK)
		return status;
	status = read_calendar(&r, document.root, calendar);
	rui_json_release(env, &document);
	return status;
}
