/* SPDX-License-Identifier: PostgreSQL
 *
 * dispatch_match.c
 *	  The standing match of a project: its assignment kept optimal in tables.
 *
 * A change reads the workers and, of the tasks, only what its searches come
 * by; it writes only what moved.  A session that goes on changing a match
 * reads the rest at once.  The session keeps what it has read for the
 * next change, as long as the version in rui.dispatch_state is the one that it
 * wrote itself: versions are never given twice, so what a rolled back
 * transaction or another session changed is read again.
 *
 * The caller holds the project's row in rui.dispatch_state.
 */
#include "pg/dispatch_match.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"

#include "pg/lookup.h"

#define FEW_CHANGES 16 /* after so many a session reads all at once */
#define MOST_KEPT (256 * 1024 * 1024) /* bytes of a match that is kept by the session */

/* The match that the session keeps: one, of the project asked for last. */
static rui_match kept;

/* The reader of rui_assign_live. */
static rui_status
read_worker(rui_assign_live *live, int64_t worker, bool backs, void *argument, rui_error *error)
{
	(void) live;
	if (kept.is_whole)
		return RUI_OK;
	return rui_match_tell_rows(argument, backs ? MATCH_READ_BACKS : MATCH_READ_HELD,
							   Int64GetDatum(worker), error);
}

static void
forget(void)
{
	MemoryContext context = kept.context;

	memset(&kept, 0, sizeof kept);
	if (context != NULL)
		MemoryContextDelete(context);
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
			  RUI_MATCH_WHAT);
	rows = rui_match_run(MATCH_READ_WORKERS, values, NULL, SPI_OK_SELECT);
	for (i = 0; i < rows; i++)
	{
		bool is_null;
		rui_assign_live_worker worker = { DatumGetInt64(rui_match_column(i, 1, &is_null)),
										  load_cost,
										  DatumGetInt32(rui_match_column(i, 2, &is_null)),
										  DatumGetInt32(rui_match_column(i, 3, &is_null)) };

		RUI_CHECK(rui_assign_live_tell_worker(
					  kept.live, &worker, DatumGetInt32(rui_match_column(i, 4, &is_null)),
					  DatumGetFloat8(rui_match_column(i, 5, &is_null)), &error),
				  error, RUI_MATCH_WHAT);
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

	if (rui_match_run(MATCH_READ_VERSION, values, NULL, SPI_OK_SELECT) == 1)
		version = DatumGetInt64(rui_match_column(0, 1, &is_null));
	SPI_freetuptable(SPI_tuptable);
	if (is_null)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("project " INT64_FORMAT " has no standing match", project),
				 errhint("rui.dispatch makes one.")));
	if (!kept.usable || kept.project != project || kept.version != version ||
		kept.load_cost != load_cost || kept.rebate != rebate)
		load(project, version, load_cost, rebate);
	/* Until the end of this call: an error in between leaves it unusable. */
	kept.usable = false;
	if (!kept.is_whole && kept.changes++ >= FEW_CHANGES)
	{
		rui_error error = { 0 };

		RUI_CHECK(rui_match_tell_rows(&kept, MATCH_READ_ALL, Int64GetDatum(0), &error), error,
				  RUI_MATCH_WHAT);
		kept.is_whole = true;
	}
}

static void
close_match(int64 version)
{
	Datum values[2] = { Int64GetDatum(kept.project), Int64GetDatum(version) };

	rui_match_run(MATCH_WRITE_VERSION, values, NULL, SPI_OK_UPDATE);
	kept.version = version;
	kept.usable = true;
	if (rui_assign_live_bytes(kept.live) > MOST_KEPT)
		forget();
}

/* A worker with another capacity, or with other work that never moves, than before. */
static void
set_worker(int64 worker, int32 capacity, int32 fixed)
{
	rui_assign_live_worker facts = { worker, kept.load_cost, capacity, fixed };
	rui_assign_price present = { 0 };
	rui_error error = { 0 };

	if (rui_assign_live_find_worker(kept.live, worker, &present) &&
		present.capacity == capacity && present.fixed == fixed)
		return;
	RUI_CHECK(rui_assign_live_set_worker(kept.live, &facts, &error), error, RUI_MATCH_WHAT);
}

static void
set_task(const rui_match_task *changed, const int64 *party, const double *cost)
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
	RUI_CHECK(rui_assign_live_set_task(kept.live, &task, &error), error, RUI_MATCH_WHAT);
	pfree(option);
}

