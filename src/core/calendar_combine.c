/* SPDX-License-Identifier: PostgreSQL
 *
 * calendar_combine.c
 *	  The canonical form of combined calendars.
 */
#include "core/calendar_combine.h"

#include <stdlib.h>
#include <string.h>

static bool
is_associative(const rui_calendar *calendar)
{
	return calendar->kind == RUI_CALENDAR_ALL || calendar->kind == RUI_CALENDAR_ANY;
}

rui_status
rui_calendar_take(const rui_env *env, rui_calendar *calendar, rui_calendar *operand,
				  rui_error *error)
{
	bool flatten = is_associative(calendar) && operand->kind == calendar->kind;
	size_t more = flatten ? operand->operand_count : 1;
	rui_status status = rui_grow(env, &calendar->operands, &calendar->operand_capacity,
								 calendar->operand_count + more, sizeof(rui_calendar *), error);

	if (status != RUI_OK)
	{
		rui_calendar_release(env, operand);
		return status;
	}
	memcpy(calendar->operands + calendar->operand_count, flatten ? operand->operands : &operand,
		   more * sizeof(rui_calendar *));
	calendar->operand_count += more;
	if (flatten)
	{
		operand->operand_count = 0;
		rui_calendar_release(env, operand);
	}
	return RUI_OK;
}

rui_status
rui_calendar_take_span(const rui_env *env, rui_calendar *calendar, rui_calendar *operand,
					   int64_t from, int64_t until, rui_error *error)
{
	bool flatten = operand->kind == RUI_CALENDAR_UNTIL;
	size_t count = flatten ? operand->operand_count : 1;
	size_t needed = calendar->operand_count + count;
	size_t i;
	rui_status status = rui_grow(env, &calendar->operands, &calendar->operand_capacity, needed,
								 sizeof(rui_calendar *), error);

	if (status == RUI_OK)
		status = rui_grow(env, &calendar->instants, &calendar->instant_capacity, needed,
						  sizeof(int64_t), error);
	if (status != RUI_OK)
	{
		rui_calendar_release(env, operand);
		return status;
	}
	for (i = 0; i < count; i++)
	{
		rui_calendar *part = flatten ? operand->operands[i] : operand;
		int64_t begins = i > 0 && operand->instants[i - 1] > from ? operand->instants[i - 1] : from;
		int64_t ends = i + 1 < count && operand->instants[i] < until ? operand->instants[i] : until;

		if (begins >= ends)
		{
			rui_calendar_release(env, part);
			continue;
		}
		if (calendar->operand_count > 0)
			calendar->instants[calendar->operand_count - 1] = begins;
		calendar->operands[calendar->operand_count++] = part;
	}
	if (flatten)
	{
		operand->operand_count = 0;
		rui_calendar_release(env, operand);
	}
	return RUI_OK;
}

static int
compare_texts(const rui_text *left, const rui_text *right)
{
	size_t common = left->length < right->length ? left->length : right->length;
	int order = memcmp(left->bytes, right->bytes, common);

	if (order != 0)
		return order;
	return left->length < right->length ? -1 : left->length > right->length;
}

/* An operand and its text, to sort by. */
typedef struct written
{
	rui_calendar *calendar;
	rui_text text;
} written;

static int
compare_written(const void *a, const void *b)
{
	return compare_texts(&((const written *) a)->text, &((const written *) b)->text);
}

/* Sort by text and drop what stands twice. */
static rui_status
sort_operands(const rui_env *env, rui_calendar *calendar, rui_error *error)
{
	size_t count = calendar->operand_count;
	size_t kept = 0;
	size_t i;
	bool failed = false;
	written *list = rui_allocate(env, count, sizeof(written));

	if (list == NULL)
		return rui_fail_memory(error, count * sizeof(written));
	for (i = 0; i < count; i++)
	{
		list[i].calendar = calendar->operands[i];
		rui_text_start(&list[i].text, env);
		rui_calendar_write(list[i].calendar, &list[i].text);
		failed = failed || list[i].text.failed;
	}
	if (!failed)
	{
		qsort(list, count, sizeof(written), compare_written);
		for (i = 0; i < count; i++)
		{
			if (i > 0 && compare_written(&list[i - 1], &list[i]) == 0)
				rui_calendar_release(env, list[i].calendar);
			else
				calendar->operands[kept++] = list[i].calendar;
		}
		calendar->operand_count = kept;
	}
	for (i = 0; i < count; i++)
		rui_text_release(&list[i].text);
	rui_release(env, list);
	return failed ? rui_fail_memory(error, count) : RUI_OK;
}

/* Of equal operands of UNTIL that follow each other the first goes on. */
static rui_status
merge_operands(const rui_env *env, rui_calendar *calendar, rui_error *error)
{
	size_t kept = 0;
	size_t i;
	bool failed;
	rui_text last;

	rui_text_start(&last, env);
	rui_calendar_write(calendar->operands[0], &last);
	failed = last.failed;
	for (i = 1; i < calendar->operand_count; i++)
	{
		rui_text next;

		rui_text_start(&next, env);
		rui_calendar_write(calendar->operands[i], &next);
		failed = failed || next.failed;
		if (!failed && compare_texts(&last, &next) == 0)
		{
			rui_calendar_release(env, calendar->operands[i]);
			rui_text_release(&next);
			continue;
		}
		calendar->instants[kept++] = calendar->instants[i - 1];
		calendar->operands[kept] = calendar->operands[i];
		rui_text_release(&last);
		last = next;
	}
	calendar->operand_count = kept + 1;
	rui_text_release(&last);
	return failed ? rui_fail_memory(error, calendar->operand_count) : RUI_OK;
}

/* An UNTIL of one calendar says no more than an ALL of it. */
static rui_status
become_all(const rui_env *env, rui_calendar *calendar, rui_error *error)
{
	rui_calendar *only = calendar->operands[0];

	calendar->kind = RUI_CALENDAR_ALL;
	calendar->operand_count = 0;
	return rui_calendar_take(env, calendar, only, error);
}

/*
 * Combinations that say the same as a shorter one: shifts of shifts add up,
 * a shift by nothing and a combination of one calendar are that calendar,
 * each unless it decides dates in another zone.
 */
rui_status
rui_calendar_simplify(const rui_env *env, rui_calendar **calendar, rui_error *error)
{
	rui_calendar *outer = *calendar;
	rui_calendar *inner;
	rui_status status = RUI_OK;

	if (is_associative(outer))
		status = sort_operands(env, outer, error);
	else if (outer->kind == RUI_CALENDAR_UNTIL)
	{
		status = merge_operands(env, outer, error);
		if (status == RUI_OK && outer->operand_count == 1)
			status = become_all(env, outer, error);
	}
	if (status != RUI_OK)
		return status;
	inner = outer->operands[0];
	if (outer->kind == RUI_CALENDAR_SHIFT && inner->kind == RUI_CALENDAR_SHIFT)
	{
		outer->shift += inner->shift;
		outer->operands[0] = inner->operands[0];
		inner->operand_count = 0;
		rui_calendar_release(env, inner);
		inner = outer->operands[0];
	}
	if (outer->operand_count == 1 && outer->shift == 0 &&
		strcmp(outer->zone->name, inner->zone->name) == 0)
	{
		outer->operand_count = 0;
		rui_calendar_release(env, outer);
		*calendar = inner;
	}
	return RUI_OK;
}
