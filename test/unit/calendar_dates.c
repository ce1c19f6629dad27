/* SPDX-License-Identifier: PostgreSQL
 *
 * calendar_dates.c
 *	  What holds on dates, against the model of single minutes.
 */
#include "unit.h"

#include "calendar_model.h"

#define CALENDARS 400
#define CASES 4

/* How many minutes within two days, and how many of them before, have the
 * local time of one. */
static void
count_same(const model *m, int64_t minute, int *all, int *before)
{
	int64_t local = rui_zone_local(m->zone, model_base(m) + minute * RUI_MINUTE);
	int64_t other;

	*all = *before = 0;
	for (other = minute - 2880; other <= minute + 2880; other++)
		if (rui_zone_local(m->zone, model_base(m) + other * RUI_MINUTE) == local)
		{
			*all += 1;
			*before += other < minute ? 1 : 0;
		}
}

static void
check_dates(model *m, const rui_calendar *calendar)
{
	int first = MODEL_EDGE + model_below(m, MODEL_DAYS - 2 * MODEL_EDGE);
	int days = model_below(m, MODEL_DAYS - MODEL_EDGE - first + 1);
	rui_date_part_list list = { NULL, 0, 0 };
	int64_t minutes = 0;
	int64_t minute;
	rui_error error;
	size_t i;

	CHECK(rui_calendar_dates(&rui_env_malloc, calendar, m->first_date + first,
							 m->first_date + first + days, &list, &error) == RUI_OK);
	for (i = 0; i < list.count; i++)
	{
		const rui_date_part *part = &list.items[i];
		bool open = part->reason == RUI_DUE_OPEN || part->reason == RUI_DUE_MAKE_UP_DAY;
		int ends;
		int all;
		int before;

		CHECK(part->from_at < part->to_at && part->to_time <= RUI_DAY);
		CHECK(i == 0 || list.items[i - 1].to_at <= part->from_at);
		CHECK_INT(part->to_at - part->from_at, part->to_time - part->from_time);
		CHECK(part->date >= m->first_date + first && part->date < m->first_date + first + days);
		CHECK_INT(model_worked(m, part->to_at) - model_worked(m, part->from_at),
				  open ? part->to_at - part->from_at : 0);
		/* Both ends of a part: what is said holds throughout. */
		for (ends = 0; ends < 2; ends++)
		{
			int64_t at = ends == 0 ? part->from_at : part->to_at - RUI_MINUTE;
			int64_t time = ends == 0 ? part->from_time : part->to_time - RUI_MINUTE;

			CHECK_INT(rui_zone_local(m->zone, at), part->date * RUI_DAY + time);
			count_same(m, (at - model_base(m)) / RUI_MINUTE, &all, &before);
			CHECK_INT(part->occurrence, all == 1 ? 0 : before + 1);
		}
		minutes += (part->to_at - part->from_at) / RUI_MINUTE;
	}
	for (minute = 2880; minute < MODEL_MINUTES - 2880; minute++)
	{
		int64_t local = rui_zone_local(m->zone, model_base(m) + minute * RUI_MINUTE);
		int day = rui_date_at(local) - m->first_date;

		minutes -= day >= first && day < first + days ? 1 : 0;
	}
	CHECK_INT(minutes, 0);
	rui_release(&rui_env_malloc, list.items);
}

int
main(int argc, char **argv)
{
	static model m;
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
	rui_zones zones = { zone_find, &m.zones };
	int i;
	int k;

	for (i = 0; i < CALENDARS; i++)
	{
		rui_calendar *calendar = NULL;
		rui_error error;

		model_make(&m, seed + (uint64_t) i, i % 3);
		unit_note("seed %llu", (unsigned long long) seed + (unsigned long long) i);
		if (!CHECK(rui_calendar_read(&rui_env_malloc, &zones, m.text, m.length, &calendar,
									 &error) == RUI_OK))
			continue;
		for (k = 0; k < CASES; k++)
			check_dates(&m, calendar);
		rui_calendar_release(&rui_env_malloc, calendar);
	}
	return unit_finish("calendar_dates");
}
