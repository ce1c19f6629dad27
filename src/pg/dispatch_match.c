/* SPDX-License-Identifier: PostgreSQL
 *
 * dispatch_match.c
 *	  The standing match of a project: its assignment kept optimal in tables.
 *
 * rui.dispatch_price holds the workers with their prices, dispatch_candidate
 * the tasks with their pairs, dispatch_plan who is to have each task and to
 * whom it is offered so far.  A change reads the workers and, of the tasks,
 * only what its searches come by; it writes only what moved.  The session
 * keeps what it has read for the next change, as long as the version in
 * rui.dispatch_state is the one that it wrote itself: versions are never given
 * twice, so what a rolled back transaction or another session changed is read
 * again.
 *
 * The caller holds the project's row in rui.dispatch_state.
 */
#include "pg/rui_pg.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/array.h"

#include "core/assign_ids.h"
#include "core/assign_live.h"
#include "pg/lookup.h"

#define WHAT "standing match"
#define MOST_KEPT (64 * 1024 * 1024) /* bytes of a match that is kept by the session */

/* The statements, each prepared once. */
typedef enum statement
{
	READ_VERSION,
	READ_WORKERS,
	READ_HELD,
	READ_BACKS,
	READ_TASKS,
	READ_DIFFERENCES,
	DELETE_TASKS,
	WRITE_CANDIDATES,
	WRITE_PLAN,
	WRITE_PRICES,
	WRITE_MOVES,
	WRITE_OFFERS,
	WRITE_VERSION,
	STATEMENTS
} statement;

#define TASK_COLUMNS \
	"SELECT c.task_id, c.penalty, c.party_ids, c.costs, l.party_id, l.offered_id "

