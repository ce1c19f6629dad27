/* SPDX-License-Identifier: PostgreSQL
 *
 * calendar_model.h
 *	  A second, slow account of calendars: one flag for every minute.
 *
 * It shares no arithmetic with the core.  Everything in it lies on whole
 * minutes.  What it is made of is counted by unit_count: include unit.h before.
 */
#ifndef RUI_CALENDAR_MODEL_H
#define RUI_CALENDAR_MODEL_H

#include "calendar_model_rules.h"

static inline const rui_zone *model_make_node(model *m, int depth, bool *open);

/* Perhaps the member tz; the zone that decides dates then. */
static inline const rui_zone *
model_write_zone(model *m, const rui_zone *zone)
{
	if (model_below(m, 5) > 0)
		return zone;
	zone = model_any_zone(m);
	model_add(m, ",\"tz\":\"%s\"", zone->name);
	return zone;
}

static inline const rui_zone *
model_make_shift(model *m, int depth, bool *open)
{
	int shift = model_below(m, 2 * 2880) - 2880;
	bool *moved = calloc(MODEL_MINUTES, sizeof(bool));
	int mark = m->mark_count;
	const rui_zone *zone;
	int i;

	unit_count("shifts");
	model_add(m, "{\"shift\":[");
	zone = model_make_node(m, depth - 1, open);
	model_add(m, ",\"PT%dM\"]}", shift);
	for (i = 0; i < MODEL_MINUTES; i++)
		moved[i] = i - shift >= 0 && i - shift < MODEL_MINUTES && open[i - shift];
	memcpy(open, moved, MODEL_MINUTES * sizeof(bool));
	for (; mark < m->mark_count; mark++)
	{
		int64_t at = m->marks[mark].minute + shift;

		m->marks[mark].minute = at < 0 ? 0 : at >= MODEL_MINUTES ? MODEL_MINUTES - 1
																 : at;
	}
	free(moved);
	return zone;
}

/* A minute at which a calendar may end: any, midnight of some zone, near a
 * change of the clock, or years away. */
static inline int64_t
model_any_end(model *m)
{
	const rui_zone *zone = model_any_zone(m);
	int64_t minute = model_below(m, MODEL_MINUTES);

	switch (model_below(m, 5))
	{
		case 0:
			minute = model_instant(m, zone, minute / 1440 * 1440);
			return minute == INT64_MIN ? 0 : minute;
		case 1:
			return zone->count == 1
				? minute
				: model_change(m, zone, 1 + (size_t) model_below(m, (int) zone->count - 1)) +
					model_below(m, 13) * 15 - 90;
		case 2:
			return model_below(m, 4) > 0 ? minute : (model_below(m, 11) - 5) * 500000 + minute;
		default:
			return minute;
	}
}

static inline void
model_write_instant(model *m, int64_t minute)
{
	int year;
	int month;
	int date;
	int64_t day = rui_floor_divide(minute, 1440);
	int time = (int) (minute - day * 1440);

	rui_date_split((int32_t) (m->first_date + day), &year, &month, &date);
	model_add(m, "\"%04d-%02d-%02dT%02d:%02d%sZ\"", year, month, date, time / 60, time % 60,
			  model_below(m, 4) == 0 ? ":00.0" : "");
}

/* Calendars that follow each other, some of them being made so themselves,
 * some the same as the one before. */
