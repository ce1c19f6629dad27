/* SPDX-License-Identifier: PostgreSQL
 *
 * assign_engine.h
 *	  Shortest augmenting paths on tasks, workers and their prices.
 *
 * Every worker w has a price p[w] >= 0.  A task counts c + p[w] for each
 * candidate and its penalty for being left over, and sits at the least of
 * these (its value).  With load k, load cost b and capacity m a worker's price
 * obeys
 *
 *		b * (k - 1) <= p[w] if k > 0,    p[w] <= b * k if k < m,
 *
 * where a worker may for a time break the second rule (an idle unit at a
 * price).  When all rules hold the assignment is optimal, by duality.  A
 * search from a task adds it and keeps the rules (task side); a search from an
 * idle unit at a price fills it or lowers the price (worker side).  Both are
 * Dijkstra's algorithm on reduced costs, cut off at the best end seen so far.
 * Any prices are a correct start; good ones (assign_auction) make the searches
 * short.
 */
#ifndef RUI_ASSIGN_ENGINE_H
#define RUI_ASSIGN_ENGINE_H

#include "core/assign_rows.h"

/* Numbers given to the engine must not exceed this in size; sums then fit. */
#define RUI_ASSIGN_ENGINE_LIMIT (INT64_C(1) << 57)

typedef struct rui_assign_task
{
	int64_t penalty;
	int64_t cost; /* of its pair, while assigned */
	int64_t elsewhere; /* it counts at least this - engine->fallen elsewhere */
	uint32_t worker; /* or NONE */
	uint32_t next; /* other tasks of the same worker */
	uint32_t previous;
	uint32_t arc; /* its pairs: arc_cost[arc ...], ascending as far as sorted */
	uint32_t arcs;
	uint32_t sorted;
} rui_assign_task;

typedef struct rui_assign_worker
{
	int64_t load_cost;
	int64_t distance; /* of the running search, or INT64_MAX */
	int64_t via_cost; /* of the pair that the path takes */
	uint32_t via_task; /* task that moves in (task side) or out (worker side) */
	uint32_t via_worker; /* where it moves to (worker side) */
	uint32_t heap_at;
	uint32_t first; /* of its tasks, or NONE */
	int32_t capacity;
	int32_t load;
	uint32_t back; /* its pairs: back_key[back ...], ascending as far as sorted */
	uint32_t backs;
	uint32_t back_sorted;
} rui_assign_worker;

typedef struct rui_assign_engine
{
	rui_env env;
	uint32_t tasks;
	uint32_t workers;
	rui_assign_task *task;
	rui_assign_worker *worker;
	int64_t *price;

	/* Pairs by task; by worker (with cost - penalty) once the worker side is used. */
	int64_t *arc_cost;
	uint32_t *arc_worker;
	size_t arcs;
	int64_t *back_key;
	uint32_t *back_task;

	/* The running search. */
	uint32_t *heap;
	uint32_t heap_count;
	uint32_t *seen;
	uint32_t seen_count;
	int64_t fallen; /* how far any price can have fallen since the start */
	uint64_t work; /* pairs looked at */
	uint64_t next_look; /* when to ask env->interrupted */
} rui_assign_engine;

/*
 * Arrays for the given numbers; tasks and workers are zeroed but for what
 * says "none"; the caller fills tasks, workers and pairs.
 */
extern rui_status rui_assign_engine_start(rui_assign_engine *engine, const rui_env *env,
										  uint32_t tasks, uint32_t workers, size_t arcs,
										  rui_error *error);
extern size_t rui_assign_engine_bytes(size_t tasks, size_t workers, size_t arcs, bool backs);
extern void rui_assign_engine_finish(rui_assign_engine *engine);

/* A connected part: tasks [task, task_end) with workers [worker, worker_end). */
typedef struct rui_assign_range
{
	uint32_t task;
	uint32_t task_end;
	uint32_t worker;
	uint32_t worker_end;
} rui_assign_range;

/*
 * Count the pairs of each worker of a range (backs).  The worker side also
 * needs them laid by worker, which the second function does.
 */
extern void rui_assign_count_backs(rui_assign_engine *engine, const rui_assign_range *range);
extern rui_status rui_assign_lay_backs(rui_assign_engine *engine, const rui_assign_range *range,
									   rui_error *error);

/* Add a task that is not assigned; afterwards it keeps the rules with all others. */
extern rui_status rui_assign_search_task(rui_assign_engine *engine, uint32_t task,
										 rui_error *error);

/*
 * Fill idle units of a worker while its price is too high for them; the
 * worker keeps the rules afterwards.
 */
extern rui_status rui_assign_search_worker(rui_assign_engine *engine, uint32_t worker,
										   rui_error *error);

/* Moves: take a task off its worker; put it on one, by a pair of this cost. */
extern void rui_assign_take_off(rui_assign_engine *engine, uint32_t task);
extern void rui_assign_put_on(rui_assign_engine *engine, uint32_t task, uint32_t worker,
							  int64_t cost);

/* Take all tasks of a range off and make its prices 0. */
extern void rui_assign_clear(rui_assign_engine *engine, const rui_assign_range *range);

/* Asks env->interrupted now and then. */
extern bool rui_assign_stopped(rui_assign_engine *engine);

#endif /* RUI_ASSIGN_ENGINE_H */
