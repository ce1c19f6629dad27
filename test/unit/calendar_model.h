/* SPDX-License-Identifier: PostgreSQL
 *
 * calendar_model.h
 *	  A second, slow account of calendars: one flag for every minute.
 *
 * It shares no arithmetic with the core: random rules are kept as minutes,
 * written out as text for the reader, and marked minute by minute as
 * docs/calendar.md says.  Everything in it lies on whole minutes.
 */
#ifndef RUI_CALENDAR_MODEL_H
#define RUI_CALENDAR_MODEL_H

#include "calendar_zones.h"

#define MODEL_DAYS 64
#define MODEL_EDGE 12 /* days at both ends where the model does not see all */
#define MODEL_MINUTES (MODEL_DAYS * 1440)
#define MODEL_ZONES 6
#define MODEL_TEXT 200000

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

/* The instant of a local time, both in minutes from the model's first. */
static inline int64_t
model_instant(const model *m, const rui_zone *zone, int64_t wall)
{
	int64_t base = m->first_date * RUI_DAY;
	size_t i;

	/* The first offset under which the clock ever shows this time. */
	for (i = 0; i < zone->count; i++)
	{
		int64_t at = wall - zone->changes[i].offset / RUI_MINUTE;
		bool begun = i == 0 || at >= (zone->changes[i].at - base) / RUI_MINUTE;
		bool ended = i + 1 < zone->count && at >= (zone->changes[i + 1].at - base) / RUI_MINUTE;

		if (begun && !ended)
			return at;
	}
	/* None: it is skipped.  The offset before the gap moves it forward. */
	for (i = 1; i < zone->count; i++)
	{
		int64_t at = (zone->changes[i].at - base) / RUI_MINUTE;

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

static inline void
model_mark(const model *m, const rui_zone *zone, int day, const model_hours *hours, bool value,
		   bool *open)
{
	int i;

	for (i = 0; i < hours->count; i++)
	{
		int64_t from = model_instant(m, zone, day * 1440 + hours->opens[i]);
		int64_t until = model_instant(m, zone, day * 1440 + hours->closes[i]);
		int64_t at;

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

	rules->zone = zone = &m->zones.zones[model_below(m, m->zones.count)].zone;
	for (i = 0; i < 7; i++)
		rules->weekly[i] = model_make_hours(m, 3);
	for (i = 0; i < exceptions; i++)
	{
		int day = model_below(m, MODEL_DAYS);

		switch (model_below(m, 4))
		{
			case 0:
				rules->holiday[day] = true;
				break;
			case 1:
				rules->dated[day] = true;
				rules->takes[day] = model_below(m, 7);
				break;
			case 2:
				rules->dated[day] = true;
				rules->takes[day] = -1;
				rules->dated_hours[day] = model_make_hours(m, 3);
				break;
			default:
				rules->closures[day] = model_make_hours(m, 2);
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

/* A random calendar, combined up to the depth. */
static inline const rui_zone *
model_make_node(model *m, int depth, bool *open)
{
	static const char *const keys[] = { "all", "any", "minus" };
	bool *right;
	const rui_zone *zone;
	int kind = depth == 0 ? 4 : model_below(m, 6);
	int count;
	int i;
	int at;

	if (kind >= 4)
		return model_make_rules(m, open);
	if (kind == 3)
	{
		int shift = model_below(m, 2 * 2880) - 2880;

		model_add(m, "{\"shift\":[");
		zone = model_make_node(m, depth - 1, open);
		model_add(m, ",\"PT%dM\"]}", shift);
		right = calloc(MODEL_MINUTES, sizeof(bool));
		for (i = 0; i < MODEL_MINUTES; i++)
			right[i] = i - shift >= 0 && i - shift < MODEL_MINUTES && open[i - shift];
		memcpy(open, right, MODEL_MINUTES * sizeof(bool));
		free(right);
		return zone;
	}
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
	if (model_below(m, 5) == 0)
	{
		zone = &m->zones.zones[model_below(m, m->zones.count)].zone;
		model_add(m, ",\"tz\":\"%s\"", zone->name);
	}
	model_add(m, "}");
	return zone;
}

static inline void
model_make(model *m, uint64_t seed, int depth)
{
	int i;

	m->random.state = seed;
	/* A Monday between 1990 and 2050. */
	m->first_date = 2 + 7 * (model_below(m, 3100) - 520);
	m->length = 0;
	model_make_zones(m);
	m->zone = model_make_node(m, depth, m->open);
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
 * opens, closes or the clock changes, sometimes a microsecond beside it. */
static inline int64_t
model_any_instant(model *m)
{
	int64_t span = (model_high(m) - model_low(m)) / RUI_MINUTE;
	int64_t minute = (model_low(m) - model_base(m)) / RUI_MINUTE +
		(int64_t) rui_random_below(&m->random, (uint64_t) span);
	int64_t at;

	if (model_below(m, 3) > 0)
		while (minute < MODEL_MINUTES - MODEL_EDGE * 1440 && m->open[minute] == m->open[minute - 1])
			minute++;
	else if (model_below(m, 4) == 0)
	{
		const rui_zone *zone = &m->zones.zones[model_below(m, m->zones.count)].zone;

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

#endif /* RUI_CALENDAR_MODEL_H */
