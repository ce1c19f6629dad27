/* SPDX-License-Identifier: PostgreSQL
 *
 * calendar_zones.h
 *	  Time zones that the unit tests build themselves.
 */
#ifndef RUI_CALENDAR_ZONES_H
#define RUI_CALENDAR_ZONES_H

#include "core/calendar.h"

#define ZONE_CHANGES 700
#define ZONE_COUNT 16

typedef struct test_zone
{
	char name[24];
	rui_zone_change changes[ZONE_CHANGES];
	rui_zone zone;
} test_zone;

typedef struct test_zones
{
	test_zone zones[ZONE_COUNT];
	int count;
} test_zones;

static inline test_zone *
zone_new(test_zones *zones, const char *name, int64_t offset)
{
	test_zone *zone = &zones->zones[zones->count++];

	snprintf(zone->name, sizeof zone->name, "%s", name);
	zone->changes[0].at = RUI_NEVER;
	zone->changes[0].offset = offset;
	zone->zone.name = zone->name;
	zone->zone.changes = zone->changes;
	zone->zone.count = 1;
	return zone;
}

static inline void
zone_change(test_zone *zone, int64_t at, int64_t offset)
{
	rui_zone_change *change = &zone->changes[zone->zone.count++];

	change->at = at;
	change->offset = offset;
}

static inline const rui_zone *
zone_find(const char *name, void *argument)
{
	const test_zones *zones = argument;
	int i;

	for (i = 0; i < zones->count; i++)
		if (strcmp(zones->zones[i].name, name) == 0)
			return &zones->zones[i].zone;
	return NULL;
}

/* The date of the nth Sunday of a month; n = 0 means the last one. */
static inline int32_t
nth_sunday(int year, int month, int n)
{
	int32_t date = n == 0 ? rui_date_make(year, month, 31) : rui_date_make(year, month, 1);

	while (rui_weekday(date) != 6)
		date += n == 0 ? -1 : 1;
	return n > 1 ? date + 7 * (n - 1) : date;
}

/*
 * UTC; Shanghai without summer time; New York under the rule of 2007 (second
 * Sunday of March to first of November, 02:00) from 1900 to 2230; Lord Howe
 * with half an hour of summer time; Apia with the day skipped in 2011; Sao
 * Paulo with one change at midnight each way.
 */
static inline void
zones_real(test_zones *zones)
{
	test_zone *zone;
	int year;

	zones->count = 0;
	zone_new(zones, "UTC", 0);
	zone_new(zones, "Asia/Shanghai", 8 * RUI_HOUR);
	zone = zone_new(zones, "America/New_York", -5 * RUI_HOUR);
	for (year = 1900; year < 2230; year++)
	{
		zone_change(zone, nth_sunday(year, 3, 2) * RUI_DAY + 7 * RUI_HOUR, -4 * RUI_HOUR);
		zone_change(zone, nth_sunday(year, 11, 1) * RUI_DAY + 6 * RUI_HOUR, -5 * RUI_HOUR);
	}
	zone = zone_new(zones, "Australia/Lord_Howe", 11 * RUI_HOUR);
	for (year = 2008; year < 2230; year++)
	{
		zone_change(zone, nth_sunday(year, 4, 1) * RUI_DAY - 9 * RUI_HOUR,
					10 * RUI_HOUR + 30 * RUI_MINUTE);
		zone_change(zone, nth_sunday(year, 10, 1) * RUI_DAY - 8 * RUI_HOUR - 30 * RUI_MINUTE,
					11 * RUI_HOUR);
	}
	zone = zone_new(zones, "Pacific/Apia", -10 * RUI_HOUR);
	zone_change(zone, rui_date_make(2011, 12, 30) * RUI_DAY + 10 * RUI_HOUR, 14 * RUI_HOUR);
	zone = zone_new(zones, "America/Sao_Paulo", -3 * RUI_HOUR);
	zone_change(zone, rui_date_make(2018, 11, 4) * RUI_DAY + 3 * RUI_HOUR, -2 * RUI_HOUR);
	zone_change(zone, rui_date_make(2019, 2, 17) * RUI_DAY + 2 * RUI_HOUR, -3 * RUI_HOUR);
}

#endif /* RUI_CALENDAR_ZONES_H */
