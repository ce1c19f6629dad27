/* SPDX-License-Identifier: PostgreSQL
 *
 * calendar_laws.c
 *	  Calendar arithmetic against the model of minutes.
 */
#include "unit.h"

#include "calendar_model.h"

#define CALENDARS 1200
#define CASES 100
#define BOUNDARIES 16 /* of the openings and closings of a calendar, and of its marks */

/* Reading what was written gives the same text: it is canonical. */
static void
check_text(const model *m)
{
	rui_zones zones = { zone_find, (void *) &m->zones };
	rui_calendar *calendar = NULL;
	rui_calendar *again = NULL;
	rui_text first;
	rui_text second;
	rui_error error;

	rui_text_start(&first, &rui_env_malloc);
	rui_text_start(&second, &rui_env_malloc);
	if (CHECK(rui_calendar_read(&rui_env_malloc, &zones, m->text, m->length, &calendar, &error) ==
			  RUI_OK))
	{
		rui_calendar_write(calendar, &first);
		CHECK_TEXT(calendar->zone->name, m->zone->name);
	}
	if (CHECK(rui_calendar_read(&rui_env_malloc, &zones, first.bytes, first.length, &again,
								&error) == RUI_OK))
	{
		rui_calendar_write(again, &second);
		CHECK_TEXT(second.bytes, first.bytes);
		CHECK_TEXT(again->zone->name, m->zone->name);
	}
	rui_calendar_release(&rui_env_malloc, calendar);
	rui_calendar_release(&rui_env_malloc, again);
	rui_text_release(&first);
	rui_text_release(&second);
}

static void
check_add(const model *m, const rui_timetable *timetable, int64_t at, int64_t duration, bool close)
{
	static const char *const kinds[2][3] = {
		{ "earliest instants, forward", "earliest instants, backward",
		  "earliest instants, nothing" },
		{ "latest instants, forward", "latest instants, backward", "latest instants, nothing" },
	};
	rui_boundary boundary = close ? RUI_BOUNDARY_CLOSE : RUI_BOUNDARY_OPEN;
	int64_t worked = model_worked(m, at) + duration;
	int64_t expected = model_instant_of(m, worked, close);
	int64_t result = 0;
	rui_error error;
	rui_status status = rui_timetable_add(timetable, at, duration, boundary, &result, &error);

	if (duration == 0 && close)
		expected = at;
	if (expected != RUI_FOREVER && expected != RUI_NEVER)
		unit_count(kinds[close ? 0 : 1][duration > 0 ? 0 : duration < 0 ? 1
																		: 2]);
	if (expected == RUI_FOREVER)
		CHECK(status == RUI_DATETIME_RANGE || (status == RUI_OK && result >= model_high(m) - 1));
	else if (expected == RUI_NEVER)
		CHECK(status == RUI_DATETIME_RANGE || (status == RUI_OK && result <= model_low(m)));
	else if (CHECK(status == RUI_OK))
		CHECK_INT(result, expected);
	if (status == RUI_OK && result != RUI_FOREVER && result != RUI_NEVER)
	{
		/* F and its inverses: that much working time lies between, and
		 * nothing before (after) the result has it too. */
		unit_count("inverses given back by F");
		CHECK(duration >= 0 ? result >= at : result <= at);
		CHECK_INT(rui_timetable_worked(timetable, result),
				  rui_timetable_worked(timetable, at) + duration);
		if (close && duration != 0)
			CHECK(rui_timetable_worked(timetable, result - 1) <
				  rui_timetable_worked(timetable, result));
		if (!close)
			CHECK(rui_timetable_worked(timetable, result + 1) >
				  rui_timetable_worked(timetable, result));
	}
}

static int64_t
any_duration(model *m, int64_t from, int64_t until)
{
	switch (model_below(m, 6))
	{
		case 0:
			return 0;
		case 1: /* ends on a boundary of the model's choice */
			return model_worked(m, until) - model_worked(m, from);
		case 2:
			return (model_below(m, 400) - 200) * RUI_HOUR;
		case 3:
			return model_below(m, 3) - 1;
		case 4:
			return (int64_t) rui_random_below(&m->random, 20 * RUI_HOUR) - 10 * RUI_HOUR;
		default:
			return (model_below(m, 2000) - 1000) * RUI_MINUTE;
	}
}

