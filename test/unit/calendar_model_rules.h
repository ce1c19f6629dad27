/* SPDX-License-Identifier: PostgreSQL
 *
 * calendar_model_rules.h
 *	  Zones and calendars of rules in the model of minutes.
 *
 * Random rules are kept as minutes, written out as text for the reader, and
 * marked minute by minute as docs/calendar.md says.
 */
#ifndef RUI_CALENDAR_MODEL_RULES_H
#define RUI_CALENDAR_MODEL_RULES_H

#include "calendar_zones.h"

#define MODEL_DAYS 64
#define MODEL_EDGE 12 /* days at both ends where the model does not see all */
#define MODEL_MINUTES (MODEL_DAYS * 1440)
#define MODEL_ZONES 6
#define MODEL_TEXT 400000
#define MODEL_MARKS 400
#define MODEL_MOST_UNTIL 4 /* calendars that follow each other */

typedef struct model_hours
{
	int count;
	int opens[3];
	int closes[3]; /* beyond 1440 on the next date */
} model_hours;

typedef struct model_rules
{
	const rui_zone *zone;
	model_hours weekly[7];
	bool holiday[MODEL_DAYS];
	bool dated[MODEL_DAYS];
	int takes[MODEL_DAYS]; /* weekday of a make-up day, or -1 */
	model_hours dated_hours[MODEL_DAYS];
	model_hours closures[MODEL_DAYS];
} model_rules;

typedef struct model
{
	rui_random random;
	test_zones zones;
	int32_t first_date; /* the model's minutes begin there, 00:00 UTC */
	bool open[MODEL_MINUTES];
	int64_t worked[MODEL_MINUTES + 1]; /* open minutes before each */
	const rui_zone *zone; /* of the whole calendar */
	struct
	{
		int64_t minute;
		const char *what;
	} marks[MODEL_MARKS]; /* minutes to look at */
	int mark_count;
	char text[MODEL_TEXT];
	size_t length;
} model;

static inline int
model_below(model *m, int bound)
{
	return (int) rui_random_below(&m->random, (uint64_t) bound);
}

static inline void __attribute__((format(printf, 2, 3)))
model_add(model *m, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	m->length += (size_t) vsnprintf(m->text + m->length, MODEL_TEXT - m->length, format, arguments);
	va_end(arguments);
	if (m->length >= MODEL_TEXT)
		abort();
}

static inline void
model_add_mark(model *m, int64_t minute, const char *what)
{
	if (m->mark_count == MODEL_MARKS || minute < 0 || minute >= MODEL_MINUTES)
		return;
	m->marks[m->mark_count].minute = minute;
	m->marks[m->mark_count++].what = what;
}

static inline const rui_zone *
model_any_zone(model *m)
{
	return &m->zones.zones[model_below(m, m->zones.count)].zone;
}

/* Zones with up to three changes among the model's days, whole minutes. */
static inline void
model_make_zones(model *m)
{
	static const int jumps[] = { 60, -60, 30, -30, 120, -120, 180, 1440, -1440, 75 };
	static const int offsets[] = { 0, 480, -300, 345, -210, 840, -600 };
	int z;

	m->zones.count = 0;
	for (z = 0; z < MODEL_ZONES; z++)
	{
		char name[24];
		int64_t offset = offsets[model_below(m, 7)];
		int changes = z == 0 ? 0 : model_below(m, 4);
		int day = model_below(m, 20);
		test_zone *zone;
		int i;

		snprintf(name, sizeof name, "Zone/%d", z);
		zone = zone_new(&m->zones, name, offset * RUI_MINUTE);
		for (i = 0; i < changes; i++)
		{
			/* At 00:00, 02:00, 23:30 or any minute of local time. */
			int times[] = { 0, 120, 1410, 180 };
			int which = model_below(m, 5);
			int time = which < 4 ? times[which] : model_below(m, 1440);
			int64_t at = (m->first_date + day) * RUI_DAY + (time - offset) * RUI_MINUTE;

			offset += jumps[model_below(m, 10)];
			zone_change(zone, at, offset * RUI_MINUTE);
			day += 4 + model_below(m, 24);
		}
	}
}

/* When a change of the clock happens, in minutes from the model's first. */
static inline int64_t
model_change(const model *m, const rui_zone *zone, size_t i)
{
	return (zone->changes[i].at - m->first_date * RUI_DAY) / RUI_MINUTE;
}

