/* SPDX-License-Identifier: PostgreSQL
 *
 * dispatch_rows.c
 *	  The tables of the standing match: their statements, rows told to a match,
 *	  and what is written of it.
 */
#include "pg/rui_pg.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/array.h"

#include "pg/dispatch_match.h"

#define TASK_COLUMNS \
	"SELECT c.task_id, c.penalty, c.party_ids, c.costs, l.party_id, l.offered_id "

static const struct
{
	const char *text;
	int arguments;
	Oid types[6];
} statements[MATCH_STATEMENTS] = {
	[MATCH_READ_VERSION] = { "SELECT s.match_version FROM rui.dispatch_state s "
							 "WHERE s.project_id = $1",
							 1,
							 { INT8OID } },
	[MATCH_READ_WORKERS] = { "SELECT p.party_id, p.capacity, p.fixed, p.load, p.price "
							 "FROM rui.dispatch_price p WHERE p.project_id = $1 ORDER BY "
							 "p.party_id",
							 1,
							 { INT8OID } },
	[MATCH_READ_HELD] = { TASK_COLUMNS "FROM rui.dispatch_plan l JOIN rui.dispatch_candidate c "
									   "ON c.project_id = l.project_id AND c.task_id = "
									   "l.task_id "
									   "WHERE l.project_id = $1 AND l.party_id = $2",
						  2,
						  { INT8OID, INT8OID } },
	[MATCH_READ_BACKS] = { TASK_COLUMNS "FROM rui.dispatch_candidate c JOIN rui.dispatch_plan l "
										"ON l.project_id = c.project_id AND l.task_id = "
										"c.task_id "
										"WHERE c.project_id = $1 AND c.party_ids @> ARRAY[$2]",
						   2,
						   { INT8OID, INT8OID } },
	[MATCH_READ_TASKS] = { TASK_COLUMNS "FROM rui.dispatch_candidate c JOIN rui.dispatch_plan l "
										"ON l.project_id = c.project_id AND l.task_id = "
										"c.task_id "
										"WHERE c.project_id = $1 AND c.task_id = ANY ($2)",
						   2,
						   { INT8OID, INT8ARRAYOID } },
	[MATCH_READ_ALL] = { TASK_COLUMNS "FROM rui.dispatch_candidate c JOIN rui.dispatch_plan l "
									  "ON l.project_id = c.project_id AND l.task_id = c.task_id "
									  "WHERE c.project_id = $1",
						 1,
						 { INT8OID } },
	[MATCH_DELETE_TASKS] = { "WITH gone AS (DELETE FROM rui.dispatch_plan l "
							 "WHERE l.project_id = $1 AND l.task_id = ANY ($2)) "
							 "DELETE FROM rui.dispatch_candidate c "
							 "WHERE c.project_id = $1 AND c.task_id = ANY ($2)",
							 2,
							 { INT8OID, INT8ARRAYOID } },
	[MATCH_WRITE_CANDIDATES] = { "INSERT INTO rui.dispatch_candidate AS c "
								 "(project_id, task_id, penalty, party_ids, costs) "
								 "VALUES ($1, $2, $3, $4, $5) "
								 "ON CONFLICT ON CONSTRAINT dispatch_candidate_pkey DO UPDATE "
								 "SET penalty = EXCLUDED.penalty, party_ids = "
								 "EXCLUDED.party_ids, "
								 "costs = EXCLUDED.costs",
								 5,
								 { INT8OID, INT8OID, FLOAT8OID, INT8ARRAYOID, FLOAT8ARRAYOID } },
	[MATCH_WRITE_PLAN] = { "INSERT INTO rui.dispatch_plan AS l "
						   "(project_id, task_id, party_id, offered_id) VALUES ($1, "
						   "$2, $3, $4) "
						   "ON CONFLICT ON CONSTRAINT dispatch_plan_pkey DO UPDATE "
						   "SET party_id = EXCLUDED.party_id, offered_id = "
						   "EXCLUDED.offered_id, "
						   "offered_at = CASE WHEN EXCLUDED.offered_id IS NOT NULL THEN "
						   "l.offered_at END",
						   4,
						   { INT8OID, INT8OID, INT8OID, INT8OID } },
	[MATCH_WRITE_PRICES] = { "INSERT INTO rui.dispatch_price AS p "
							 "(project_id, party_id, capacity, fixed, load, price) "
							 "SELECT $1, w.party_id, w.capacity, w.fixed, w.load, w.price "
							 "FROM unnest($2::bigint[], $3::integer[], $4::integer[], "
							 "$5::integer[], "
							 "$6::float8[]) AS w(party_id, capacity, fixed, load, price) "
							 "ON CONFLICT ON CONSTRAINT dispatch_price_pkey DO UPDATE "
							 "SET capacity = EXCLUDED.capacity, fixed = EXCLUDED.fixed, "
							 "load = EXCLUDED.load, price = EXCLUDED.price",
							 6,
							 { INT8OID, INT8ARRAYOID, INT4ARRAYOID, INT4ARRAYOID, INT4ARRAYOID,
							   FLOAT8ARRAYOID } },
	[MATCH_WRITE_MOVES] = { "UPDATE rui.dispatch_plan l SET party_id = m.party_id "
							"FROM unnest($2::bigint[], $3::bigint[]) AS m(task_id, party_id) "
							"WHERE l.project_id = $1 AND l.task_id = m.task_id",
							3,
							{ INT8OID, INT8ARRAYOID, INT8ARRAYOID } },
	[MATCH_WRITE_OFFERS] = { "UPDATE rui.dispatch_plan l SET offered_id = l.party_id, "
							 "offered_at = CASE WHEN l.party_id IS NOT NULL THEN $3 END "
							 "WHERE l.project_id = $1 AND l.task_id = ANY ($2)",
							 3,
							 { INT8OID, INT8ARRAYOID, TIMESTAMPTZOID } },
	[MATCH_WRITE_VERSION] = { "UPDATE rui.dispatch_state s SET match_version = $2 "
							  "WHERE s.project_id = $1",
							  2,
							  { INT8OID, INT8OID } },
};

