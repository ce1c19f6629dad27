/* SPDX-License-Identifier: PostgreSQL
 *
 * calendar_compile.c
 *	  From calendars to timetables.
 *
 * Combinations sweep over the stretches of their operands and combine
 * patterns; calendars that follow each other give their stretches in turn.
 */
#include "core/calendar_compile.h"

#include <string.h>

static rui_status compile_node(rui_compiler *c, const rui_calendar *calendar, int64_t from,
							   int64_t until, rui_stretch_list *result);

rui_status
rui_stretch_add(rui_compiler *c, rui_stretch_list *list, int64_t start, uint32_t pattern)
{
	rui_status status;

	/* A stretch of no length gives way to its successor. */
	while (list->count > 0 && list->items[list->count - 1].start >= start)
		list->count--;
	if (list->count > 0 && list->items[list->count - 1].pattern == pattern)
		return RUI_OK;
	status = rui_grow(c->env, &list->items, &list->capacity, list->count + 1,
					  sizeof(rui_stretch_start), c->error);
	if (status != RUI_OK)
		return status;
	list->items[list->count].start = start;
	list->items[list->count].pattern = pattern;
	list->count++;
	return RUI_OK;
}

/* left := left combined with right; both cover the same span. */
static rui_status
combine(rui_compiler *c, rui_calendar_kind kind, rui_stretch_list *left,
		const rui_stretch_list *right)
{
	rui_stretch_list result = { NULL, 0, 0 };
	rui_status status = RUI_OK;
	size_t i = 0;
	size_t k = 0;

	while (status == RUI_OK)
	{
		int64_t start = left->items[i].start > right->items[k].start ? left->items[i].start
																	 : right->items[k].start;
		uint32_t pattern;
		bool more_left = i + 1 < left->count;
		bool more_right = k + 1 < right->count;

		if ((result.count & 4095) == 0 && rui_interrupted(c->env))
		{
			status = rui_fail_interrupted(c->error);
			break;
		}
		status = rui_pattern_combine(&c->pool, kind, left->items[i].pattern,
									 right->items[k].pattern, &pattern);
		if (status == RUI_OK)
			status = rui_stretch_add(c, &result, start, pattern);
		if (!more_left && !more_right)
			break;
		if (!more_right || (more_left && left->items[i + 1].start <= right->items[k + 1].start))
			i++;
		else
			k++;
	}
	if (status != RUI_OK)
	{
		rui_release(c->env, result.items);
		return status;
	}
	rui_release(c->env, left->items);
	*left = result;
	return RUI_OK;
}

static rui_status
shift_stretches(rui_compiler *c, rui_stretch_list *list, int64_t shift)
{
	rui_stretch_list result = { NULL, 0, 0 };
	rui_status status = RUI_OK;
	uint32_t last = RUI_PATTERN_CLOSED;
	uint32_t moved = RUI_PATTERN_CLOSED;
	size_t i;

	for (i = 0; i < list->count && status == RUI_OK; i++)
	{
		if (list->items[i].pattern != last)
		{
			last = list->items[i].pattern;
			status = rui_pattern_shift(&c->pool, last, shift, &moved);
		}
		if (status == RUI_OK)
			status = rui_stretch_add(c, &result, list->items[i].start + shift, moved);
	}
	rui_release(c->env, list->items);
	*list = result;
	return status;
}

/* Each operand, for no longer than it is in force. */
static rui_status
compile_until(rui_compiler *c, const rui_calendar *calendar, int64_t from, int64_t until,
			  rui_stretch_list *result)
{
	rui_status status = RUI_OK;
	size_t i;

	for (i = 0; i < calendar->operand_count && status == RUI_OK; i++)
	{
		int64_t begins = i == 0 || calendar->instants[i - 1] < from ? from
																	: calendar->instants[i - 1];
		int64_t ends = i + 1 == calendar->operand_count || calendar->instants[i] > until
			? until
			: calendar->instants[i];
		rui_stretch_list part = { NULL, 0, 0 };
		size_t k;

		if (begins >= ends)
			continue;
		status = compile_node(c, calendar->operands[i], begins, ends, &part);
		for (k = 0; k < part.count && status == RUI_OK; k++)
			status = rui_stretch_add(c, result, part.items[k].start, part.items[k].pattern);
		rui_release(c->env, part.items);
	}
	return status;
}