/* How often the clock shows a local time: not at all, once, twice … */
static inline int
model_shown(const model *m, const rui_zone *zone, int64_t wall)
{
	int shown = 0;
	size_t i;

	for (i = 0; i < zone->count; i++)
	{
		int64_t at = wall - zone->changes[i].offset / RUI_MINUTE;

		if ((i == 0 || at >= model_change(m, zone, i)) &&
			(i + 1 == zone->count || at < model_change(m, zone, i + 1)))
			shown++;
	}
	return shown;
}

/* The instant of a local time, both in minutes from the model's first. */
static inline int64_t
model_instant(const model *m, const rui_zone *zone, int64_t wall)
{
	size_t i;

	/* The first offset under which the clock ever shows this time. */
	for (i = 0; i < zone->count; i++)
	{
		int64_t at = wall - zone->changes[i].offset / RUI_MINUTE;
		bool begun = i == 0 || at >= model_change(m, zone, i);
		bool ended = i + 1 < zone->count && at >= model_change(m, zone, i + 1);

		if (begun && !ended)
			return at;
	}
	/* None: it is skipped.  The offset before the gap moves it forward. */
	for (i = 1; i < zone->count; i++)
	{
		int64_t at = model_change(m, zone, i);

		if (wall >= at + zone->changes[i - 1].offset / RUI_MINUTE &&
			wall < at + zone->changes[i].offset / RUI_MINUTE)
			return wall - zone->changes[i - 1].offset / RUI_MINUTE;
	}
	return INT64_MIN;
}

static inline int
model_time(model *m)
{
	/* Mostly round times, and those around changes of the clock. */
	switch (model_below(m, 4))
	{
		case 0:
			return model_below(m, 24) * 60;
		case 1:
			return model_below(m, 8) * 30;
		case 2:
			return model_below(m, 96) * 15;
		default:
			return model_below(m, 1440);
	}
}

static inline model_hours
model_make_hours(model *m, int most)
{
	model_hours hours = { 0, { 0 }, { 0 } };
	int wanted = model_below(m, most + 1);
	int at = 0;

	if (wanted == 1 && model_below(m, 8) == 0)
	{
		hours.count = 1;
		hours.closes[0] = 1440;
		return hours;
	}
	while (hours.count < wanted)
	{
		int opens = model_time(m);
		int closes = model_time(m);

		if (opens < at || opens == closes)
			break;
		if (closes < opens)
			closes += 1440;
		hours.opens[hours.count] = opens;
		hours.closes[hours.count++] = closes;
		at = closes;
	}
	return hours;
}

static inline void
model_write_hours(model *m, const model_hours *hours)
{
	/* In any order, to see the reader sort. */
	int from = hours->count > 1 && model_below(m, 2) == 0 ? hours->count - 1 : 0;
	int step = from > 0 ? -1 : 1;
	int i;
	int k;

	model_add(m, "[");
	for (i = from, k = 0; k < hours->count; i += step, k++)
	{
		int closes = hours->closes[i] > 1440 ? hours->closes[i] - 1440 : hours->closes[i];

		/* Midnight may be written both ways at the end. */
		if (closes == 1440 && hours->opens[i] > 0 && model_below(m, 2) == 0)
			closes = 0;
		model_add(m, "%s[\"%02d:%02d\",\"%02d:%02d%s\"]", k > 0 ? "," : "", hours->opens[i] / 60,
				  hours->opens[i] % 60, closes / 60, closes % 60,
				  model_below(m, 4) == 0 ? ":00" : "");
	}
	model_add(m, "]");
}

static inline void
model_write_date(model *m, int day)
{
	int year;
	int month;
	int date;

	rui_date_split(m->first_date + day, &year, &month, &date);
	model_add(m, "\"%04d-%02d-%02d\"", year, month, date);
}

static inline void
model_write_rules(model *m, const model_rules *rules)
{
	static const char *const names[] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" };
	const char *comma = "";
	int i;

	model_add(m, "{\"tz\":\"%s\",\"weekly\":{", rules->zone->name);
	for (i = 0; i < 7; i++)
	{
		model_add(m, "%s\"%s\":", i > 0 ? "," : "", names[i]);
		model_write_hours(m, &rules->weekly[i]);
	}
	model_add(m, "},\"holidays\":[");
	for (i = 0; i < MODEL_DAYS; i++)
	{
		if (!rules->holiday[i])
			continue;
		model_add(m, "%s", comma);
		model_write_date(m, i);
		comma = ",";
	}
	model_add(m, "],\"date_hours\":{");
	comma = "";
	for (i = 0; i < MODEL_DAYS; i++)
	{
		if (!rules->dated[i])
			continue;
		model_add(m, "%s", comma);
		model_write_date(m, i);
		model_add(m, ":");
		if (rules->takes[i] >= 0)
			model_add(m, "\"%s\"", names[rules->takes[i]]);
		else
			model_write_hours(m, &rules->dated_hours[i]);
		comma = ",";
	}
	model_add(m, "},\"closures\":{");
	comma = "";
	for (i = 0; i < MODEL_DAYS; i++)
	{
		if (rules->closures[i].count == 0)
			continue;
		model_add(m, "%s", comma);
		model_write_date(m, i);
		model_add(m, ":");
		model_write_hours(m, &rules->closures[i]);
		comma = ",";
	}
	model_add(m, "}}");
}