/* The elements of an array without nulls; none of a null one. */
void *
rui_match_elements(Datum array, bool is_null, Oid type, int *count)
{
	ArrayType *value;

	*count = 0;
	if (is_null)
		return NULL;
	value = DatumGetArrayTypeP(array);
	if (ARR_HASNULL(value) || ARR_NDIM(value) > 1 || ARR_ELEMTYPE(value) != type)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid " RUI_MATCH_WHAT ": an array has nulls or several dimensions")));
	*count = ArrayGetNItems(ARR_NDIM(value), ARR_DIMS(value));
	return ARR_DATA_PTR(value);
}

void
rui_match_require_same(int count, int expected)
{
	if (count != expected)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid " RUI_MATCH_WHAT ": arrays that belong together have %d and "
						"%d elements",
						count, expected)));
}

Datum
rui_match_array(Datum *values, int count, Oid type)
{
	bool by_value = type == INT4OID || FLOAT8PASSBYVAL;

	return PointerGetDatum(construct_array(values, count, type, type == INT4OID ? 4 : 8, by_value,
										   type == INT4OID ? TYPALIGN_INT : TYPALIGN_DOUBLE));
}

uint64
rui_match_run(rui_match_statement which, Datum *values, const char *nulls, int expected)
{
	static SPIPlanPtr plans[MATCH_STATEMENTS];

	if (plans[which] == NULL)
	{
		Oid types[6];
		SPIPlanPtr plan;

		memcpy(types, statements[which].types, sizeof types);
		plan = SPI_prepare(statements[which].text, statements[which].arguments, types);
		if (plan == NULL || SPI_keepplan(plan) != 0)
			elog(ERROR, "the standing match cannot be read: %s",
				 SPI_result_code_string(SPI_result));
		plans[which] = plan;
	}
	if (SPI_execute_plan(plans[which], values, nulls, false, 0) != expected)
		elog(ERROR, "the standing match could not be read or written");
	return SPI_processed;
}

Datum
rui_match_column(uint64 row, int number, bool *is_null)
{
	return SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, number, is_null);
}

/* Tell a task of the columns TASK_COLUMNS; to whom it is offered costs less by the rebate. */
rui_status
rui_match_tell_row(rui_match *match, uint64 row, rui_error *error)
{
	rui_assign_live_task task = { 0 };
	rui_assign_option *option;
	bool is_null;
	bool is_held;
	bool is_offered;
	int64 holder;
	int64 offered;
	int count;
	int costs;
	int64 *party;
	double *cost;
	Datum array;
	rui_status status;
	int i;

	task.task = DatumGetInt64(rui_match_column(row, 1, &is_null));
	task.penalty = DatumGetFloat8(rui_match_column(row, 2, &is_null));
	array = rui_match_column(row, 3, &is_null);
	party = rui_match_elements(array, is_null, INT8OID, &count);
	array = rui_match_column(row, 4, &is_null);
	cost = rui_match_elements(array, is_null, FLOAT8OID, &costs);
	rui_match_require_same(costs, count);
	holder = DatumGetInt64(rui_match_column(row, 5, &is_null));
	is_held = !is_null;
	offered = DatumGetInt64(rui_match_column(row, 6, &is_null));
	is_offered = !is_null;
	option = palloc(sizeof *option * (count + 1));
	for (i = 0; i < count; i++)
	{
		option[i].worker = party[i];
		option[i].cost = cost[i];
		if (is_offered && party[i] == offered)
			option[i].cost -= match->rebate;
	}
	task.option = option;
	task.options = (uint32_t) count;
	status = rui_assign_live_tell_task(match->live, &task, is_held ? &holder : NULL, error);
	pfree(option);
	return status;
}

