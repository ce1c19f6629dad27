/* SPDX-License-Identifier: PostgreSQL
 *
 * calendar_explain.c
 *	  How a due time comes about, line by line.
 *
 * Reasons are found in the rules themselves, not in the timetable: a state
 * at an instant, and how long it may last.
 */
#include "core/calendar_compile.h"

/* What holds from an instant on, at least until `until`. */
typedef struct state
{
	bool open;
	rui_due_reason reason;
	int64_t until;
} state;

const char *
rui_due_reason_name(rui_due_reason reason)
{
	static const char *const names[] = { "open", "closed", "holiday", "closure", "make_up_day" };

	return names[reason];
}

/* Is `at` within one of a date's periods?  Brings until down to its edges. */
static bool
within(const rui_zone *zone, const rui_period_list *hours, int32_t date, int64_t at,
	   int64_t *until)
{
	bool found = false;
	size_t i;

	for (i = 0; hours != NULL && i < hours->count; i++)
	{
		int64_t opens = rui_zone_instant(zone, date * RUI_DAY + hours->items[i].opens);
		int64_t closes = rui_zone_instant(zone, date * RUI_DAY + hours->items[i].closes);

		if (opens > at && opens < *until)
			*until = opens;
		if (closes > at && closes < *until)
			*until = closes;
		found = found || (opens <= at && at < closes);
	}
	return found;
}

static state
state_of_rules(const rui_calendar *calendar, int64_t at)
{
	const rui_zone *zone = calendar->zone;
	int32_t today = rui_date_at(rui_zone_local(zone, at));
	state result = { false, RUI_DUE_CLOSED, RUI_FOREVER };
	rui_day_rule rule;
	bool cut = false;
	int32_t date;

	for (date = today + 1; result.until == RUI_FOREVER; date++)
	{
		int64_t midnight = rui_zone_instant(zone, date * RUI_DAY);

		if (midnight > at)
			result.until = midnight;
	}
	for (date = today - 2; date <= today + 1; date++)
	{
		const rui_period_list *hours = rui_calendar_hours(calendar, date, &rule);

		if (within(zone, hours, date, at, &result.until))
		{
			/* Ordinary hours count before those of a make-up day. */
			if (!result.open || rule != RUI_DAY_MAKE_UP)
				result.reason = rule == RUI_DAY_MAKE_UP ? RUI_DUE_MAKE_UP_DAY : RUI_DUE_OPEN;
			result.open = true;
		}
		cut = within(zone, rui_calendar_closures(calendar, date), date, at, &result.until) || cut;
	}
	if (result.open && cut)
	{
		result.open = false;
		result.reason = RUI_DUE_CLOSURE;
	}
	else if (!result.open)
	{
		rui_calendar_hours(calendar, today, &rule);
		result.reason = rule == RUI_DAY_HOLIDAY ? RUI_DUE_HOLIDAY : RUI_DUE_CLOSED;
	}
	return result;
}

/* Of the reasons of operands in the state that decides, the one to tell. */
static rui_due_reason
tell(rui_due_reason known, rui_due_reason more)
{
	if (known == RUI_DUE_OPEN || more == RUI_DUE_OPEN)
		return RUI_DUE_OPEN;
	return more > known ? more : known;
}

static state
state_at(const rui_calendar *calendar, int64_t at)
{
	state result;
	size_t i;

	if (calendar->kind == RUI_CALENDAR_RULES)
		return state_of_rules(calendar, at);
	if (calendar->kind == RUI_CALENDAR_SHIFT)
	{
		result = state_at(calendar->operands[0], at - calendar->shift);
		result.until += calendar->shift;
		return result;
	}
	if (calendar->kind == RUI_CALENDAR_UNTIL)
	{
		i = rui_calendar_in_force(calendar, at);
		result = state_at(calendar->operands[i], at);
		if (i + 1 < calendar->operand_count && calendar->instants[i] < result.until)
			result.until = calendar->instants[i];
		return result;
	}
	result = state_at(calendar->operands[0], at);
	for (i = 1; i < calendar->operand_count; i++)
	{
		state other = state_at(calendar->operands[i], at);

		if (other.until < result.until)
			result.until = other.until;
		if (calendar->kind == RUI_CALENDAR_MINUS)
		{
			if (result.open && other.open)
			{
				result.open = false;
				result.reason = RUI_DUE_CLOSURE;
			}
		}
		else if (result.open == other.open)
		{
			/* All open at a make-up day's hours, by one operand's doing. */
			if (result.open && calendar->kind == RUI_CALENDAR_ALL)
				result.reason = other.reason > result.reason ? other.reason : result.reason;
			else
				result.reason = tell(result.reason, other.reason);
		}
		else if (other.open == (calendar->kind == RUI_CALENDAR_ANY))
		{
			result.open = other.open;
			result.reason = other.reason;
		}
	}
	return result;
}

