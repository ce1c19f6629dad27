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

/* An operand and its text, to sort by. */
typedef struct written
{
	rui_calendar *calendar;
	rui_text text;
} written;

static int
compare_written(const void *a, const void *b)
{
	const rui_text *left = &((const written *) a)->text;
	const rui_text *right = &((const written *) b)->text;
	size_t common = left->length < right->length ? left->length : right->length;
	int order = memcmp(left->bytes, right->bytes, common);

	if (order != 0)
		return order;
	return left->length < right->length ? -1 : left->length > right->length;
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
	rui_status status = is_associative(outer) ? sort_operands(env, outer, error) : RUI_OK;

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
