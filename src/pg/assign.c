/* SPDX-License-Identifier: PostgreSQL
 *
 * assign.c
 *	  The aggregates rui.assign, rows in, an array of rui.assignment out, and
 *	  rui.assign_priced, which also tells the workers' prices.
 */
#include "pg/rui_pg.h"

#include "access/htup_details.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

#include "core/assign.h"
#include "pg/assign.h"

#define WHAT "input of rui.assign"

/* Arguments of the transition functions, after the state. */
enum
{
	ARG_TASK = 1,
	ARG_WORKER,
	ARG_COST,
	ARG_CAPACITY,
	ARG_PENALTY,
	ARG_LOAD_COST
};

typedef struct assign_state
{
	rui_assign_rows *rows;
} assign_state;

static int assign_memory = 4194304; /* kB */

void
rui_assign_start(void)
{
	DefineCustomIntVariable("rui.assign_memory",
							"The most memory that one assignment of tasks to workers may take.",
							"Known before it is taken; a larger problem is refused.",
							&assign_memory, 4194304, 64, MAX_KILOBYTES, PGC_USERSET, GUC_UNIT_KB,
							NULL, NULL, NULL);
}

void
rui_assign_require_memory(size_t held, size_t more, const char *what)
{
	size_t limit = (size_t) assign_memory * 1024;

	if (held <= limit && more <= limit - held)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("%s is too large for rui.assign_memory", what),
			 errdetail("Its rows hold %zu kB; solving takes up to %zu kB more; %d kB are allowed.",
					   held / 1024, more / 1024, assign_memory),
			 errhint("Split the problem, leave out pairs that are far too dear, or raise "
					 "rui.assign_memory.")));
}

static assign_state *
start_state(FunctionCallInfo fcinfo, MemoryContext aggregate)
{
	MemoryContext context =
		AllocSetContextCreate(aggregate, "rui assign rows", ALLOCSET_DEFAULT_SIZES);
	assign_state *state = MemoryContextAllocZero(context, sizeof *state);
	rui_env env = rui_pg_env(context);
	rui_assign_form form = PG_NARGS() <= ARG_PENALTY ? RUI_ASSIGN_MOST
		: PG_NARGS() <= ARG_LOAD_COST				 ? RUI_ASSIGN_PENALTY
													 : RUI_ASSIGN_LOAD;
	rui_error error = { 0 };

	RUI_CHECK(rui_assign_rows_create(&env, form, &state->rows, &error), error, WHAT);
	return state;
}

static void
refuse_null(const char *name)
{
	ereport(ERROR,
			(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
			 errmsg("%s of rui.assign must not be null", name),
			 errhint("Only worker, cost and capacity may be null, all in one row: it registers a "
					 "task without candidates.")));
}

/* One transition function for the three forms, told apart by their arguments. */
RUI_FUNCTION(_assign_step)
{
	MemoryContext aggregate;
	assign_state *state;
	rui_assign_row row = { 0 };
	rui_error error = { 0 };

	if (!AggCheckCallContext(fcinfo, &aggregate))
		elog(ERROR, "rui._assign_step called outside an aggregate");
	if (PG_ARGISNULL(0))
		state = start_state(fcinfo, aggregate);
	else
		state = (assign_state *) PG_GETARG_POINTER(0);

	if (PG_ARGISNULL(ARG_TASK))
		refuse_null("task");
	row.task = PG_GETARG_INT64(ARG_TASK);
	if (PG_NARGS() > ARG_PENALTY)
	{
		if (PG_ARGISNULL(ARG_PENALTY))
			refuse_null("penalty");
		row.penalty = PG_GETARG_FLOAT8(ARG_PENALTY);
	}
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
		if (PG_NARGS() > ARG_LOAD_COST)
		{
			if (PG_ARGISNULL(ARG_LOAD_COST))
				refuse_null("load_cost");
			row.load_cost = PG_GETARG_FLOAT8(ARG_LOAD_COST);
		}
	}
	else if (!PG_ARGISNULL(ARG_COST) || !PG_ARGISNULL(ARG_CAPACITY))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid input of rui.assign at \"task " INT64_FORMAT "\"", row.task),
				 errdetail("The worker is null, but cost or capacity is not."),
				 errhint("Leave cost and capacity null too, to register a task without "
						 "candidates, or name the worker.")));
	RUI_CHECK(rui_assign_rows_add(state->rows, &row, &error), error, WHAT);
	rui_assign_require_memory(rui_assign_rows_bytes(state->rows), 0, "the input of rui.assign");
	PG_RETURN_POINTER(state);
}

/* An array of rows that are yet to be written behind its header. */
static ArrayType *
empty_array(Oid type, size_t count, Size bytes)
{
	ArrayType *array;

	if (count == 0)
		return construct_empty_array(type);
	array = palloc0(bytes);
	SET_VARSIZE(array, bytes);
	array->ndim = 1;
	array->elemtype = type;
	ARR_DIMS(array)
	[0] = (int) count;
	ARR_LBOUND(array)
	[0] = 1;
	return array;
}

/*
 * The result rows as an array, laid out in place: a row has one of two
 * sizes, so the array's size is known before it is taken.  heap_form_tuple
 * leaves its header ready as a datum's.
 */
