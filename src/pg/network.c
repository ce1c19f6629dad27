/* SPDX-License-Identifier: PostgreSQL
 *
 * network.c
 *	  The aggregates catchment and components.
 */
#include "pg/rui_pg.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

#include "core/network.h"

typedef struct network_state
{
	rui_env env;
	rui_network_builder builder;
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

RUI_FUNCTION(components_final)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	return finish(fcinfo, true);
}
