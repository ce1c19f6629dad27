/* SPDX-License-Identifier: PostgreSQL
 *
 * assign_check.c
 *	  The aggregate rui.check_assignment: rows with a choice in, a verdict out.
 */
#include "pg/rui_pg.h"

#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/typcache.h"

#include "core/assign_check.h"
#include "pg/assign.h"

#define WHAT "input of rui.check_assignment"

/* Arguments of the transition functions, after the state; the choice comes last. */
enum
{
	ARG_TASK = 1,
	ARG_WORKER,
	ARG_COST,
	ARG_CAPACITY,
	ARG_PENALTY,
	ARG_LOAD_COST
};

typedef struct check_state
{
	rui_assign_check *check;
	bool penalised;
} check_state;

static check_state *
start_state(FunctionCallInfo fcinfo, MemoryContext aggregate)
{
	MemoryContext context =
		AllocSetContextCreate(aggregate, "rui assign rows", ALLOCSET_DEFAULT_SIZES);
	check_state *state = MemoryContextAllocZero(context, sizeof *state);
	rui_env env = rui_pg_env(context);
	rui_error error = { 0 };
	rui_assign_form form = RUI_ASSIGN_MOST;

	state->penalised = !PG_ARGISNULL(ARG_PENALTY);
	if (PG_NARGS() - 1 > ARG_LOAD_COST)
		form = RUI_ASSIGN_LOAD;
	else if (state->penalised)
		form = RUI_ASSIGN_PENALTY;
	RUI_CHECK(rui_assign_check_create(&env, form, &state->check, &error), error, WHAT);
	return state;
}

static void
refuse_null(const char *name)
{
	ereport(ERROR,
			(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
			 errmsg("%s of rui.check_assignment must not be null", name),
			 errhint("Give the same rows as to rui.assign.")));
}

RUI_FUNCTION(_check_assignment_step)
{
	MemoryContext aggregate;
	check_state *state;
	rui_assign_row row = { 0 };
	rui_error error = { 0 };
	int chosen = PG_NARGS() - 1;
	bool has_load_cost = chosen > ARG_LOAD_COST;

	if (!AggCheckCallContext(fcinfo, &aggregate))
		elog(ERROR, "rui._check_assignment_step called outside an aggregate");
	state = PG_ARGISNULL(0) ? start_state(fcinfo, aggregate) : (check_state *) PG_GETARG_POINTER(0);

	if (PG_ARGISNULL(ARG_TASK))
		refuse_null("task");
	row.task = PG_GETARG_INT64(ARG_TASK);
	if (has_load_cost && PG_ARGISNULL(ARG_PENALTY))
		refuse_null("penalty");
	if (state->penalised == PG_ARGISNULL(ARG_PENALTY))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid " WHAT " at \"task " INT64_FORMAT "\"", row.task),
				 errdetail("The penalty is null in some rows only."),
				 errhint("Give a penalty in all rows, or in none to check that the most tasks "
						 "are assigned.")));
	if (state->penalised)
		row.penalty = PG_GETARG_FLOAT8(ARG_PENALTY);
	row.has_worker = !PG_ARGISNULL(ARG_WORKER);
	if (row.has_worker)
	{
		row.worker = PG_GETARG_INT64(ARG_WORKER);
		if (PG_ARGISNULL(ARG_COST))
			refuse_null("cost");
		row.cost = PG_GETARG_FLOAT8(ARG_COST);
		if (PG_ARGISNULL(ARG_CAPACITY))
			refuse_null("capacity");
		row.capacity = PG_GETARG_INT32(ARG_CAPACITY);
		if (has_load_cost)
		{
			if (PG_ARGISNULL(ARG_LOAD_COST))
				refuse_null("load_cost");
			row.load_cost = PG_GETARG_FLOAT8(ARG_LOAD_COST);
		}
	}
	else if (!PG_ARGISNULL(ARG_COST) || !PG_ARGISNULL(ARG_CAPACITY))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid " WHAT " at \"task " INT64_FORMAT "\"", row.task),
				 errdetail("The worker is null, but cost or capacity is not."),
				 errhint("Give the same rows as to rui.assign.")));
	RUI_CHECK(rui_assign_check_add(state->check, &row,
								   !PG_ARGISNULL(chosen) && PG_GETARG_BOOL(chosen), &error),
			  error, WHAT);
	rui_assign_require_memory(rui_assign_check_bytes(state->check), 0,
							  "the input of rui.check_assignment");
	PG_RETURN_POINTER(state);
}

RUI_FUNCTION(_check_assignment_result)
{
	rui_assign_verdict verdict = { 0 };
	rui_error error = { 0 };
	TupleDesc shape;
	Datum value[6];
	bool is_null[6] = { false };

	if (!AggCheckCallContext(fcinfo, NULL))
		elog(ERROR, "rui._check_assignment_result called outside an aggregate");
	if (get_call_result_type(fcinfo, NULL, &shape) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "rui._check_assignment_result must return a row");
	verdict.feasible = verdict.optimal = true;
	if (!PG_ARGISNULL(0))
	{
		const rui_assign_check *check = ((check_state *) PG_GETARG_POINTER(0))->check;
		MemoryContext context =
			AllocSetContextCreate(CurrentMemoryContext, "rui assign check", ALLOCSET_DEFAULT_SIZES);
		rui_env env = rui_pg_env(context);

		ereport(DEBUG1,
				(errmsg_internal("rui.check_assignment: the rows hold %zu kB; judging takes up to "
								 "%zu kB more",
								 rui_assign_check_bytes(check) / 1024,
								 rui_assign_judge_bytes(check) / 1024)));
		rui_assign_require_memory(rui_assign_check_bytes(check), rui_assign_judge_bytes(check),
								  "the input of rui.check_assignment");
		RUI_CHECK(rui_assign_check_judge(check, &env, &verdict, &error), error, WHAT);
		MemoryContextDelete(context);
	}
	value[0] = BoolGetDatum(verdict.feasible);
	value[1] = BoolGetDatum(verdict.optimal);
	value[2] = Int64GetDatum((int64) verdict.tasks);
	value[3] = Int64GetDatum((int64) verdict.assigned);
	value[4] = Float8GetDatum(verdict.objective);
	value[5] = CStringGetTextDatum(verdict.problem);
	is_null[3] = is_null[4] = !verdict.feasible;
	is_null[5] = verdict.problem[0] == '\0';
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(shape, value, is_null)));
}
