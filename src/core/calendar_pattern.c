/* SPDX-License-Identifier: PostgreSQL
 *
 * calendar_pattern.c
 *	  Lists of periods, and open time that repeats every week.
 */
#include "core/calendar_compile.h"

#include <stdlib.h>
#include <string.h>

rui_status
rui_period_add(const rui_env *env, rui_period_list *list, int64_t opens, int64_t closes,
			   rui_error *error)
{
	rui_status status = rui_grow(env, &list->items, &list->capacity, list->count + 1,
								 sizeof(rui_period), error);

	if (status != RUI_OK)
		return status;
	list->items[list->count].opens = opens;
	list->items[list->count].closes = closes;
	list->count++;
	return RUI_OK;
}

static int
compare_periods(const void *a, const void *b)
{
	const rui_period *left = a;
	const rui_period *right = b;

	return left->opens < right->opens ? -1 : left->opens > right->opens;
}

void
rui_periods_join(rui_period_list *list)
{
	size_t kept = 0;
	size_t i;

	if (list->count > 1)
		qsort(list->items, list->count, sizeof(rui_period), compare_periods);
	for (i = 0; i < list->count; i++)
	{
		rui_period next = list->items[i];

		if (next.closes <= next.opens)
			continue;
		if (kept > 0 && next.opens <= list->items[kept - 1].closes)
		{
			if (next.closes > list->items[kept - 1].closes)
				list->items[kept - 1].closes = next.closes;
		}
		else
			list->items[kept++] = next;
	}
	list->count = kept;
}

rui_status
rui_periods_subtract(const rui_env *env, const rui_period_list *from, const rui_period_list *cut,
					 rui_period_list *result, rui_error *error)
{
	size_t next = 0;
	size_t i;

	for (i = 0; i < from->count; i++)
	{
		int64_t opens = from->items[i].opens;
		int64_t closes = from->items[i].closes;
		size_t c;

		while (next < cut->count && cut->items[next].closes <= opens)
			next++;
		for (c = next; c < cut->count && cut->items[c].opens < closes; c++)
		{
			if (cut->items[c].opens > opens)
			{
				rui_status status = rui_period_add(env, result, opens, cut->items[c].opens, error);

				if (status != RUI_OK)
					return status;
			}
			opens = cut->items[c].closes;
		}
		if (opens < closes)
		{
			rui_status status = rui_period_add(env, result, opens, closes, error);

			if (status != RUI_OK)
				return status;
		}
	}
	return RUI_OK;
}

/* The number of the pattern with these parts, found or made. */
static rui_status
intern(rui_pattern_pool *pool, const rui_period_list *parts, uint32_t *number)
{
	rui_week_pattern pattern = { 0, (uint32_t) pool->part_count, (uint32_t) parts->count };
	rui_status status;
	size_t i;
	size_t k;

	for (i = 0; i < parts->count; i++)
		pattern.total += parts->items[i].closes - parts->items[i].opens;
	for (i = 0; i < pool->count; i++)
	{
		const rui_week_pattern *known = &pool->patterns[i];

		if (known->count != parts->count || known->total != pattern.total)
			continue;
		for (k = 0; k < parts->count; k++)
			if (pool->parts[known->first + k].opens != parts->items[k].opens ||
				pool->parts[known->first + k].closes != parts->items[k].closes)
				break;
		if (k == parts->count)
		{
			*number = (uint32_t) i;
			return RUI_OK;
		}
	}
	if (pool->count >= UINT32_MAX || parts->count > UINT32_MAX - pool->part_count)
		return rui_fail(pool->error, RUI_LIMIT, NULL, "Combine fewer calendars.",
						"The calendar has too many weekly patterns.");
	status = rui_grow(pool->env, &pool->patterns, &pool->capacity, pool->count + 1,
					  sizeof(rui_week_pattern), pool->error);
	if (status == RUI_OK)
		status = rui_grow(pool->env, &pool->parts, &pool->part_capacity,
						  pool->part_count + parts->count, sizeof(rui_week_part), pool->error);
	if (status != RUI_OK)
		return status;
	pattern.total = 0;
	for (k = 0; k < parts->count; k++)
	{
		rui_week_part *part = &pool->parts[pool->part_count++];

		part->opens = parts->items[k].opens;
		part->closes = parts->items[k].closes;
		part->before = pattern.total;
		pattern.total += part->closes - part->opens;
	}
	*number = (uint32_t) pool->count;
	pool->patterns[pool->count++] = pattern;
	return RUI_OK;
}

rui_status
rui_pattern_pool_start(rui_pattern_pool *pool, const rui_env *env, rui_error *error)
{
	rui_period_list none = { NULL, 0, 0 };
	rui_period always = { 0, RUI_WEEK };
	rui_period_list whole = { &always, 1, 1 };
	uint32_t number;
	rui_status status;

	memset(pool, 0, sizeof *pool);
	pool->env = env;
	pool->error = error;
	status = intern(pool, &none, &number); /* RUI_PATTERN_CLOSED */
	if (status == RUI_OK)
		status = intern(pool, &whole, &number); /* RUI_PATTERN_OPEN */
	return status;
}

void
rui_pattern_pool_release(rui_pattern_pool *pool)
{
	rui_release(pool->env, pool->patterns);
	rui_release(pool->env, pool->parts);
	rui_release(pool->env, pool->scratch.items);
	rui_release(pool->env, pool->memory);
}