static const struct
{
	const char *text;
	int arguments;
	Oid types[6];
} statements[STATEMENTS] = {
	[READ_VERSION] = { "SELECT s.match_version FROM rui.dispatch_state s WHERE s.project_id = $1",
					   1,
					   { INT8OID } },
	[READ_WORKERS] = { "SELECT p.party_id, p.capacity, p.fixed, p.load, p.price "
					   "FROM rui.dispatch_price p WHERE p.project_id = $1 ORDER BY p.party_id",
					   1,
					   { INT8OID } },
	[READ_HELD] = { TASK_COLUMNS "FROM rui.dispatch_plan l JOIN rui.dispatch_candidate c "
								 "ON c.project_id = l.project_id AND c.task_id = l.task_id "
								 "WHERE l.project_id = $1 AND l.party_id = $2",
					2,
					{ INT8OID, INT8OID } },
	[READ_BACKS] = { TASK_COLUMNS "FROM rui.dispatch_candidate c JOIN rui.dispatch_plan l "
								  "ON l.project_id = c.project_id AND l.task_id = c.task_id "
								  "WHERE c.project_id = $1 AND c.party_ids @> ARRAY[$2]",
					 2,
					 { INT8OID, INT8OID } },
	[READ_TASKS] = { TASK_COLUMNS "FROM rui.dispatch_candidate c JOIN rui.dispatch_plan l "
								  "ON l.project_id = c.project_id AND l.task_id = c.task_id "
								  "WHERE c.project_id = $1 AND c.task_id = ANY ($2)",
					 2,
					 { INT8OID, INT8ARRAYOID } },
	[READ_DIFFERENCES] = { "SELECT l.party_id, l.offered_id FROM rui.dispatch_plan l "
						   "WHERE l.project_id = $1 AND l.party_id IS DISTINCT FROM l.offered_id",
						   1,
						   { INT8OID } },
	[DELETE_TASKS] = { "WITH gone AS (DELETE FROM rui.dispatch_plan l "
					   "WHERE l.project_id = $1 AND l.task_id = ANY ($2)) "
					   "DELETE FROM rui.dispatch_candidate c "
					   "WHERE c.project_id = $1 AND c.task_id = ANY ($2)",
					   2,
					   { INT8OID, INT8ARRAYOID } },
	[WRITE_CANDIDATES] = { "INSERT INTO rui.dispatch_candidate AS c "
						   "(project_id, task_id, penalty, party_ids, costs) "
						   "VALUES ($1, $2, $3, $4, $5) "
						   "ON CONFLICT ON CONSTRAINT dispatch_candidate_pkey DO UPDATE "
						   "SET penalty = EXCLUDED.penalty, party_ids = EXCLUDED.party_ids, "
						   "costs = EXCLUDED.costs",
						   5,
						   { INT8OID, INT8OID, FLOAT8OID, INT8ARRAYOID, FLOAT8ARRAYOID } },
	[WRITE_PLAN] = { "INSERT INTO rui.dispatch_plan AS l "
					 "(project_id, task_id, party_id, offered_id) VALUES ($1, $2, $3, $4) "
					 "ON CONFLICT ON CONSTRAINT dispatch_plan_pkey DO UPDATE "
					 "SET party_id = EXCLUDED.party_id, offered_id = EXCLUDED.offered_id",
					 4,
					 { INT8OID, INT8OID, INT8OID, INT8OID } },
	[WRITE_PRICES] = { "INSERT INTO rui.dispatch_price AS p "
					   "(project_id, party_id, capacity, fixed, load, price) "
					   "SELECT $1, w.party_id, w.capacity, w.fixed, w.load, w.price "
					   "FROM unnest($2::bigint[], $3::integer[], $4::integer[], $5::integer[], "
					   "$6::float8[]) AS w(party_id, capacity, fixed, load, price) "
					   "ON CONFLICT ON CONSTRAINT dispatch_price_pkey DO UPDATE "
					   "SET capacity = EXCLUDED.capacity, fixed = EXCLUDED.fixed, "
					   "load = EXCLUDED.load, price = EXCLUDED.price",
					   6,
					   { INT8OID, INT8ARRAYOID, INT4ARRAYOID, INT4ARRAYOID, INT4ARRAYOID,
						 FLOAT8ARRAYOID } },
	[WRITE_MOVES] = { "UPDATE rui.dispatch_plan l SET party_id = m.party_id "
					  "FROM unnest($2::bigint[], $3::bigint[]) AS m(task_id, party_id) "
					  "WHERE l.project_id = $1 AND l.task_id = m.task_id",
					  3,
					  { INT8OID, INT8ARRAYOID, INT8ARRAYOID } },
	[WRITE_OFFERS] = { "UPDATE rui.dispatch_plan l SET offered_id = l.party_id "
					   "WHERE l.project_id = $1 AND l.task_id = ANY ($2)",
					   2,
					   { INT8OID, INT8ARRAYOID } },
	[WRITE_VERSION] = { "UPDATE rui.dispatch_state s SET match_version = $2 "
						"WHERE s.project_id = $1",
						2,
						{ INT8OID, INT8OID } },
};

/* The match that the session keeps: one, of the project asked for last. */
typedef struct kept_match
{
	MemoryContext context; /* NULL: none */
	bool usable; /* false while it is changed, and after an error */
	int64 project;
	int64 version;
	double load_cost;
	double rebate; /* of the cost with whom a task is offered to */
	rui_assign_live *live;
	int64 *worker; /* ascending */
	size_t workers;
	size_t worker_room;
} kept_match;

static kept_match kept;

/* ---- arguments and rows ---- */

/* The elements of an array without nulls; none of a null one. */
static void *
elements(Datum array, bool is_null, Oid type, int *count)
{
	ArrayType *value;

	*count = 0;
	if (is_null)
		return NULL;
	value = DatumGetArrayTypeP(array);
	if (ARR_HASNULL(value) || ARR_NDIM(value) > 1 || ARR_ELEMTYPE(value) != type)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid " WHAT ": an array has nulls or several dimensions")));
	*count = ArrayGetNItems(ARR_NDIM(value), ARR_DIMS(value));
	return ARR_DATA_PTR(value);
}

static void
require_same(int count, int expected)
{
	if (count != expected)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid " WHAT ": arrays that belong together have %d and %d elements",
						count, expected)));
}

static Datum
make_array(Datum *values, int count, Oid type)
{
	bool by_value = type == INT4OID || FLOAT8PASSBYVAL;

	return PointerGetDatum(construct_array(values, count, type, type == INT4OID ? 4 : 8, by_value,
										   type == INT4OID ? TYPALIGN_INT : TYPALIGN_DOUBLE));
}

