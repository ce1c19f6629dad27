/* SPDX-License-Identifier: PostgreSQL
 *
 * clock_judge.c
 *	  Verdicts on the cycles of a clock.
 *
 * Events of one instant apply together, so a verdict is settled when the next
 * instant comes, or at the end.
 */
#include "core/clock_judge.h"

#include <string.h>

typedef struct verdict_list
{
	rui_sla_verdict *items;
	size_t count;
	size_t capacity;
} verdict_list;

/* Take over the clock as all events at `at` have left it. */
static rui_status
settle(const rui_env *env, verdict_list *list, const rui_sla_clock *clock, int64_t at, bool ending,
	   rui_error *error)
{
	rui_sla_verdict *verdict;

	if (clock->cycle == 0)
		return RUI_OK;
	while (list->count < (size_t) clock->cycle)
	{
		rui_status status = rui_grow(env, &list->items, &list->capacity, list->count + 1,
									 sizeof(rui_sla_verdict), error);

		if (status != RUI_OK)
			return status;
		verdict = &list->items[list->count++];
		memset(verdict, 0, sizeof(*verdict));
		verdict->due = verdict->breach = RUI_NEVER;
		verdict->wall_due = verdict->wall_breach = RUI_NEVER;
		verdict->working_due = verdict->working_breach = RUI_NEVER;
		verdict->stopped_at = RUI_NEVER;
	}
	verdict = &list->items[list->count - 1];
	verdict->clock = *clock;
	switch ((rui_sla_state) clock->state)
	{
		case RUI_SLA_RUNNING:
			verdict->due = clock->due;
			verdict->breach = clock->breach;
			break;
		case RUI_SLA_PAUSED:
			verdict->due = verdict->breach = RUI_NEVER;
			break;
		case RUI_SLA_STOPPED:
			if (verdict->stopped_at == RUI_NEVER)
			{
				verdict->stopped_at = at;
				verdict->ended = ending;
			}
			break;
	}
	return RUI_OK;
}

/* Nothing happened to the clock until `until`. */
static void
pass(verdict_list *list, int64_t until)
{
	rui_sla_verdict *verdict;

	if (list->count == 0)
		return;
	verdict = &list->items[list->count - 1];
	if (verdict->clock.state != RUI_SLA_RUNNING)
		return;
	if (verdict->wall_due == RUI_NEVER && until > verdict->due)
	{
		verdict->wall_due = verdict->due;
		verdict->wall_breach = verdict->breach;
	}
	if (verdict->working_due == RUI_NEVER && until > verdict->breach)
	{
		verdict->working_due = verdict->due;
		verdict->working_breach = verdict->breach;
	}
}

rui_status
rui_sla_judge_event(const rui_env *env, rui_sla_judge *judge, const rui_timetable *calendar,
					int64_t target, const char *event, int64_t at, rui_error *error)
{
	bool ends = strcmp(event, "end") == 0;
	rui_status status;

	if (judge->fold.count > 0 && at > judge->fold.at)
	{
		verdict_list list = { judge->verdicts, judge->count, judge->capacity };

		status = settle(env, &list, &judge->fold.clock, judge->fold.at, judge->ending, error);
		judge->verdicts = list.items;
		judge->count = list.count;
		judge->capacity = list.capacity;
		if (status != RUI_OK)
			return status;
		pass(&list, at);
		judge->ending = false;
	}
	status = rui_sla_fold_event(env, &judge->fold, calendar, target, ends ? "stop" : event, at,
								error);
	judge->ending |= ends;
	return status;
}

rui_status
rui_sla_judge_result(const rui_env *env, const rui_sla_judge *judge, int64_t as_of,
					 rui_sla_verdict **verdicts, size_t *count, rui_error *error)
{
	verdict_list list = { NULL, 0, 0 };
	rui_status status = RUI_OK;

	/* A copy with room for one cycle more. */
	status = rui_grow(env, &list.items, &list.capacity, judge->count + 1, sizeof(rui_sla_verdict),
					  error);
	if (status != RUI_OK)
		return status;
	if (judge->count > 0)
		memcpy(list.items, judge->verdicts, judge->count * sizeof(rui_sla_verdict));
	list.count = judge->count;
	status = settle(env, &list, &judge->fold.clock, judge->fold.at, judge->ending, error);
	if (status != RUI_OK)
	{
		rui_release(env, list.items);
		return status;
	}
	if (as_of > judge->fold.at)
		pass(&list, as_of);
	*verdicts = list.items;
	*count = list.count;
	return RUI_OK;
}
