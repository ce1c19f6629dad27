/* SPDX-License-Identifier: PostgreSQL
 *
 * clock.c
 *	  Clocks that count working time against a target.
 */
#include "core/clock.h"

#include <string.h>

const char *
rui_sla_state_name(rui_sla_state state)
{
	return state == RUI_SLA_RUNNING ? "running" : state == RUI_SLA_PAUSED ? "paused"
																		  : "stopped";
}

/* An instant that a clock can be asked about or moved at. */
static rui_status
check_at(const rui_sla_clock *clock, int64_t at, rui_error *error)
{
	rui_status status = rui_check_instant(at, "at", error);

	if (status == RUI_OK && at < clock->changed_at)
		status = rui_fail(error, RUI_INVALID, "at",
						  "Replay all events in order with rui.fold_clock.",
						  "The instant lies before the clock's last move.");
	return status;
}

static rui_status
check_move(const rui_sla_clock *clock, const char *move, bool allowed, int64_t at,
		   rui_error *error)
{
	if (!allowed)
		return rui_fail(error, RUI_STATE, move,
						"A running clock can be paused, stopped, retargeted or switched; a paused "
						"one resumed, stopped, retargeted or switched; a stopped one reopened.",
						"The clock is %s.", rui_sla_state_name(clock->state));
	return check_at(clock, at, error);
}

static rui_status
check_target(int64_t target, rui_error *error)
{
	if (target < 0)
		return rui_fail(error, RUI_INVALID, "target", "Give a target of zero or more.",
						"The target is negative.");
	return RUI_OK;
}

static void
note_breach(rui_sla_clock *clock, int64_t breached_at)
{
	if (clock->first_breached_at == RUI_NEVER)
		clock->first_breached_at = breached_at;
}

/* Count the time since the last move of a clock that may move now. */
static void
advance(rui_sla_clock *clock, const rui_timetable *calendar, int64_t at)
{
	if (clock->state == RUI_SLA_RUNNING)
	{
		clock->elapsed += rui_timetable_worked(calendar, at) -
			rui_timetable_worked(calendar, clock->changed_at);
		/* The second holds alone only if the calendar is not the one that the
		 * breach was computed with. */
		if (at > clock->breach || clock->elapsed > clock->target)
			note_breach(clock, at < clock->breach ? at : clock->breach);
	}
	clock->changed_at = at;
}

/* Set due and breach of a clock that was advanced to its last move. */
static rui_status
set_due(rui_sla_clock *clock, const rui_timetable *calendar, rui_error *error)
{
	int64_t rest = clock->target - clock->elapsed;
	rui_status status;

	if (clock->state != RUI_SLA_RUNNING)
	{
		clock->due = clock->breach = RUI_NEVER;
		return RUI_OK;
	}
	if (rest < 0)
	{
		clock->due = clock->breach = clock->changed_at;
		return RUI_OK;
	}
	status = rui_timetable_add(calendar, clock->changed_at, rest, RUI_BOUNDARY_CLOSE, &clock->due,
							   error);
	if (status == RUI_OK)
		status = rui_timetable_add(calendar, clock->changed_at, rest, RUI_BOUNDARY_OPEN,
								   &clock->breach, error);
	return status;
}

rui_status
rui_sla_start(rui_sla_clock *clock, const rui_timetable *calendar, int64_t at, int64_t target,
			  rui_error *error)
{
	rui_sla_clock next;
	rui_status status = check_target(target, error);

	if (status == RUI_OK)
		status = rui_check_instant(at, "at", error);
	if (status != RUI_OK)
		return status;
	memset(&next, 0, sizeof next);
	next.start = next.changed_at = at;
	next.target = target;
	next.first_breached_at = RUI_NEVER;
	next.cycle = 1;
	next.state = RUI_SLA_RUNNING;
	next.version = RUI_SLA_VERSION;
	status = set_due(&next, calendar, error);
	if (status == RUI_OK)
		*clock = next;
	return status;
}

/* The part that all moves share: advance, take the new state, set due. */
static rui_status
move(rui_sla_clock *clock, const rui_timetable *calendar, int64_t at, rui_sla_state state,
	 rui_error *error)
{
	rui_sla_clock next = *clock;
	rui_status status;

	advance(&next, calendar, at);
	next.state = (uint8_t) state;
	status = set_due(&next, calendar, error);
	if (status == RUI_OK)
		*clock = next;
	return status;
}

rui_status
rui_sla_pause(rui_sla_clock *clock, const rui_timetable *calendar, int64_t at, rui_error *error)
{
	rui_status status = check_move(clock, "pause", clock->state == RUI_SLA_RUNNING, at, error);

	return status == RUI_OK ? move(clock, calendar, at, RUI_SLA_PAUSED, error) : status;
}

