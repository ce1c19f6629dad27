/* SPDX-License-Identifier: PostgreSQL
 *
 * zone.c
 *	  The server's time zones, as tables for the core.
 */
#include "pg/zone.h"

#include "pgtime.h"
#include "utils/timestamp.h"

typedef struct kept_zone
{
	struct kept_zone *next;
	const pg_tz *source; /* the server keeps it as long as we do */
	rui_zone zone;
} kept_zone;

static kept_zone *kept_zones = NULL;

/*
 * The server takes what is not in its database for a POSIX rule, which must
 * have a digit; only a few names of the database have one.
 */
static bool
is_database_name(const char *name)
{
	static const char *const with_digits[] = { "EST5EDT", "CST6CDT", "MST7MDT", "PST8PDT",
											   "GMT0", "GMT+0", "GMT-0" };
	static const char *const local_names[] = { "localtime", "posixrules", "Factory" };
	int i;

	for (i = 0; i < (int) lengthof(local_names); i++)
		if (pg_strcasecmp(name, local_names[i]) == 0)
			return false;
	if (strpbrk(name, "0123456789,<") == NULL)
		return true;
	for (i = 0; i < (int) lengthof(with_digits); i++)
		if (pg_strcasecmp(name, with_digits[i]) == 0)
			return true;
	if (pg_strncasecmp(name, "Etc/GMT", 7) == 0)
	{
		const char *digits = name + 7 + (name[7] == '+' || name[7] == '-' ? 1 : 0);

		/* GMT0, GMT+0 … GMT+12, GMT-0 … GMT-14 */
		if (strspn(digits, "0123456789") != strlen(digits) || strlen(digits) > 2)
			return false;
		if (strlen(digits) == 2)
			return digits[0] == '1' && digits[1] <= (name[7] == '-' ? '4' : '2') && name[7] < '0';
		return digits[0] == '0' || name[7] < '0';
	}
	return false;
}

static void
add_change(rui_zone_change **changes, size_t *count, size_t *capacity, int64 at, int64 offset)
{
	if (*count == *capacity)
	{
		*capacity *= 2;
		*changes = repalloc(*changes, *capacity * sizeof(rui_zone_change));
	}
	(*changes)[*count].at = at;
	(*changes)[*count].offset = offset;
	(*count)++;
}

/* Read the changes of offset between the margins of the world. */
static kept_zone *
read_zone(const pg_tz *source)
{
	size_t capacity = 16;
	size_t count = 0;
	rui_zone_change *changes = MemoryContextAlloc(TopMemoryContext,
												  capacity * sizeof(rui_zone_change));
	pg_time_t at = timestamptz_to_time_t(RUI_FIRST_INSTANT - RUI_ZONE_MARGIN);
	const pg_time_t end = timestamptz_to_time_t(RUI_END_INSTANT + RUI_ZONE_MARGIN);
	kept_zone *result;

	for (;;)
	{
		long int before;
		long int after;
		int is_dst;
		pg_time_t boundary;
		int found = pg_next_dst_boundary(&at, &before, &is_dst, &boundary, &after, &is_dst, source);

		if (found < 0)
			elog(ERROR, "could not read time zone \"%s\"", pg_get_timezone_name((pg_tz *) source));
		if (count == 0)
			add_change(&changes, &count, &capacity, RUI_NEVER, before * RUI_SECOND);
		if (found == 0 || boundary > end)
			break;
		/* Not every boundary changes the offset: some only rename it. */
		if (after != before)
			add_change(&changes, &count, &capacity, time_t_to_timestamptz(boundary),
					   after * RUI_SECOND);
		at = boundary;
	}
	result = MemoryContextAlloc(TopMemoryContext, sizeof(kept_zone));
	result->source = source;
	result->zone.name = pg_get_timezone_name((pg_tz *) source);
	result->zone.count = count;
	result->zone.changes = changes;
	result->next = kept_zones;
	kept_zones = result;
	return result;
}

static const rui_zone *
find_zone(const char *name, void *argument)
{
	pg_tz *source;
	kept_zone *kept;

	(void) argument;
	if (strlen(name) > TZ_STRLEN_MAX || !is_database_name(name))
		return NULL;
	source = pg_tzset(name);
	if (source == NULL || !pg_tz_acceptable(source))
		return NULL;
	for (kept = kept_zones; kept != NULL; kept = kept->next)
		if (kept->source == source)
			return &kept->zone;
	return &read_zone(source)->zone;
}

const rui_zones rui_pg_zones = { find_zone, NULL };
