/* SPDX-License-Identifier: PostgreSQL
 *
 * calendar_compile.h
 *	  What the parts of the calendar compiler share.
 */
#ifndef RUI_CALENDAR_COMPILE_H
#define RUI_CALENDAR_COMPILE_H

#include "core/calendar.h"

/* Weeks of patterns begin on Monday 2000-01-03, 00:00 UTC. */
#define RUI_WEEK_ORIGIN (2 * RUI_DAY)

/*
 * All patterns of one compilation, each held once, so that equal patterns
 * have equal numbers.  Start it with rui_pattern_pool_start.
 */
typedef struct rui_pattern_pool
{
	const rui_env *env;
	rui_error *error;
	rui_week_pattern *patterns;
	size_t count;
	size_t capacity;
	rui_week_part *parts;
	size_t part_count;
	size_t part_capacity;
	rui_period_list scratch;
	struct
	{
		uint64_t key;
		uint32_t result;
	} * memory; /* combinations made before: open addressing, 0 = free */
	size_t memory_count;
	size_t memory_size; /* a power of two, or 0 */
} rui_pattern_pool;

extern rui_status rui_pattern_pool_start(rui_pattern_pool *pool, const rui_env *env,
										 rui_error *error);
extern void rui_pattern_pool_release(rui_pattern_pool *pool);

/* Append a period to a list. */
extern rui_status rui_period_add(const rui_env *env, rui_period_list *list, int64_t opens,
								 int64_t closes, rui_error *error);
/* Sort, join what touches or overlaps, drop what is empty. */
extern void rui_periods_join(rui_period_list *list);
/* Take the joined periods `cut` out of the joined list `from`, into result. */
extern rui_status rui_periods_subtract(const rui_env *env, const rui_period_list *from,
									   const rui_period_list *cut, rui_period_list *result,
									   rui_error *error);

/* The number of the pattern whose weeks are open in `periods`: instants from
 * RUI_WEEK_ORIGIN on, in any order and any week.  Rearranges the list. */
extern rui_status rui_pattern_make(rui_pattern_pool *pool, rui_period_list *periods,
								   uint32_t *pattern);
/* ALL, ANY or MINUS of two patterns. */
extern rui_status rui_pattern_combine(rui_pattern_pool *pool, rui_calendar_kind kind, uint32_t a,
									  uint32_t b, uint32_t *pattern);
/* The pattern, moved. */
extern rui_status rui_pattern_shift(rui_pattern_pool *pool, uint32_t from, int64_t shift,
									uint32_t *pattern);

/* Stretches in the making. */
typedef struct rui_stretch_start
{
	int64_t start;
	uint32_t pattern;
} rui_stretch_start;

typedef struct rui_stretch_list
{
	rui_stretch_start *items;
	size_t count;
	size_t capacity;
} rui_stretch_list;

typedef struct rui_compiler
{
	const rui_env *env;
	rui_error *error;
	rui_pattern_pool pool;
} rui_compiler;

/* From start on, pattern holds; starts come in ascending order. */
extern rui_status rui_stretch_add(rui_compiler *c, rui_stretch_list *list, int64_t start,
								  uint32_t pattern);

/* Append the stretches of a calendar of rules, covering [from, until). */
extern rui_status rui_rules_compile(rui_compiler *c, const rui_calendar *calendar, int64_t from,
									int64_t until, rui_stretch_list *result);

/* Open time of a pattern from RUI_WEEK_ORIGIN to an instant. */
extern int64_t rui_pattern_worked(const rui_timetable *timetable, rui_week_pattern pattern,
								  int64_t at);

/*
 * The last of ascending keys that is no more than value, or the first.  Few
 * keys are counted rather than halved: nothing waits for a comparison.
 */
static inline size_t
rui_last_not_above(const int64_t *keys, size_t count, int64_t value)
{
	size_t low = 0;
	size_t result;
	size_t i;

	while (count > 16)
	{
		size_t half = count / 2;

		low = keys[low + half] <= value ? low + half : low;
		count -= half;
	}
	result = low;
	for (i = 1; i < count; i++)
		result += keys[low + i] <= value ? 1 : 0;
	return result;
}

static inline size_t
rui_find(const rui_finder *finder, int64_t value)
{
	size_t bucket = (size_t) ((uint64_t) (value - finder->origin) >> finder->shift);
	size_t low;
	size_t count;

	if (value < finder->origin)
		return 0;
	if (bucket >= finder->buckets)
		bucket = finder->buckets - 1;
	low = finder->index[bucket];
	for (count = finder->index[bucket + 1] - low + 1; count > 1;)
	{
		size_t half = count / 2;

		low = finder->keys[low + half] <= value ? low + half : low;
		count -= half;
	}
	return low;
}

/*
 * The earliest (close) or latest (open) instant with F = worked, and the same
 * for closed time since timetable->start.  RUI_NEVER or RUI_FOREVER where the
 * timetable has none.
 */
extern int64_t rui_instant_of_worked(const rui_timetable *timetable, int64_t worked,
									 rui_boundary boundary);
extern int64_t rui_instant_of_closed(const rui_timetable *timetable, int64_t closed,
									 rui_boundary boundary);

/* What the rules say of an instant, and an instant up to which they say it. */
extern rui_due_reason rui_reason_at(const rui_calendar *calendar, int64_t at, int64_t *until);

/* Does open time lie beyond the world, on the side of an instant found there? */
static inline bool
rui_more_beyond(const rui_timetable *timetable, int64_t found)
{
	return found < RUI_FIRST_INSTANT ? timetable->opens_before_world
									 : timetable->opens_after_world;
}

/*
 * Bring an instant found in the timetable to the world: RUI_DATETIME_RANGE
 * while there is one beyond it.
 */
extern rui_status rui_world_result(int64_t found, bool more, int64_t *result, rui_error *error);

#endif /* RUI_CALENDAR_COMPILE_H */