static uint64
run(statement which, Datum *values, const char *nulls, int expected)
{
	static SPIPlanPtr plans[STATEMENTS];

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

static Datum
column(uint64 row, int number, bool *is_null)
{
	return SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, number, is_null);
}

/* Tell a task of the columns TASK_COLUMNS; to whom it is offered costs less by the rebate. */
static rui_status
tell_row(kept_match *match, uint64 row, rui_error *error)
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

	task.task = DatumGetInt64(column(row, 1, &is_null));
	task.penalty = DatumGetFloat8(column(row, 2, &is_null));
	array = column(row, 3, &is_null);
	party = elements(array, is_null, INT8OID, &count);
	array = column(row, 4, &is_null);
	cost = elements(array, is_null, FLOAT8OID, &costs);
	require_same(costs, count);
	holder = DatumGetInt64(column(row, 5, &is_null));
	is_held = !is_null;
	offered = DatumGetInt64(column(row, 6, &is_null));
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

static rui_status
tell_rows(kept_match *match, statement which, Datum key, rui_error *error)
{
	Datum values[2] = { Int64GetDatum(match->project), key };
	uint64 rows = run(which, values, NULL, SPI_OK_SELECT);
	rui_status status = RUI_OK;
	uint64 i;

	for (i = 0; i < rows && status == RUI_OK; i++)
		status = tell_row(match, i, error);
	SPI_freetuptable(SPI_tuptable);
	return status;
}

/* The reader of rui_assign_live. */
static rui_status
read_worker(rui_assign_live *live, int64_t worker, bool backs, void *argument, rui_error *error)
{
	(void) live;
	return tell_rows(argument, backs ? READ_BACKS : READ_HELD, Int64GetDatum(worker), error);
}

/* ---- the match that is kept ---- */

static void
forget(void)
{
	MemoryContext context = kept.context;

	memset(&kept, 0, sizeof kept);
	if (context != NULL)
		MemoryContextDelete(context);
}

static void
remember_worker(kept_match *match, int64 worker)
{
	rui_env env = rui_pg_env(match->context);
	rui_error error = { 0 };
	size_t at = match->workers;

	RUI_CHECK(rui_grow(&env, &match->worker, &match->worker_room, match->workers + 1,
					   sizeof *match->worker, &error),
			  error, WHAT);
	for (; at > 0 && match->worker[at - 1] > worker; at--)
		match->worker[at] = match->worker[at - 1];
	match->worker[at] = worker;
	match->workers++;
}

static void
load(int64 project, int64 version, double load_cost, double rebate)
{
	rui_assign_reader reader = { read_worker, &kept };
	rui_env env;
	rui_error error = { 0 };
	Datum values[1] = { Int64GetDatum(project) };
	uint64 rows;
	uint64 i;

	forget();
	kept.context =
		AllocSetContextCreate(TopMemoryContext, "rui standing match", ALLOCSET_DEFAULT_SIZES);
	kept.project = project;
	kept.version = version;
	kept.load_cost = load_cost;
	kept.rebate = rebate;
	env = rui_pg_env(kept.context);
	RUI_CHECK(rui_assign_live_create(&env, RUI_ASSIGN_LOAD, &reader, &kept.live, &error), error,
			  WHAT);
	rows = run(READ_WORKERS, values, NULL, SPI_OK_SELECT);
	for (i = 0; i < rows; i++)
	{
		bool is_null;
		rui_assign_live_worker worker = { DatumGetInt64(column(i, 1, &is_null)), load_cost,
										  DatumGetInt32(column(i, 2, &is_null)),
										  DatumGetInt32(column(i, 3, &is_null)) };

		RUI_CHECK(rui_assign_live_tell_worker(kept.live, &worker,
											  DatumGetInt32(column(i, 4, &is_null)),
											  DatumGetFloat8(column(i, 5, &is_null)), &error),
				  error, WHAT);
		remember_worker(&kept, worker.worker);
	}
	SPI_freetuptable(SPI_tuptable);
}

