/* SPDX-License-Identifier: PostgreSQL
 *
 * calendar_laws.c
 *	  Calendar arithmetic against the model of minutes, and its laws.
 */
#include "unit.h"

#include "calendar_model.h"

#define CALENDARS 1200
#define CASES 100

static rui_timetable *
compile(const model *m, const char *text, size_t length)
{
	rui_zones zones = { zone_find, (void *) &m->zones };
	rui_calendar *calendar = NULL;
	rui_timetable *timetable = NULL;
	rui_error error;

	if (!CHECK(rui_calendar_read(&rui_env_malloc, &zones, text, length, &calendar, &error) == RUI_OK))
	{
		printf("    %s: %s\n    %s\n", error.part, error.detail, text);
		return NULL;
	}
	CHECK(rui_calendar_compile(&rui_env_malloc, calendar, &timetable, &error) == RUI_OK);
	rui_calendar_release(&rui_env_malloc, calendar);
	return timetable;
}

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
	if (CHECK(rui_calendar_read(&rui_env_malloc, &zones, first.bytes, first.length, &again, &error) ==
			  RUI_OK))
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
	rui_boundary boundary = close ? RUI_BOUNDARY_CLOSE : RUI_BOUNDARY_OPEN;
	int64_t worked = model_worked(m, at) + duration;
	int64_t expected = model_instant_of(m, worked, close);
	int64_t result = 0;
	rui_error error;
	rui_status status = rui_timetable_add(timetable, at, duration, boundary, &result, &error);

	if (duration == 0 && close)
		expected = at;
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

static void
check_case(model *m, const rui_timetable *timetable)
{
	int64_t a = model_any_instant(m);
	int64_t b = model_any_instant(m);
	int64_t c = model_any_instant(m);
	int64_t duration = any_duration(m, a, b);
	int64_t ab;
	int64_t bc;
	int64_t ac;
	bool open;
	rui_error error;

	CHECK(rui_timetable_between(timetable, a, b, &ab, &error) == RUI_OK);
	CHECK_INT(ab, model_worked(m, b) - model_worked(m, a));
	CHECK(a <= b ? ab >= 0 && ab <= b - a : ab <= 0);
	CHECK(rui_timetable_between(timetable, b, c, &bc, &error) == RUI_OK);
	CHECK(rui_timetable_between(timetable, a, c, &ac, &error) == RUI_OK);
	CHECK_INT(ac, ab + bc);
	CHECK(rui_timetable_is_open(timetable, a, &open, &error) == RUI_OK);
	CHECK_INT(open, m->open[(a - model_base(m)) / RUI_MINUTE]);
	check_add(m, timetable, a, duration, true);
	check_add(m, timetable, a, duration, false);
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

		model_make(&m, seed + (uint64_t) i, i % 3);
		unit_note("seed %llu", (unsigned long long) seed + (unsigned long long) i);
		check_text(&m);
		timetable = compile(&m, m.text, m.length);
		if (timetable == NULL)
			continue;
		for (k = 0; k < CASES; k++)
			check_case(&m, timetable);
		rui_timetable_release(&rui_env_malloc, timetable);
	}
	unit_note("%s", "");
}

int
main(int argc, char **argv)
{
	test_model(argc > 1 ? strtoull(argv[1], NULL, 10) : 1);
	return unit_finish("calendar_laws");
}