/* Working time from a to b: that of the model, monotone. */
static int64_t
check_between(const model *m, const rui_timetable *timetable, int64_t a, int64_t b)
{
	int64_t worked = 0;
	rui_error error;

	CHECK(rui_timetable_between(timetable, a, b, &worked, &error) == RUI_OK);
	CHECK_INT(worked, model_worked(m, b) - model_worked(m, a));
	CHECK(a <= b ? worked >= 0 && worked <= b - a : worked <= 0 && worked >= b - a);
	unit_count("working times, monotone");
	return worked;
}

static void
check_open(const model *m, const rui_timetable *timetable, int64_t at)
{
	bool open = false;
	rui_error error;

	CHECK(rui_timetable_is_open(timetable, at, &open, &error) == RUI_OK);
	CHECK_INT(open, m->open[(at - model_base(m)) / RUI_MINUTE]);
	unit_count("open or not");
}

static void
check_case(model *m, const rui_timetable *timetable)
{
	int64_t a = model_any_instant(m);
	int64_t b = model_any_instant(m);
	int64_t c = model_any_instant(m);
	int64_t duration = any_duration(m, a, b);

	CHECK_INT(check_between(m, timetable, a, b) + check_between(m, timetable, b, c),
			  check_between(m, timetable, a, c));
	unit_count("working times, additive");
	check_open(m, timetable, a);
	check_add(m, timetable, a, duration, true);
	check_add(m, timetable, a, duration, false);
}

/* The first minute from `minute` on at which the state is that, going by
 * step; -1 where the model sees none. */
static int64_t
find_state(const model *m, int64_t minute, bool open, int step)
{
	int64_t low = (model_low(m) - model_base(m)) / RUI_MINUTE;
	int64_t high = (model_high(m) - model_base(m)) / RUI_MINUTE;

	for (; minute >= low && minute < high; minute += step)
		if (m->open[minute] == open)
			return minute;
	return -1;
}

/* The next (previous) opening or closing; 0 where the model sees none. */
static int64_t
model_edge(const model *m, int64_t at, bool opening, bool forward)
{
	int64_t minute = (at - model_base(m)) / RUI_MINUTE;
	int64_t other;

	if (forward)
	{
		other = find_state(m, minute, !opening, 1);
		other = other < 0 ? -1 : find_state(m, other, opening, 1);
		return other < 0 ? 0 : model_base(m) + other * RUI_MINUTE;
	}
	/* The last minute that begins before `at`. */
	minute = (at - model_base(m) - 1) / RUI_MINUTE;
	other = find_state(m, minute, opening, -1);
	other = other < 0 ? -1 : find_state(m, other, !opening, -1);
	return other < 0 ? 0 : model_base(m) + (other + 1) * RUI_MINUTE;
}

static void
check_edges(model *m, const rui_timetable *timetable, int64_t at)
{
	int which;

	for (which = 0; which < 4; which++)
	{
		bool opening = which % 2 == 0;
		bool forward = which < 2;
		rui_boundary boundary = opening ? RUI_BOUNDARY_OPEN : RUI_BOUNDARY_CLOSE;
		int64_t expected = model_edge(m, at, opening, forward);
		int64_t result = 0;
		rui_error error;
		rui_status status =
			forward ? rui_timetable_next(timetable, at, boundary, &result, &error)
					: rui_timetable_previous(timetable, at, boundary, &result, &error);

		if (expected != 0)
		{
			CHECK(status == RUI_OK);
			CHECK_INT(result, expected);
			unit_count("next and previous openings and closings");
		}
		else if (status == RUI_OK)
			CHECK(forward ? result >= model_high(m) : result <= model_low(m));
		else
			CHECK(status == RUI_DATETIME_RANGE);
	}
}