rui_due_reason
rui_reason_at(const rui_calendar *calendar, int64_t at, int64_t *until)
{
	state now = state_at(calendar, at);

	*until = now.until;
	return now.reason;
}

static rui_status
add_line(const rui_env *env, rui_due_explanation *e, rui_due_line line, rui_error *error)
{
	rui_status status;

	if (e->count > 0 && e->lines[e->count - 1].reason == line.reason)
	{
		e->lines[e->count - 1].to_at = line.to_at;
		e->lines[e->count - 1].counted += line.counted;
		return RUI_OK;
	}
	status = rui_grow(env, &e->lines, &e->capacity, e->count + 1, sizeof(rui_due_line), error);
	if (status == RUI_OK)
		e->lines[e->count++] = line;
	return status;
}

/* Explain [from, until), with the sign of what counts. */
static rui_status
add_lines(const rui_env *env, const rui_calendar *calendar, const rui_timetable *timetable,
		  int64_t from, int64_t until, int sign, rui_due_explanation *e, rui_error *error)
{
	int64_t at = from;
	rui_status status = RUI_OK;

	while (at < until && status == RUI_OK)
	{
		state now = state_at(calendar, at);
		rui_due_line line = { at, now.until < until ? now.until : until, 0, now.reason };

		if (rui_interrupted(env))
			return rui_fail_interrupted(error);
		line.counted = rui_timetable_worked(timetable, line.to_at) -
			rui_timetable_worked(timetable, line.from_at);
		line.counted *= sign;
		status = add_line(env, e, line, error);
		at = line.to_at;
	}
	return status;
}

rui_status
rui_timetable_explain(const rui_env *env, const rui_calendar *calendar,
					  const rui_timetable *timetable, int64_t start, int64_t target,
					  rui_due_explanation *explanation, rui_error *error)
{
	rui_due_explanation e = { 0, NULL, 0, 0 };
	rui_due_line rest = { RUI_NEVER, RUI_FOREVER, 0, RUI_DUE_CLOSED };
	int64_t low;
	int64_t high;
	rui_status status = rui_timetable_add(timetable, start, target, RUI_BOUNDARY_CLOSE, &e.due,
										  error);

	if (status != RUI_OK)
		return status;
	low = e.due < start ? e.due : start;
	high = e.due < start ? start : e.due;
	/* No open time is left: explain up to where it ends. */
	if (e.due == RUI_FOREVER)
	{
		high = rui_instant_of_worked(timetable, timetable->total, RUI_BOUNDARY_CLOSE);
		high = high < start ? start : high;
		rest.from_at = high;
	}
	else if (e.due == RUI_NEVER)
	{
		low = rui_instant_of_worked(timetable, 0, RUI_BOUNDARY_OPEN);
		low = low > start ? start : low;
		rest.to_at = low;
		status = add_line(env, &e, rest, error);
	}
	if (status == RUI_OK)
		status = add_lines(env, calendar, timetable, low, high, e.due < start ? -1 : 1, &e, error);
	if (status == RUI_OK && e.due == RUI_FOREVER)
		status = add_line(env, &e, rest, error);
	if (status != RUI_OK)
	{
		rui_release(env, e.lines);
		return status;
	}
	*explanation = e;
	return RUI_OK;
}
