/* SPDX-License-Identifier: PostgreSQL
 *
 * network.c
 *	  The aggregates catchment, distances and components.
 */
#include "pg/rui_pg.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

#include "core/network.h"

typedef struct network_state
{
	rui_env env;
	rui_network_builder builder;
	ArrayType *sources; /* of distances, as the first row has them */
	ArrayType *targets;
} network_state;

/* Add one row: node, neighbour (null: ways begin at node) and length. */
static network_state *
add_row(FunctionCallInfo fcinfo, double length)
{
	network_state *state;
	MemoryContext context;
	rui_status status;
	rui_error error;

	if (!AggCheckCallContext(fcinfo, &context))
		elog(ERROR, "step of a rui aggregate called outside an aggregate");
	if (!PG_ARGISNULL(0))
		state = (network_state *) PG_GETARG_POINTER(0);
	else
	{
		state = MemoryContextAllocZero(context, sizeof(network_state));
		state->env = rui_pg_env(context);
		rui_network_start(&state->builder, &state->env);
	}
	if (PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("node must not be null")));
	if (PG_ARGISNULL(2))
		status = rui_network_add_source(&state->builder, PG_GETARG_INT64(1), length, &error);
	else
		status = rui_network_add(&state->builder, PG_GETARG_INT64(1), PG_GETARG_INT64(2), length,
								 &error);
	RUI_CHECK(status, error, "network");
	return state;
}

RUI_FUNCTION(catchment_step)
{
	if (PG_ARGISNULL(3))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("length must not be null")));
	PG_RETURN_POINTER(add_row(fcinfo, PG_GETARG_FLOAT8(3)));
}

/*
 * Keep the ids of the first row, without nulls; those of all others must be
 * the same.
 */
static void
keep_ids(ArrayType **kept, Datum value, MemoryContext context, const char *name)
{
	ArrayType *ids = DatumGetArrayTypeP(value);

	if (*kept != NULL)
	{
		if (VARSIZE(ids) != VARSIZE(*kept) || memcmp(ids, *kept, VARSIZE(ids)) != 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("%s must be the same in all rows", name)));
		if ((Pointer) ids != DatumGetPointer(value))
			pfree(ids);
		return;
	}
	if (ARR_NDIM(ids) > 1 || array_contains_nulls(ids))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s must be a plain array without nulls", name)));
	*kept = (ArrayType *) MemoryContextAlloc(context, VARSIZE(ids));
	memcpy(*kept, ids, VARSIZE(ids));
}

RUI_FUNCTION(distances_step)
{
	network_state *state;
	MemoryContext context;
	int i;

	for (i = 2; i <= 5; i++)
		if (PG_ARGISNULL(i))
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("neighbour, length, sources and targets must not be null")));
	state = add_row(fcinfo, PG_GETARG_FLOAT8(3));
	AggCheckCallContext(fcinfo, &context);
	keep_ids(&state->sources, PG_GETARG_DATUM(4), context, "sources");
	keep_ids(&state->targets, PG_GETARG_DATUM(5), context, "targets");
	PG_RETURN_POINTER(state);
}

RUI_FUNCTION(components_step)
{
	PG_RETURN_POINTER(add_row(fcinfo, 0));
}

/* The number of each row's component, from 1, by the smallest node. */
static int32
component_number(rui_reach *rows, size_t row, int32 *last)
{
	size_t low = 0;
	size_t high = row;

	if (rows[row].source == rows[row].node)
		return ++*last;
	while (low < high)
	{
		size_t middle = low + (high - low) / 2;

		if (rows[middle].node < rows[row].source)
			low = middle + 1;
		else
			high = middle;
	}
	/* The smallest node stands before, and has kept its number as length. */
	return (int32) rows[low].length;
}

static ArrayType *
reach_array(FunctionCallInfo fcinfo, rui_reach *rows, size_t count, bool is_part)
{
	Oid type = get_element_type(get_fn_expr_rettype(fcinfo->flinfo));
	TupleDesc descriptor;
	Datum *elements;
	int32 last = 0;
	size_t i;
	int16 width;
	bool by_value;
	char alignment;

	if (!OidIsValid(type))
		elog(ERROR, "the final function of a network must return an array");
	if (count > MaxAllocSize / (2 * MAXALIGN(SizeofHeapTupleHeader + 24)))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("%zu nodes are too many for one array", count),
				 errhint("Take the network by district.")));
	descriptor = lookup_rowtype_tupdesc(type, -1);
	get_typlenbyvalalign(type, &width, &by_value, &alignment);
	elements = palloc(Max(count, 1) * sizeof(Datum));
	for (i = 0; i < count; i++)
	{
		Datum values[3];
		bool nulls[3] = { false, false, false };

		if (i % 4096 == 0)
			CHECK_FOR_INTERRUPTS();
		values[0] = Int64GetDatum(rows[i].node);
		if (is_part)
		{
			rows[i].length = component_number(rows, i, &last);
			values[1] = Int32GetDatum((int32) rows[i].length);
		}
		else
		{
			values[1] = Int64GetDatum(rows[i].source);
			values[2] = Float8GetDatum(rows[i].length);
		}
		elements[i] = HeapTupleGetDatum(heap_form_tuple(descriptor, values, nulls));
	}
	ReleaseTupleDesc(descriptor);
	return construct_array(elements, (int) count, type, width, by_value, alignment);
}