rui_status
rui_sla_resume(rui_sla_clock *clock, const rui_timetable *calendar, int64_t at, rui_error *error)
{
	rui_status status = check_move(clock, "resume", clock->state == RUI_SLA_PAUSED, at, error);

	return status == RUI_OK ? move(clock, calendar, at, RUI_SLA_RUNNING, error) : status;
}

rui_status
rui_sla_stop(rui_sla_clock *clock, const rui_timetable *calendar, int64_t at, rui_error *error)
{
	rui_status status = check_move(clock, "stop", clock->state != RUI_SLA_STOPPED, at, error);

	return status == RUI_OK ? move(clock, calendar, at, RUI_SLA_STOPPED, error) : status;
}

rui_status
rui_sla_reopen(rui_sla_clock *clock, const rui_timetable *calendar, int64_t at, rui_error *error)
{
	rui_sla_clock next = *clock;
	rui_status status = check_move(clock, "reopen", clock->state == RUI_SLA_STOPPED, at, error);

	if (status != RUI_OK)
		return status;
	if (clock->cycle == INT32_MAX)
		return rui_fail(error, RUI_LIMIT, "reopen", NULL, "The clock has had %d cycles.",
						clock->cycle);
	if (next.cycle == 1)
		next.first = next.elapsed;
	next.sum += next.elapsed;
	if (next.elapsed > next.longest)
		next.longest = next.elapsed;
	next.cycle++;
	next.elapsed = 0;
	next.start = at;
	status = move(&next, calendar, at, RUI_SLA_RUNNING, error);
	if (status == RUI_OK)
		*clock = next;
	return status;
}

rui_status
rui_sla_retarget(rui_sla_clock *clock, const rui_timetable *calendar, int64_t at, int64_t target,
				 bool keep, rui_error *error)
{
	rui_sla_clock next = *clock;
	rui_status status = check_move(clock, "retarget", clock->state != RUI_SLA_STOPPED, at, error);

	if (status == RUI_OK)
		status = check_target(target, error);
	if (status != RUI_OK)
		return status;
	advance(&next, calendar, at);
	next.target = target;
	if (!keep)
	{
		next.start = at;
		next.elapsed = 0;
	}
	/* A shorter target is breached by the change, not in the past. */
	if (next.elapsed > target)
		note_breach(&next, at);
	status = set_due(&next, calendar, error);
	if (status == RUI_OK)
		*clock = next;
	return status;
}

rui_status
rui_sla_switch(rui_sla_clock *clock, const rui_timetable *from, const rui_timetable *to,
			   int64_t at, rui_error *error)
{
	rui_sla_clock next = *clock;
	rui_status status = check_move(clock, "switch", clock->state != RUI_SLA_STOPPED, at, error);

	if (status != RUI_OK)
		return status;
	advance(&next, from, at);
	status = set_due(&next, to, error);
	if (status == RUI_OK)
		*clock = next;
	return status;
}

rui_status
rui_sla_elapsed(const rui_sla_clock *clock, const rui_timetable *calendar, int64_t at,
				rui_sla_cycles cycles, int64_t *elapsed, rui_error *error)
{
	rui_sla_clock now = *clock;
	rui_status status = check_at(clock, at, error);

	if (status != RUI_OK)
		return status;
	advance(&now, calendar, at);
	switch (cycles)
	{
		case RUI_SLA_FIRST:
			*elapsed = now.cycle == 1 ? now.elapsed : now.first;
			break;
		case RUI_SLA_LAST:
			*elapsed = now.elapsed;
			break;
		case RUI_SLA_SUM:
			*elapsed = now.sum + now.elapsed;
			break;
		case RUI_SLA_LONGEST:
			*elapsed = now.longest > now.elapsed ? now.longest : now.elapsed;
			break;
	}
	return RUI_OK;
}

rui_status
rui_sla_breached(const rui_sla_clock *clock, int64_t at, bool *breached, rui_error *error)
{
	rui_status status = check_at(clock, at, error);

	if (status == RUI_OK)
		*breached = clock->first_breached_at != RUI_NEVER ||
			(clock->state == RUI_SLA_RUNNING && at > clock->breach);
	return status;
}

int
rui_sla_compare(const rui_sla_clock *a, const rui_sla_clock *b)
{
	const int64_t left[] = { a->start, a->changed_at, a->target, a->elapsed, a->due,
							 a->breach, a->first_breached_at, a->first, a->sum, a->longest,
							 a->cycle, a->state };
	const int64_t right[] = { b->start, b->changed_at, b->target, b->elapsed, b->due,
							  b->breach, b->first_breached_at, b->first, b->sum, b->longest,
							  b->cycle, b->state };
	size_t i;

	for (i = 0; i < sizeof left / sizeof left[0]; i++)
		if (left[i] != right[i])
			return left[i] < right[i] ? -1 : 1;
	return 0;
}
