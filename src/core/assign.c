/* SPDX-License-Identifier: PostgreSQL
 *
 * assign.c
 *	  From collected rows to an optimal assignment.
 *
 * Each connected part of the graph is solved by itself.  Where there is room
 * for all tasks, they are added one by one; where this turns out to take long,
 * or there are more tasks than room, an auction finds prices to begin with.
 * Either way all rules of the engine hold in the end.
 */
#include <inttypes.h>
#include <math.h>

#include "core/assign_auction.h"
#include "core/assign_dense.h"
#include "core/assign_graph.h"
#include "core/assign_list.h"

#define SMALL_PART 4 /* tasks for which an auction is not worth its arrays */
#define EASY_WORK 10 /* times the pairs of a part: more searching asks for an auction */
#define EASY_DENSE_WORK 100 /* the same on a matrix, where each costs less */

size_t
rui_assign_solve_bytes(const rui_assign_rows *rows)
{
	size_t tasks = rows->task_ids.count;
	size_t workers = rows->worker_ids.count;
	size_t graph = rui_assign_graph_bytes(tasks, workers, rows->pairs);
	size_t result = tasks * (sizeof(rui_assignment) + 3 * sizeof(uint32_t)) +
		workers * (sizeof(rui_assign_worker_price) + sizeof(int64_t) + 2 * sizeof(uint32_t));
	size_t engine = rui_assign_engine_bytes(tasks, workers, rows->pairs, false);
	size_t backs = rui_assign_engine_bytes(0, 0, rows->pairs, false);
	size_t auction = rui_assign_auction_bytes(workers, rows->pairs);
	size_t dense = rui_assign_dense_bytes(workers, rows->pairs);

	/* The draft of the graph, auction, matrix and backs come one after the other. */
	size_t work = graph - engine;

	work = work > auction ? work : auction;
	work = work > dense ? work : dense;
	work = work > backs ? work : backs;
	return engine + work + result + 4096;
}

/*
 * Make the numbers of a part small: strip common factors of two (*shifted of
 * them) and, where all tasks must be served, count costs from the least one
 * and give the tasks a penalty that no path of pairs can outweigh.
 */
static rui_status
scale(rui_assign_graph *graph, const rui_assign_range *part, int *shifted, rui_error *error)
{
	rui_assign_engine *engine = &graph->engine;
	uint32_t tasks = part->task_end - part->task;
	uint32_t workers = part->worker_end - part->worker;
	bool most = graph->rows->form == RUI_ASSIGN_MOST;
	uint32_t arc = engine->task[part->task].arc;
	uint32_t arc_end =
		engine->task[part->task_end - 1].arc + engine->task[part->task_end - 1].arcs;
	int64_t least = most ? INT64_MAX : 0;
	int64_t largest = 0;
	int64_t penalty = 0;
	uint64_t bits = 0;
	int shift;
	uint32_t i;

	for (i = arc; most && i < arc_end; i++)
		least = engine->arc_cost[i] < least ? engine->arc_cost[i] : least;
	for (i = arc; i < arc_end; i++)
		bits |= (uint64_t) (engine->arc_cost[i] -= least);
	for (i = part->task; i < part->task_end; i++)
		bits |= (uint64_t) engine->task[i].penalty;
	for (i = part->worker; i < part->worker_end; i++)
		bits |= (uint64_t) engine->worker[i].load_cost;
	shift = bits == 0 ? 0 : __builtin_ctzll(bits);
	*shifted = shift;
	for (i = arc; i < arc_end; i++)
	{
		int64_t size = engine->arc_cost[i] >>= shift;

		size = size < 0 ? -size : size;
		largest = size > largest ? size : largest;
	}
	for (i = part->task; i < part->task_end; i++)
	{
		int64_t size = engine->task[i].penalty >>= shift;

		size = size < 0 ? -size : size;
		largest = size > largest ? size : largest;
	}
	for (i = part->worker; i < part->worker_end; i++)
	{
		int64_t size = engine->worker[i].load_cost >>= shift;

		largest = size > largest ? size : largest;
	}
	if (most &&
		(rui_multiply_overflows(largest, tasks < workers ? tasks : workers, &penalty) ||
		 rui_add_overflows(penalty, 1, &penalty)))
		penalty = INT64_MAX;
	if (largest > RUI_ASSIGN_ENGINE_LIMIT || penalty > RUI_ASSIGN_ENGINE_LIMIT)
	{
		char name[RUI_ASSIGN_PART_SIZE];
		uint32_t first = graph->task_index[part->task];

		for (i = part->task; i < part->task_end; i++)
			if (graph->rows->task_ids.id[graph->task_index[i]] < graph->rows->task_ids.id[first])
				first = graph->task_index[i];
		rui_assign_part(name, graph->rows->task_ids.id[first], NULL);
		return rui_fail(error, RUI_RANGE, name,
						"Round the costs to fewer binary places, use a larger unit, or assign in "
						"smaller groups.",
						"Sums of costs of the %" PRIu32 " tasks linked with this one may not fit "
						"in 64 bits.",
						tasks);
	}
	for (i = part->task; most && i < part->task_end; i++)
		engine->task[i].penalty = penalty;
	return RUI_OK;
}