static Datum
finish(FunctionCallInfo fcinfo, bool is_part)
{
	network_state *state;
	MemoryContext context;
	rui_env env;
	rui_reach *rows;
	size_t count;
	rui_status status;
	rui_error error;
	ArrayType *result;

	state = (network_state *) PG_GETARG_POINTER(0);
	context = AllocSetContextCreate(CurrentMemoryContext, "rui network", ALLOCSET_DEFAULT_SIZES);
	env = rui_pg_env(context);
	state->builder.env = &env;
	if (is_part)
		status = rui_network_components(&state->builder, &rows, &count, &error);
	else
		status = rui_network_catchments(&state->builder, &rows, &count, &error);
	state->builder.env = &state->env;
	RUI_CHECK(status, error, "network");
	result = reach_array(fcinfo, rows, count, is_part);
	MemoryContextDelete(context);
	return PointerGetDatum(result);
}

RUI_FUNCTION(catchment_final)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	return finish(fcinfo, false);
}

RUI_FUNCTION(distances_final)
{
	network_state *state;
	MemoryContext context;
	rui_env env;
	ArrayType *result;
	rui_status status;
	rui_error error;
	size_t size;
	int counts[2];
	int bounds[2] = { 1, 1 };

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state = (network_state *) PG_GETARG_POINTER(0);
	counts[0] = ArrayGetNItems(ARR_NDIM(state->sources), ARR_DIMS(state->sources));
	counts[1] = ArrayGetNItems(ARR_NDIM(state->targets), ARR_DIMS(state->targets));
	if (counts[0] == 0 || counts[1] == 0)
		PG_RETURN_ARRAYTYPE_P(construct_empty_array(FLOAT8OID));
	if ((size_t) counts[0] * counts[1] > (MaxAllocSize - 64) / sizeof(float8))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("%d sources and %d targets are too many for one array", counts[0],
						counts[1]),
				 errhint("Ask for a part of the sources at a time.")));
	size = ARR_OVERHEAD_NONULLS(2) + (size_t) counts[0] * counts[1] * sizeof(float8);
	result = (ArrayType *) palloc0(size);
	SET_VARSIZE(result, size);
	result->ndim = 2;
	result->elemtype = FLOAT8OID;
	memcpy(ARR_DIMS(result), counts, sizeof counts);
	memcpy(ARR_LBOUND(result), bounds, sizeof bounds);
	context = AllocSetContextCreate(CurrentMemoryContext, "rui network", ALLOCSET_DEFAULT_SIZES);
	env = rui_pg_env(context);
	state->builder.env = &env;
	status = rui_network_distances(&state->builder, (const int64_t *) ARR_DATA_PTR(state->sources),
								   (size_t) counts[0],
								   (const int64_t *) ARR_DATA_PTR(state->targets),
								   (size_t) counts[1], (double *) ARR_DATA_PTR(result), &error);
	state->builder.env = &state->env;
	RUI_CHECK(status, error, "network");
	MemoryContextDelete(context);
	PG_RETURN_ARRAYTYPE_P(result);
}

/* Elements of a plain float8 array without nulls, at some places; Infinity beyond its end. */
RUI_FUNCTION(elements)
{
	ArrayType *values = PG_GETARG_ARRAYTYPE_P(0);
	ArrayType *places = PG_GETARG_ARRAYTYPE_P(1);
	int value_count = ArrayGetNItems(ARR_NDIM(values), ARR_DIMS(values));
	int count = ArrayGetNItems(ARR_NDIM(places), ARR_DIMS(places));
	const float8 *value = (const float8 *) ARR_DATA_PTR(values);
	const int32 *place = (const int32 *) ARR_DATA_PTR(places);
	Datum *picked = palloc(Max(count, 1) * sizeof(Datum));
	int i;

	if (array_contains_nulls(values) || array_contains_nulls(places))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("values and places must be arrays without nulls")));
	for (i = 0; i < count; i++)
	{
		bool is_there = place[i] >= 1 && place[i] <= value_count;

		picked[i] = Float8GetDatum(is_there ? value[place[i] - 1] : get_float8_infinity());
	}
	PG_RETURN_ARRAYTYPE_P(construct_array(picked, count, FLOAT8OID, sizeof(float8),
										  FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

RUI_FUNCTION(components_final)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	return finish(fcinfo, true);
}
