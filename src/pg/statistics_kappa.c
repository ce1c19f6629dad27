/* SPDX-License-Identifier: PostgreSQL
 *
 * statistics_kappa.c
 *	  Aggregates of the agreement between two raters.
 */
#include "pg/statistics.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "core/statistics.h"

/* State of kappa: {first, second, count} of each pair, ascending. */
#define PAIR_SIZE 3
#define MOST_PAIRS 10000
/* State of weighted_kappa: the members of rui_rating_sums. */
#define SUMS_SIZE 5

StaticAssertDecl(sizeof(rui_rating_pair) == PAIR_SIZE * sizeof(int64),
				 "a pair is three numbers of the state");
StaticAssertDecl(sizeof(rui_rating_sums) == SUMS_SIZE * sizeof(int64),
				 "the sums are five numbers of the state");

static rui_rating_pair *
pairs_of(ArrayType *array, int *count)
{
	int size = ARR_NDIM(array) == 0 ? 0 : ARR_DIMS(array)[0];

	if (size % PAIR_SIZE != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the array is not a state of this aggregate"),
				 errhint("Call the aggregate, not its parts.")));
	*count = size / PAIR_SIZE;
	return (rui_rating_pair *) ARR_DATA_PTR(array);
}

static ArrayType *
make_array(const rui_rating_pair *pairs, int count)
{
	Datum *values = palloc(sizeof(Datum) * Max(count, 1) * PAIR_SIZE);
	ArrayType *array;
	int i;

	for (i = 0; i < count; i++)
	{
		values[i * PAIR_SIZE] = Int64GetDatum(pairs[i].first);
		values[i * PAIR_SIZE + 1] = Int64GetDatum(pairs[i].second);
		values[i * PAIR_SIZE + 2] = Int64GetDatum(pairs[i].count);
	}
	array = construct_array(values, count * PAIR_SIZE, INT8OID, sizeof(int64), FLOAT8PASSBYVAL,
							TYPALIGN_DOUBLE);
	pfree(values);
	return array;
}

static int
compare_pairs(const rui_rating_pair *a, const rui_rating_pair *b)
{
	if (a->first != b->first)
		return a->first < b->first ? -1 : 1;
	return a->second < b->second ? -1 : a->second > b->second;
}

static void
add_count(rui_rating_pair *pair, int64 count)
{
	if (rui_add_overflows(pair->count, count, &pair->count))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE), errmsg("too many pairs of ratings")));
}

static void
check_pairs(int count)
{
	if (count > MOST_PAIRS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("more than %d different pairs of ratings", MOST_PAIRS),
				 errhint("Give categories, not measurements.")));
}

/* The first of the pairs not before a given one. */
static int
find_pair(const rui_rating_pair *pairs, int count, const rui_rating_pair *wanted)
{
	int low = 0;
	int high = count;

	while (low < high)
	{
		int middle = low + (high - low) / 2;

		if (compare_pairs(&pairs[middle], wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

RUI_FUNCTION(kappa_add)
{
	ArrayType *array = rui_state_array(fcinfo, 0, INT8OID, 0);
	rui_rating_pair wanted = { PG_GETARG_INT32(1), PG_GETARG_INT32(2), 1 };
	int count;
	rui_rating_pair *pairs = pairs_of(array, &count);
	rui_rating_pair *grown;
	int at = find_pair(pairs, count, &wanted);

	if (at < count && compare_pairs(&pairs[at], &wanted) == 0)
	{
		add_count(&pairs[at], 1);
		PG_RETURN_ARRAYTYPE_P(array);
	}
	check_pairs(count + 1);
	grown = palloc(sizeof(rui_rating_pair) * (count + 1));
	memcpy(grown, pairs, sizeof(rui_rating_pair) * at);
	grown[at] = wanted;
	memcpy(grown + at + 1, pairs + at, sizeof(rui_rating_pair) * (count - at));
	array = make_array(grown, count + 1);
	pfree(grown);
	PG_RETURN_ARRAYTYPE_P(array);
}

RUI_FUNCTION(kappa_merge)
{
	int left_count;
	int right_count;
	rui_rating_pair *left = pairs_of(rui_state_array(fcinfo, 0, INT8OID, 0), &left_count);
	rui_rating_pair *right = pairs_of(rui_state_array(fcinfo, 1, INT8OID, 0), &right_count);
	rui_rating_pair *merged = palloc(sizeof(rui_rating_pair) *
									 Max(left_count + right_count, 1));
	int count = 0;
	int i = 0;
	int j = 0;

	while (i < left_count || j < right_count)
	{
		int order = i == left_count ? 1
			: j == right_count		? -1
									: compare_pairs(&left[i], &right[j]);

		merged[count] = order <= 0 ? left[i++] : right[j++];
		if (order == 0)
			add_count(&merged[count], right[j++].count);
		count++;
	}
	check_pairs(count);
	PG_RETURN_ARRAYTYPE_P(make_array(merged, count));
}

RUI_FUNCTION(kappa)
{
	rui_env env = rui_pg_env(CurrentMemoryContext);
	int count;
	rui_rating_pair *pairs = pairs_of(rui_state_array(fcinfo, 0, INT8OID, 0), &count);
	bool defined;
	double result;
	rui_error error;

	RUI_CHECK(rui_kappa_of_pairs(&env, pairs, (size_t) count, &defined, &result, &error), error,
			  "kappa");
	if (!defined)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(result);
}

static rui_rating_sums *
sums_of(ArrayType *array)
{
	return (rui_rating_sums *) ARR_DATA_PTR(array);
}

static void
check_sums(bool fit)
{
	if (!fit)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE), errmsg("ratings out of range"),
				 errhint("Number the categories from 1.")));
}

RUI_FUNCTION(weighted_kappa_add)
{
	ArrayType *array = rui_state_array(fcinfo, 0, INT8OID, SUMS_SIZE);

	check_sums(rui_rating_sums_add(sums_of(array), PG_GETARG_INT32(1), PG_GETARG_INT32(2)));
	PG_RETURN_ARRAYTYPE_P(array);
}

RUI_FUNCTION(weighted_kappa_merge)
{
	ArrayType *array = rui_state_array(fcinfo, 0, INT8OID, SUMS_SIZE);

	check_sums(rui_rating_sums_merge(sums_of(array),
									 sums_of(rui_state_array(fcinfo, 1, INT8OID, SUMS_SIZE))));
	PG_RETURN_ARRAYTYPE_P(array);
}

RUI_FUNCTION(weighted_kappa)
{
	double result;

	if (!rui_kappa_of_sums(sums_of(rui_state_array(fcinfo, 0, INT8OID, SUMS_SIZE)), &result))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(result);
}
