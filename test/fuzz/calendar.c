/* SPDX-License-Identifier: PostgreSQL
 *
 * calendar.c
 *	  Any bytes: calendars are refused, or canonical and lawful.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/calendar_zones.h"

static void
must(bool holds)
{
	if (!holds)
		abort();
}

/* Canonical: writing, reading and writing again changes nothing. */
static void
check_text(const rui_zones *zones, const rui_calendar *calendar)
{
	rui_calendar *again = NULL;
	rui_text first;
	rui_text second;
	rui_error error;

	rui_text_start(&first, &rui_env_malloc);
	rui_text_start(&second, &rui_env_malloc);
	rui_calendar_write(calendar, &first);
	must(rui_calendar_read(&rui_env_malloc, zones, first.bytes, first.length, &again, &error) ==
		 RUI_OK);
	rui_calendar_write(again, &second);
	must(first.length == second.length && memcmp(first.bytes, second.bytes, first.length) == 0);
	must(strcmp(calendar->zone->name, again->zone->name) == 0);
	rui_calendar_release(&rui_env_malloc, again);
	rui_text_release(&first);
	rui_text_release(&second);
}

/* F grows by no more than time does, and both inverses give it back. */
static void
check_laws(const rui_timetable *timetable, rui_random *random)
{
	int i;

	for (i = 0; i < 20; i++)
	{
		uint64_t world = (uint64_t) (RUI_END_INSTANT - RUI_FIRST_INSTANT);
		int64_t a = RUI_FIRST_INSTANT + (int64_t) rui_random_below(random, world);
		int64_t b = RUI_FIRST_INSTANT + (int64_t) rui_random_below(random, world);
		int64_t worked = 0;
		int64_t found = 0;
		rui_error error;

		must(rui_timetable_between(timetable, a, b, &worked, &error) == RUI_OK);
		must(a <= b ? worked >= 0 && worked <= b - a : worked <= 0 && worked >= b - a);
		must(rui_timetable_add(timetable, a, worked, RUI_BOUNDARY_OPEN, &found, &error) != RUI_OK ||
			 found == RUI_FOREVER || found >= b);
		must(rui_timetable_add(timetable, a, worked, RUI_BOUNDARY_CLOSE, &found, &error) !=
				 RUI_OK ||
			 found <= b || (worked == 0 && found == a));
		if (rui_timetable_next(timetable, a, RUI_BOUNDARY_OPEN, &found, &error) == RUI_OK &&
			found != RUI_FOREVER)
		{
			bool open = false;

			must(found > a && rui_timetable_is_open(timetable, found, &open, &error) == RUI_OK);
			must(open && rui_timetable_is_open(timetable, found - 1, &open, &error) == RUI_OK);
			must(!open);
		}
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static test_zones table;
	const rui_zones zones = { zone_find, &table };
	rui_random random = { size };
	rui_calendar *calendar = NULL;
	rui_timetable *timetable = NULL;
	rui_error error;

	if (table.count == 0)
		zones_real(&table);
	error.code = RUI_OK;
	if (rui_calendar_read(&rui_env_malloc, &zones, (const char *) data, size, &calendar, &error) !=
		RUI_OK)
	{
		must(error.code != RUI_OK && error.detail[0] != '\0' && calendar == NULL);
		return 0;
	}
	check_text(&zones, calendar);
	must(rui_calendar_compile(&rui_env_malloc, calendar, &timetable, &error) == RUI_OK);
	check_laws(timetable, &random);
	rui_timetable_release(&rui_env_malloc, timetable);
	rui_calendar_release(&rui_env_malloc, calendar);
	return 0;
}
