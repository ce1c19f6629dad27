/* SPDX-License-Identifier: PostgreSQL
 *
 * clock_fold.c
 *	  Clocks folded from events.
 */
#include "core/clock.h"

#include <string.h>

/* In the order in which the events of one instant apply. */
enum
{
	START,
	REOPEN,
	RETARGET,
	RESUME,
	PAUSE,
	STOP,
	KINDS
};

static const char *const names[KINDS] = { "start", "reopen", "retarget",
										  "resume", "pause", "stop" };

static rui_status
read_event(const char *text, rui_sla_event *event, rui_error *error)
{
	const char *space = strchr(text, ' ');
	size_t length = space == NULL ? strlen(text) : (size_t) (space - text);
	int kind;

	for (kind = 0; kind < KINDS; kind++)
		if (strlen(names[kind]) == length && memcmp(names[kind], text, length) == 0)
			break;
	event->kind = kind;
	event->target = 0;
	if (kind == KINDS || (kind != RETARGET && space != NULL))
		return rui_fail(error, RUI_INVALID, text,
						"Give start, pause, resume, stop, reopen, or retarget PT4H.",
						"The event is not known.");
	if (kind == RETARGET &&
		(space == NULL || !rui_duration_read(space + 1, strlen(space + 1), &event->target)))
		return rui_fail(error, RUI_INVALID, text,
						"Give the new target in hours, minutes and seconds, as retarget PT4H30M.",
						"The event names no target.");
	if (event->target < 0)
		return rui_fail(error, RUI_INVALID, text, "Give a target of zero or more.",
						"The target is negative.");
	return RUI_OK;
}

static rui_status
apply(rui_sla_clock *clock, const rui_timetable *calendar, int64_t target,
	  const rui_sla_event *event, int64_t at, rui_error *error)
{
	bool started = clock->cycle > 0;
	rui_status status = RUI_OK;

	if (event->kind == START)
		return started ? RUI_OK : rui_sla_start(clock, calendar, at, target, error);
	if (!started)
		return RUI_OK;
	switch (event->kind)
	{
		case REOPEN:
			status = rui_sla_reopen(clock, calendar, at, error);
			break;
		case RETARGET:
			status = rui_sla_retarget(clock, calendar, at, event->target, true, error);
			break;
		case RESUME:
			status = rui_sla_resume(clock, calendar, at, error);
			break;
		case PAUSE:
			status = rui_sla_pause(clock, calendar, at, error);
			break;
		case STOP:
			status = rui_sla_stop(clock, calendar, at, error);
			break;
		default:
			break;
	}
	return status == RUI_STATE ? RUI_OK : status;
}

rui_status
rui_sla_fold_event(const rui_env *env, rui_sla_fold *fold, const rui_timetable *calendar,
				   int64_t target, const char *event_text, int64_t at, rui_error *error)
{
	rui_sla_event event;
	size_t place;
	size_t i;
	rui_status status = read_event(event_text, &event, error);

	if (status == RUI_OK)
		status = rui_check_instant(at, "at", error);
	if (status != RUI_OK)
		return status;
	if (fold->count > 0 && at < fold->at)
		return rui_fail(error, RUI_INVALID, "at",
						"Order the events: fold_clock(… ORDER BY at), or OVER (… ORDER BY at).",
						"The event lies before the one folded last.");
	if (fold->count > 0 && at > fold->at)
	{
		fold->before = fold->clock;
		fold->count = 0;
	}
	fold->at = at;
	/* Keep the events of this instant in order, each once. */
	for (place = 0; place < fold->count; place++)
	{
		const rui_sla_event *other = &fold->events[place];

		if (other->kind == event.kind && other->target == event.target)
			return RUI_OK;
		if (other->kind > event.kind ||
			(other->kind == event.kind && other->target > event.target))
			break;
	}
	status = rui_grow(env, &fold->events, &fold->capacity, fold->count + 1, sizeof(rui_sla_event),
					  error);
	if (status != RUI_OK)
		return status;
	memmove(fold->events + place + 1, fold->events + place,
			(fold->count - place) * sizeof(rui_sla_event));
	fold->events[place] = event;
	fold->count++;
	fold->clock = fold->before;
	for (i = 0; i < fold->count && status == RUI_OK; i++)
		status = apply(&fold->clock, calendar, target, &fold->events[i], at, error);
	return status;
}
