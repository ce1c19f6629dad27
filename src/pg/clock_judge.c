/* SPDX-License-Identifier: PostgreSQL
 *
 * clock_judge.c
 *	  The aggregate judge_clock.
 */
#include "pg/rui_pg.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "storage/shmem.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

#include "core/clock_judge.h"
#include "pg/calendar.h"

#define WHAT "sla_clock"

typedef struct judge_state
{
	rui_sla_judge judge;
	unsigned char hash[RUI_CONTENT_HASH_SIZE]; /* of the calendar */
	int64 target;
	int64 as_of;
} judge_state;

/* Not strict: rows with a null are left out. */
RUI_FUNCTION(judge_clock_step)
{
	judge_state *state = PG_ARGISNULL(0) ? NULL : (judge_state *) PG_GETARG_POINTER(0);
	const rui_pg_calendar *calendar;
	MemoryContext context;
	rui_env env;
	int64 target;
	rui_error error;

	if (!AggCheckCallContext(fcinfo, &context))
		elog(ERROR, "judge_clock_step called outside of an aggregate");
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2) || PG_ARGISNULL(3) || PG_ARGISNULL(4) ||
		PG_ARGISNULL(5))
	{
		if (state == NULL)
			PG_RETURN_NULL();
		PG_RETURN_POINTER(state);
	}
	calendar = rui_pg_calendar_argument(fcinfo, 1);
	target = rui_pg_duration(PG_GETARG_INTERVAL_P(2), "target");
	if (state == NULL)
	{
		state = MemoryContextAllocZero(context, sizeof(judge_state));
		memcpy(state->hash, calendar->hash, RUI_CONTENT_HASH_SIZE);
		state->target = target;
		state->as_of = PG_GETARG_TIMESTAMPTZ(5);
	}
	else if (state->target != target || state->as_of != PG_GETARG_TIMESTAMPTZ(5) ||
			 memcmp(state->hash, calendar->hash, RUI_CONTENT_HASH_SIZE) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("calendar, target or as_of differs within one clock"),
				 errhint("Give the same calendar, target and as_of with every event; "
						 "a new target is the event retarget.")));
	env = rui_pg_env(context);
	RUI_CHECK(rui_sla_judge_event(&env, &state->judge, calendar->timetable, target,
								  text_to_cstring(PG_GETARG_TEXT_PP(3)),
								  PG_GETARG_TIMESTAMPTZ(4), &error),
			  error, WHAT);
	PG_RETURN_POINTER(state);
}

static Datum
instant(int64_t at, bool *is_null)
{
	*is_null = at == RUI_NEVER;
	return TimestampTzGetDatum(at);
}

/* The verdicts as rui.clock_verdict[], or null where nothing started. */
RUI_FUNCTION(judge_clock_result)
{
	const judge_state *state = PG_ARGISNULL(0) ? NULL : (const judge_state *) PG_GETARG_POINTER(0);
	Oid type = get_element_type(get_fn_expr_rettype(fcinfo->flinfo));
	rui_env env = rui_pg_env(CurrentMemoryContext);
	rui_sla_verdict *verdicts;
	size_t count;
	size_t i;
	Datum *elements;
	TupleDesc shape;
	ArrayType *array;
	rui_error error;

	if (!AggCheckCallContext(fcinfo, NULL) || !OidIsValid(type))
		elog(ERROR, "judge_clock_result called outside of an aggregate");
	if (state == NULL)
		PG_RETURN_NULL();
	RUI_CHECK(rui_sla_judge_result(&env, &state->judge, state->as_of, &verdicts, &count, &error),
			  error, WHAT);
	if (count == 0)
		PG_RETURN_NULL();
	shape = lookup_rowtype_tupdesc(type, -1);
	elements = palloc(mul_size(count, sizeof(Datum)));
	for (i = 0; i < count; i++)
	{
		const rui_sla_verdict *verdict = &verdicts[i];
		Datum value[10];
		bool is_null[10] = { false };

		value[0] = Int32GetDatum(verdict->clock.cycle);
		value[1] = PointerGetDatum(&verdict->clock);
		value[2] = instant(verdict->due, &is_null[2]);
		value[3] = instant(verdict->breach, &is_null[3]);
		value[4] = instant(verdict->wall_due, &is_null[4]);
		value[5] = instant(verdict->wall_breach, &is_null[5]);
		value[6] = instant(verdict->working_due, &is_null[6]);
		value[7] = instant(verdict->working_breach, &is_null[7]);
		value[8] = instant(verdict->stopped_at, &is_null[8]);
		value[9] = BoolGetDatum(verdict->ended);
		elements[i] = HeapTupleGetDatum(heap_form_tuple(shape, value, is_null));
	}
	ReleaseTupleDesc(shape);
	array = construct_array(elements, (int) count, type, -1, false, TYPALIGN_DOUBLE);
	PG_RETURN_ARRAYTYPE_P(array);
}