/* What the rows of tasks that change or leave say so far is told to the match. */
static void
tell_present(Datum ids, const rui_assign_ids *changed_ids, rui_match_task *changed)
{
	Datum values[2] = { Int64GetDatum(kept.project), ids };
	uint64 rows = rui_match_run(MATCH_READ_TASKS, values, NULL, SPI_OK_SELECT);
	rui_error error = { 0 };
	uint64 i;

	for (i = 0; i < rows; i++)
	{
		bool is_null;
		int64 task = DatumGetInt64(rui_match_column(i, 1, &is_null));
		int64 offered = DatumGetInt64(rui_match_column(i, 6, &is_null));
		uint32_t index = rui_assign_find_id(changed_ids, task);

		if (index != RUI_ASSIGN_NONE)
		{
			changed[index].has_row = true;
			changed[index].is_offered &= !is_null;
			changed[index].offered = offered;
		}
		RUI_CHECK(rui_match_tell_row(&kept, i, &error), error, RUI_MATCH_WHAT);
	}
	SPI_freetuptable(SPI_tuptable);
}

static void
remove_tasks(Datum ids, const int64 *gone, int count)
{
	Datum values[2] = { Int64GetDatum(kept.project), ids };
	rui_assignment found;
	rui_error error = { 0 };
	int i;

	for (i = 0; i < count; i++)
		if (rui_assign_live_find(kept.live, gone[i], &found))
			RUI_CHECK(rui_assign_live_remove_task(kept.live, gone[i], &error), error,
					  RUI_MATCH_WHAT);
	rui_match_run(MATCH_DELETE_TASKS, values, NULL, SPI_OK_DELETE);
}

/* The tasks of a call, each once, by their ids. */
static rui_match_task *
list_tasks(const int64 *task, const double *penalty, const bool *is_offered, const int32 *pairs,
		   int tasks, int all_pairs, rui_assign_ids *ids)
{
	rui_match_task *changed = palloc0(sizeof *changed * (tasks + 1));
	rui_env env = rui_pg_env(CurrentMemoryContext);
	rui_error error = { 0 };
	int first = 0;
	int i;

	for (i = 0; i < tasks; i++)
	{
		changed[i] =
			(rui_match_task){ task[i], penalty[i], false, is_offered[i], 0, first, pairs[i] };
		if (pairs[i] < 0 || pairs[i] > all_pairs - first)
			rui_match_require_same(all_pairs, first + pairs[i]);
		first += pairs[i];
		RUI_CHECK(rui_assign_reserve_id(&env, ids, &error), error, RUI_MATCH_WHAT);
		if (rui_assign_find_id(ids, task[i]) != RUI_ASSIGN_NONE)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("invalid " RUI_MATCH_WHAT ": task " INT64_FORMAT " comes twice",
							task[i])));
		rui_assign_add_id(ids, task[i]);
	}
	rui_match_require_same(all_pairs, first);
	return changed;
}