static inline const rui_zone *
model_make_until(model *m, int depth, bool *open)
{
	bool *next = calloc(MODEL_MINUTES, sizeof(bool));
	int count = 2 + model_below(m, MODEL_MOST_UNTIL - 1);
	int64_t ends[MODEL_MOST_UNTIL];
	const rui_zone *zone = NULL;
	size_t began = 0;
	size_t length = 0;
	int i;
	int k;

	unit_count("untils");
	for (i = 0; i < count - 1; i++)
	{
		int64_t end = model_any_end(m);

		for (k = i; k > 0 && ends[k - 1] >= end; k--)
		{
			/* In ascending order, none twice. */
			if (ends[k - 1] == end)
				end--;
			ends[k] = ends[k - 1];
		}
		ends[k] = end;
	}
	model_add(m, "{\"until\":[");
	for (i = 0; i < count; i++)
	{
		const rui_zone *own = NULL;
		int64_t at;

		if (i > 0)
		{
			model_add(m, ",");
			model_write_instant(m, ends[i - 1]);
			model_add(m, ",");
			model_add_mark(m, ends[i - 1], "ends of a calendar");
		}
		if (i > 0 && model_below(m, 6) == 0)
		{
			unit_count("untils that go on with the same calendar");
			if (m->length + length >= MODEL_TEXT)
				abort();
			memcpy(m->text + m->length, m->text + began, length);
			began = m->length;
			m->length += length;
			m->text[m->length] = '\0';
		}
		else
		{
			began = m->length;
			if (depth > 1 && model_below(m, 2) == 0)
			{
				unit_count("untils within untils");
				own = model_make_until(m, depth - 1, next);
			}
			else
				own = model_make_node(m, depth - 1, next);
			length = m->length - began;
		}
		if (i == 0)
			zone = own;
		for (at = i == 0 || ends[i - 1] < 0 ? 0 : ends[i - 1]; at < MODEL_MINUTES; at++)
			open[at] = next[at];
	}
	free(next);
	model_add(m, "]");
	zone = model_write_zone(m, zone);
	model_add(m, "}");
	return zone;
}

/* A random calendar, combined up to the depth. */
static inline const rui_zone *
model_make_node(model *m, int depth, bool *open)
{
	static const char *const keys[] = { "all", "any", "minus" };
	static const char *const kinds[] = { "alls", "anys", "differences" };
	bool *right;
	const rui_zone *zone;
	int kind = depth == 0 ? 5 : model_below(m, 7);
	int count;
	int i;
	int at;

	if (kind >= 5)
		return model_make_rules(m, open);
	if (kind == 4)
		return model_make_until(m, depth, open);
	if (kind == 3)
		return model_make_shift(m, depth, open);
	unit_count(kinds[kind]);
	right = calloc(MODEL_MINUTES, sizeof(bool));
	count = kind == 2 ? 2 : 1 + model_below(m, 3);
	model_add(m, "{\"%s\":[", keys[kind]);
	zone = model_make_node(m, depth - 1, open);
	for (i = 1; i < count; i++)
	{
		model_add(m, ",");
		model_make_node(m, depth - 1, right);
		for (at = 0; at < MODEL_MINUTES; at++)
			open[at] = kind == 0 ? open[at] && right[at] : kind == 1 ? open[at] || right[at]
																	 : open[at] && !right[at];
	}
	free(right);
	model_add(m, "]");
	zone = model_write_zone(m, zone);
	model_add(m, "}");
	return zone;
}

static inline void
model_make(model *m, uint64_t seed, int depth)
{
	size_t change;
	int i;

	m->random.state = seed;
	/* A Monday between 1990 and 2050. */
	m->first_date = 2 + 7 * (model_below(m, 3100) - 520);
	m->length = 0;
	m->mark_count = 0;
	model_make_zones(m);
	m->zone = model_make_node(m, depth, m->open);
	for (i = 0; i < m->zones.count; i++)
		for (change = 1; change < m->zones.zones[i].zone.count; change++)
			model_add_mark(m, model_change(m, &m->zones.zones[i].zone, change),
						   "changes of a clock");
	m->worked[0] = 0;
	for (i = 0; i < MODEL_MINUTES; i++)
		m->worked[i + 1] = m->worked[i] + (m->open[i] ? 1 : 0);
}

static inline int64_t
model_base(const model *m)
{
	return m->first_date * RUI_DAY;
}

/* Working time from the model's first minute to an instant. */
static inline int64_t
model_worked(const model *m, int64_t at)
{
	int64_t since = at - model_base(m);
	int64_t minute = since / RUI_MINUTE;

	return m->worked[minute] * RUI_MINUTE + (m->open[minute] ? since - minute * RUI_MINUTE : 0);
}