static ArrayType *
build_array(const rui_assignment *rows, size_t count, Oid array_type)
{
	Oid type = get_element_type(array_type);
	TupleDesc shape = lookup_rowtype_tupdesc(type, -1);
	Size header = ARR_OVERHEAD_NONULLS(1);
	Size full;
	Size bare;
	Size bytes = header;
	size_t assigned = 0;
	size_t i;
	ArrayType *array;
	char *at;
	Datum value[3] = { 0 };
	bool is_null[3] = { false, false, false };
	HeapTuple tuple;

	tuple = heap_form_tuple(shape, value, is_null);
	full = MAXALIGN(tuple->t_len);
	heap_freetuple(tuple);
	is_null[1] = is_null[2] = true;
	tuple = heap_form_tuple(shape, value, is_null);
	bare = MAXALIGN(tuple->t_len);
	heap_freetuple(tuple);

	for (i = 0; i < count; i++)
		assigned += rows[i].assigned;
	bytes += assigned * full + (count - assigned) * bare;
	array = empty_array(type, count, bytes);
	at = (char *) array + header;
	for (i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		value[0] = Int64GetDatum(rows[i].task);
		value[1] = Int64GetDatum(rows[i].worker);
		value[2] = Float8GetDatum(rows[i].cost);
		is_null[1] = is_null[2] = !rows[i].assigned;
		tuple = heap_form_tuple(shape, value, is_null);
		memcpy(at, tuple->t_data, tuple->t_len);
		at += rows[i].assigned ? full : bare;
		heap_freetuple(tuple);
	}
	ReleaseTupleDesc(shape);
	return array;
}

/* The prices likewise. */
static ArrayType *
build_prices(const rui_assign_worker_price *rows, size_t count, Oid array_type)
{
	Oid type = get_element_type(array_type);
	TupleDesc shape = lookup_rowtype_tupdesc(type, -1);
	ArrayType *array = NULL;
	Size size = 0;
	size_t i;

	for (i = 0; i < count; i++)
	{
		Datum value[3] = { Int64GetDatum(rows[i].worker), Float8GetDatum(rows[i].price),
						   Int32GetDatum(rows[i].load) };
		bool is_null[3] = { false, false, false };
		HeapTuple tuple = heap_form_tuple(shape, value, is_null);

		CHECK_FOR_INTERRUPTS();
		if (i == 0)
		{
			size = MAXALIGN(tuple->t_len);
			array = empty_array(type, count, ARR_OVERHEAD_NONULLS(1) + count * size);
		}
		memcpy((char *) array + ARR_OVERHEAD_NONULLS(1) + i * size, tuple->t_data, tuple->t_len);
		heap_freetuple(tuple);
	}
	ReleaseTupleDesc(shape);
	return count == 0 ? construct_empty_array(type) : array;
}

/* Solve what was collected in a context of its own; *price may be NULL. */
static MemoryContext
solve_rows(const rui_assign_rows *rows, rui_assignment **result, rui_assign_worker_price **price)
{
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "rui assign", ALLOCSET_DEFAULT_SIZES);
	rui_env env = rui_pg_env(context);
	rui_error error = { 0 };

	ereport(DEBUG1,
			(errmsg_internal("rui.assign: %zu tasks, %zu workers, %zu pairs hold %zu kB; solving "
							 "takes up to %zu kB more",
							 rui_assign_task_count(rows), rui_assign_worker_count(rows),
							 rui_assign_pair_count(rows), rui_assign_rows_bytes(rows) / 1024,
							 rui_assign_solve_bytes(rows) / 1024)));
	rui_assign_require_memory(rui_assign_rows_bytes(rows), rui_assign_solve_bytes(rows),
							  "the input of rui.assign");
	RUI_CHECK(price == NULL ? rui_assign_solve(rows, &env, result, &error)
							: rui_assign_solve_priced(rows, &env, result, price, &error),
			  error, WHAT);
	return context;
}

RUI_FUNCTION(_assign_result)
{
	Oid array_type = get_fn_expr_rettype(fcinfo->flinfo);
	MemoryContext context;
	rui_assign_rows *rows;
	rui_assignment *result;
	ArrayType *array;

	if (!AggCheckCallContext(fcinfo, NULL) || !OidIsValid(array_type))
		elog(ERROR, "rui._assign_result called outside an aggregate");
	if (PG_ARGISNULL(0))
		PG_RETURN_ARRAYTYPE_P(build_array(NULL, 0, array_type));
	rows = ((assign_state *) PG_GETARG_POINTER(0))->rows;
	context = solve_rows(rows, &result, NULL);
	array = build_array(result, rui_assign_task_count(rows), array_type);
	MemoryContextDelete(context);
	PG_RETURN_ARRAYTYPE_P(array);
}

RUI_FUNCTION(_assign_priced_result)
{
	TupleDesc shape;
	Datum value[2];
	bool is_null[2] = { false, false };

	if (!AggCheckCallContext(fcinfo, NULL))
		elog(ERROR, "rui._assign_priced_result called outside an aggregate");
	if (get_call_result_type(fcinfo, NULL, &shape) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "rui._assign_priced_result must return a row");
	if (PG_ARGISNULL(0))
	{
		value[0] = PointerGetDatum(build_array(NULL, 0, TupleDescAttr(shape, 0)->atttypid));
		value[1] = PointerGetDatum(build_prices(NULL, 0, TupleDescAttr(shape, 1)->atttypid));
	}
	else
	{
		const rui_assign_rows *rows = ((assign_state *) PG_GETARG_POINTER(0))->rows;
		rui_assignment *result;
		rui_assign_worker_price *price;
		MemoryContext context = solve_rows(rows, &result, &price);

		value[0] = PointerGetDatum(build_array(result, rui_assign_task_count(rows),
											   TupleDescAttr(shape, 0)->atttypid));
		value[1] = PointerGetDatum(build_prices(price, rui_assign_worker_count(rows),
												TupleDescAttr(shape, 1)->atttypid));
		MemoryContextDelete(context);
	}
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(shape, value, is_null)));
}
