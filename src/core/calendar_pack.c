/* SPDX-License-Identifier: PostgreSQL
 *
 * calendar_pack.c
 *	  Timetables in one block.
 */
#include "core/calendar.h"

#include <string.h>

/* Where the next array goes; each is a multiple of 8 bytes long. */
static void *
take(char **place, const void *from, size_t bytes)
{
	void *to = *place;

	memcpy(to, from, bytes);
	*place += (bytes + 7) & ~(size_t) 7;
	return to;
}

rui_status
rui_timetable_pack(const rui_env *env, const rui_timetable *from, rui_timetable **packed,
				   rui_error *error)
{
	const size_t keys = from->stretch_count * sizeof(int64_t);
	const size_t parts = from->part_count * sizeof(int64_t);
	const size_t stretches = from->stretch_count * sizeof(rui_stretch);
	const size_t by_start = (from->by_start.buckets + 1) * sizeof(uint32_t);
	const size_t by_worked = (from->by_worked.buckets + 1) * sizeof(uint32_t);
	const size_t bytes = sizeof(rui_timetable) + stretches + 2 * keys + 3 * parts + by_start +
		by_worked + 8 * 8;
	char *place = rui_allocate(env, 1, bytes);
	rui_timetable *to;

	if (place == NULL)
		return rui_fail_memory(error, bytes);
	to = take(&place, from, sizeof(rui_timetable));
	to->by_start.keys = take(&place, from->by_start.keys, keys);
	to->by_start.index = take(&place, from->by_start.index, by_start);
	to->stretches = take(&place, from->stretches, stretches);
	to->part_opens = take(&place, from->part_opens, parts);
	to->part_closes = take(&place, from->part_closes, parts);
	to->part_before = take(&place, from->part_before, parts);
	to->by_worked.keys = take(&place, from->by_worked.keys, keys);
	to->by_worked.index = take(&place, from->by_worked.index, by_worked);
	*packed = to;
	return RUI_OK;
}