static void
check_periods(model *m, const rui_timetable *timetable)
{
	int64_t from = model_any_instant(m);
	int64_t until = model_any_instant(m);
	rui_period_list list = { NULL, 0, 0 };
	int64_t at;
	size_t i;
	rui_error error;

	if (from > until)
	{
		CHECK(rui_timetable_periods(&rui_env_malloc, timetable, from, until, &list, &error) ==
			  RUI_INVALID);
		at = from;
		from = until;
		until = at;
	}
	CHECK(rui_timetable_periods(&rui_env_malloc, timetable, from, until, &list, &error) == RUI_OK);
	at = from;
	for (i = 0; i < list.count; i++)
	{
		const rui_period *p = &list.items[i];

		CHECK(p->opens < p->closes && (i == 0 ? p->opens >= from : p->opens > at));
		CHECK(p->closes <= until);
		/* All open within, nothing open between. */
		CHECK_INT(model_worked(m, p->closes) - model_worked(m, p->opens), p->closes - p->opens);
		CHECK_INT(model_worked(m, p->opens), model_worked(m, at));
		unit_count("open periods");
		at = p->closes;
	}
	CHECK_INT(model_worked(m, until), model_worked(m, at));
	rui_release(&rui_env_malloc, list.items);
}

/* The minutes of a date in the calendar's zone. */
static rui_period
model_date(const model *m, int day)
{
	rui_period span = { model_instant(m, m->zone, day * 1440),
						model_instant(m, m->zone, (day + 1) * 1440) };

	return span;
}

static bool
model_all_open(const model *m, rui_period span)
{
	return span.opens < span.closes &&
		m->worked[span.closes] - m->worked[span.opens] == span.closes - span.opens;
}

static bool
model_is_working(const model *m, int day)
{
	rui_period span = model_date(m, day);
	int64_t minute;

	for (minute = span.opens; minute < span.closes; minute++)
		if (m->open[minute] && !m->open[minute - 1])
			return true;
	return model_all_open(m, span);
}

static int64_t
model_day_close(const model *m, int day)
{
	rui_period span = model_date(m, day);
	int64_t minute = span.closes - 1;

	if (!model_all_open(m, span))
		while (!(m->open[minute] && !m->open[minute - 1]))
			minute--;
	while (m->open[minute])
	{
		minute++;
		if (minute == span.closes && model_all_open(m, model_date(m, day + 1)))
			break;
	}
	return minute;
}

/* Is it a working day, and when does it close? */
static void
check_date(model *m, const rui_timetable *timetable, int day)
{
	rui_period span = model_date(m, day);
	bool expected = model_is_working(m, day);
	bool working;
	int64_t closes;
	rui_error error;

	CHECK(rui_is_working_date(timetable, m->first_date + day, &working, &error) == RUI_OK);
	CHECK_INT(working, expected);
	unit_count("working days");
	if (!expected || span.opens >= span.closes)
		return;
	CHECK(rui_add_working_dates(&rui_env_malloc, timetable,
								model_base(m) + span.opens * RUI_MINUTE, 0, RUI_DAY_CLOSE, &closes,
								&error) == RUI_OK);
	CHECK_INT(closes, model_base(m) + model_day_close(m, day) * RUI_MINUTE);
	unit_count("closes of working days");
}

static void
check_days(model *m, const rui_timetable *timetable)
{
	int first = MODEL_EDGE + model_below(m, MODEL_DAYS - 2 * MODEL_EDGE);
	int days = model_below(m, MODEL_DAYS - MODEL_EDGE - first + 1);
	int32_t count;
	int expected = 0;
	int i;
	rui_error error;

	check_date(m, timetable, first);
	for (i = 0; i < days; i++)
		expected += model_is_working(m, first + i) ? 1 : 0;
	CHECK(rui_count_working_dates(&rui_env_malloc, timetable, m->first_date + first,
								  m->first_date + first + days, &count, &error) == RUI_OK);
	CHECK_INT(count, expected);
	CHECK(rui_count_working_dates(&rui_env_malloc, timetable, m->first_date + first + days,
								  m->first_date + first, &count, &error) == RUI_OK);
	CHECK_INT(count, -expected);
	unit_count("numbers of working days");
}