/* Have the project's match in memory, as its tables are. */
static void
open_match(int64 project, double load_cost, double rebate)
{
	Datum values[1] = { Int64GetDatum(project) };
	bool is_null = true;
	int64 version = 0;

	if (run(READ_VERSION, values, NULL, SPI_OK_SELECT) == 1)
		version = DatumGetInt64(column(0, 1, &is_null));
	SPI_freetuptable(SPI_tuptable);
	if (is_null)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("project " INT64_FORMAT " has no standing match", project),
				 errhint("rui.redispatch makes one.")));
	if (!kept.usable || kept.project != project || kept.version != version ||
		kept.load_cost != load_cost || kept.rebate != rebate)
		load(project, version, load_cost, rebate);
	/* Until the end of this call: an error in between leaves it unusable. */
	kept.usable = false;
}

static void
close_match(int64 version)
{
	Datum values[2] = { Int64GetDatum(kept.project), Int64GetDatum(version) };

	run(WRITE_VERSION, values, NULL, SPI_OK_UPDATE);
	kept.version = version;
	kept.usable = true;
	if (rui_assign_live_bytes(kept.live) > MOST_KEPT)
		forget();
}

/* ---- who is on duty, and how many units each has left ---- */

/* How many offers each worker has, by what they are more than his load. */
typedef struct offer_count
{
	rui_assign_ids ids;
	int32 *more;
	size_t room;
} offer_count;

static void
count_offer(offer_count *offers, int64 worker, int32 more)
{
	rui_env env = rui_pg_env(CurrentMemoryContext);
	rui_error error = { 0 };
	uint32_t index = rui_assign_find_id(&offers->ids, worker);

	if (index == RUI_ASSIGN_NONE)
	{
		RUI_CHECK(rui_assign_reserve_id(&env, &offers->ids, &error), error, WHAT);
		RUI_CHECK(rui_grow(&env, &offers->more, &offers->room, (size_t) offers->ids.count + 1,
						   sizeof *offers->more, &error),
				  error, WHAT);
		index = rui_assign_add_id(&offers->ids, worker);
		offers->more[index] = 0;
	}
	offers->more[index] += more;
}

/* Where the plan is not what is offered. */
static void
count_differences(offer_count *offers)
{
	Datum values[1] = { Int64GetDatum(kept.project) };
	uint64 rows = run(READ_DIFFERENCES, values, NULL, SPI_OK_SELECT);
	uint64 i;

	for (i = 0; i < rows; i++)
	{
		bool is_null;
		int64 worker = DatumGetInt64(column(i, 1, &is_null));

		if (!is_null)
			count_offer(offers, worker, -1);
		worker = DatumGetInt64(column(i, 2, &is_null));
		if (!is_null)
			count_offer(offers, worker, 1);
	}
	SPI_freetuptable(SPI_tuptable);
}

/* A worker on duty (or not: capacity 0), who holds so many tasks, offers included. */
static void
set_worker(int64 worker, int32 capacity, int32 held, const offer_count *offers)
{
	uint32_t index = rui_assign_find_id(&offers->ids, worker);
	int32 more = index == RUI_ASSIGN_NONE ? 0 : offers->more[index];
	rui_assign_price present = { 0 };
	bool is_known = rui_assign_live_find_worker(kept.live, worker, &present);
	rui_assign_live_worker facts = { worker, kept.load_cost, capacity,
									 held - present.load - more };
	rui_error error = { 0 };

	if (facts.fixed < 0)
		facts.fixed = 0;
	if (is_known && present.capacity == facts.capacity && present.fixed == facts.fixed)
		return;
	if (!is_known)
		remember_worker(&kept, worker);
	RUI_CHECK(rui_assign_live_set_worker(kept.live, &facts, &error), error, WHAT);
}

/* Both lists ascend; who is not in the new one takes no work. */
static void
set_workers(const int64 *worker, const int32 *capacity, const int32 *held, int count,
			const offer_count *offers)
{
	size_t old_count = kept.workers;
	int64 *old = palloc(sizeof *old * (old_count + 1));
	size_t at = 0;
	int i;

	if (old_count > 0)
		memcpy(old, kept.worker, sizeof *old * old_count);
	for (i = 0; i < count; i++)
	{
		if (i > 0 && worker[i - 1] >= worker[i])
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("invalid " WHAT ": the workers do not ascend")));
		for (; at < old_count && old[at] < worker[i]; at++)
			set_worker(old[at], 0, 0, offers);
		if (at < old_count && old[at] == worker[i])
			at++;
		set_worker(worker[i], capacity[i], held[i], offers);
	}
	for (; at < old_count; at++)
		set_worker(old[at], 0, 0, offers);
	pfree(old);
}

