/* SPDX-License-Identifier: PostgreSQL
 *
 * clock.c
 *	  The SQL type sla_clock and its functions.
 */
#include "pg/rui_pg.h"

#include "common/hashfn.h"
#include "libpq/pqformat.h"
#include "utils/builtins.h"

#include "core/clock.h"
#include "pg/calendar.h"

/* The size stands in CREATE TYPE. */
StaticAssertDecl(sizeof(rui_sla_clock) == 88, "size of sla_clock");

#define PG_GETARG_CLOCK(n) ((const rui_sla_clock *) PG_GETARG_POINTER(n))

static rui_sla_clock *
copy_clock(const rui_sla_clock *clock)
{
	rui_sla_clock *copy = palloc(sizeof(rui_sla_clock));

	memcpy(copy, clock, sizeof(rui_sla_clock));
	return copy;
}

RUI_FUNCTION(sla_clock_in)
{
	const char *text = PG_GETARG_CSTRING(0);
	rui_env env = rui_pg_env(CurrentMemoryContext);
	rui_sla_clock *clock = palloc(sizeof(rui_sla_clock));
	rui_error error;

	RUI_CHECK(rui_sla_read(&env, text, strlen(text), clock, &error), error, "sla_clock");
	PG_RETURN_POINTER(clock);
}

RUI_FUNCTION(sla_clock_out)
{
	rui_env env = rui_pg_env(CurrentMemoryContext);
	rui_text text;

	rui_text_start(&text, &env);
	rui_sla_write(PG_GETARG_CLOCK(0), &text);
	if (text.failed)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory in sla_clock")));
	PG_RETURN_CSTRING(text.bytes);
}

RUI_FUNCTION(sla_clock_recv)
{
	StringInfo message = (StringInfo) PG_GETARG_POINTER(0);
	rui_sla_clock *clock = palloc0(sizeof(rui_sla_clock));
	rui_error error;

	clock->version = (uint8) pq_getmsgbyte(message);
	clock->state = (uint8) pq_getmsgbyte(message);
	clock->start = pq_getmsgint64(message);
	clock->changed_at = pq_getmsgint64(message);
	clock->target = pq_getmsgint64(message);
	clock->elapsed = pq_getmsgint64(message);
	clock->due = pq_getmsgint64(message);
	clock->breach = pq_getmsgint64(message);
	clock->first_breached_at = pq_getmsgint64(message);
	clock->first = pq_getmsgint64(message);
	clock->sum = pq_getmsgint64(message);
	clock->longest = pq_getmsgint64(message);
	clock->cycle = (int32) pq_getmsgint(message, 4);
	if (rui_sla_check(clock, &error) != RUI_OK)
	{
		error.code = RUI_BINARY;
		rui_pg_raise(&error, "sla_clock");
	}
	PG_RETURN_POINTER(clock);
}

RUI_FUNCTION(sla_clock_send)
{
	const rui_sla_clock *clock = PG_GETARG_CLOCK(0);
	StringInfoData message;

	pq_begintypsend(&message);
	pq_sendbyte(&message, clock->version);
	pq_sendbyte(&message, clock->state);
	pq_sendint64(&message, clock->start);
	pq_sendint64(&message, clock->changed_at);
	pq_sendint64(&message, clock->target);
	pq_sendint64(&message, clock->elapsed);
	pq_sendint64(&message, clock->due);
	pq_sendint64(&message, clock->breach);
	pq_sendint64(&message, clock->first_breached_at);
	pq_sendint64(&message, clock->first);
	pq_sendint64(&message, clock->sum);
	pq_sendint64(&message, clock->longest);
	pq_sendint32(&message, clock->cycle);
	PG_RETURN_BYTEA_P(pq_endtypsend(&message));
}

RUI_FUNCTION(sla_clock_eq)
{
	PG_RETURN_BOOL(rui_sla_compare(PG_GETARG_CLOCK(0), PG_GETARG_CLOCK(1)) == 0);
}

RUI_FUNCTION(sla_clock_ne)
{
	PG_RETURN_BOOL(rui_sla_compare(PG_GETARG_CLOCK(0), PG_GETARG_CLOCK(1)) != 0);
}

RUI_FUNCTION(sla_clock_lt)
{
	PG_RETURN_BOOL(rui_sla_compare(PG_GETARG_CLOCK(0), PG_GETARG_CLOCK(1)) < 0);
}

RUI_FUNCTION(sla_clock_le)
{
	PG_RETURN_BOOL(rui_sla_compare(PG_GETARG_CLOCK(0), PG_GETARG_CLOCK(1)) <= 0);
}

RUI_FUNCTION(sla_clock_gt)
{
	PG_RETURN_BOOL(rui_sla_compare(PG_GETARG_CLOCK(0), PG_GETARG_CLOCK(1)) > 0);
}