/* Append the stretches of a calendar, covering [from, until), to an empty list. */
static rui_status
compile_node(rui_compiler *c, const rui_calendar *calendar, int64_t from, int64_t until,
			 rui_stretch_list *result)
{
	rui_status status;
	size_t i;

	if (calendar->kind == RUI_CALENDAR_RULES)
		return rui_rules_compile(c, calendar, from, until, result);
	if (calendar->kind == RUI_CALENDAR_SHIFT)
	{
		status = compile_node(c, calendar->operands[0], from - calendar->shift,
							  until - calendar->shift, result);
		return status == RUI_OK ? shift_stretches(c, result, calendar->shift) : status;
	}
	if (calendar->kind == RUI_CALENDAR_UNTIL)
		return compile_until(c, calendar, from, until, result);
	status = compile_node(c, calendar->operands[0], from, until, result);
	for (i = 1; i < calendar->operand_count && status == RUI_OK; i++)
	{
		rui_stretch_list right = { NULL, 0, 0 };

		status = compile_node(c, calendar->operands[i], from, until, &right);
		if (status == RUI_OK)
			status = combine(c, calendar->kind, result, &right);
		rui_release(c->env, right.items);
	}
	return status;
}

/* Index the keys of a finder, which are set. */
static rui_status
index_keys(const rui_env *env, rui_finder *finder, size_t count, rui_error *error)
{
	uint64_t span = (uint64_t) (finder->keys[count - 1] - finder->keys[0]);
	size_t bucket;
	size_t key = 0;

	/* Two to four buckets for each key. */
	finder->origin = finder->keys[0];
	for (finder->shift = 0; span >> finder->shift >= 4 * count; finder->shift++)
		;
	finder->buckets = (size_t) (span >> finder->shift) + 1;
	finder->index = rui_allocate(env, finder->buckets + 1, sizeof(uint32_t));
	if (finder->index == NULL)
		return rui_fail_memory(error, finder->buckets * sizeof(uint32_t));
	for (bucket = 0; bucket < finder->buckets; bucket++)
	{
		uint64_t begin = (uint64_t) bucket << finder->shift;

		while (key + 1 < count && (uint64_t) (finder->keys[key + 1] - finder->origin) <= begin)
			key++;
		finder->index[bucket] = (uint32_t) key;
	}
	finder->index[bucket] = (uint32_t) (count - 1);
	return RUI_OK;
}

static rui_status
keep_parts(const rui_env *env, rui_timetable *timetable, const rui_pattern_pool *pool,
		   rui_error *error)
{
	size_t i;

	timetable->part_opens = rui_allocate(env, pool->part_count, sizeof(int64_t));
	timetable->part_closes = rui_allocate(env, pool->part_count, sizeof(int64_t));
	timetable->part_before = rui_allocate(env, pool->part_count, sizeof(int64_t));
	if (timetable->part_opens == NULL || timetable->part_closes == NULL ||
		timetable->part_before == NULL)
		return rui_fail_memory(error, pool->part_count * sizeof(int64_t));
	timetable->part_count = pool->part_count;
	for (i = 0; i < pool->part_count; i++)
	{
		timetable->part_opens[i] = pool->parts[i].opens;
		timetable->part_closes[i] = pool->parts[i].closes;
		timetable->part_before[i] = pool->parts[i].before;
	}
	return RUI_OK;
}