/* ---- what is written ---- */

static void
write_prices(const rui_assign_price *price, size_t count)
{
	Datum *column_of[5];
	Datum values[6] = { Int64GetDatum(kept.project) };
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
					 errhint("Give the terms of dispatch fewer binary places, or smaller values.")));
		column_of[0][i] = Int64GetDatum(price[i].worker);
		column_of[1][i] = Int32GetDatum(price[i].capacity);
		column_of[2][i] = Int32GetDatum(price[i].fixed);
		column_of[3][i] = Int32GetDatum(price[i].load);
		column_of[4][i] = Float8GetDatum(price[i].price);
	}
	values[1] = make_array(column_of[0], (int) count, INT8OID);
	for (k = 1; k < 4; k++)
		values[k + 1] = make_array(column_of[k], (int) count, INT4OID);
	values[5] = make_array(column_of[4], (int) count, FLOAT8OID);
	run(WRITE_PRICES, values, NULL, SPI_OK_INSERT);
}

/* Moves of tasks that are written as a whole (they ascend) are left out. */
static void
write_moves(const rui_assign_move *move, size_t count, const rui_assign_ids *written)
{
	Datum *task = palloc(sizeof(Datum) * (count + 1));
	Datum *party = palloc(sizeof(Datum) * (count + 1));
	bool *is_null = palloc(sizeof(bool) * (count + 1));
	Datum values[3] = { Int64GetDatum(kept.project) };
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
	values[1] = make_array(task, moves, INT8OID);
	values[2] = PointerGetDatum(construct_md_array(party, is_null, 1, &moves, &lower, INT8OID, 8,
												   FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
	run(WRITE_MOVES, values, NULL, SPI_OK_UPDATE);
}

/* ---- the functions ---- */

/* A task that comes in or changes: its place in the arrays of the call. */
typedef struct changed_task
{
	int64 task;
	double penalty;
	bool has_row;
	bool is_offered; /* and stays so */
	int64 offered;
	int first;
	int count;
} changed_task;

static void
set_task(const changed_task *changed, const int64 *party, const double *cost)
{
	rui_assign_option *option = palloc(sizeof *option * (changed->count + 1));
	rui_assign_live_task task = { changed->task, changed->penalty, option,
								  (uint32_t) changed->count };
	rui_error error = { 0 };
	int i;

	for (i = 0; i < changed->count; i++)
	{
		option[i].worker = party[changed->first + i];
		option[i].cost = cost[changed->first + i];
		if (changed->is_offered && option[i].worker == changed->offered)
			option[i].cost -= kept.rebate;
	}
	RUI_CHECK(rui_assign_live_set_task(kept.live, &task, &error), error, WHAT);
	pfree(option);
}

static void
write_task(const changed_task *changed, const int64 *party, const double *cost)
{
	Datum *parties = palloc(sizeof(Datum) * (changed->count + 1));
	Datum *costs = palloc(sizeof(Datum) * (changed->count + 1));
	Datum values[5] = { Int64GetDatum(kept.project), Int64GetDatum(changed->task),
						Float8GetDatum(changed->penalty) };
	char nulls[5] = "    ";
	rui_assignment found = { 0 };
	int i;

	for (i = 0; i < changed->count; i++)
	{
		parties[i] = Int64GetDatum(party[changed->first + i]);
		costs[i] = Float8GetDatum(cost[changed->first + i]);
	}
	values[3] = make_array(parties, changed->count, INT8OID);
	values[4] = make_array(costs, changed->count, FLOAT8OID);
	run(WRITE_CANDIDATES, values, NULL, SPI_OK_INSERT);
	rui_assign_live_find(kept.live, changed->task, &found);
	values[2] = Int64GetDatum(found.worker);
	nulls[2] = found.assigned ? ' ' : 'n';
	values[3] = Int64GetDatum(changed->offered);
	nulls[3] = changed->is_offered ? ' ' : 'n';
	run(WRITE_PLAN, values, nulls, SPI_OK_INSERT);
}

/*
 * What the rows of tasks that change say so far: they are told to the match,
 * and what they are offered is counted as no longer held by the offer.
 */
static void
tell_present(Datum ids, offer_count *offers, const rui_assign_ids *changed_ids,
			 changed_task *changed)
{
	Datum values[2] = { Int64GetDatum(kept.project), ids };
	uint64 rows = run(READ_TASKS, values, NULL, SPI_OK_SELECT);
	rui_error error = { 0 };
	uint64 i;

	for (i = 0; i < rows; i++)
	{
		bool is_null;
		int64 task = DatumGetInt64(column(i, 1, &is_null));
		int64 offered = DatumGetInt64(column(i, 6, &is_null));
		uint32_t index =
			changed_ids == NULL ? RUI_ASSIGN_NONE : rui_assign_find_id(changed_ids, task);

		if (index != RUI_ASSIGN_NONE)
		{
			changed[index].has_row = true;
			changed[index].is_offered &= !is_null;
			changed[index].offered = offered;
		}
		if (!is_null && (index == RUI_ASSIGN_NONE || !changed[index].is_offered))
			count_offer(offers, offered, -1);
		RUI_CHECK(tell_row(&kept, i, &error), error, WHAT);
	}
	SPI_freetuptable(SPI_tuptable);
}

/* Arguments of rui._match_change. */
enum
{
	ARG_PROJECT,
	ARG_VERSION,
	ARG_LOAD_COST,
	ARG_REBATE,
	ARG_WORKERS,
	ARG_CAPACITIES,
	ARG_HELDS,
	ARG_GONE,
	ARG_TASKS,
	ARG_PENALTIES,
	ARG_OFFERED,
	ARG_COUNTS,
	ARG_PARTIES,
	ARG_COSTS
};

RUI_FUNCTION(_match_change)
{
#define ARRAY(which, type, count) \
	elements(fcinfo->args[which].value, PG_ARGISNULL(which), type, &(count))
	int workers, capacities, helds, gones, tasks, penalties, offereds, counts, parties, costs;
	const int64 *worker = ARRAY(ARG_WORKERS, INT8OID, workers);
	const int32 *capacity = ARRAY(ARG_CAPACITIES, INT4OID, capacities);
	const int32 *held = ARRAY(ARG_HELDS, INT4OID, helds);
	const int64 *gone = ARRAY(ARG_GONE, INT8OID, gones);
	const int64 *task = ARRAY(ARG_TASKS, INT8OID, tasks);
	const double *penalty = ARRAY(ARG_PENALTIES, FLOAT8OID, penalties);
	const bool *is_offered = ARRAY(ARG_OFFERED, BOOLOID, offereds);
	const int32 *task_pairs = ARRAY(ARG_COUNTS, INT4OID, counts);
	const int64 *party = ARRAY(ARG_PARTIES, INT8OID, parties);
	const double *cost = ARRAY(ARG_COSTS, FLOAT8OID, costs);
#undef ARRAY
	rui_env env;
	offer_count offers = { 0 };
	rui_assign_ids changed_ids = { 0 };
	changed_task *changed;
	const rui_assign_move *move;
	const rui_assign_price *price;
	size_t moves;
	size_t prices;
	rui_owner_scope scope;
	rui_error error = { 0 };
	int first = 0;
	int i;

	for (i = ARG_PROJECT; i <= ARG_REBATE; i++)
		if (PG_ARGISNULL(i))
			elog(ERROR, "rui._match_change called with null");
	require_same(capacities, workers);
	require_same(helds, workers);
	require_same(penalties, tasks);
	require_same(offereds, tasks);
	require_same(counts, tasks);
	require_same(costs, parties);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	rui_enter_owner(rui_table_oid("dispatch_state"), &scope);
	env = rui_pg_env(CurrentMemoryContext);
	changed = palloc0(sizeof *changed * (tasks + 1));
	for (i = 0; i < tasks; i++)
	{
		changed[i] = (changed_task){ task[i], penalty[i], false, is_offered[i],
									 0, first, task_pairs[i] };
		first += task_pairs[i];
		RUI_CHECK(rui_assign_reserve_id(&env, &changed_ids, &error), error, WHAT);
		if (rui_assign_find_id(&changed_ids, task[i]) != RUI_ASSIGN_NONE)
			elog(ERROR, "rui._match_change called with a task twice");
		rui_assign_add_id(&changed_ids, task[i]);
	}
	require_same(parties, first);

	open_match(PG_GETARG_INT64(ARG_PROJECT), PG_GETARG_FLOAT8(ARG_LOAD_COST),
			   PG_GETARG_FLOAT8(ARG_REBATE));
	if (!PG_ARGISNULL(ARG_WORKERS))
		count_differences(&offers);
	if (gones > 0)
		tell_present(fcinfo->args[ARG_GONE].value, &offers, NULL, NULL);
	if (tasks > 0)
	{
		tell_present(fcinfo->args[ARG_TASKS].value, &offers, &changed_ids, changed);
		for (i = 0; i < tasks; i++)
			changed[i].is_offered &= changed[i].has_row;
	}
	if (!PG_ARGISNULL(ARG_WORKERS))
		set_workers(worker, capacity, held, workers, &offers);
	for (i = 0; i < gones; i++)
	{
		rui_assignment found;

		if (rui_assign_live_find(kept.live, gone[i], &found))
			RUI_CHECK(rui_assign_live_remove_task(kept.live, gone[i], &error), error, WHAT);
	}
	if (gones > 0)
	{
		Datum values[2] = { Int64GetDatum(kept.project), fcinfo->args[ARG_GONE].value };

		run(DELETE_TASKS, values, NULL, SPI_OK_DELETE);
	}
	for (i = 0; i < tasks; i++)
		set_task(&changed[i], party, cost);

	RUI_CHECK(rui_assign_live_settle(kept.live, &error), error, WHAT);
	RUI_CHECK(rui_assign_live_note(kept.live, &move, &moves, &price, &prices, &error), error,
			  WHAT);
	for (i = 0; i < tasks; i++)
		write_task(&changed[i], party, cost);
	write_moves(move, moves, &changed_ids);
	write_prices(price, prices);
	close_match(PG_GETARG_INT64(ARG_VERSION));
	rui_leave_owner(&scope);
	SPI_finish();
	PG_RETURN_INT32((int32) moves);
}

/* The rebate goes along with an offer: what was best stays best. */
static void
move_rebate(int64 task, int64 worker, double change)
{
	rui_error error = { 0 };
	double cost;

	if (!rui_assign_live_find_cost(kept.live, task, worker, &cost))
		return;
	cost += change;
	RUI_CHECK(rui_assign_live_set_cost(kept.live, task, worker, &cost, &error), error, WHAT);
}

RUI_FUNCTION(_match_apply)
{
	Datum values[2] = { PG_GETARG_DATUM(0), PG_GETARG_DATUM(4) };
	const rui_assign_move *move;
	const rui_assign_price *price;
	size_t moves;
	size_t prices;
	rui_owner_scope scope;
	rui_error error = { 0 };
	uint64 rows;
	uint64 i;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	rui_enter_owner(rui_table_oid("dispatch_state"), &scope);
	open_match(PG_GETARG_INT64(0), PG_GETARG_FLOAT8(2), PG_GETARG_FLOAT8(3));
	rows = run(READ_TASKS, values, NULL, SPI_OK_SELECT);
	for (i = 0; i < rows; i++)
	{
		bool is_null;
		bool was_null;
		int64 task = DatumGetInt64(column(i, 1, &is_null));
		int64 to = DatumGetInt64(column(i, 5, &is_null));
		int64 from = DatumGetInt64(column(i, 6, &was_null));

		if (is_null == was_null && to == from)
			continue;
		/* What is not in memory will be read with the new offer. */
		if (!is_null)
			move_rebate(task, to, -kept.rebate);
		if (!was_null)
			move_rebate(task, from, kept.rebate);
	}
	SPI_freetuptable(SPI_tuptable);
	run(WRITE_OFFERS, values, NULL, SPI_OK_UPDATE);
	RUI_CHECK(rui_assign_live_settle(kept.live, &error), error, WHAT);
	RUI_CHECK(rui_assign_live_note(kept.live, &move, &moves, &price, &prices, &error), error,
			  WHAT);
	if (moves > 0)
		elog(ERROR, "a settled match was not optimal");
	close_match(PG_GETARG_INT64(1));
	rui_leave_owner(&scope);
	SPI_finish();
	PG_RETURN_VOID();
}