rui_status
rui_pattern_make(rui_pattern_pool *pool, rui_period_list *periods, uint32_t *pattern)
{
	size_t count = periods->count;
	size_t i;

	/* Bring every period into the one week, cut at its end. */
	for (i = 0; i < count; i++)
	{
		int64_t opens = periods->items[i].opens - RUI_WEEK_ORIGIN;
		int64_t length = periods->items[i].closes - periods->items[i].opens;

		opens -= rui_floor_divide(opens, RUI_WEEK) * RUI_WEEK;
		periods->items[i].opens = opens;
		periods->items[i].closes = opens + length;
		if (opens + length > RUI_WEEK)
		{
			rui_status status;

			periods->items[i].closes = RUI_WEEK;
			status = rui_period_add(pool->env, periods, 0, opens + length - RUI_WEEK, pool->error);
			if (status != RUI_OK)
				return status;
		}
	}
	rui_periods_join(periods);
	return intern(pool, periods, pattern);
}

/* Where the result of a combination may be found, or put. */
static size_t
memory_place(const rui_pattern_pool *pool, uint64_t key)
{
	size_t place = (size_t) ((key * UINT64_C(0x9E3779B97F4A7C15)) >> 32) & (pool->memory_size - 1);

	while (pool->memory[place].key != 0 && pool->memory[place].key != key)
		place = (place + 1) & (pool->memory_size - 1);
	return place;
}

static rui_status
remember(rui_pattern_pool *pool, uint64_t key, uint32_t result)
{
	size_t place;

	if (pool->memory_count * 2 >= pool->memory_size)
	{
		rui_pattern_pool grown = *pool;
		size_t i;

		grown.memory_size = pool->memory_size == 0 ? 64 : pool->memory_size * 2;
		grown.memory = rui_allocate_zero(pool->env, grown.memory_size, sizeof *grown.memory);
		if (grown.memory == NULL)
			return rui_fail_memory(pool->error, grown.memory_size * sizeof *grown.memory);
		for (i = 0; i < pool->memory_size; i++)
			if (pool->memory[i].key != 0)
				grown.memory[memory_place(&grown, pool->memory[i].key)] = pool->memory[i];
		rui_release(pool->env, pool->memory);
		*pool = grown;
	}
	place = memory_place(pool, key);
	pool->memory[place].key = key;
	pool->memory[place].result = result;
	pool->memory_count++;
	return RUI_OK;
}

/* Append the periods in which the combination of two patterns is open. */
static rui_status
sweep(rui_pattern_pool *pool, rui_calendar_kind kind, const rui_week_pattern *a,
	  const rui_week_pattern *b)
{
	const rui_week_part *left = pool->parts + a->first;
	const rui_week_part *right = pool->parts + b->first;
	uint32_t i = 0;
	uint32_t k = 0;
	int64_t at = 0;

	pool->scratch.count = 0;
	while (at < RUI_WEEK)
	{
		int64_t left_edge;
		int64_t right_edge;
		int64_t edge;
		bool in_left;
		bool in_right;

		while (i < a->count && left[i].closes <= at)
			i++;
		while (k < b->count && right[k].closes <= at)
			k++;
		in_left = i < a->count && left[i].opens <= at;
		in_right = k < b->count && right[k].opens <= at;
		left_edge = i == a->count ? RUI_WEEK : in_left ? left[i].closes
													   : left[i].opens;
		right_edge = k == b->count ? RUI_WEEK : in_right ? right[k].closes
														 : right[k].opens;
		edge = left_edge < right_edge ? left_edge : right_edge;
		if (kind == RUI_CALENDAR_ALL	   ? in_left && in_right
				: kind == RUI_CALENDAR_ANY ? in_left || in_right
										   : in_left && !in_right)
		{
			rui_status status = rui_period_add(pool->env, &pool->scratch, at, edge, pool->error);

			if (status != RUI_OK)
				return status;
		}
		at = edge;
	}
	rui_periods_join(&pool->scratch);
	return RUI_OK;
}

rui_status
rui_pattern_combine(rui_pattern_pool *pool, rui_calendar_kind kind, uint32_t a, uint32_t b,
					uint32_t *pattern)
{
	uint64_t key = (uint64_t) kind << 60 | (uint64_t) a << 30 | b;
	rui_status status;

	if (a >= 1u << 30 || b >= 1u << 30)
		return rui_fail(pool->error, RUI_LIMIT, NULL, "Combine fewer calendars.",
						"The calendar has too many weekly patterns.");
	if (pool->memory_size > 0)
	{
		size_t place = memory_place(pool, key);

		if (pool->memory[place].key == key)
		{
			*pattern = pool->memory[place].result;
			return RUI_OK;
		}
	}
	status = sweep(pool, kind, &pool->patterns[a], &pool->patterns[b]);
	if (status == RUI_OK)
		status = intern(pool, &pool->scratch, pattern);
	if (status == RUI_OK)
		status = remember(pool, key, *pattern);
	return status;
}

rui_status
rui_pattern_shift(rui_pattern_pool *pool, uint32_t from, int64_t shift, uint32_t *pattern)
{
	const rui_week_pattern source = pool->patterns[from];
	uint32_t i;

	if (from == RUI_PATTERN_CLOSED || from == RUI_PATTERN_OPEN)
	{
		*pattern = from;
		return RUI_OK;
	}
	pool->scratch.count = 0;
	for (i = 0; i < source.count; i++)
	{
		const rui_week_part *part = &pool->parts[source.first + i];
		rui_status status = rui_period_add(pool->env, &pool->scratch,
										   RUI_WEEK_ORIGIN + part->opens + shift,
										   RUI_WEEK_ORIGIN + part->closes + shift, pool->error);

		if (status != RUI_OK)
			return status;
	}
	return rui_pattern_make(pool, &pool->scratch, pattern);
}