/* Fill what is idle at a price, which all prices above a fair start leave. */
static rui_status
fill_workers(rui_assign_engine *engine, const rui_assign_range *part, rui_error *error)
{
	rui_status status = RUI_OK;
	bool laid = false;
	uint32_t i;

	for (i = part->worker; i < part->worker_end && status == RUI_OK; i++)
	{
		const rui_assign_worker *w = &engine->worker[i];

		if (w->load == w->capacity || engine->price[i] <= w->load_cost * w->load)
			continue;
		if (!laid)
			status = rui_assign_lay_backs(engine, part, error);
		laid = true;
		if (status == RUI_OK)
			status = rui_assign_search_worker(engine, i, error);
	}
	return status;
}

/* Prices just too high for every task: the start of a solution from the workers. */
static void
raise_prices(rui_assign_engine *engine, const rui_assign_range *part)
{
	uint32_t i;
	uint32_t j;

	for (i = part->task; i < part->task_end; i++)
	{
		const rui_assign_task *t = &engine->task[i];

		for (j = t->arc; j < t->arc + t->arcs; j++)
			if (t->penalty - engine->arc_cost[j] > engine->price[engine->arc_worker[j]])
				engine->price[engine->arc_worker[j]] = t->penalty - engine->arc_cost[j];
	}
}

/* Add all tasks; where easy is given, only while it is, else it becomes false. */
static rui_status
add_tasks(rui_assign_engine *engine, const rui_assign_range *part, bool *easy, rui_error *error)
{
	const rui_assign_task *last = &engine->task[part->task_end - 1];
	uint64_t arcs = last->arc + last->arcs - engine->task[part->task].arc;
	uint64_t enough;
	rui_assign_dense *dense = NULL;
	rui_status status = RUI_OK;
	uint32_t i;

	if (rui_assign_is_dense(engine, part))
	{
		status = rui_assign_dense_start(engine, part, &dense, error);
		enough = engine->work + EASY_DENSE_WORK * arcs;
	}
	else
		enough = engine->work + EASY_WORK * arcs;
	for (i = part->task; i < part->task_end && status == RUI_OK; i++)
	{
		status = dense != NULL ? rui_assign_dense_add(dense, i, error)
							   : rui_assign_search_task(engine, i, error);
		if (easy != NULL && engine->work > enough)
		{
			*easy = false;
			break;
		}
	}
	rui_assign_dense_finish(dense);
	return status;
}

static rui_status
solve_part(rui_assign_graph *graph, const rui_assign_range *part, int *shifted,
		   rui_error *error)
{
	rui_assign_engine *engine = &graph->engine;
	uint32_t tasks = part->task_end - part->task;
	uint64_t supply = 0;
	rui_status status = scale(graph, part, shifted, error);
	uint32_t i;
	bool easy;

	if (status != RUI_OK)
		return status;
	rui_assign_count_backs(engine, part);
	for (i = part->worker; i < part->worker_end; i++)
	{
		const rui_assign_worker *w = &engine->worker[i];

		supply += w->backs < (uint32_t) w->capacity ? w->backs : (uint32_t) w->capacity;
	}
	if (tasks > supply && tasks <= SMALL_PART)
	{
		raise_prices(engine, part);
		return fill_workers(engine, part, error);
	}
	easy = tasks <= supply;
	if (easy)
		status = add_tasks(engine, part, &easy, error);
	if (!easy && status == RUI_OK)
	{
		rui_assign_clear(engine, part);
		status = rui_assign_auction(engine, part, error);
		if (status == RUI_OK)
			status = add_tasks(engine, part, NULL, error);
		if (status == RUI_OK)
			status = fill_workers(engine, part, error);
	}
	return status;
}

