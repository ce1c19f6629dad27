/* SPDX-License-Identifier: PostgreSQL
 *
 * statistics.c
 *	  Aggregates of shares and means with intervals, and of queues.
 *
 * States are plain arrays, so that they combine between parallel workers and
 * travel between machines without functions of their own.
 */
#include "pg/statistics.h"

#include "catalog/pg_type.h"

#include <math.h>

#include "core/statistics.h"

/* State of wilson: {trials, hits, z}; z is negative until it is known. */
#define WILSON_SIZE 3
/* State of shrunk: {count, sum, deviations, prior mean, prior weight}. */
#define SHRUNK_SIZE 5

ArrayType *
rui_state_array(FunctionCallInfo fcinfo, int argument, Oid element, int size)
{
	/* Within an aggregate the state is ours to change in place. */
	ArrayType *array = argument == 0 && AggCheckCallContext(fcinfo, NULL)
		? PG_GETARG_ARRAYTYPE_P(argument)
		: PG_GETARG_ARRAYTYPE_P_COPY(argument);

	if (ARR_NDIM(array) > 1 || ARR_HASNULL(array) || ARR_ELEMTYPE(array) != element ||
		(size > 0 && (ARR_NDIM(array) != 1 || ARR_DIMS(array)[0] != size)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the array is not a state of this aggregate"),
				 errhint("Call the aggregate, not its parts.")));
	return array;
}

static double *
float_values(ArrayType *array)
{
	return (double *) ARR_DATA_PTR(array);
}

static void
check_finite(double number, const char *what)
{
	if (!isfinite(number))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE), errmsg("%s is not finite", what),
				 errhint("Filter such rows out.")));
}

/* A parameter that all rows must share. */
static void
set_parameter(double *kept, double given, bool known, const char *what)
{
	if (known && *kept != given)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s differs between rows", what),
				 errhint("Give the same value in all rows of a group.")));
	*kept = given;
}

RUI_FUNCTION(wilson_add)
{
	ArrayType *array = rui_state_array(fcinfo, 0, FLOAT8OID, WILSON_SIZE);
	double *state = float_values(array);

	state[0] += 1;
	if (PG_GETARG_BOOL(1))
		state[1] += 1;
	PG_RETURN_ARRAYTYPE_P(array);
}

RUI_FUNCTION(wilson_add_z)
{
	ArrayType *array = rui_state_array(fcinfo, 0, FLOAT8OID, WILSON_SIZE);
	double *state = float_values(array);
	double z = PG_GETARG_FLOAT8(2);

	check_finite(z, "z");
	if (z < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("z is negative"),
				 errhint("Give 1.96 for an interval of 95 %%.")));
	set_parameter(&state[2], z, state[2] >= 0, "z");
	state[0] += 1;
	if (PG_GETARG_BOOL(1))
		state[1] += 1;
	PG_RETURN_ARRAYTYPE_P(array);
}

RUI_FUNCTION(wilson_merge)
{
	ArrayType *array = rui_state_array(fcinfo, 0, FLOAT8OID, WILSON_SIZE);
	double *state = float_values(array);
	double *other = float_values(rui_state_array(fcinfo, 1, FLOAT8OID, WILSON_SIZE));

	if (other[2] >= 0)
		set_parameter(&state[2], other[2], state[2] >= 0, "z");
	state[0] += other[0];
	state[1] += other[1];
	PG_RETURN_ARRAYTYPE_P(array);
}

static Datum
wilson_bound(FunctionCallInfo fcinfo, bool want_high)
{
	double *state = float_values(rui_state_array(fcinfo, 0, FLOAT8OID, WILSON_SIZE));
	double low;
	double high;

	if (state[0] == 0)
		PG_RETURN_NULL();
	rui_wilson(state[0], state[1], state[2], &low, &high);
	PG_RETURN_FLOAT8(want_high ? high : low);
}

RUI_FUNCTION(wilson_low)
{
	return wilson_bound(fcinfo, false);
}

RUI_FUNCTION(wilson_high)
{
	return wilson_bound(fcinfo, true);
}

static rui_moments
read_moments(const double *state)
{
	rui_moments moments = { state[0], state[1], state[2] };

	return moments;
}