/* The tasks that changed, and those that moved. */
static Datum
list_moved(const int64 *task, int tasks, const rui_assign_ids *ids, const rui_assign_move *move,
		   size_t moves)
{
	Datum *moved = palloc(sizeof(Datum) * (tasks + moves + 1));
	int count = 0;
	size_t i;

	for (i = 0; i < (size_t) tasks; i++)
		moved[count++] = Int64GetDatum(task[i]);
	for (i = 0; i < moves; i++)
		if (rui_assign_find_id(ids, move[i].task) == RUI_ASSIGN_NONE)
			moved[count++] = Int64GetDatum(move[i].task);
	return rui_match_array(moved, count, INT8OID);
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
	ARG_FIXEDS,
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
	rui_match_elements(fcinfo->args[which].value, PG_ARGISNULL(which), type, &(count))
	int workers, capacities, fixeds, gones, tasks, penalties, offereds, counts, parties, costs;
	const int64 *worker = ARRAY(ARG_WORKERS, INT8OID, workers);
	const int32 *capacity = ARRAY(ARG_CAPACITIES, INT4OID, capacities);
	const int32 *fixed = ARRAY(ARG_FIXEDS, INT4OID, fixeds);
	const int64 *gone = ARRAY(ARG_GONE, INT8OID, gones);
	const int64 *task = ARRAY(ARG_TASKS, INT8OID, tasks);
	const double *penalty = ARRAY(ARG_PENALTIES, FLOAT8OID, penalties);
	const bool *is_offered = ARRAY(ARG_OFFERED, BOOLOID, offereds);
	const int32 *pairs = ARRAY(ARG_COUNTS, INT4OID, counts);
	const int64 *party = ARRAY(ARG_PARTIES, INT8OID, parties);
	const double *cost = ARRAY(ARG_COSTS, FLOAT8OID, costs);
#undef ARRAY
	MemoryContext caller = CurrentMemoryContext;
	rui_assign_ids ids = { 0 };
	rui_match_task *changed;
	const rui_assign_move *move;
	const rui_assign_price *price;
	size_t moves;
	size_t prices;
	rui_owner_scope scope;
	rui_error error = { 0 };
	Datum result;
	int i;

	for (i = ARG_PROJECT; i <= ARG_REBATE; i++)
		if (PG_ARGISNULL(i))
			elog(ERROR, "rui._match_change called with null");
	rui_match_require_same(capacities, workers);
	rui_match_require_same(fixeds, workers);
	rui_match_require_same(penalties, tasks);
	rui_match_require_same(offereds, tasks);
	rui_match_require_same(counts, tasks);
	rui_match_require_same(costs, parties);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	rui_enter_owner(rui_table_oid("dispatch_state"), &scope);
	changed = list_tasks(task, penalty, is_offered, pairs, tasks, parties, &ids);
	open_match(PG_GETARG_INT64(ARG_PROJECT), PG_GETARG_FLOAT8(ARG_LOAD_COST),
			   PG_GETARG_FLOAT8(ARG_REBATE));
	if (gones > 0)
		tell_present(fcinfo->args[ARG_GONE].value, &ids, changed);
	if (tasks > 0)
		tell_present(fcinfo->args[ARG_TASKS].value, &ids, changed);
	for (i = 0; i < workers; i++)
		set_worker(worker[i], capacity[i], fixed[i]);
	if (gones > 0)
		remove_tasks(fcinfo->args[ARG_GONE].value, gone, gones);
	for (i = 0; i < tasks; i++)
	{
		changed[i].is_offered &= changed[i].has_row;
		set_task(&changed[i], party, cost);
	}

	RUI_CHECK(rui_assign_live_settle(kept.live, &error), error, RUI_MATCH_WHAT);
	RUI_CHECK(rui_assign_live_note(kept.live, &move, &moves, &price, &prices, &error), error,
			  RUI_MATCH_WHAT);
	for (i = 0; i < tasks; i++)
		rui_match_write_task(&kept, &changed[i], party, cost);
	rui_match_write_moves(&kept, move, moves, &ids);
	rui_match_write_prices(&kept, price, prices);
	MemoryContextSwitchTo(caller);
	result = list_moved(task, tasks, &ids, move, moves);
	close_match(PG_GETARG_INT64(ARG_VERSION));
	rui_leave_owner(&scope);
	SPI_finish();
	PG_RETURN_DATUM(result);
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
	RUI_CHECK(rui_assign_live_set_cost(kept.live, task, worker, &cost, &error), error,
			  RUI_MATCH_WHAT);
}

RUI_FUNCTION(_match_apply)
{
	Datum values[3] = { PG_GETARG_DATUM(0), PG_GETARG_DATUM(4), PG_GETARG_DATUM(5) };
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
	rows = rui_match_run(MATCH_READ_TASKS, values, NULL, SPI_OK_SELECT);
	for (i = 0; i < rows; i++)
	{
		bool is_null;
		bool was_null;
		int64 task = DatumGetInt64(rui_match_column(i, 1, &is_null));
		int64 to = DatumGetInt64(rui_match_column(i, 5, &is_null));
		int64 from = DatumGetInt64(rui_match_column(i, 6, &was_null));

		if (is_null == was_null && to == from)
			continue;
		/* What is not in memory will be read with the new offer. */
		if (!is_null)
			move_rebate(task, to, -kept.rebate);
		if (!was_null)
			move_rebate(task, from, kept.rebate);
	}
	SPI_freetuptable(SPI_tuptable);
	rui_match_run(MATCH_WRITE_OFFERS, values, NULL, SPI_OK_UPDATE);
	RUI_CHECK(rui_assign_live_settle(kept.live, &error), error, RUI_MATCH_WHAT);
	RUI_CHECK(rui_assign_live_note(kept.live, &move, &moves, &price, &prices, &error), error,
			  RUI_MATCH_WHAT);
	if (moves > 0)
		elog(ERROR, "a settled match was not optimal");
	rui_match_write_prices(&kept, price, prices);
	close_match(PG_GETARG_INT64(1));
	rui_leave_owner(&scope);
	SPI_finish();
	PG_RETURN_VOID();
}
