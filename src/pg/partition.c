/* SPDX-License-Identifier: PostgreSQL
 *
 * partition.c
 *	  The aggregates partition and partition_quality.
 */
#include "pg/rui_pg.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

#include "core/partition.h"

typedef struct partition_state
{
	rui_env env;
	rui_partition_builder builder;
	int32 parts;
	Jsonb *options; /* of the first row */
	bool first_row;
	rui_partition_options read_options;
} partition_state;

static partition_state *
get_state(FunctionCallInfo fcinfo, MemoryContext *context)
{
	partition_state *state;

	if (!AggCheckCallContext(fcinfo, context))
		elog(ERROR, "step of a rui aggregate called outside an aggregate");
	if (!PG_ARGISNULL(0))
		return (partition_state *) PG_GETARG_POINTER(0);
	state = MemoryContextAllocZero(*context, sizeof(partition_state));
	state->env = rui_pg_env(*context);
	rui_partition_start(&state->builder, &state->env);
	state->first_row = true;
	return state;
}

static void
require_argument(FunctionCallInfo fcinfo, int argument, const char *name)
{
	if (PG_ARGISNULL(argument))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s must not be null", name)));
}

/* The elements of a one-dimensional array without nulls, or NULL for none. */
static const void *
array_elements(FunctionCallInfo fcinfo, int argument, const char *name, int *count)
{
	ArrayType *array;

	*count = 0;
	if (PG_ARGISNULL(argument))
		return NULL;
	array = PG_GETARG_ARRAYTYPE_P(argument);
	if (ARR_NDIM(array) == 0)
		return NULL;
	if (ARR_NDIM(array) != 1 || array_contains_nulls(array))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be a one-dimensional array without nulls", name)));
	*count = ARR_DIMS(array)[0];
	return ARR_DATA_PTR(array);
}

/* Add one row: node, neighbours, load, weights and current of the arguments. */
static void
add_row(partition_state *state, FunctionCallInfo fcinfo, int weights_argument, int32 current)
{
	const int64 *neighbours;
	const double *weights = NULL;
	int degree;
	int weight_count;
	rui_error error;

	require_argument(fcinfo, 1, "node");
	require_argument(fcinfo, 3, "load");
	neighbours = array_elements(fcinfo, 2, "neighbours", &degree);
	if (weights_argument > 0 && !PG_ARGISNULL(weights_argument))
	{
		weights = array_elements(fcinfo, weights_argument, "edge_weights", &weight_count);
		if (weight_count != degree)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("node " INT64_FORMAT " has %d neighbours but %d edge weights",
							PG_GETARG_INT64(1), degree, weight_count)));
	}
	RUI_CHECK(rui_partition_add(&state->builder, PG_GETARG_INT64(1), PG_GETARG_FLOAT8(3), current,
								neighbours, weights, (uint32_t) degree, &error),
			  error, "partition");
}

/* Remember parts, which is the same in all rows. */
static void
take_parts(partition_state *state, FunctionCallInfo fcinfo)
{
	int32 parts;

	require_argument(fcinfo, 4, "parts");
	parts = PG_GETARG_INT32(4);
	if (!state->first_row && parts != state->parts)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("parts must be the same in all rows, not %d and %d", state->parts, parts)));
	state->parts = parts;
}

RUI_FUNCTION(partition_step)
{
	MemoryContext context;
	partition_state *state = get_state(fcinfo, &context);

	take_parts(state, fcinfo);
	if (state->first_row)
	{
		rui_partition_options options = RUI_PARTITION_DEFAULTS;

		state->read_options = options;
	}
	state->first_row = false;
	add_row(state, fcinfo, 0, 0);
	PG_RETURN_POINTER(state);
}

/* Read the options of the first row; those of others must be the same. */
static void
take_options(partition_state *state, FunctionCallInfo fcinfo, int argument, MemoryContext context)
{
	rui_partition_options options = RUI_PARTITION_DEFAULTS;
	Jsonb *given = PG_ARGISNULL(argument) ? NULL : PG_GETARG_JSONB_P(argument);
	rui_error error;
	char *text;

	if (!state->first_row)
	{
		if ((given == NULL) != (state->options == NULL) ||
			(given != NULL && compareJsonbContainers(&given->root, &state->options->root) != 0))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("options must be the same in all rows")));
		return;
	}
	state->read_options = options;
	if (given == NULL)
		return;
	text = JsonbToCString(NULL, &given->root, VARSIZE(given));
	RUI_CHECK(rui_partition_read_options(&state->env, text, strlen(text), &state->read_options,
										 &error),
			  error, "options of partition");
	state->options = MemoryContextAlloc(context, VARSIZE(given));
	memcpy(state->options, given, VARSIZE(given));
}

RUI_FUNCTION(partition_step_long)
{
	MemoryContext context;
	partition_state *state = get_state(fcinfo, &context);
	int32 current = 0;

	take_parts(state, fcinfo);
	take_options(state, fcinfo, 7, context);
	state->first_row = false;
	if (!PG_ARGISNULL(6))
	{
		current = PG_GETARG_INT32(6);
		if (current < 1)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("current must be 1 or more, not %d", current),
					 errhint("Use null for a node without an owner.")));
	}
	add_row(state, fcinfo, 5, current);
	PG_RETURN_POINTER(state);
}