static rui_status
read_result(const rui_assign_graph *graph, rui_assignment **result, rui_error *error)
{
	const rui_assign_rows *rows = graph->rows;
	const rui_env *env = &graph->env;
	uint32_t tasks = rows->task_ids.count;
	rui_assignment *made = rui_allocate_zero(env, tasks, sizeof *made);
	uint32_t *place = rui_allocate(env, tasks, sizeof *place);
	uint32_t *chosen = rui_allocate(env, tasks, sizeof *chosen); /* worker by index, or NONE */
	uint32_t *worker_index = rui_allocate(env, graph->engine.workers, sizeof *worker_index);
	rui_assign_cursor cursor = { rows->first, 0 };
	const rui_assign_pair *pair;
	uint32_t i;

	if (made == NULL || place == NULL || chosen == NULL || worker_index == NULL)
	{
		rui_release(env, made);
		rui_release(env, place);
		rui_release(env, chosen);
		rui_release(env, worker_index);
		return rui_fail_memory(error, tasks * (sizeof *made + 2 * sizeof *place));
	}
	for (i = 0; i < rows->worker_ids.count; i++)
		if (graph->worker_number[i] != RUI_ASSIGN_NONE)
			worker_index[graph->worker_number[i]] = i;
	for (i = 0; i < tasks; i++)
	{
		place[graph->task_by_id[i]] = i;
		made[i].task = rows->task_ids.id[graph->task_by_id[i]];
	}
	for (i = 0; i < tasks; i++)
	{
		uint32_t task = graph->task_number[i];
		uint32_t worker =
			task == RUI_ASSIGN_NONE ? RUI_ASSIGN_NONE : graph->engine.task[task].worker;

		chosen[i] = worker == RUI_ASSIGN_NONE ? RUI_ASSIGN_NONE : worker_index[worker];
	}
	/* The cost as it was given is with the pair only. */
	while ((pair = rui_assign_next_pair(&cursor)) != NULL)
	{
		if (chosen[pair->task] != pair->worker)
			continue;
		made[place[pair->task]].assigned = true;
		made[place[pair->task]].worker = rows->worker_ids.id[pair->worker];
		made[place[pair->task]].cost = pair->cost;
	}
	rui_release(env, place);
	rui_release(env, chosen);
	rui_release(env, worker_index);
	*result = made;
	return RUI_OK;
}

/* Rows for all workers, with price 0, ascending; *place is from index to row. */
static rui_status
start_prices(const rui_assign_rows *rows, const rui_env *env, rui_assign_worker_price **price,
			 uint32_t **place, rui_error *error)
{
	uint32_t workers = rows->worker_ids.count;
	rui_assign_worker_price *made = rui_allocate_zero(env, workers, sizeof *made);
	uint32_t *index = rui_allocate(env, workers, sizeof *index);
	int64_t *key = rui_allocate(env, workers, sizeof *key);
	uint32_t i;

	if (made == NULL || index == NULL || key == NULL)
	{
		rui_release(env, made);
		rui_release(env, index);
		rui_release(env, key);
		return rui_fail_memory(error, workers * (sizeof *made + sizeof *index + sizeof *key));
	}
	for (i = 0; i < workers; i++)
	{
		key[i] = rows->worker_ids.id[i];
		index[i] = i;
	}
	rui_assign_sort(key, index, workers);
	for (i = 0; i < workers; i++)
	{
		made[i].worker = key[i];
		key[i] = index[i];
	}
	for (i = 0; i < workers; i++)
		index[key[i]] = i;
	rui_release(env, key);
	*price = made;
	*place = index;
	return RUI_OK;
}

/* The prices of a part that was solved, in the unit of the costs. */
static void
read_prices(const rui_assign_graph *graph, const rui_assign_range *part, int shift,
			const uint32_t *place, rui_assign_worker_price *price)
{
	const rui_assign_engine *engine = &graph->engine;
	uint32_t i;

	for (i = part->worker; i < part->worker_end; i++)
	{
		rui_assign_worker_price *row = &price[place[graph->worker_index[i]]];

		row->price = ldexp((double) engine->price[i], shift - RUI_ASSIGN_FRACTION_BITS);
		row->load = engine->worker[i].load;
	}
}

static rui_status
solve(const rui_assign_rows *rows, const rui_env *env, rui_assignment **result,
	  rui_assign_worker_price **price, rui_error *error)
{
	rui_assign_graph graph;
	rui_assign_worker_price *prices = NULL;
	uint32_t *place = NULL;
	rui_status status = rui_assign_graph_start(&graph, rows, env, error);
	uint32_t i;

	if (status != RUI_OK)
		return status;
	if (price != NULL)
		status = start_prices(rows, env, &prices, &place, error);
	for (i = 0; i < graph.parts && status == RUI_OK; i++)
	{
		int shift;

		status = solve_part(&graph, &graph.part[i], &shift, error);
		if (status == RUI_OK && price != NULL)
			read_prices(&graph, &graph.part[i], shift, place, prices);
	}
	if (status == RUI_OK)
		status = read_result(&graph, result, error);
	if (status != RUI_OK)
		rui_release(env, prices);
	else if (price != NULL)
		*price = prices;
	rui_release(env, place);
	rui_assign_graph_finish(&graph);
	return status;
}

rui_status
rui_assign_solve(const rui_assign_rows *rows, const rui_env *env, rui_assignment **result,
				 rui_error *error)
{
	return solve(rows, env, result, NULL, error);
}

rui_status
rui_assign_solve_priced(const rui_assign_rows *rows, const rui_env *env, rui_assignment **result,
						rui_assign_worker_price **price, rui_error *error)
{
	if (rows->form == RUI_ASSIGN_MOST)
		return rui_fail(error, RUI_INVALID, NULL, "Give the tasks a penalty.",
						"Prices in the unit of the costs need penalties.");
	return solve(rows, env, result, price, error);
}