/* An edge of local time: one to look at where the clock skips or repeats it. */
static inline void
model_note_edge(model *m, const rui_zone *zone, int64_t wall, int64_t at)
{
	int shown = model_shown(m, zone, wall);

	if (shown != 1)
		model_add_mark(m, at, shown == 0 ? "edges in a skipped hour" : "edges in a repeated hour");
}

/* Touching hours are one interval before the clock comes into it, unless that
 * would be 24 hours that begin later than midnight. */
static inline model_hours
model_join(const model_hours *hours)
{
	model_hours joined = { 0, { 0 }, { 0 } };
	int i;

	for (i = 0; i < hours->count; i++)
	{
		int last = joined.count - 1;

		if (last >= 0 && hours->opens[i] == joined.closes[last] &&
			(hours->closes[i] - joined.opens[last] < 1440 || hours->closes[i] == 1440))
			joined.closes[last] = hours->closes[i];
		else
		{
			joined.opens[joined.count] = hours->opens[i];
			joined.closes[joined.count++] = hours->closes[i];
		}
	}
	return joined;
}

static inline void
model_mark(model *m, const rui_zone *zone, int day, const model_hours *written, bool value,
		   bool *open)
{
	model_hours hours = model_join(written);
	int i;

	for (i = 0; i < hours.count; i++)
	{
		int64_t from = model_instant(m, zone, day * 1440 + hours.opens[i]);
		int64_t until = model_instant(m, zone, day * 1440 + hours.closes[i]);
		int64_t at;

		if (hours.closes[i] > 1440)
			unit_count("overnight hours and closures");
		model_note_edge(m, zone, day * 1440 + hours.opens[i], from);
		model_note_edge(m, zone, day * 1440 + hours.closes[i], until);
		for (at = from < 0 ? 0 : from; at < until && at < MODEL_MINUTES; at++)
			open[at] = value;
	}
}

/* Random rules: the text is appended, the minutes are marked. */
static inline const rui_zone *
model_make_rules(model *m, bool *open)
{
	model_rules *rules = calloc(1, sizeof(model_rules));
	int exceptions = model_below(m, 3) == 0 ? 0 : model_below(m, 24);
	const rui_zone *zone;
	int i;

	rules->zone = zone = model_any_zone(m);
	unit_count(zone->count > 1 ? "calendars of rules where the clock changes"
							   : "calendars of rules where it does not");
	for (i = 0; i < 7; i++)
		rules->weekly[i] = model_make_hours(m, 3);
	for (i = 0; i < exceptions; i++)
	{
		int day = model_below(m, MODEL_DAYS);

		switch (model_below(m, 4))
		{
			case 0:
				rules->holiday[day] = true;
				unit_count("holidays");
				break;
			case 1:
				rules->dated[day] = true;
				rules->takes[day] = model_below(m, 7);
				unit_count("make-up days");
				break;
			case 2:
				rules->dated[day] = true;
				rules->takes[day] = -1;
				rules->dated_hours[day] = model_make_hours(m, 3);
				unit_count("dates with hours of their own");
				break;
			default:
				rules->closures[day] = model_make_hours(m, 2);
				unit_count("closures");
				break;
		}
	}
	model_write_rules(m, rules);
	memset(open, 0, MODEL_MINUTES * sizeof(bool));
	for (i = -3; i < MODEL_DAYS + 3; i++)
	{
		/* The model's first date is a Monday. */
		const model_hours *hours = &rules->weekly[(i + 7) % 7];

		if (i >= 0 && i < MODEL_DAYS)
		{
			if (rules->holiday[i])
				continue;
			if (rules->dated[i])
				hours = rules->takes[i] >= 0 ? &rules->weekly[rules->takes[i]]
											 : &rules->dated_hours[i];
		}
		model_mark(m, zone, i, hours, true, open);
	}
	for (i = 0; i < MODEL_DAYS; i++)
		model_mark(m, zone, i, &rules->closures[i], false, open);
	free(rules);
	return zone;
}

#endif /* RUI_CALENDAR_MODEL_RULES_H */