/*
 * Rows as an array of the composite type that the aggregate returns.  All
 * tuples are alike but for two numbers: one is formed and copied, which for
 * 100,000 rows spares a third of the statement.
 */
static Datum
part_array(FunctionCallInfo fcinfo, const rui_part *rows, size_t count)
{
	Oid array_type = get_fn_expr_rettype(fcinfo->flinfo);
	Oid type = get_element_type(array_type);
	bool nulls[2] = { false, false };
	Datum values[2];
	TupleDesc descriptor;
	HeapTupleHeader model;
	ArrayType *array;
	size_t length;
	size_t step;
	size_t i;
	char *at;

	if (!OidIsValid(type))
		elog(ERROR, "rui._partition_final must return an array");
	if (count > MaxAllocSize / (2 * MAXALIGN(SizeofHeapTupleHeader + 16)))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("%zu nodes are too many for one array", count),
				 errhint("Partition by district first.")));
	if (count == 0)
		return PointerGetDatum(construct_empty_array(type));
	descriptor = lookup_rowtype_tupdesc(type, -1);
	values[0] = Int64GetDatum(rows[0].node);
	values[1] = Int32GetDatum(rows[0].part);
	model = DatumGetHeapTupleHeader(HeapTupleGetDatum(heap_form_tuple(descriptor, values, nulls)));
	ReleaseTupleDesc(descriptor);
	length = VARSIZE(model);
	step = MAXALIGN(length);
	array = palloc(ARR_OVERHEAD_NONULLS(1) + count * step);
	SET_VARSIZE(array, ARR_OVERHEAD_NONULLS(1) + count * step);
	array->ndim = 1;
	array->dataoffset = 0;
	array->elemtype = type;
	ARR_DIMS(array)
	[0] = (int) count;
	ARR_LBOUND(array)
	[0] = 1;
	at = ARR_DATA_PTR(array);
	for (i = 0; i < count; i++, at += step)
	{
		memcpy(at, model, length);
		memset(at + length, 0, step - length);
		memcpy(at + model->t_hoff, &rows[i].node, sizeof(int64));
		memcpy(at + model->t_hoff + sizeof(int64), &rows[i].part, sizeof(int32));
	}
	return PointerGetDatum(array);
}

RUI_FUNCTION(partition_final)
{
	partition_state *state;
	rui_env env;
	MemoryContext context;
	rui_part *rows;
	rui_error error;
	Datum result;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state = (partition_state *) PG_GETARG_POINTER(0);
	context = AllocSetContextCreate(CurrentMemoryContext, "rui partition", ALLOCSET_DEFAULT_SIZES);
	env = rui_pg_env(context);
	state->builder.env = &env;
	RUI_CHECK(rui_partition_solve(&state->builder, state->parts, &state->read_options, &rows,
								  &error),
			  error, "partition");
	state->builder.env = &state->env;
	result = part_array(fcinfo, rows, state->builder.count);
	MemoryContextDelete(context);
	return result;
}

RUI_FUNCTION(partition_quality_step)
{
	MemoryContext context;
	partition_state *state = get_state(fcinfo, &context);
	int32 part;

	require_argument(fcinfo, 4, "part");
	part = PG_GETARG_INT32(4);
	if (part < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("part must not be negative, as %d is", part)));
	add_row(state, fcinfo, PG_NARGS() > 5 ? 5 : 0, part);
	PG_RETURN_POINTER(state);
}

RUI_FUNCTION(partition_quality_final)
{
	partition_state *state;
	rui_env env;
	MemoryContext context;
	rui_partition_measure measure;
	rui_error error;
	TupleDesc descriptor;
	Datum values[10];
	bool nulls[10] = { false };

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state = (partition_state *) PG_GETARG_POINTER(0);
	if (get_call_result_type(fcinfo, NULL, &descriptor) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "rui._partition_quality_final must return a row");
	context = AllocSetContextCreate(CurrentMemoryContext, "rui partition", ALLOCSET_DEFAULT_SIZES);
	env = rui_pg_env(context);
	state->builder.env = &env;
	RUI_CHECK(rui_partition_assess(&state->builder, &measure, &error), error, "partition");
	state->builder.env = &state->env;
	MemoryContextDelete(context);
	values[0] = Int64GetDatum(measure.nodes);
	values[1] = Int64GetDatum(measure.parts);
	values[2] = Int64GetDatum(measure.edges);
	values[3] = Int64GetDatum(measure.cut_edges);
	values[4] = Float8GetDatum(measure.cut);
	values[5] = Float8GetDatum(measure.mean_load);
	values[6] = Float8GetDatum(measure.least_load);
	values[7] = Float8GetDatum(measure.most_load);
	values[8] = Float8GetDatum(measure.imbalance);
	values[9] = Int64GetDatum(measure.disconnected);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(descriptor), values, nulls)));
}