static void
check_add_days(model *m, const rui_timetable *timetable)
{
	int64_t at = model_any_instant(m);
	int count = model_below(m, 9) - 4;
	int step = count < 0 ? -1 : 1;
	int left = count < 0 ? -count : count;
	rui_day_end end = model_below(m, 2) == 0 ? RUI_DAY_CLOSE : RUI_DAY_SAME_TIME;
	int64_t local = rui_zone_local(m->zone, at) - model_base(m);
	int day = (int) (local / RUI_DAY);
	int64_t expected;
	int64_t result;
	rui_error error;
	rui_status status = rui_add_working_dates(&rui_env_malloc, timetable, at, count, end, &result,
											  &error);

	if (count == 0 && !model_is_working(m, day))
		left = 1;
	while (left > 0)
	{
		day += step;
		if (day < 4 || day >= MODEL_DAYS - 6)
			return; /* beyond what the model sees */
		left -= model_is_working(m, day) ? 1 : 0;
	}
	if (end == RUI_DAY_CLOSE)
		expected = model_base(m) + model_day_close(m, day) * RUI_MINUTE;
	else
	{
		int64_t minute = model_instant(m, m->zone, day * 1440 + local % RUI_DAY / RUI_MINUTE);
		int64_t rest = local % RUI_MINUTE;

		while (minute < MODEL_MINUTES - 2880 && !m->open[minute])
		{
			minute++;
			rest = 0;
		}
		if (minute == MODEL_MINUTES - 2880)
			return;
		expected = model_base(m) + minute * RUI_MINUTE + rest;
	}
	unit_count("n-th working days");
	if (CHECK(status == RUI_OK))
		CHECK_INT(result, expected);
}

static void
check_explanation(model *m, const rui_calendar *calendar, const rui_timetable *timetable)
{
	int64_t start = model_any_instant(m);
	int64_t target = any_duration(m, start, model_any_instant(m));
	int64_t due;
	int64_t sum = 0;
	int64_t at;
	rui_due_explanation e;
	rui_error error;
	size_t i;

	if (rui_timetable_add(timetable, start, target, RUI_BOUNDARY_CLOSE, &due, &error) != RUI_OK ||
		due < model_low(m) || due >= model_high(m))
		return;
	CHECK(rui_timetable_explain(&rui_env_malloc, calendar, timetable, start, target, &e, &error) ==
		  RUI_OK);
	CHECK_INT(e.due, due);
	at = due < start ? due : start;
	for (i = 0; i < e.count; i++)
	{
		const rui_due_line *line = &e.lines[i];
		bool open = line->reason == RUI_DUE_OPEN || line->reason == RUI_DUE_MAKE_UP_DAY;

		CHECK_INT(line->from_at, at);
		CHECK(line->to_at > line->from_at);
		CHECK(i == 0 || line->reason != e.lines[i - 1].reason);
		/* The reasons come from the rules: they must agree with the minutes. */
		CHECK_INT(model_worked(m, line->to_at) - model_worked(m, line->from_at),
				  open ? line->to_at - line->from_at : 0);
		unit_count("lines of explanations");
		sum += line->counted;
		at = line->to_at;
	}
	CHECK_INT(at, due < start ? start : due);
	CHECK_INT(sum, target);
	rui_release(&rui_env_malloc, e.lines);
}

/* An instant on which something changes, those beside it, and the date it
 * lies on. */
static void
check_boundary(model *m, const rui_timetable *timetable, int64_t boundary, int64_t other)
{
	int day = (int) ((rui_zone_local(m->zone, boundary) - model_base(m)) / RUI_DAY);
	int64_t at;

	if (boundary - 1 < model_low(m) || boundary + 1 >= model_high(m))
		return;
	for (at = boundary - 1; at <= boundary + 1; at++)
	{
		int64_t duration = check_between(m, timetable, at, other);
		int close;

		check_open(m, timetable, at);
		check_edges(m, timetable, at);
		for (close = 0; close < 2; close++)
		{
			check_add(m, timetable, at, 0, close);
			check_add(m, timetable, at, 1, close);
			check_add(m, timetable, at, -1, close);
			check_add(m, timetable, at, duration, close);
			check_add(m, timetable, other, -duration, close);
		}
		unit_count("instants on or beside a boundary");
	}
	for (day--, at = 0; at < 3; at++, day++)
		if (day >= MODEL_EDGE && day < MODEL_DAYS - MODEL_EDGE)
			check_date(m, timetable, day);
}