RUI_FUNCTION(sla_clock_ge)
{
	PG_RETURN_BOOL(rui_sla_compare(PG_GETARG_CLOCK(0), PG_GETARG_CLOCK(1)) >= 0);
}

RUI_FUNCTION(sla_clock_cmp)
{
	PG_RETURN_INT32(rui_sla_compare(PG_GETARG_CLOCK(0), PG_GETARG_CLOCK(1)));
}

/* Equal clocks are equal in every byte: padding is zero. */
RUI_FUNCTION(sla_clock_hash)
{
	return hash_any((const unsigned char *) PG_GETARG_CLOCK(0), sizeof(rui_sla_clock));
}

RUI_FUNCTION(sla_clock_hash_extended)
{
	return hash_any_extended((const unsigned char *) PG_GETARG_CLOCK(0), sizeof(rui_sla_clock),
							 (uint64) PG_GETARG_INT64(1));
}

RUI_FUNCTION(clock_start)
{
	const rui_pg_calendar *calendar = rui_pg_calendar_argument(fcinfo, 0);
	rui_sla_clock *clock = palloc(sizeof(rui_sla_clock));
	rui_error error;

	RUI_CHECK(rui_sla_start(clock, calendar->timetable, PG_GETARG_TIMESTAMPTZ(1),
							rui_pg_duration(PG_GETARG_INTERVAL_P(2), "target"), &error),
			  error, "sla_clock");
	PG_RETURN_POINTER(clock);
}

typedef rui_status (*clock_move)(rui_sla_clock *clock, const rui_timetable *calendar, int64_t at,
								 rui_error *error);

/* A move with the arguments (clock, calendar, at). */
static Datum
move_clock(FunctionCallInfo fcinfo, clock_move move)
{
	rui_sla_clock *clock = copy_clock(PG_GETARG_CLOCK(0));
	const rui_pg_calendar *calendar = rui_pg_calendar_argument(fcinfo, 1);
	rui_error error;

	RUI_CHECK(move(clock, calendar->timetable, PG_GETARG_TIMESTAMPTZ(2), &error), error,
			  "sla_clock");
	PG_RETURN_POINTER(clock);
}

RUI_FUNCTION(clock_pause)
{
	return move_clock(fcinfo, rui_sla_pause);
}

RUI_FUNCTION(clock_resume)
{
	return move_clock(fcinfo, rui_sla_resume);
}

RUI_FUNCTION(clock_stop)
{
	return move_clock(fcinfo, rui_sla_stop);
}

RUI_FUNCTION(clock_reopen)
{
	return move_clock(fcinfo, rui_sla_reopen);
}

RUI_FUNCTION(clock_retarget)
{
	rui_sla_clock *clock = copy_clock(PG_GETARG_CLOCK(0));
	const rui_pg_calendar *calendar = rui_pg_calendar_argument(fcinfo, 1);
	rui_error error;

	RUI_CHECK(rui_sla_retarget(clock, calendar->timetable, PG_GETARG_TIMESTAMPTZ(2),
							   rui_pg_duration(PG_GETARG_INTERVAL_P(3), "target"),
							   PG_GETARG_BOOL(4), &error),
			  error, "sla_clock");
	PG_RETURN_POINTER(clock);
}

RUI_FUNCTION(clock_switch)
{
	rui_sla_clock *clock = copy_clock(PG_GETARG_CLOCK(0));
	const rui_pg_calendar *from = rui_pg_calendar_argument(fcinfo, 1);
	const rui_pg_calendar *to = rui_pg_calendar_argument(fcinfo, 2);
	rui_error error;

	RUI_CHECK(rui_sla_switch(clock, from->timetable, to->timetable, PG_GETARG_TIMESTAMPTZ(3),
							 &error),
			  error, "sla_clock");
	PG_RETURN_POINTER(clock);
}

RUI_FUNCTION(clock_state)
{
	PG_RETURN_TEXT_P(cstring_to_text(rui_sla_state_name(PG_GETARG_CLOCK(0)->state)));
}

/* An instant of a clock; null for none. */
static Datum
return_instant(FunctionCallInfo fcinfo, int64 at)
{
	if (at == RUI_NEVER)
		PG_RETURN_NULL();
	PG_RETURN_TIMESTAMPTZ(at);
}

RUI_FUNCTION(clock_due_at)
{
	return return_instant(fcinfo, PG_GETARG_CLOCK(0)->due);
}

RUI_FUNCTION(clock_breach_at)
{
	return return_instant(fcinfo, PG_GETARG_CLOCK(0)->breach);
}

RUI_FUNCTION(clock_first_breached_at)
{
	return return_instant(fcinfo, PG_GETARG_CLOCK(0)->first_breached_at);
}