rui_status
rui_match_tell_rows(rui_match *match, rui_match_statement which, Datum key, rui_error *error)
{
	Datum values[2] = { Int64GetDatum(match->project), key };
	uint64 rows = rui_match_run(which, values, NULL, SPI_OK_SELECT);
	rui_status status = RUI_OK;
	uint64 i;

	for (i = 0; i < rows && status == RUI_OK; i++)
		status = rui_match_tell_row(match, i, error);
	SPI_freetuptable(SPI_tuptable);
	return status;
}

void
rui_match_write_prices(const rui_match *match, const rui_assign_price *price, size_t count)
{
	Datum *column_of[5];
	Datum values[6] = { Int64GetDatum(match->project) };
	size_t i;
	int k;

	if (count == 0)
		return;
	for (k = 0; k < 5; k++)
		column_of[k] = palloc(sizeof(Datum) * count);
	for (i = 0; i < count; i++)
	{
		if (!price[i].is_exact)
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("the price of party " INT64_FORMAT " needs more than 53 bits",
							price[i].worker),
					 errhint("Give the terms of dispatch fewer binary places, or "
							 "smaller values.")));
		column_of[0][i] = Int64GetDatum(price[i].worker);
		column_of[1][i] = Int32GetDatum(price[i].capacity);
		column_of[2][i] = Int32GetDatum(price[i].fixed);
		column_of[3][i] = Int32GetDatum(price[i].load);
		column_of[4][i] = Float8GetDatum(price[i].price);
	}
	values[1] = rui_match_array(column_of[0], (int) count, INT8OID);
	for (k = 1; k < 4; k++)
		values[k + 1] = rui_match_array(column_of[k], (int) count, INT4OID);
	values[5] = rui_match_array(column_of[4], (int) count, FLOAT8OID);
	rui_match_run(MATCH_WRITE_PRICES, values, NULL, SPI_OK_INSERT);
}

/* Moves of tasks that are written as a whole (they ascend) are left out. */
void
rui_match_write_moves(const rui_match *match, const rui_assign_move *move, size_t count,
					  const rui_assign_ids *written)
{
	Datum *task = palloc(sizeof(Datum) * (count + 1));
	Datum *party = palloc(sizeof(Datum) * (count + 1));
	bool *is_null = palloc(sizeof(bool) * (count + 1));
	Datum values[3] = { Int64GetDatum(match->project) };
	int lower = 1;
	int moves = 0;
	size_t i;

	for (i = 0; i < count; i++)
	{
		if (rui_assign_find_id(written, move[i].task) != RUI_ASSIGN_NONE)
			continue;
		task[moves] = Int64GetDatum(move[i].task);
		party[moves] = Int64GetDatum(move[i].to);
		is_null[moves++] = !move[i].is_assigned;
	}
	if (moves == 0)
		return;
	values[1] = rui_match_array(task, moves, INT8OID);
	values[2] = PointerGetDatum(construct_md_array(party, is_null, 1, &moves, &lower, INT8OID, 8,
												   FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
	rui_match_run(MATCH_WRITE_MOVES, values, NULL, SPI_OK_UPDATE);
}

void
rui_match_write_task(const rui_match *match, const rui_match_task *changed, const int64 *party,
					 const double *cost)
{
	Datum *parties = palloc(sizeof(Datum) * (changed->count + 1));
	Datum *costs = palloc(sizeof(Datum) * (changed->count + 1));
	Datum values[5] = { Int64GetDatum(match->project), Int64GetDatum(changed->task),
						Float8GetDatum(changed->penalty) };
	char nulls[5] = "    ";
	rui_assignment found = { 0 };
	int i;

	for (i = 0; i < changed->count; i++)
	{
		parties[i] = Int64GetDatum(party[changed->first + i]);
		costs[i] = Float8GetDatum(cost[changed->first + i]);
	}
	values[3] = rui_match_array(parties, changed->count, INT8OID);
	values[4] = rui_match_array(costs, changed->count, FLOAT8OID);
	rui_match_run(MATCH_WRITE_CANDIDATES, values, NULL, SPI_OK_INSERT);
	rui_assign_live_find(match->live, changed->task, &found);
	values[2] = Int64GetDatum(found.worker);
	nulls[2] = found.assigned ? ' ' : 'n';
	values[3] = Int64GetDatum(changed->offered);
	nulls[3] = changed->is_offered ? ' ' : 'n';
	rui_match_run(MATCH_WRITE_PLAN, values, nulls, SPI_OK_INSERT);
}