/* Open time before each stretch, and what lies beyond the world. */
static rui_status
sum_up(const rui_env *env, rui_timetable *timetable, const rui_stretch_list *list,
	   const rui_week_pattern *patterns, rui_error *error)
{
	size_t count = list->count;
	int64_t worked = 0;
	size_t i;
	rui_status status;

	if (count > UINT32_MAX)
		return rui_fail(error, RUI_LIMIT, NULL, "Combine fewer calendars.",
						"The calendar has too many stretches.");
	timetable->stretch_count = count;
	timetable->stretches = rui_allocate_zero(env, count, sizeof(rui_stretch));
	timetable->by_start.keys = rui_allocate(env, count, sizeof(int64_t));
	timetable->by_worked.keys = rui_allocate(env, count, sizeof(int64_t));
	if (timetable->stretches == NULL || timetable->by_start.keys == NULL ||
		timetable->by_worked.keys == NULL)
		return rui_fail_memory(error, count * sizeof(rui_stretch));
	for (i = 0; i < count; i++)
	{
		rui_stretch *stretch = &timetable->stretches[i];
		int64_t start = list->items[i].start;
		int64_t end = i + 1 < count ? list->items[i + 1].start : timetable->end;

		stretch->pattern = patterns[list->items[i].pattern];
		timetable->by_start.keys[i] = start;
		timetable->by_worked.keys[i] = worked;
		stretch->base = worked - rui_pattern_worked(timetable, stretch->pattern, start);
		worked = stretch->base + rui_pattern_worked(timetable, stretch->pattern, end);
	}
	timetable->total = worked;
	status = index_keys(env, &timetable->by_start, count, error);
	if (status == RUI_OK)
		status = index_keys(env, &timetable->by_worked, count, error);
	if (status != RUI_OK)
		return status;
	timetable->opens_before_world = rui_timetable_worked(timetable, RUI_FIRST_INSTANT) > 0;
	timetable->opens_after_world = rui_timetable_worked(timetable, RUI_END_INSTANT) < worked;
	return RUI_OK;
}

rui_status
rui_calendar_compile(const rui_env *env, const rui_calendar *calendar, rui_timetable **timetable,
					 rui_error *error)
{
	rui_compiler c;
	rui_stretch_list list = { NULL, 0, 0 };
	rui_timetable *result = rui_allocate_zero(env, 1, sizeof(rui_timetable));
	const int64_t margin = RUI_ZONE_MARGIN - 366 * RUI_DAY;
	rui_status status;

	if (result == NULL)
		return rui_fail_memory(error, sizeof(rui_timetable));
	result->zone = calendar->zone;
	result->start = RUI_FIRST_INSTANT - margin;
	result->end = RUI_END_INSTANT + margin;
	memset(&c, 0, sizeof c);
	c.env = env;
	c.error = error;
	status = rui_pattern_pool_start(&c.pool, env, error);
	if (status == RUI_OK)
		status = compile_node(&c, calendar, result->start, result->end, &list);
	if (status == RUI_OK)
	{
		status = keep_parts(env, result, &c.pool, error);
		if (status == RUI_OK)
			status = sum_up(env, result, &list, c.pool.patterns, error);
	}
	rui_pattern_pool_release(&c.pool);
	rui_release(env, list.items);
	if (status != RUI_OK)
	{
		rui_timetable_release(env, result);
		return status;
	}
	*timetable = result;
	return RUI_OK;
}

void
rui_timetable_release(const rui_env *env, rui_timetable *timetable)
{
	if (timetable == NULL)
		return;
	rui_release(env, timetable->by_start.keys);
	rui_release(env, timetable->by_start.index);
	rui_release(env, timetable->by_worked.keys);
	rui_release(env, timetable->by_worked.index);
	rui_release(env, timetable->stretches);
	rui_release(env, timetable->part_opens);
	rui_release(env, timetable->part_closes);
	rui_release(env, timetable->part_before);
	rui_release(env, timetable);
}