/* The model sees all there is between these. */
static inline int64_t
model_low(const model *m)
{
	return (m->first_date + MODEL_EDGE) * RUI_DAY;
}

static inline int64_t
model_high(const model *m)
{
	return (m->first_date + MODEL_DAYS - MODEL_EDGE) * RUI_DAY;
}

/*
 * The earliest (close) or latest (open) instant with that much working time,
 * by walking over the minutes; RUI_FOREVER where it lies beyond what the
 * model sees, RUI_NEVER before.
 */
static inline int64_t
model_instant_of(const model *m, int64_t worked, bool close)
{
	int64_t minute = (model_low(m) - model_base(m)) / RUI_MINUTE;
	int64_t end = (model_high(m) - model_base(m)) / RUI_MINUTE;

	if (close ? worked <= m->worked[minute] * RUI_MINUTE : worked < m->worked[minute] * RUI_MINUTE)
		return RUI_NEVER;
	for (; minute < end; minute++)
	{
		int64_t before;

		/* Whole hours that do not reach it are passed over. */
		while (minute + 60 < end && m->worked[minute + 60] * RUI_MINUTE < worked)
			minute += 60;
		before = m->worked[minute] * RUI_MINUTE;
		if (!m->open[minute])
			continue;
		if (close ? worked > before && worked <= before + RUI_MINUTE
				  : worked >= before && worked < before + RUI_MINUTE)
			return model_base(m) + minute * RUI_MINUTE + worked - before;
	}
	return RUI_FOREVER;
}

/* An instant of what the model sees: often a minute on which something
 * opens, closes or ends or the clock changes, sometimes a microsecond beside
 * it. */
static inline int64_t
model_any_instant(model *m)
{
	int64_t span = (model_high(m) - model_low(m)) / RUI_MINUTE;
	int64_t minute = (model_low(m) - model_base(m)) / RUI_MINUTE +
		(int64_t) rui_random_below(&m->random, (uint64_t) span);
	int64_t at;

	if (m->mark_count > 0 && model_below(m, 8) == 0)
		minute = m->marks[model_below(m, m->mark_count)].minute;
	else if (model_below(m, 3) > 0)
		while (minute < MODEL_MINUTES - MODEL_EDGE * 1440 && m->open[minute] == m->open[minute - 1])
			minute++;
	else if (model_below(m, 4) == 0)
	{
		const rui_zone *zone = model_any_zone(m);

		if (zone->count > 1)
		{
			at = zone->changes[1 + model_below(m, (int) zone->count - 1)].at +
				model_below(m, 240) * RUI_MINUTE - 2 * RUI_HOUR;
			if (at >= model_low(m) && at < model_high(m))
				return at;
		}
	}
	at = model_base(m) + minute * RUI_MINUTE;
	switch (model_below(m, 6))
	{
		case 0:
			at--;
			break;
		case 1:
			at++;
			break;
		case 2:
			at += (int64_t) rui_random_below(&m->random, (uint64_t) RUI_MINUTE);
			break;
		default:
			break;
	}
	return at < model_low(m) ? model_low(m) : at >= model_high(m) ? model_high(m) - 1
																  : at;
}

/* The compiled form of a text, and the calendar too where asked for; NULL,
 * and a failed check, for what cannot be read. */
static inline rui_timetable *
model_compile(const model *m, const char *text, size_t length, rui_calendar **kept)
{
	rui_zones zones = { zone_find, (void *) &m->zones };
	rui_calendar *calendar = NULL;
	rui_timetable *timetable = NULL;
	rui_error error;

	if (!CHECK(rui_calendar_read(&rui_env_malloc, &zones, text, length, &calendar, &error) ==
			   RUI_OK))
	{
		printf("    %s: %s\n    %s\n", error.part, error.detail, text);
		return NULL;
	}
	CHECK(rui_calendar_compile(&rui_env_malloc, calendar, &timetable, &error) == RUI_OK);
	if (kept != NULL)
		*kept = calendar;
	else
		rui_calendar_release(&rui_env_malloc, calendar);
	return timetable;
}

#endif /* RUI_CALENDAR_MODEL_H */