RUI_FUNCTION(clock_started_at)
{
	PG_RETURN_TIMESTAMPTZ(PG_GETARG_CLOCK(0)->start);
}

RUI_FUNCTION(clock_changed_at)
{
	PG_RETURN_TIMESTAMPTZ(PG_GETARG_CLOCK(0)->changed_at);
}

RUI_FUNCTION(clock_target)
{
	PG_RETURN_INTERVAL_P(rui_pg_interval(PG_GETARG_CLOCK(0)->target));
}

RUI_FUNCTION(clock_cycle)
{
	PG_RETURN_INT32(PG_GETARG_CLOCK(0)->cycle);
}

static int64
elapsed(FunctionCallInfo fcinfo)
{
	static const char *const names[] = { "first", "last", "sum", "longest" };
	const rui_pg_calendar *calendar = rui_pg_calendar_argument(fcinfo, 1);
	char *name = text_to_cstring(PG_GETARG_TEXT_PP(3));
	int64 result;
	int cycles;
	rui_error error;

	for (cycles = 0; cycles < (int) lengthof(names); cycles++)
		if (strcmp(name, names[cycles]) == 0)
			break;
	if (cycles == (int) lengthof(names))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("cycles \"%s\" is not known", name),
				 errhint("Give 'first', 'last', 'sum' or 'longest'.")));
	RUI_CHECK(rui_sla_elapsed(PG_GETARG_CLOCK(0), calendar->timetable, PG_GETARG_TIMESTAMPTZ(2),
							  (rui_sla_cycles) cycles, &result, &error),
			  error, "sla_clock");
	return result;
}

RUI_FUNCTION(clock_elapsed)
{
	PG_RETURN_INTERVAL_P(rui_pg_interval(elapsed(fcinfo)));
}

RUI_FUNCTION(clock_remaining)
{
	PG_RETURN_INTERVAL_P(rui_pg_interval(PG_GETARG_CLOCK(0)->target - elapsed(fcinfo)));
}

RUI_FUNCTION(clock_breached)
{
	bool breached;
	rui_error error;

	RUI_CHECK(rui_sla_breached(PG_GETARG_CLOCK(0), PG_GETARG_TIMESTAMPTZ(1), &breached, &error),
			  error, "sla_clock");
	PG_RETURN_BOOL(breached);
}

typedef struct fold_state
{
	rui_sla_fold fold;
	unsigned char hash[RUI_CONTENT_HASH_SIZE]; /* of the calendar */
	int64 target;
} fold_state;

/* Not strict: rows with a null are left out. */
RUI_FUNCTION(fold_clock_step)
{
	fold_state *state = PG_ARGISNULL(0) ? NULL : (fold_state *) PG_GETARG_POINTER(0);
	const rui_pg_calendar *calendar;
	MemoryContext context;
	rui_env env;
	int64 target;
	rui_error error;

	if (!AggCheckCallContext(fcinfo, &context))
		elog(ERROR, "fold_clock_step called outside of an aggregate");
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2) || PG_ARGISNULL(3) || PG_ARGISNULL(4))
	{
		if (state == NULL)
			PG_RETURN_NULL();
		PG_RETURN_POINTER(state);
	}
	calendar = rui_pg_calendar_argument(fcinfo, 1);
	target = rui_pg_duration(PG_GETARG_INTERVAL_P(2), "target");
	if (state == NULL)
	{
		state = MemoryContextAllocZero(context, sizeof(fold_state));
		memcpy(state->hash, calendar->hash, RUI_CONTENT_HASH_SIZE);
		state->target = target;
	}
	else if (state->target != target ||
			 memcmp(state->hash, calendar->hash, RUI_CONTENT_HASH_SIZE) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("calendar or target differs within one clock"),
				 errhint("Give the same calendar and target with every event; "
						 "a new target is the event retarget.")));
	env = rui_pg_env(context);
	RUI_CHECK(rui_sla_fold_event(&env, &state->fold, calendar->timetable, target,
								 text_to_cstring(PG_GETARG_TEXT_PP(3)), PG_GETARG_TIMESTAMPTZ(4),
								 &error),
			  error, "sla_clock");
	PG_RETURN_POINTER(state);
}

/*
 * The clock, or null where nothing started it.  Reads the state only: more
 * events may follow, as they do in a window.
 */
RUI_FUNCTION(fold_clock_finish)
{
	const fold_state *state = PG_ARGISNULL(0) ? NULL : (const fold_state *) PG_GETARG_POINTER(0);

	if (!AggCheckCallContext(fcinfo, NULL))
		elog(ERROR, "fold_clock_finish called outside of an aggregate");
	if (state == NULL || state->fold.clock.cycle == 0)
		PG_RETURN_NULL();
	PG_RETURN_POINTER(copy_clock(&state->fold.clock));
}