static void
check_boundaries(model *m, const rui_timetable *timetable)
{
	int i;

	for (i = 0; i < BOUNDARIES; i++)
	{
		int64_t minute = model_below(m, MODEL_MINUTES - 1) + 1;
		int64_t at;

		while (minute < MODEL_MINUTES && m->open[minute] == m->open[minute - 1])
			minute++;
		at = model_base(m) + minute * RUI_MINUTE;
		check_boundary(m, timetable, at, model_any_instant(m));
	}
	for (i = 0; i < BOUNDARIES && m->mark_count > 0; i++)
	{
		int mark = i < m->mark_count ? i : model_below(m, m->mark_count);
		int64_t at = model_base(m) + m->marks[mark].minute * RUI_MINUTE;

		if (at <= model_low(m) || at >= model_high(m) - 1)
			continue;
		unit_count(m->marks[mark].what);
		if (m->open[m->marks[mark].minute] != m->open[m->marks[mark].minute - 1])
			unit_count("of these, openings and closings");
		check_boundary(m, timetable, at, model_any_instant(m));
	}
}

static void
test_model(uint64_t seed)
{
	static model m;
	int i;
	int k;

	for (i = 0; i < CALENDARS; i++)
	{
		rui_timetable *timetable;
		rui_calendar *calendar = NULL;

		model_make(&m, seed + (uint64_t) i, i % 3);
		unit_note("seed %llu", (unsigned long long) seed + (unsigned long long) i);
		check_text(&m);
		timetable = model_compile(&m, m.text, m.length, &calendar);
		if (timetable == NULL)
			continue;
		for (k = 0; k < CASES; k++)
			check_case(&m, timetable);
		check_boundaries(&m, timetable);
		for (k = 0; k < CASES / 10; k++)
		{
			check_edges(&m, timetable, model_any_instant(&m));
			check_periods(&m, timetable);
			check_days(&m, timetable);
			check_add_days(&m, timetable);
			check_explanation(&m, calendar, timetable);
		}
		rui_calendar_release(&rui_env_malloc, calendar);
		rui_timetable_release(&rui_env_malloc, timetable);
	}
	unit_note("%s", "");
}

int
main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;

	test_model(seed);
	/* What the calendars are made of, and what they are asked. */
	unit_at_least("overnight hours and closures", 50000);
	unit_at_least("holidays", 3000);
	unit_at_least("make-up days", 3000);
	unit_at_least("dates with hours of their own", 3000);
	unit_at_least("closures", 3000);
	unit_at_least("calendars of rules where the clock changes", 1000);
	unit_at_least("alls", 100);
	unit_at_least("anys", 100);
	unit_at_least("differences", 100);
	unit_at_least("shifts", 100);
	unit_at_least("untils", 100);
	unit_at_least("untils within untils", 50);
	unit_at_least("untils that go on with the same calendar", 50);
	unit_at_least("working times, monotone", 200000);
	unit_at_least("working times, additive", 100000);
	unit_at_least("open or not", 100000);
	unit_at_least("earliest instants, forward", 30000);
	unit_at_least("earliest instants, backward", 30000);
	unit_at_least("earliest instants, nothing", 30000);
	unit_at_least("latest instants, forward", 30000);
	unit_at_least("latest instants, backward", 30000);
	unit_at_least("latest instants, nothing", 30000);
	unit_at_least("instants on or beside a boundary", 50000);
	unit_at_least("edges in a skipped hour", 300);
	unit_at_least("edges in a repeated hour", 300);
	unit_at_least("changes of a clock", 1000);
	unit_at_least("ends of a calendar", 200);
	unit_at_least("of these, openings and closings", 300);
	return unit_finish("calendar_laws");
}