static void
write_moments(double *state, const rui_moments *moments)
{
	state[0] = moments->count;
	state[1] = moments->sum;
	state[2] = moments->deviations;
}

/* A row without value still tells the prior. */
RUI_FUNCTION(shrunk_add)
{
	ArrayType *array;
	double *state;
	rui_moments moments;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	array = rui_state_array(fcinfo, 0, FLOAT8OID, SHRUNK_SIZE);
	state = float_values(array);
	if (PG_ARGISNULL(2) || PG_ARGISNULL(3))
		PG_RETURN_ARRAYTYPE_P(array);
	check_finite(PG_GETARG_FLOAT8(2), "prior_mean");
	check_finite(PG_GETARG_FLOAT8(3), "prior_weight");
	if (PG_GETARG_FLOAT8(3) < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("prior_weight is negative"),
				 errhint("Give the number of values the prior mean is worth.")));
	set_parameter(&state[3], PG_GETARG_FLOAT8(2), state[4] >= 0, "prior_mean");
	set_parameter(&state[4], PG_GETARG_FLOAT8(3), state[4] >= 0, "prior_weight");
	if (!PG_ARGISNULL(1))
	{
		check_finite(PG_GETARG_FLOAT8(1), "value");
		moments = read_moments(state);
		rui_moments_add(&moments, PG_GETARG_FLOAT8(1));
		write_moments(state, &moments);
	}
	PG_RETURN_ARRAYTYPE_P(array);
}

RUI_FUNCTION(shrunk_merge)
{
	ArrayType *array = rui_state_array(fcinfo, 0, FLOAT8OID, SHRUNK_SIZE);
	double *state = float_values(array);
	double *other = float_values(rui_state_array(fcinfo, 1, FLOAT8OID, SHRUNK_SIZE));
	rui_moments moments = read_moments(state);
	rui_moments more = read_moments(other);

	if (other[4] >= 0)
	{
		set_parameter(&state[3], other[3], state[4] >= 0, "prior_mean");
		set_parameter(&state[4], other[4], state[4] >= 0, "prior_weight");
	}
	rui_moments_merge(&moments, &more);
	write_moments(state, &moments);
	PG_RETURN_ARRAYTYPE_P(array);
}

/* The shrunk mean plus so many margins. */
static Datum
shrunk_value(FunctionCallInfo fcinfo, int margins)
{
	double *state = float_values(rui_state_array(fcinfo, 0, FLOAT8OID, SHRUNK_SIZE));
	rui_moments moments = read_moments(state);
	double margin = 0;
	double result;

	if (state[4] < 0 || moments.count + state[4] == 0 ||
		(margins != 0 && !rui_margin_with_prior(&moments, state[4], &margin)))
		PG_RETURN_NULL();
	result = rui_mean_with_prior(&moments, state[3], state[4]) + margins * margin;
	if (!isfinite(result))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE), errmsg("shrunk mean out of range"),
				 errhint("Use smaller values.")));
	PG_RETURN_FLOAT8(result);
}

RUI_FUNCTION(shrunk_mean)
{
	return shrunk_value(fcinfo, 0);
}

RUI_FUNCTION(shrunk_low)
{
	return shrunk_value(fcinfo, -1);
}

RUI_FUNCTION(shrunk_high)
{
	return shrunk_value(fcinfo, 1);
}

RUI_FUNCTION(erlang_c)
{
	rui_env env = rui_pg_env(CurrentMemoryContext);
	rui_call_load load = { PG_GETARG_FLOAT8(0), PG_GETARG_FLOAT8(1) };
	double share;
	rui_error error;

	RUI_CHECK(rui_waiting_share(&env, &load, PG_GETARG_INT32(2), &share, &error), error,
			  "queue");
	PG_RETURN_FLOAT8(share);
}

RUI_FUNCTION(agents_needed)
{
	rui_env env = rui_pg_env(CurrentMemoryContext);
	rui_call_load load = { PG_GETARG_FLOAT8(0), PG_GETARG_FLOAT8(1) };
	int64_t agents;
	rui_error error;

	RUI_CHECK(rui_fewest_agents(&env, &load, PG_GETARG_FLOAT8(2), PG_GETARG_FLOAT8(3), &agents,
								&error),
			  error, "queue");
	PG_RETURN_INT32((int32) agents);
}
